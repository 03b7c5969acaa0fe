package console

import "galleria/tenant/fault"

// The refusals of the console's edge.
var (
	// ErrForbidden is a permission the viewer's role does not have in this shop.
	ErrForbidden = fault.New(fault.Forbidden, "FORBIDDEN", "没有权限", "Not allowed")
	// ErrReadOnly is a change to a shop that may only be looked at now.
	ErrReadOnly = fault.New(fault.Forbidden, "SHOP_READ_ONLY", "店铺已暂停，只能查看", "This shop is suspended and can only be looked at")
	// ErrNotReady is a shop that lacks something it needs to open.
	ErrNotReady = fault.New(fault.Conflict, "SHOP_NOT_READY", "还有步骤没有完成，暂时不能开业", "Some steps are not done yet, so the shop cannot open")
	// errAddress is an address that no message could reach.
	errAddress = fault.New(fault.Invalid, "ADDRESS_INVALID", "请填写正确的邮箱或 11 位手机号", "Please enter a valid e-mail address or mobile number")
	// errNotAccepted is a form that was sent without the terms.
	errNotAccepted = fault.New(fault.Invalid, "TERMS_NOT_ACCEPTED", "请先阅读并同意服务条款", "Please read and accept the terms first")
	// ErrForm is a changing request that does not prove to come from our own page.
	ErrForm = fault.New(fault.Forbidden, "FORM_EXPIRED", "页面已过期，请刷新后重试", "This page has expired, please reload it")
	// ErrTooLarge is a form far beyond what ours send.
	ErrTooLarge = fault.New(fault.TooLarge, "BODY_TOO_LARGE", "请求内容过大", "The request is too large")
	// ErrEncoding is a compressed request body, which no form sends.
	ErrEncoding = fault.New(fault.Unsupported, "UNSUPPORTED_ENCODING", "不支持压缩的请求", "Compressed requests are not accepted")
	// ErrAppUsed is a Mini Program that something still depends on.
	ErrAppUsed = fault.New(fault.Conflict, "APP_IN_USE", "还有数据依赖这个小程序，不能移除。可以先停用它", "Something still depends on this Mini Program, so it cannot be removed. You can disable it")
)
