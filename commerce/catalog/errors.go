package catalog

import "galleria/tenant/fault"

var (
	// ErrShelfState is a move between shelf states that does not exist.
	ErrShelfState = fault.New(fault.Conflict, "SHELF_STATE", "商品当前状态不能这样操作", "The product's state does not allow this")
	// ErrPriceBounds is a change after which a price would be negative or too high.
	ErrPriceBounds = fault.New(fault.Conflict, "PRICE_BOUNDS", "修改后价格会低于 0 或超出上限", "A price would be negative or too high")
	// ErrStale is an edit of a product that somebody else has changed since it was read.
	ErrStale = fault.New(fault.Conflict, "PRODUCT_CHANGED", "商品刚刚被其他人修改过", "Somebody else has just changed this product")
	// ErrCategoryUsed is a category that cannot go: products or categories are in it.
	ErrCategoryUsed = fault.New(fault.Conflict, "CATEGORY_IN_USE", "分类下还有商品或子分类，请先移走", "Products or categories are still in this category")
	// ErrTaken is a name that another one of its kind has.
	ErrTaken = fault.New(fault.Conflict, "NAME_TAKEN", "名称已存在", "This name is taken")
	// ErrKindStocked is a change to or from virtual cards of a product that is in stock: cards are
	// counted otherwise.
	ErrKindStocked = fault.New(fault.Conflict, "KIND_STOCKED", "商品还有库存，请先清空库存再改为（或不再是）虚拟卡券", "Empty the stock before this product becomes, or stops being, a virtual card")
	// ErrNothingToSell is a product that should come on the shelf without an enabled SKU.
	ErrNothingToSell = fault.New(fault.Conflict, "NOTHING_TO_SELL", "商品没有可售规格", "The product has no variant on sale")
	// ErrCodeTaken is a product's number that another product has.
	ErrCodeTaken = fault.New(fault.Conflict, "CODE_TAKEN", "商品编码已被其他商品使用", "Another product has this code")
)
