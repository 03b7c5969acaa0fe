package provision

import "galleria/tenant/fault"

var (
	// ErrHandleTaken is a handle that another shop has, that looks like another shop's, or
	// that is reserved.
	ErrHandleTaken = fault.New(fault.Conflict, "HANDLE_TAKEN", "店铺网址已被占用", "This shop address is taken")
	errHandleForm  = fault.Invalidf("handle", "3–32 个小写字母、数字或连字符，以字母开头")
	// ErrRequestKeyReused is a request key that opened a shop with another handle.
	ErrRequestKeyReused = fault.New(fault.Precondition, "IDEMPOTENCY_MISMATCH", "该请求已用于开通其他店铺", "This request opened a different shop")
)
