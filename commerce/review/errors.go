package review

import "galleria/tenant/fault"

var (
	// ErrWritten is a line, or a follow-up, that was written already, in other words.
	ErrWritten = fault.New(fault.Conflict, "REVIEW_WRITTEN", "该商品已评价过", "This was reviewed already")
	// ErrLate is a review or a follow-up after its time.
	ErrLate = fault.New(fault.Conflict, "REVIEW_CLOSED", "已超过可评价时间", "The time to review this is over")
	// ErrState is something that the review's present state does not allow.
	ErrState = fault.New(fault.Conflict, "REVIEW_STATE", "评价当前状态不支持该操作，请刷新后重试", "The review's present state does not allow this")
	// ErrOwn is a report of one's own review.
	ErrOwn = fault.New(fault.Conflict, "REVIEW_OWN", "不能举报自己的评价", "This is your own review")
	// ErrPictures are pictures that were not uploaded to this shop.
	ErrPictures = fault.New(fault.Invalid, "REVIEW_PICTURES", "图片无效，请重新上传", "These are not pictures uploaded here")
)
