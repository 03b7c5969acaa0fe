package viewtest

import (
	"time"

	"galleria/commerce/delivery"
	"galleria/commerce/voucher"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// voucherPages are the check of a voucher's code, an order of vouchers, and a product's terms.
func (f Frame) voucherPages() []Sample {
	check, orders, goods := f.page("nav.pickup", f.Text.T("pickup.title")), f.page("nav.orders", f.Text.T("order.one")), f.page("nav.products", f.Text.T("product.edit"))
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	end := time.Date(2027, 11, 21, 16, 0, 0, 0, time.UTC)
	one := voucher.Voucher{ID: 1, Code: "4410082736459102", OrderNo: "261121110000ABCDEFGHIJ", Title: "洗剪吹次卡", Spec: "总监", Uses: 10, Used: 3, ValidUntil: end, Refunds: true, State: voucher.Active}
	used, held := one, one
	used.ID, used.Code, used.Used, used.State = 2, "9021773645100284", 10, voucher.Used
	held.ID, held.Code, held.Used, held.State = 3, "1180027364597734", 0, voucher.Held
	stores := []delivery.Store{{ID: 1, Name: "西湖店", Open: true}, {ID: 2, Name: "滨江店", Open: true}}
	usable := view.VoucherCheck{Voucher: one, Buyer: "王**", Stores: stores, Key: "key-sample"}
	over, waits := usable, usable
	over.Voucher, waits.Waits = used, true
	sold := view.OrderShow{OrderDetail: orderDetail(), MayVerify: true, Vouchers: &view.OrderVouchers{
		List: []voucher.Voucher{one, used, held}, More: true,
		Uses: map[int64][]view.VoucherUse{
			1: {{Use: voucher.Use{VoucherID: 1, Uses: 1, Store: "西湖店", At: at}, By: "陈静"}, {Use: voucher.Use{VoucherID: 1, Uses: 2, At: at.AddDate(0, 0, 1)}, By: "陈静"}},
			2: {{Use: voucher.Use{VoucherID: 2, Uses: 10, Store: "滨江店", At: at}, By: "陈静"}},
		},
	}}
	sold.Status, sold.Address = "paid", readmodel.Address{}
	sold.Fulfil = readmodel.Fulfilment{
		Delivery: "voucher", Settlement: "open", Sent: map[int64]int64{1: 2}, LineIDs: []int64{1, 2},
		Parcels: []readmodel.Parcel{{ParcelNo: "P261121K7Q2M9XTABCD", Kind: "voucher", Status: "delivered", ShippedAt: at, Lines: []readmodel.PickLine{{Title: "洗剪吹次卡", Spec: "总监", Qty: 1}}}},
	}
	form := view.ProductForm{
		Key: "key-sample", ID: 9, Version: 1, Title: "洗剪吹次卡", Specs: []view.SpecField{{Values: make([]string, 4)}}, Rows: []view.SKUField{{Slot: "0_0_0", Price: "380.00", Stock: "200"}}, All: view.SKUField{Slot: "all"},
		Kind: "voucher", Kinds: []view.Choice{{Value: "physical", Label: f.Text.T("product.kind.physical")}, {Value: "voucher", Label: f.Text.T("product.kind.voucher")}},
		VoucherUses: "101", VoucherDays: "365", VoucherUntil: "2027-06-30", VoucherRefunds: true,
		Most: view.ProductBounds{Title: 60, Detail: 20000, Pictures: 15, SKUs: 200, PictureBytes: 5 << 20, UploadBytes: 7 << 20}, Categories: []view.Choice{{Value: "1", Label: "美发"}},
		Problems: map[string]string{"voucher_uses": f.Text.T("product.problem.voucher_range", 100)},
	}
	list := view.OrderList{Status: readmodel.ToUse, OnFirst: true, OrderPage: readmodel.OrderPage{
		Rows: []readmodel.OrderRow{{
			ID: 1043, OrderNo: one.OrderNo, Status: "paid", Delivery: "voucher", Buyer: "王小雨", Title: one.Title, Spec: one.Spec, Lines: 1, Qty: 2, Payable: 76000, PlacedAt: ago(26 * time.Minute), PaidAt: new(ago(25 * time.Minute)),
		}},
		Counts: map[string]int64{"": 1000, "paid": 12, readmodel.ToUse: 1, "completed": 861},
	}}
	shown := view.ProductShow{ProductDetail: productDetail(), MayUpdate: true}
	shown.Title, shown.Kind, shown.VoucherUses, shown.VoucherUntil, shown.VoucherRefunds = one.Title, "voucher", 10, &end, true
	return []Sample{
		{"orders_to_use", view.OrderListPage(f.page("nav.orders", f.Text.T("order.title")), list)},
		{"product_voucher", view.ProductShowPage(f.page("nav.products", f.Text.T("product.title")), shown)},
		{"voucher_found", view.VerifyPage(check, view.Verify{Code: one.Code, Voucher: &usable})},
		{"voucher_used_up", view.VerifyPage(check, view.Verify{Code: used.Code, Voucher: &over})},
		{"voucher_waits", view.VerifyPage(check, view.Verify{Code: one.Code, Voucher: &waits})},
		{"voucher_done", view.VerifyPage(check, view.Verify{Redeemed: one.OrderNo, Left: "6"})},
		{"order_vouchers", view.OrderShowPage(orders, sold)},
		{"product_voucher_refused", view.ProductFormPage(goods, form)},
	}
}
