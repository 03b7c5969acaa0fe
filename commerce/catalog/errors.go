package catalog

import "galleria/tenant/fault"

var (
	// ErrShelfState is a move between shelf states that does not exist.
	ErrShelfState = fault.New(fault.Conflict, "SHELF_STATE", "商品当前状态不能这样操作", "The product's state does not allow this")
	// ErrNothingToSell is a product that should come on the shelf without an enabled SKU.
	ErrNothingToSell = fault.New(fault.Conflict, "NOTHING_TO_SELL", "商品没有可售规格", "The product has no variant on sale")
)
