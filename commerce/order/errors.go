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
	// its data hold the new quote under "quote", and under "changes" what became of the old one.
	ErrPriceChanged = fault.New(fault.Conflict, "PRICE_CHANGED", "商品价格已变化，请重新确认", "Prices have changed, please confirm again")
	// ErrUnavailable is an order for SKUs that are not on sale; its data name them under
	// "sku_ids", and every line that is in the way, with its reason, under "lines".
	ErrUnavailable = fault.New(fault.Conflict, "SKU_UNAVAILABLE", "部分商品已下架", "Some items are no longer on sale")
	// ErrPurchaseLimit is an order of fewer or more pieces of a product than it is sold in; its
	// data name the products and their limits under "limits".
	ErrPurchaseLimit = fault.New(fault.Conflict, "PURCHASE_LIMIT", "超出商品的购买数量限制", "The quantity is outside the product's purchase limits")
	// ErrNoDelivery is an order with goods that are not sent to its address; its data name
	// them under "sku_ids" and "lines".
	ErrNoDelivery = fault.New(fault.Conflict, "NO_DELIVERY", "部分商品不配送到该地址，请更换地址或移除商品", "Some items are not delivered to this address")
	// ErrDeliveryKind is an order whose goods cannot all be had in this way; its data say under
	// "split" which SKUs can be had how.
	ErrDeliveryKind = fault.New(fault.Conflict, "DELIVERY_KIND", "部分商品不支持该配送方式，请分开下单", "Some items cannot be delivered in this way, please order them separately")
	// ErrNoCards is an order of virtual cards that the shop does not have.
	ErrNoCards = fault.New(fault.Conflict, "NO_CARDS", "可用卡密不足，请先在商品的「卡密库存」中添加", "There are not enough cards, please add some to the product first")
	// ErrHandedOut is goods that cannot come back, because their codes were seen.
	ErrHandedOut = fault.New(fault.Conflict, "HANDED_OUT", "卡密已发放，不支持自助退款，请联系商家", "The codes were handed out and cannot be returned, please contact the shop")
	// ErrVoucherKind is vouchers that are to come back, or to be exchanged.
	ErrVoucherKind = fault.New(fault.Conflict, "VOUCHER_REFUND_ONLY", "券码商品仅支持退款", "Vouchers can only be refunded")
	// ErrOpenOrders is an order of a buyer who has left too many others unpaid; its data hold the
	// shop's bounds under "max_orders" and "max_pieces" (0: none).
	ErrOpenOrders = fault.New(fault.Conflict, "OPEN_ORDERS", "您有较多未付款的订单，请先付款或取消后再下单", "You have too many unpaid orders, please pay or cancel some first")
	// ErrNotTaking is a shop whose plan has no place for another order this month. The
	// buyer is told no more than that; the shop is warned in its console.
	ErrNotTaking = fault.New(fault.Conflict, "SHOP_NOT_TAKING_ORDERS", "店铺暂时无法接单，请联系商家", "The shop cannot take orders at the moment, please contact the merchant")

	// ErrSent is a piece that is to be sent twice, or one that the order does not have.
	ErrSent = fault.New(fault.Conflict, "ALREADY_SENT", "部分商品已发货或数量超出，请刷新后重试", "Some of these goods were sent already, or are more than was ordered")
	// ErrWhichParcel is a tracking number for an order of which several parcels are packed.
	ErrWhichParcel = fault.New(fault.Conflict, "WHICH_PARCEL", "该订单有多个已打包的包裹，请在订单页选择要发出的包裹", "Several parcels of this order are packed: choose the one that leaves on the order's page")
	// ErrParcelState is an act that the parcel's present status does not allow; its data name it.
	ErrParcelState = fault.New(fault.Conflict, "PARCEL_STATE", "包裹当前状态不支持该操作，请刷新后重试", "The parcel's present state does not allow this, please reload")
	// ErrMadeUp is a lost parcel whose goods were paid back, or sent again, before.
	ErrMadeUp = fault.New(fault.Conflict, "PARCEL_MADE_UP", "该包裹的商品已退款或补发，不能重复处理", "The goods of this parcel were refunded or sent again already")
	// ErrRefunding is goods of an order whose whole money is going back or has gone.
	ErrRefunding = fault.New(fault.Conflict, "ORDER_REFUNDING", "该订单正在全额退款，请勿发货", "The whole of this order's money is going back: do not send it")
	// ErrGroupWaits is goods of an order whose group is not complete.
	ErrGroupWaits = fault.New(fault.Conflict, "GROUP_WAITS", "该订单还未成团，请勿发货", "The group of this order is not complete: do not send it")
	// ErrAlreadyLeft is an act on an order that was not sent, after something of it was.
	ErrAlreadyLeft = fault.New(fault.Conflict, "ORDER_SENT", "订单刚刚已发货，请刷新后再决定是否退款", "Something of this order has just been sent; look again before refunding it")
	// ErrParcelKnown is a tracking number that another parcel of the order has.
	ErrParcelKnown = fault.New(fault.Conflict, "PARCEL_KNOWN", "该订单已有相同的快递单号", "The order has a parcel with this number already")
	// ErrPayUnderWay is a price change while a payment of the old price may still succeed.
	ErrPayUnderWay = fault.New(fault.Conflict, "PAYMENT_UNDER_WAY", "买家正在支付，暂时无法改价，请稍后再试", "The buyer is paying at the moment, please try again shortly")
	// ErrPickupCode is a code that fetches nothing here.
	ErrPickupCode = fault.New(fault.NotFound, "PICKUP_CODE", "取货码无效，请核对后重试", "No order waits under this code")

	// ErrClaimed is a piece, or money, that an after-sales case has already or that is not
	// there to be claimed; its data say what is left.
	ErrClaimed = fault.New(fault.Conflict, "CLAIMED", "部分商品已申请过售后，或数量超出可申请范围，请刷新后重试", "Some of these goods are in an after-sales case already, or are more than can be claimed")

	// ErrTermsChanged is a form of the shop's times that somebody else has changed since it was opened.
	ErrTermsChanged = fault.New(fault.Conflict, "TERMS_CHANGED", "设置刚刚被其他人修改，本次没有保存；您填写的内容还在下面，请在新标签页打开本页核对后再修改", "Somebody else has just changed these settings, so that yours were not saved: what you typed is still here, open this page in another tab and compare")
	// errAmount is a payment of another amount than the order's. Payments compare before
	// they report, so this is a defect, kept from becoming a paid order.
	errAmount = errors.New("order: paid amount differs from the payable amount")
)
