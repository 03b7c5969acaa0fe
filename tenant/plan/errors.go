package plan

import "galleria/tenant/fault"

// ErrQuota is a use beyond the hard limit of the shop's plan. Its data names the quota
// and the limit.
var ErrQuota = fault.New(fault.Conflict, "QUOTA_EXCEEDED", "已达到当前套餐的上限", "The limit of the shop's plan has been reached")

// ErrFeature is a feature that is not part of the shop's plan. Its data names it.
var ErrFeature = fault.New(fault.Forbidden, "FEATURE_NOT_IN_PLAN", "当前套餐不包含此功能", "This feature is not part of the shop's plan")
