package console

import "galleria/tenant/fault"

// The refusals of the console's edge.
var (
	// ErrForbidden is a permission the viewer's role does not have in this shop.
	ErrForbidden = fault.New(fault.Forbidden, "FORBIDDEN", "没有权限", "Not allowed")
	// ErrForm is a changing request that does not prove to come from our own page.
	ErrForm = fault.New(fault.Forbidden, "FORM_EXPIRED", "页面已过期，请刷新后重试", "This page has expired, please reload it")
	// ErrTooLarge is a form far beyond what ours send.
	ErrTooLarge = fault.New(fault.TooLarge, "BODY_TOO_LARGE", "请求内容过大", "The request is too large")
	// ErrEncoding is a compressed request body, which no form sends.
	ErrEncoding = fault.New(fault.Unsupported, "UNSUPPORTED_ENCODING", "不支持压缩的请求", "Compressed requests are not accepted")
)
