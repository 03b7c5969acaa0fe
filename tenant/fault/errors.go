package fault

// The failures that belong to no single room.
var (
	// ErrValidation is an input that breaks the contract; Fields name where.
	ErrValidation = New(Invalid, "VALIDATION", "请求内容不正确", "The request is not valid")
	// ErrNotFound is an absent thing, or another owner's, which is answered alike.
	ErrNotFound = New(NotFound, "NOT_FOUND", "内容不存在", "Not found")
	// ErrBusy is a database that cannot serve at the moment; the caller may retry.
	ErrBusy = New(Unavailable, "BUSY", "系统繁忙，请稍后再试", "The service is busy, please try again")
	// ErrUnknownOutcome is a COMMIT whose answer got lost: the work may have been
	// done. The caller repeats with the same idempotency key.
	ErrUnknownOutcome = New(Unavailable, "UNAVAILABLE", "网络中断，请重试", "The answer was lost, please retry")
	// ErrConflict is an update that found the row in another state.
	ErrConflict = New(Conflict, "CONFLICT", "状态已变化，请刷新", "The state has changed, please reload")
)
