package egress

import "galleria/tenant/fault"

var (
	// ErrURL is an address that must not be called; With says which rule it breaks.
	ErrURL = fault.New(fault.Invalid, "URL_REFUSED", "该网址不可用：只接受公网的 https 网址", "This address cannot be used: only public https addresses are")
	// ErrForbidden is a name that leads to an address that is not public.
	ErrForbidden = fault.New(fault.Invalid, "URL_PRIVATE", "该网址指向内部网络，不可用", "This address leads into a private network")
	// ErrUnreachable is an address that did not answer as it should, or not in time.
	ErrUnreachable = fault.New(fault.Upstream, "URL_UNREACHABLE", "该网址无法访问", "This address does not answer")
	// ErrAnswerTooLarge is an answer over the limit.
	ErrAnswerTooLarge = fault.New(fault.Upstream, "URL_ANSWER_TOO_LARGE", "该网址返回的内容过大", "The answer of this address is too large")
)
