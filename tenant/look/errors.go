package look

import "galleria/tenant/fault"

// ErrOpen is a look that the person already has into the shop.
var ErrOpen = fault.New(fault.Conflict, "LOOK_OPEN", "已经在查看该店铺", "You are already looking into this shop")

// ErrTooLong is a look that was extended as far as a look goes.
var ErrTooLong = fault.New(fault.Precondition, "LOOK_TOO_LONG", "查看时间已到上限，请重新开始", "This look cannot be extended further; begin a new one")
