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
	// ErrTooManyFavourites is a list of favourites that is full.
	ErrTooManyFavourites = fault.New(fault.Conflict, "FAVOURITE_LIMIT", "收藏数量已达上限", "The list of favourites is full")
	// ErrOpenOrders is a member who cannot leave yet.
	ErrOpenOrders = fault.New(fault.Conflict, "MEMBER_OPEN_ORDERS", "还有未完成的订单或款项，完成后才能注销账号", "There are orders or payments under way; the account can be closed after them")
	// ErrLeaving is a member who wants to leave and to order.
	ErrLeaving = fault.New(fault.Conflict, "MEMBER_LEAVING", "账号正在注销，撤销注销后才能下单", "This account is being closed; take that back to order")
)
