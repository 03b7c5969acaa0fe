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
	// ErrAwaitsApproval says that something was taken, and waits for somebody who approves it.
	ErrAwaitsApproval = fault.New(fault.Conflict, "AWAITS_APPROVAL", "已提交审核，通过后生效", "Submitted: it takes effect when it is approved")
	// ErrChangeWaits is a change of a product on the shelf of which another change waits.
	ErrChangeWaits = fault.New(fault.Conflict, "CHANGE_WAITS", "该商品已有修改在等待审核，请等审核完成，或先撤回那次修改", "Another change of this product waits to be approved: wait for it, or withdraw it first")
	// ErrApprovalChanged is a decision about a request that is not there any more as it was seen.
	ErrApprovalChanged = fault.New(fault.Conflict, "APPROVAL_CHANGED", "审核内容刚刚变化，请刷新后再处理", "The request has just changed: reload the page and decide again")
	// ErrCodeTaken is a product's number that another product has.
	ErrCodeTaken = fault.New(fault.Conflict, "CODE_TAKEN", "商品编码已被其他商品使用", "Another product has this code")
)
