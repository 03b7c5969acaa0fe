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
	// ErrAddressTaken is a mail address or phone number that another account has proven.
	ErrAddressTaken = fault.New(fault.Conflict, "ADDRESS_TAKEN", "该邮箱或手机号已绑定其他账号", "This address belongs to another account already")
)
