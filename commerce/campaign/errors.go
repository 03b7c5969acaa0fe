package campaign

import "galleria/tenant/fault"

var (
	// ErrTaken is a price that another campaign promises at that time in that channel. Its data
	// are conflicts: the campaigns.
	ErrTaken = fault.New(fault.Conflict, "CAMPAIGN_TAKEN", "所选商品在该时间已参加其他活动", "Another campaign has these goods at that time")
	// ErrState is a change of a campaign that was stopped or is over.
	ErrState = fault.New(fault.Conflict, "CAMPAIGN_STATE", "活动当前状态不支持该操作，请刷新后重试", "The campaign's present state does not allow this")
	// ErrChanged is an edit of a campaign that somebody else has changed since.
	ErrChanged = fault.New(fault.Conflict, "CAMPAIGN_CHANGED", "活动已被他人修改，请刷新后重试", "Somebody else has changed this campaign")
)
