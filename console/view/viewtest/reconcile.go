package viewtest

import (
	"time"

	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/payments/reconcile"
)

// reconcilePages are the business days and one of them in each of its states.
func (f Frame) reconcilePages() []Sample {
	page := f.page("nav.reconcile", f.Text.T("reconcile.title"))
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	at := time.Date(2026, 11, 21, 2, 14, 0, 0, time.UTC)
	closed := readmodel.BillDay{
		ID: 7, Day: day, AccountID: 1, Account: "青禾微信收款", Channel: "wechat", MerchantNo: "1900000001", Status: "closed", TheirPaid: 1283400, TheirPaidN: 142, TheirRefunded: 5800,
		TheirRefundN: 1, OurPaid: 1283400, OurPaidN: 142, OurRefunded: 5800, OurRefundN: 1, Fee: 7665, Settled: 1200000, Matched: 143, FetchedAt: &at, ClosedAt: &at,
	}
	open := closed
	open.ID, open.Account, open.Channel, open.Status, open.OpenCount, open.Unexplained, open.OurPaid, open.OurPaidN, open.ClosedAt = 8, "青禾支付宝", "alipay", "open", 2, 12890, 1270510, 141, nil
	waiting := readmodel.BillDay{ID: 9, Day: day.AddDate(0, 0, 1), AccountID: 1, Account: "青禾微信收款", Channel: "wechat", MerchantNo: "1900000001", Status: "waiting", LastError: "BILL_NOT_READY", DueAt: at.Add(24 * time.Hour)}
	broken := waiting
	broken.ID, broken.Status, broken.LastError = 10, "malformed", "BILL_MALFORMED"
	list := view.BillDayList{OnFirst: true, BillDayPage: readmodel.BillDayPage{
		Rows: []readmodel.BillDay{waiting, broken, open, closed}, ToDo: 2, More: true,
		Accounts: []readmodel.BillAccount{{ID: 1, Name: "青禾微信收款", Channel: "wechat"}, {ID: 2, Name: "青禾支付宝", Channel: "alipay"}},
	}}
	var reasons []string
	for _, r := range reconcile.Resolutions() {
		reasons = append(reasons, string(r))
	}
	from := day.AddDate(0, 0, -1)
	show := view.BillDayShow{
		MayResolve: true, MayOrders: true, Resolutions: reasons, OnFirst: true, Tried: 2, Resolution: "by_hand", BadNote: true,
		BillDayDetail: readmodel.BillDayDetail{
			BillDay: open, Counts: map[string]int64{"open": 2, "healed": 3, "explained": 1},
			Files: []readmodel.BillFile{
				{ID: 4, Kind: "trade", Status: "current", Name: "alipay-trade-2088000000000001-2026-11-20.zip", Bytes: 48213, Lines: 143, FetchedAt: at},
				{ID: 3, Kind: "trade", Status: "malformed", Name: "alipay-trade-2088000000000001-2026-11-20.zip", Bytes: 912, Note: "the summary has no total", FetchedAt: at.Add(-time.Hour)},
			},
			Differences: []readmodel.Difference{
				{ID: 1, Kind: "only_theirs", Subject: "payment", Status: "open", ProviderNo: "2026112022001412345678901234", OwnNo: "OLDSHOP20261120001", MovedAt: at.Add(-20 * time.Hour), Their: 12000, Fen: 12000, Answer: "unknown"},
				{ID: 2, Kind: "amount_differs", Subject: "payment", Status: "open", ProviderNo: "2026112022001412345678909999", OwnNo: "20261120031500ABCDEFGHJK", OrderNo: "261120111500ABCDEFGHJK", MovedAt: at.Add(-18 * time.Hour), Our: 5800, Their: 4910, Fen: 890},
				{ID: 3, Kind: "only_ours", Subject: "refund", Status: "explained", OwnNo: "20261119155900ABCDEFGHJK", OrderNo: "261119235900ABCDEFGHJK", MovedAt: at.Add(-34 * time.Hour), Our: 900, Fen: 900, CarriedFrom: &from, Resolution: "timing", Note: "11 月 22 日账单", ResolvedBy: "staff:3", Resolver: "林小满", ResolvedAt: &at},
			},
		},
	}
	calm := view.BillDayShow{OnFirst: true, MayResolve: true, BillDayDetail: readmodel.BillDayDetail{BillDay: closed, Files: show.Files[:1]}, Done: "difference_explained"}
	none := view.BillDayShow{OnFirst: true, BillDayDetail: readmodel.BillDayDetail{BillDay: waiting}}
	return []Sample{
		{"reconcile_list", view.BillDayListPage(page, list)},
		{"reconcile_empty", view.BillDayListPage(page, view.BillDayList{OnFirst: true})},
		{"reconcile_open", view.BillDayShowPage(page, show)},
		{"reconcile_closed", view.BillDayShowPage(page, calm)},
		{"reconcile_waiting", view.BillDayShowPage(page, none)},
	}
}
