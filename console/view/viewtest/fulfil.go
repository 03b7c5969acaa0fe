package viewtest

import (
	"time"

	"galleria/commerce/delivery"
	"galleria/commerce/division"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// fulfilPages are the pages of shipping, staff changes, pickup and delivery settings.
func (f Frame) fulfilPages() []Sample {
	page := f.page("nav.orders", f.Text.T("ship.title"))
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	address := readmodel.Address{Name: "王小明", Phone: "13800138000", Province: "浙江省", City: "杭州市", District: "西湖区", Detail: "龙井路1号"}
	lines := []view.ShipLine{
		{ID: 1, Title: "云南小粒咖啡豆", Spec: "250g", Qty: 3, Sent: 1, Now: "2"}, {ID: 2, Title: "滤纸", Qty: 1, Sent: 1, Now: "0"},
	}
	refused := view.ShipForm{
		OrderNo: "261121110000ABCDEFGHIJ", Courier: "sf", TrackingNo: "123", Address: address, Remark: "请放门卫", Lines: lines,
		Bad: map[string]string{"tracking_no": f.Text.T("fulfil.bad.tracking_no"), "lines": f.Text.T("fulfil.bad.lines")},
	}
	sent := orderDetail()
	until := at.AddDate(0, 0, 10)
	sent.Status = "fulfilling"
	sent.Fulfil = readmodel.Fulfilment{
		Delivery: "express", Settlement: "open", Note: "老客户，送小样", ReceiveBy: &until, Adjust: -200, Sent: map[int64]int64{1: 1}, LineIDs: []int64{1, 2},
		Parcels: []readmodel.Parcel{{
			ParcelNo: "P261121K7Q2M9XTABCD", Kind: "express", Courier: "sf", TrackingNo: "SF1234567890123", Status: "shipped", ShippedAt: at,
			Track: readmodel.Track{State: "out_for_delivery", Followed: true, Events: []readmodel.TrackEvent{
				{At: at.Add(30 * time.Hour), State: "out_for_delivery", Text: "快递员正在派件，电话 95338", Place: "浙江,杭州市,西湖区"},
				{At: at.Add(26 * time.Hour), State: "transit", Text: "快件已到达杭州转运中心", Place: "浙江,杭州市"},
				{At: at.Add(2 * time.Hour), State: "accepted", Text: "顺丰速运 已收取快件"},
			}}, Lines: []readmodel.PickLine{{Title: "云南小粒咖啡豆", Spec: "250g", Qty: 1}},
		}},
		Upload: &readmodel.ShippingUpload{State: "failed", Error: "upload_shipping_info: errcode 10060003: re-ship chance used"},
	}
	picking := readmodel.Picking{
		Orders: []readmodel.PickOrder{{OrderNo: "261121110000ABCDEFGHIJ", PlacedAt: at, Address: address, Remark: "请放门卫", Note: "送小样", Lines: []readmodel.PickLine{{Title: "云南小粒咖啡豆", Spec: "250g", Qty: 2}}}},
		Sum:    []readmodel.PickLine{{Title: "云南小粒咖啡豆", Spec: "250g", Qty: 2}},
	}
	rows := []view.ShipmentRow{
		{Line: 1, OrderNo: "261121110000ABCDEFGHIJ", Courier: "顺丰速运", TrackingNo: "SF1234567890123", State: "ready"},
		{Line: 2, OrderNo: "261121110000ABCDEFGHIK", Courier: "火箭", TrackingNo: "1", State: "ready", Problem: f.Text.T("bulk.problem.courier")},
	}
	part, whole := refused, refused
	part.Bad, part.Refund = nil, view.ShipRefund{UnderWay: 1200, Numbers: []string{"R261121K7Q2M9XTABCD"}}
	whole.Bad, whole.Refund = nil, view.ShipRefund{UnderWay: 5800, Whole: true}
	rows = append(rows,
		view.ShipmentRow{Line: 3, OrderNo: "261121110000ABCDEFGHIL", Courier: "顺丰速运", TrackingNo: "SF1234567890124", State: "ready", Warning: f.Text.T("bulk.refund_part", f.Text.Money(1200))},
		view.ShipmentRow{Line: 4, OrderNo: "261121110000ABCDEFGHIM", Courier: "顺丰速运", TrackingNo: "SF1234567890125", State: "ready", Problem: f.Text.T("bulk.problem.refunding")},
	)
	waiting := view.OrderShow{OrderDetail: orderDetail()}
	waiting.Status = "paid"
	waiting.Fulfil = readmodel.Fulfilment{Delivery: "pickup", Store: "西湖店", Sent: map[int64]int64{}, LineIDs: []int64{1, 2}}
	stores := []delivery.Store{{ID: 1, Name: "西湖店", Phone: "0571-8888888", Address: "杭州市西湖区龙井路1号", Hours: "周一至周日 9:00–21:00", Open: true}, {ID: 2, Name: "滨江店", Address: "江南大道2号"}}
	settings := view.DeliverySettings{UnpaidMinutes: "30", ReceiveDays: "10", SignedDays: "7", FinishDays: "7", OpenOrders: "20", OpenPieces: "0", MayUpdate: true}
	full := settings
	full.Stores, full.Frozen, full.FrozenOrders = stores, f.Text.Money(128000), 3
	told := at.Add(30 * time.Hour)
	tracked := view.Tracking{MayUpdate: true, Bound: true, TrackingAccount: delivery.TrackingAccount{
		Customer: "A1B2C3D4E5F60718293A4B5C6D7E8F90", KeyEnds: "1234", Sandbox: true, Enabled: true, Error: "TRACKING_KEY", Followed: 128, ToldAt: &told,
		CallbackURL: "https://galleria.example/notify/kuaidi100/abcdefghijklmnopqrstuvwxyz",
	}}
	return append(append(f.localPages(page, stores), f.parcelPages(page, sent)...), []Sample{
		{"order_sent", view.OrderShowPage(page, view.OrderShow{OrderDetail: sent, MayShip: true, MayUpdate: true, Revealed: true})},
		{"ship", view.ShipPage(page, view.ShipForm{OrderNo: "261121110000ABCDEFGHIJ", Address: address, Lines: lines})},
		{"ship_refunding", view.ShipPage(page, part)},
		{"ship_refunded", view.ShipPage(page, view.ShipForm{OrderNo: "261121110000ABCDEFGHIJ", Address: address, Lines: lines, Refund: view.ShipRefund{Gone: 1200}})},
		{"ship_refunding_whole", view.ShipPage(page, whole)},
		{"ship_refused", view.ShipPage(page, refused)},
		{"order_price", view.OrderFormPage(page, view.OrderForm{OrderNo: "261121110000ABCDEFGHIJ", Title: f.Text.T("fulfil.reprice"), Lead: f.Text.T("fulfil.reprice_lead", f.Text.Money(5800)), Path: "/price", Submit: f.Text.T("fulfil.reprice_submit"), Inputs: []view.Input{{ID: "payable", Name: "payable", Label: f.Text.T("fulfil.payable"), Type: "text", Value: "58.00", Hint: f.Text.T("fulfil.payable_hint"), Max: "12", Required: true}}})},
		{"bulk", view.ShipmentsPage(page, view.Shipments{})},
		{"bulk_checked", view.ShipmentsPage(page, view.Shipments{Checked: true, Rows: rows, Good: 2, Text: "261121110000ABCDEFGHIJ sf SF1234567890123"})},
		{"bulk_done", view.ShipmentsPage(page, view.Shipments{Done: true, Rows: rows, Good: 2})},
		{"picking", view.PickingPage(page, picking)},
		{"picking_none", view.PickingPage(page, readmodel.Picking{})},
		{"pickup", view.VerifyPage(f.page("nav.pickup", f.Text.T("pickup.title")), view.Verify{})},
		{"pickup_found", view.VerifyPage(f.page("nav.pickup", f.Text.T("pickup.title")), view.Verify{Code: "402913377015", Found: &waiting})},
		{"delivery", view.DeliverySettingsPage(f.page("nav.delivery", f.Text.T("delivery.title")), full)},
		{"delivery_none", view.DeliverySettingsPage(f.page("nav.delivery", f.Text.T("delivery.title")), settings)},
		{"tracking", view.TrackingPage(f.page("nav.delivery", f.Text.T("tracking.title")), tracked)},
		{"tracking_none", view.TrackingPage(f.page("nav.delivery", f.Text.T("tracking.title")), view.Tracking{MayUpdate: true})},
		{"tracking_key", view.TrackingFormPage(f.page("nav.delivery", f.Text.T("tracking.title")), view.TrackingForm{Customer: "短", HasSandbox: true, Bad: map[string]string{"customer": f.Text.T("fulfil.bad.customer")}})},
		{"store", view.StoreFormPage(f.page("nav.delivery", f.Text.T("store.one")), view.StoreForm{Store: stores[0], Bad: map[string]string{"latitude": f.Text.T("fulfil.bad.latitude")}})},
	}...)
}

// localPages are those of what the shop's own people bring.
func (f Frame) localPages(page view.Page, stores []delivery.Store) []Sample {
	from := time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("", 8*3600))
	slotFrom, slotUntil := from, from.Add(3*time.Hour)
	local := view.OrderShow{OrderDetail: orderDetail(), MayShip: true, MayUpdate: true}
	local.Status = "paid"
	local.Fulfil = readmodel.Fulfilment{Delivery: "local", Store: "西湖店", SlotFrom: &slotFrom, SlotUntil: &slotUntil, Sent: map[int64]int64{}, LineIDs: []int64{1, 2}}
	brought := local
	brought.Status, brought.Rider = "fulfilling", &delivery.Rider{Name: "张师傅", Phone: "13900139000"}
	brought.Fulfil.Parcels = []readmodel.Parcel{{ParcelNo: "P261123K7Q2M9XTABCD", Kind: "local", Status: "shipped", ShippedAt: from, Lines: []readmodel.PickLine{{Title: "云南小粒咖啡豆", Spec: "250g", Qty: 2}}}}
	terms := view.LocalForm{
		Active: true, StoreID: 1, RadiusKM: "5", Min: "20.00", Base: "5.00", BaseKM: "3", PerKM: "1.00", Free: "99.00", Lead: "30", Ahead: "2", Weekdays: 127,
		Times: "09:00-12:00 20\n14:00-18:00 20", Divisions: []string{"330106", "330200"}, Stores: stores, Regions: division.Load(), MayUpdate: true,
	}
	badTerms := terms
	badTerms.Times, badTerms.Bad = "9点到12点", map[string]string{"times": f.Text.T("fulfil.bad.times"), "store_id": f.Text.T("fulfil.bad.store_id"), "radius_m": f.Text.T("fulfil.bad.radius_m")}
	localPage := f.page("nav.delivery", f.Text.T("local.title"))
	return []Sample{
		{"order_local", view.OrderShowPage(page, local)},
		{"order_local_sent", view.OrderShowPage(page, brought)},
		{"local", view.LocalPage(localPage, terms)},
		{"local_refused", view.LocalPage(localPage, badTerms)},
		{"local_none", view.LocalPage(localPage, view.LocalForm{Regions: division.Load(), MayUpdate: true})},
	}
}
