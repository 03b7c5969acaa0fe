package signup

import "galleria/tenant/fault"

// The refusals of signing up.
var (
	// ErrClosed is an installation that takes no applications.
	ErrClosed = fault.New(fault.Forbidden, "SIGNUP_CLOSED", "暂未开放自助开店", "This installation does not take sign-ups")
	// ErrThrottled is a person or a network that has applied too often.
	ErrThrottled = fault.New(fault.Throttled, "SIGNUP_THROTTLED", "开店申请过于频繁，请稍后再试", "Too many applications, please try again later")
	// ErrExpired is a draft that was left alone too long, or was never begun.
	ErrExpired = fault.New(fault.Conflict, "SIGNUP_EXPIRED", "申请已过期，请重新填写店铺信息", "The application has expired, please fill it in again")
	// ErrTerms is an acceptance of terms that are not the present ones.
	ErrTerms = fault.New(fault.Precondition, "TERMS_CHANGED", "服务条款已更新，请重新阅读", "The terms have changed, please read them again")
	// ErrUnderWay is an application that cannot be changed any more.
	ErrUnderWay = fault.New(fault.Conflict, "SIGNUP_STATE", "申请已提交，不能再修改", "The application has been handed in and cannot be changed")
)
