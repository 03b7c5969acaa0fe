package idempotency

import "galleria/tenant/fault"

var (
	// ErrMissing is a request without a key where one is required.
	ErrMissing = fault.New(fault.Invalid, "IDEMPOTENCY_KEY_REQUIRED", "缺少 Idempotency-Key", "The Idempotency-Key header is required")
	// ErrMismatch is a key that was used with another body.
	ErrMismatch = fault.New(fault.Precondition, "IDEMPOTENCY_MISMATCH", "该请求标识已用于其他内容", "This Idempotency-Key was used with a different request")
	// ErrInProgress is a key whose first request still runs.
	ErrInProgress = fault.New(fault.Conflict, "IDEMPOTENCY_IN_PROGRESS", "请求正在处理，请稍候", "The first request with this key is still running")
)
