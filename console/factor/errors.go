package factor

import "galleria/tenant/fault"

// The failures of a second factor.
var (
	// ErrWrongCode is a code that is not right, or was used before.
	ErrWrongCode = fault.New(fault.Unauthenticated, "WRONG_CODE", "验证码不正确或已使用", "The code is not right or was used before")
	// ErrNotEnrolled is a person without a second factor.
	ErrNotEnrolled = fault.New(fault.NotFound, "NOT_ENROLLED", "尚未设置两步验证", "No second factor is set up")
)
