package order

import (
	"errors"

	"galleria/tenant/fault"
)

var (
	// ErrState is an event that the order's present status does not allow; its data name
	// the status.
	ErrState = fault.New(fault.Conflict, "ORDER_STATE", "订单当前状态不支持该操作", "The order's present state does not allow this")
	// ErrPriceChanged is an order that would cost something else than the buyer confirmed;
	// its data hold the new quote under "quote".
	ErrPriceChanged = fault.New(fault.Conflict, "PRICE_CHANGED", "商品价格已变化，请重新确认", "Prices have changed, please confirm again")
	// ErrUnavailable is an order for SKUs that are not on sale; its data name them under
	// "sku_ids".
	ErrUnavailable = fault.New(fault.Conflict, "SKU_UNAVAILABLE", "部分商品已下架", "Some items are no longer on sale")
	// ErrPurchaseLimit is an order of fewer or more pieces of a product than it is sold in; its
	// data name the products and their limits under "limits".
	ErrPurchaseLimit = fault.New(fault.Conflict, "PURCHASE_LIMIT", "超出商品的购买数量限制", "The quantity is outside the product's purchase limits")
	// ErrNotTaking is a shop whose plan has no place for another order this month. The
	// buyer is told no more than that; the shop is warned in its console.
	ErrNotTaking = fault.New(fault.Conflict, "SHOP_NOT_TAKING_ORDERS", "店铺暂时无法接单，请联系商家", "The shop cannot take orders at the moment, please contact the merchant")

	// errAmount is a payment of another amount than the order's. Payments compare before
	// they report, so this is a defect, kept from becoming a paid order.
	errAmount = errors.New("order: paid amount differs from the payable amount")
)
