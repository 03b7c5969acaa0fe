package verify

import "galleria/tenant/fault"

// The refusals of proving an address.
var (
	// ErrTooSoon is a further message within Pause; it says how long to wait.
	ErrTooSoon = fault.New(fault.Throttled, "CODE_TOO_SOON", "发送太频繁，请稍后再重新获取", "A message was just sent, please wait a moment")
	// ErrTooMany is an address or a network that has had its messages for now.
	ErrTooMany = fault.New(fault.Throttled, "CODE_LIMIT", "今天发送次数已达上限，请稍后再试", "Too many messages were sent, please try again later")
	// ErrWrongCode is a code that is not the one that was sent.
	ErrWrongCode = fault.New(fault.Invalid, "CODE_WRONG", "验证码不正确", "The code is not right")
	// ErrSpent is a code that is too old, or was tried too often, or was never sent.
	ErrSpent = fault.New(fault.Conflict, "CODE_SPENT", "验证码已失效，请重新获取", "The code is no longer valid, please get a new one")
)
