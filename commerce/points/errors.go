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
	ErrChanged = fault.New(fault.Conflict, "POINTS_CHANGED", "积分设置已被他人修改，请重新打开本页再改", "Somebody else has changed the terms of points; open this page again, then make your change")
	// ErrOfferGone is an offer of the mall that gives nothing any more, or not now: all is taken, it
	// was stopped or changed, its time is over.
	ErrOfferGone = fault.New(fault.Conflict, "MALL_GONE", "商品已兑完或活动已结束", "This is not given for points any more")
	// ErrOfferLimit is a member who has had as many of an offer as one may have.
	ErrOfferLimit = fault.New(fault.Conflict, "MALL_LIMIT", "已达到兑换上限", "You have had as many of this as one may have")
	// ErrOfferLevel is a member whose level is too low for an offer.
	ErrOfferLevel = fault.New(fault.Conflict, "MALL_LEVEL", "会员等级不足，无法兑换", "This is for members of a higher level")
	// ErrOfferChanged is an edit of an offer that somebody else has changed or stopped since.
	ErrOfferChanged = fault.New(fault.Conflict, "MALL_CHANGED", "兑换商品已被他人修改，请重新打开本页再改", "Somebody else has changed this offer; open this page again, then make your change")
)

// Title is what points are called where they make an order cheaper.
const Title = "积分抵扣"
