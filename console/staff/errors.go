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
	// ErrAboveOwn is handing out, or changing, what allows more than one's own roles do.
	ErrAboveOwn = fault.New(fault.Forbidden, "ABOVE_OWN_RIGHTS", "超出您自己的权限，无法操作", "This goes beyond your own permissions")
	// ErrSelf is changing one's own place in a shop.
	ErrSelf = fault.New(fault.Forbidden, "OWN_SEAT", "不能修改自己的角色或状态", "You cannot change your own roles or status")
	// ErrNotHere is a person who does not work in the shop, or is kept out of it.
	ErrNotHere = fault.New(fault.NotFound, "NOT_STAFF_HERE", "该员工不在本店或已停用", "This person does not work in the shop or is disabled")
	// ErrNoRole is a choice of no role, or of one that does not exist.
	ErrNoRole = fault.New(fault.Conflict, "ROLE_UNKNOWN", "请选择有效的角色", "Please choose a role that exists")
	// ErrRoleName is a second role of the same name.
	ErrRoleName = fault.New(fault.Conflict, "ROLE_NAME_TAKEN", "已有同名角色", "A role of this name exists already")
	// ErrRoleInUse is a role that people hold or an open invitation promises.
	ErrRoleInUse = fault.New(fault.Conflict, "ROLE_IN_USE", "仍有员工或邀请在使用该角色", "People or invitations still use this role")
	// ErrTooManyRoles and ErrTooManyInvites bound what one shop keeps.
	ErrTooManyRoles   = fault.New(fault.Conflict, "TOO_MANY_ROLES", "自定义角色数量已达上限", "The shop has too many roles of its own")
	ErrTooManyInvites = fault.New(fault.Conflict, "TOO_MANY_INVITES", "待接受的邀请过多，请先撤销一些", "Too many open invitations, please revoke some")
	// ErrInviteLimit is a shop, or the platform, that has sent its invitations of the day.
	ErrInviteLimit = fault.New(fault.Throttled, "INVITE_LIMIT", "今天发出的邀请已达上限，请明天再试", "Today's invitations are used up, please try again tomorrow")
	// ErrLastAdmin is a change that would leave the platform without an administrator.
	ErrLastAdmin = fault.New(fault.Conflict, "LAST_ADMINISTRATOR", "至少要保留一名可用的平台管理员", "The platform needs at least one administrator")
	// ErrFactorMissing is an heir without the second factor that an owner needs.
	ErrFactorMissing = fault.New(fault.Conflict, "SECOND_FACTOR_MISSING", "对方尚未开启两步验证，请先让对方在“账号与安全”中开启", "This person has to set up two-step verification first")
	// ErrInviteEnded is an invitation that was used, taken back, or is too old.
	ErrInviteEnded = fault.New(fault.NotFound, "INVITE_ENDED", "邀请已失效", "This invitation is no longer valid")
	// ErrLinkEnded is a link that was used, replaced, or is too old.
	ErrLinkEnded = fault.New(fault.NotFound, "LINK_ENDED", "链接已失效", "This link is no longer valid")
)
