package staff

import "galleria/tenant/fault"

// The failures of signing in and of managing staff.
var (
	// ErrWrongLogin is an account and password that do not belong together; it does
	// not tell which of the two is wrong.
	ErrWrongLogin = fault.New(fault.Unauthenticated, "WRONG_LOGIN", "账号或密码不正确", "The account or the password is not right")
	// ErrTooManyTries is an account or address that has failed too often lately.
	ErrTooManyTries = fault.New(fault.Throttled, "LOGIN_THROTTLED", "尝试次数过多，请稍后再试", "Too many tries, please wait a few minutes")
	// ErrLoginTaken is an account name that exists already.
	ErrLoginTaken = fault.New(fault.Conflict, "LOGIN_TAKEN", "账号已存在", "This account exists already")
)

// The refusals of a password. Each is a VALIDATION-like failure with its own sentence.
var (
	// ErrPasswordShort is a password under the policy's length.
	ErrPasswordShort = fault.New(fault.Invalid, "PASSWORD_SHORT", "密码至少 12 个字符", "A password needs at least 12 characters")
	// ErrPasswordLong is a password that no form of ours lets in.
	ErrPasswordLong = fault.New(fault.Invalid, "PASSWORD_LONG", "密码过长", "The password is too long")
	// ErrPasswordWeak is a password that guessing programs find soon.
	ErrPasswordWeak = fault.New(
		fault.Invalid, "PASSWORD_WEAK", "密码太容易被猜到，请换成几个不相关的词，或更长的一句话",
		"This password is too easy to guess; use several unrelated words or a longer phrase",
	)
)
