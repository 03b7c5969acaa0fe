package session

import "galleria/tenant/fault"

// ErrEnded is a token without a living session.
var ErrEnded = fault.New(fault.Unauthenticated, "SESSION_ENDED", "登录已过期，请重新登录", "Your session has ended, please sign in again")
