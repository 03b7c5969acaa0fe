package points

import "galleria/tenant/fault"

var (
	// ErrShort is an order or a deduction for which there are too few points.
	ErrShort = fault.New(fault.Conflict, "POINTS_SHORT", "积分不足，请重新确认订单", "There are too few points")
	// ErrOff is a shop that gives no points, or none for this.
	ErrOff = fault.New(fault.Conflict, "POINTS_OFF", "商家未开启积分", "This shop gives no points for this")
	// ErrSigned is a member who has signed in today.
	ErrSigned = fault.New(fault.Conflict, "POINTS_SIGNED", "今天已经签到过了，明天再来吧", "You have signed in today")
	// ErrChanged is an edit of terms that somebody else has changed since.
	ErrChanged = fault.New(fault.Conflict, "POINTS_CHANGED", "积分设置已被他人修改，请刷新后重试", "Somebody else has changed the terms of points")
)

// Title is what points are called where they make an order cheaper.
const Title = "积分抵扣"
