package level

import "galleria/tenant/fault"

var (
	// ErrChanged is an edit of what somebody else has changed since.
	ErrChanged = fault.New(fault.Conflict, "LEVEL_CHANGED", "等级设置已被他人修改，请重新打开本页再改", "Somebody else has changed the levels; open this page again, then make your change")
	// ErrThreshold is a second level from the same growth on.
	ErrThreshold = fault.New(fault.Conflict, "LEVEL_THRESHOLD", "已有等级使用这个成长值门槛", "Another level begins at this growth")
	// ErrTooMany is a level more than a shop may have.
	ErrTooMany = fault.New(fault.Conflict, "LEVEL_TOO_MANY", "等级数量已达上限", "There are as many levels as there may be")
	// ErrShort is a deduction of more growth than there is.
	ErrShort = fault.New(fault.Conflict, "LEVEL_GROWTH_SHORT", "成长值不足，无法扣减", "There is too little growth")
	// ErrPrices is more prices than a level may have.
	ErrPrices = fault.New(fault.Conflict, "LEVEL_PRICES", "会员价数量已达上限", "There are as many member prices as there may be")
)
