package member

import "galleria/tenant/fault"

var (
	// ErrAuthRequired is a request without a token where one is needed.
	ErrAuthRequired = fault.New(fault.Unauthenticated, "AUTH_REQUIRED", "请先登录", "Please log in")
	// ErrAuthInvalid is a token that is malformed, unknown, expired, used up or revoked.
	ErrAuthInvalid = fault.New(fault.Unauthenticated, "AUTH_INVALID", "登录已失效，请重新登录", "The session has ended, please log in again")
	// ErrWrongTenant is a token of another shop. To the client it is ErrAuthInvalid.
	ErrWrongTenant = fault.New(fault.Unauthenticated, "AUTH_INVALID", "登录已失效，请重新登录", "The session has ended, please log in again")
	// ErrBlocked is a member the shop has blocked.
	ErrBlocked = fault.New(fault.Forbidden, "MEMBER_BLOCKED", "账号已被停用，请联系商家", "This account is blocked, please contact the shop")
	// ErrPhoneTaken is a phone number that another member of the shop has.
	ErrPhoneTaken = fault.New(fault.Conflict, "PHONE_TAKEN", "该手机号已绑定其他账号", "Another account has this phone number")
	// ErrTooManyAddresses is an address book that is full.
	ErrTooManyAddresses = fault.New(fault.Conflict, "ADDRESS_LIMIT", "收货地址数量已达上限", "The address book is full")
)
