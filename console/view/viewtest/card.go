package viewtest

import (
	"time"

	"galleria/commerce/card"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// cardPages are the pages of virtual cards.
func (f Frame) cardPages() []Sample {
	goods, orders := f.page("nav.products", f.Text.T("card.title")), f.page("nav.orders", f.Text.T("card.of_order"))
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	product := productDetail()
	product.Title, product.Kind = "视频会员月卡", "virtual_card"
	batches := []view.CardBatch{
		{Batch: card.Batch{SKUID: 1, Batch: "KM-K7Q2M9XTABCDEFGHIJKLMNOPQR", AddedAt: at, Cards: 200, Free: 200}, Spec: "月卡", By: "陈静"},
		{Batch: card.Batch{SKUID: 2, Batch: "KM-A7Q2M9XTABCDEFGHIJKLMNOPQR", AddedAt: at.AddDate(0, 0, -9), Cards: 500, Sold: 488, Void: 12}, Spec: "年卡", By: "陈静"},
	}
	handed := view.OrderShow{OrderDetail: orderDetail(), MayShip: true, MayShowCards: true}
	handed.Status, handed.Address = "completed", readmodel.Address{}
	handed.Fulfil = readmodel.Fulfilment{
		Delivery: "virtual", Settlement: "window", Sent: map[int64]int64{1: 2, 2: 1}, LineIDs: []int64{1, 2},
		Parcels: []readmodel.Parcel{{ParcelNo: "P261121K7Q2M9XTABCD", Kind: "virtual", Status: "delivered", ShippedAt: at, Lines: []readmodel.PickLine{{Title: "视频会员月卡", Spec: "月卡", Qty: 2}}}},
	}
	lacking := handed
	lacking.Status, lacking.Fulfil = "paid", readmodel.Fulfilment{Delivery: "virtual", Settlement: "open", Sent: map[int64]int64{}, LineIDs: []int64{1, 2}}
	full := view.CardStock{Product: product, Batches: batches, MayUpdate: true}
	told, bad := full, full
	told.Told, told.Added, told.Left = true, 97, f.Text.T("card.left.twice", "12")+" "+f.Text.T("card.left.known", "3, 40")
	bad.Text, bad.Bad = "8800 1234 5678", f.Text.T("card.bad.lines", "1")
	return append(f.voucherPages(), []Sample{
		{"cards", view.CardStockPage(goods, told)},
		{"cards_refused", view.CardStockPage(goods, bad)},
		{"cards_none", view.CardStockPage(goods, view.CardStock{Product: product, MayUpdate: true})},
		{"cards_read", view.CardStockPage(goods, view.CardStock{Product: product, Batches: batches})},
		{"cards_void", view.CardVoidPage(goods, view.CardVoid{ProductID: product.ID, Title: product.Title, Batch: batches[0]})},
		{"order_cards", view.OrderCardsPage(orders, view.OrderCards{
			OrderNo: "261121110000ABCDEFGHIJ", Titles: map[int64]string{1: "视频会员月卡 月卡"}, Next: "200",
			Cards: []card.Sold{{LineID: 1, Card: card.Card{Number: "8800123412345678", Secret: f.Text.T("card.secret")}}, {LineID: 1, Card: card.Card{Number: "K7Q2-M9XT-ABCD"}}},
		})},
		{"order_cards_none", view.OrderCardsPage(orders, view.OrderCards{OrderNo: "261121110000ABCDEFGHIJ"})},
		{"order_handed_out", view.OrderShowPage(orders, handed)},
		{"order_cards_lacking", view.OrderShowPage(orders, lacking)},
	}...)
}
