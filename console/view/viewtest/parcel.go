package viewtest

import (
	"time"

	"galleria/commerce/order"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// parcelPages are those of parcels that are packed before they have a number, or lost.
func (f Frame) parcelPages(page view.Page, sent readmodel.OrderDetail) []Sample {
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	coffee, paper := readmodel.PickLine{ID: 1, Title: "云南小粒咖啡豆", Spec: "250g", Qty: 1}, readmodel.PickLine{ID: 2, Title: "滤纸", Qty: 1}
	looked := at.AddDate(0, 0, 3)
	sent.Fulfil.Upload = &readmodel.ShippingUpload{State: "uploaded", UploadedAt: &at, LookedAt: &looked, Provider: "confirmed", Mismatch: "received"}
	lost := sent
	packed := sent
	packed.Fulfil.Upload, packed.Fulfil.Sent, packed.Fulfil.Packed, packed.Status = nil, map[int64]int64{}, map[int64]int64{1: 1}, "paid"
	packed.Fulfil.ReceiveBy = nil
	packed.Fulfil.Parcels = []readmodel.Parcel{{ParcelNo: "P261121K7Q2M9XTABCD", Kind: "express", Status: "packed", ShippedAt: at, Lines: []readmodel.PickLine{coffee}}}
	reason := "快递公司答复：中转时丢失，同意赔付"
	lost.Fulfil.Sent = map[int64]int64{1: 2, 2: 1}
	lost.Fulfil.Parcels = []readmodel.Parcel{
		{ParcelNo: "P261121K7Q2M9XTABCD", Kind: "express", Courier: "sf", TrackingNo: "SF1234567890123", Status: "lost", ShippedAt: at, LostReason: reason, Lines: []readmodel.PickLine{coffee}},
		{ParcelNo: "P261121K7Q2M9XTABCE", Kind: "express", Courier: "sf", TrackingNo: "SF1234567890124", Status: "lost", ShippedAt: at, LostReason: reason, Remedy: "resent", Lines: []readmodel.PickLine{paper}},
		{ParcelNo: "P261121K7Q2M9XTABCF", Kind: "express", Courier: "sf", TrackingNo: "SF1234567890125", Status: "shipped", ShippedAt: at, Resends: "SF1234567890124", Lines: []readmodel.PickLine{paper}},
		{ParcelNo: "P261121K7Q2M9XTABCG", Kind: "express", Courier: "sf", TrackingNo: "SF1234567890126", Status: "lost", ShippedAt: at, LostReason: reason, Remedy: "refund", RefundCase: "S261121K7Q2M9XTABCD", Lines: []readmodel.PickLine{coffee}},
	}
	lost.Events = append(append([]readmodel.OrderEvent(nil), lost.Events...), readmodel.OrderEvent{At: at.Add(time.Hour), Event: string(order.EventLose), From: "fulfilling", To: "fulfilling", ActorKind: "staff", ActorName: "阿哲", Text: reason})
	lines := []view.ShipLine{{ID: 1, Title: "云南小粒咖啡豆", Spec: "250g", Qty: 3, Sent: 1, Packed: 1, Now: "1"}, {ID: 2, Title: "滤纸", Qty: 1, Sent: 1, Now: "0"}}
	form := func(name string, danger bool, inputs ...view.Input) view.OrderForm {
		return view.OrderForm{
			OrderNo: packed.OrderNo, Title: f.Text.T("parcel." + name), Lead: f.Text.T("parcel." + name + "_lead"), Path: "/parcels/P261121K7Q2M9XTABCD/" + name,
			Submit: f.Text.T("parcel." + name + "_submit"), Danger: danger, Inputs: inputs,
		}
	}
	why := view.Input{ID: "reason", Name: "reason", Label: f.Text.T("parcel.lost_reason"), Type: "text", Hint: f.Text.T("parcel.lost_hint"), Bad: f.Text.T("fulfil.bad.reason"), Max: "200", Required: true}
	resend := form("resend", false, view.Input{ID: "tracking_no", Name: "tracking_no", Label: f.Text.T("fulfil.tracking_no"), Type: "text", Hint: f.Text.T("fulfil.tracking_hint"), Max: "40", Required: true})
	resend.Couriers, resend.Problem = true, "库存不足"
	return []Sample{
		{"order_packed", view.OrderShowPage(page, view.OrderShow{OrderDetail: packed, MayShip: true, MayUpdate: true})},
		{"order_lost", view.OrderShowPage(page, view.OrderShow{OrderDetail: lost, MayShip: true, MayUpdate: true, MayRefund: true, MayHandleCases: true})},
		{"pack", view.ShipPage(page, view.ShipForm{OrderNo: packed.OrderNo, Address: sent.Address, Lines: lines, Pack: true})},
		{"parcel_lose", view.OrderFormPage(page, form("lose", true, why))},
		{"parcel_resend", view.OrderFormPage(page, resend)},
		{"parcel_found", view.OrderFormPage(page, form("found", false))},
	}
}
