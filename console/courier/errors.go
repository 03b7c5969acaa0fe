package courier

import "galleria/tenant/fault"

// ErrNoWay is a message that this installation has no way to send.
var ErrNoWay = fault.New(fault.Unavailable, "MESSAGE_NOT_SENT", "暂时无法发送消息，请稍后再试", "The message cannot be sent now, please try again later")
