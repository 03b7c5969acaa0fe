package registry

import "galleria/tenant/fault"

var (
	// ErrUnknownApp is an AppID that belongs to no tenant, or is malformed.
	ErrUnknownApp = fault.New(fault.NotFound, "UNKNOWN_APP", "小程序未接入", "This Mini Program is not registered")
	// ErrSuspended is a shop whose storefront is closed for now.
	ErrSuspended = fault.New(fault.Forbidden, "TENANT_SUSPENDED", "店铺暂停营业", "This shop is suspended")
	// ErrClosing is a shop that finishes what was ordered and takes nothing new.
	ErrClosing = fault.New(fault.Forbidden, "TENANT_CLOSING", "店铺即将关闭，不再接受新订单", "This shop is closing and takes no new orders")
	// ErrMaintenance is a shop whose schema this binary cannot serve yet.
	ErrMaintenance = fault.New(fault.Unavailable, "MAINTENANCE", "系统升级中，请稍后再试", "The shop is being upgraded, please try again shortly")
	// ErrAppTaken is an AppID that another shop has bound.
	ErrAppTaken = fault.New(fault.Conflict, "APP_TAKEN", "该小程序已被其他店铺绑定", "This Mini Program is bound to another shop")
	// ErrAppHere is an AppID that this shop has bound already.
	ErrAppHere = fault.New(fault.Conflict, "APP_HERE", "本店已经添加过这个小程序", "This shop has this Mini Program already")
	// ErrStatus is a move that the tenant's present state does not allow.
	ErrStatus = fault.New(fault.Conflict, "TENANT_STATE", "店铺当前状态不允许该操作", "The shop's state does not allow this")
)
