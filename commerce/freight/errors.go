package freight

import "galleria/tenant/fault"

var (
	// ErrUsed is a template that products name.
	ErrUsed = fault.New(fault.Conflict, "FREIGHT_USED", "还有商品在使用这个运费模板，请先为它们换一个", "Products use this template; give them another one first")
	// ErrDefault is the default template while there are others.
	ErrDefault = fault.New(fault.Conflict, "FREIGHT_DEFAULT", "默认模板不能删除，请先把另一个模板设为默认", "The default template stays; make another one the default first")
	// ErrName is a name that another template has.
	ErrName = fault.New(fault.Conflict, "FREIGHT_NAME", "已有同名的运费模板", "Another template has this name")
	// ErrStale is a template that somebody else has changed in the meantime.
	ErrStale = fault.New(fault.Conflict, "FREIGHT_CHANGED", "模板刚刚被别人修改，请重新打开本页再改", "Somebody else has just changed this template; open this page again, then make your change")
	// ErrMany is a shop with MaxTemplates templates.
	ErrMany = fault.New(fault.Conflict, "FREIGHT_LIMIT", "运费模板数量已达上限", "There are as many templates as there can be")
)
