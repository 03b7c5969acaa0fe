package campaign

import "galleria/tenant/fault"

var (
	// ErrTaken is a price that another campaign promises at that time in that channel. Its data
	// are conflicts: the campaigns.
	ErrTaken = fault.New(fault.Conflict, "CAMPAIGN_TAKEN", "所选商品在该时间已参加其他活动", "Another campaign has these goods at that time")
	// ErrState is a change of a campaign that was stopped or is over.
	ErrState = fault.New(fault.Conflict, "CAMPAIGN_STATE", "活动当前状态不支持该操作，请刷新后重试", "The campaign's present state does not allow this")
	// ErrSoldOut is a flash sale of which somebody was faster. Its data are sku_ids.
	ErrSoldOut = fault.New(fault.Conflict, "FLASH_SOLD_OUT", "手慢了，秒杀商品已抢完", "The flash sale's units are gone")
	// ErrLimit is more of a flash sale than a member may have in a session. Its data are sku_ids.
	ErrLimit = fault.New(fault.Conflict, "FLASH_LIMIT", "超过秒杀限购数量", "More than one buyer may have in this flash sale")
	// ErrSession is a reminder of a session that there is not, or that begins at once.
	ErrSession = fault.New(fault.Conflict, "FLASH_SESSION", "该场次已开始或已取消", "The session has begun, or there is no such session")
	// ErrBudget is a campaign whose budget does not hold what an order would get: somebody was
	// faster. Its data are campaign_id.
	ErrBudget = fault.New(fault.Conflict, "CAMPAIGN_BUDGET", "活动预算已用完，请重新确认价格", "The budget of a campaign is used up")
	// ErrGroupGone is a group that cannot be joined, or a campaign in which none can be opened.
	ErrGroupGone = fault.New(fault.Conflict, "GROUP_GONE", "该拼团已结束或不可参加", "This group has ended or cannot be joined")
	// ErrGroupFull is a group whose seats others have. Another one can be opened.
	ErrGroupFull = fault.New(fault.Conflict, "GROUP_FULL", "该团已满员，可以另开一团", "This group is full; you can open another one")
	// ErrGroupMine is a second seat of one member in a group.
	ErrGroupMine = fault.New(fault.Conflict, "GROUP_MINE", "您已在该团中", "You are in this group already")
	// ErrGroupLimit is more of a group campaign than an order, or a member, may have.
	ErrGroupLimit = fault.New(fault.Conflict, "GROUP_LIMIT", "超过拼团限购数量", "More than one buyer may have in this campaign")
	// ErrChanged is an edit of a campaign that somebody else has changed since.
	ErrChanged = fault.New(fault.Conflict, "CAMPAIGN_CHANGED", "活动已被他人修改，请重新打开本页再改", "Somebody else has changed this campaign; open this page again, then make your change")
)
