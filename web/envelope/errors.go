package envelope

import "galleria/tenant/fault"

// The refusals of the HTTP edge itself.
var (
	// ErrMalformed is a request that cannot be read at all: no JSON, a header twice.
	ErrMalformed = fault.New(fault.Invalid, "MALFORMED", "请求格式错误", "The request cannot be read")
	// ErrRoute is an address that this server does not have.
	ErrRoute = fault.New(fault.NotFound, "NOT_FOUND", "内容不存在", "Not found")
	// ErrMethod is an address that exists for other methods.
	ErrMethod = fault.New(fault.Invalid, "METHOD_NOT_ALLOWED", "不支持该请求方法", "This method is not allowed here")
	// ErrBodyTooLarge is a body over the route's limit.
	ErrBodyTooLarge = fault.New(fault.TooLarge, "BODY_TOO_LARGE", "请求内容过大", "The request body is too large")
	// ErrHeaderTooLarge is a request head over the server's limit.
	ErrHeaderTooLarge = fault.New(fault.TooLarge, "HEADER_TOO_LARGE", "请求头过大", "The request header is too large")
	// ErrEncoding is a compressed request body: inflating what strangers send is how
	// one megabyte becomes a gigabyte.
	ErrEncoding = fault.New(fault.Unsupported, "UNSUPPORTED_ENCODING", "不支持压缩的请求内容", "Compressed request bodies are not accepted")
	// ErrMediaType is a body that is not declared as JSON.
	ErrMediaType = fault.New(fault.Unsupported, "UNSUPPORTED_MEDIA_TYPE", "请求内容必须是 JSON", "The request body must be application/json")
	// ErrRateLimited is a caller over its budget.
	ErrRateLimited = fault.New(fault.Throttled, "RATE_LIMITED", "操作过于频繁，请稍后再试", "Too many requests, please slow down")

	errInternal = fault.New(fault.Internal, "INTERNAL", "系统开小差了，请稍后再试", "Something went wrong on our side")
)

// Internal is what a failure of ours looks like from outside, for the contract.
func Internal() *fault.Error { return errInternal }
