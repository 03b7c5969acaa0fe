package coupon

import "galleria/tenant/fault"

var (
	// ErrUnavailable is a coupon that this buyer cannot use for this order: another's, used, over,
	// not begun. Which of these it is, is not told: the same answer for a coupon that is not there.
	ErrUnavailable = fault.New(fault.Conflict, "COUPON_UNAVAILABLE", "优惠券不可用，请重新选择", "This coupon cannot be used here")
	// ErrGone is a coupon that is not given any more: taken by others, stopped, over, its budget
	// spent, or not for this buyer.
	ErrGone = fault.New(fault.Conflict, "COUPON_GONE", "优惠券已领完或活动已结束", "This coupon is not given any more")
	// ErrLimit is a member who has had as many as one may have, in all or today.
	ErrLimit = fault.New(fault.Conflict, "COUPON_LIMIT", "您已领取过该优惠券", "You have had as many of this coupon as one may have")
	// ErrNewcomers is a coupon for members who have never paid, asked for by another one.
	ErrNewcomers = fault.New(fault.Conflict, "COUPON_NEWCOMERS", "该优惠券仅限新客领取", "This coupon is for new customers")
	// ErrLevel is a coupon for members of a higher level.
	ErrLevel = fault.New(fault.Conflict, "COUPON_LEVEL", "您的会员等级还不能领取该优惠券", "This coupon is for members of a higher level")
	// ErrCode is a code that does not exist or was used by another member.
	ErrCode = fault.New(fault.NotFound, "COUPON_CODE", "兑换码无效或已被使用", "This code is not valid, or was used")
	// ErrState is a move that the coupon's state does not allow.
	ErrState = fault.New(fault.Conflict, "COUPON_STATE", "优惠券当前状态不支持该操作，请刷新后重试", "The coupon's present state does not allow this")
	// ErrChanged is an edit of a coupon that somebody else has changed since.
	ErrChanged = fault.New(fault.Conflict, "COUPON_CHANGED", "优惠券已被他人修改，请重新打开本页再改", "Somebody else has changed this coupon; open this page again, then make your change")
	// ErrBudget is a coupon whose budget does not hold the discount.
	ErrBudget = fault.New(fault.Conflict, "COUPON_BUDGET", "优惠券活动预算已用完", "The budget of this coupon is spent")
)
