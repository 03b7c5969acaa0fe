package cart

import "galleria/tenant/fault"

var (
	// ErrSKUUnavailable is a SKU that exists but is not on sale.
	ErrSKUUnavailable = fault.New(fault.Conflict, "SKU_UNAVAILABLE", "商品已下架", "This item is not on sale")
	// ErrFull is a cart with MaxLines lines.
	ErrFull = fault.New(fault.Conflict, "CART_FULL", "购物车已满，请先清理", "The cart is full, please remove something first")
)
