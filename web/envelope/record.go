package envelope

import "context"

// Record is what the access log tells about one request. The middlewares fill it as
// they learn it; it belongs to the request's goroutine and is not safe for others.
type Record struct {
	Lang     string // "zh" or "en"
	ClientIP string // of the connection, or as the trusted proxies tell it
	TenantID string
	AppID    string
	MemberID int64
	Code     string // of the failure, empty for a success
	Err      error  // the failure with its technical cause
	Stack    []byte // of a panic
}

type recordKey struct{}

// WithRecord returns ctx carrying r.
func WithRecord(ctx context.Context, r *Record) context.Context {
	return context.WithValue(ctx, recordKey{}, r)
}

// RecordOf returns the request's record, nil outside a request.
func RecordOf(ctx context.Context) *Record {
	r, _ := ctx.Value(recordKey{}).(*Record)
	return r
}
