package viewtest

import (
	"time"

	"galleria/commerce/money"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// moneyBoardPages are the pages that say where the money is.
func (f Frame) moneyBoardPages() []Sample {
	shop := func(here, title string) view.Page { return f.page(here, f.Text.T(title)) }
	held := readmodel.AccountMoney{
		AccountID: 1, Channel: "wechat", Name: "山野咖啡", MerchantNo: "1900000109", Mode: "live",
		Flow: readmodel.Flow{Received: 1286400, Refunded: 39000, Fees: 7719, Settled: 800000},
		Held: readmodel.Held{Unshipped: 118000, UnshippedN: 9, NotUploaded: 46700, NotUploadedN: 3, Unreceived: 152300, UnreceivedN: 14, Refunding: 7800, RefundingN: 2, Waiting: 114881},
	}
	ali := readmodel.AccountMoney{
		AccountID: 2, Channel: "alipay", Name: "山野咖啡（支付宝）", MerchantNo: "2088000000000001", Mode: "sandbox",
		Flow: readmodel.Flow{Received: 204500, Fees: 1227, PaidOut: 5000, Other: -100}, Held: readmodel.Held{Waiting: 198173},
	}
	period := readmodel.FlowPeriod{From: time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}
	month := view.Settlement{Settlement: readmodel.Settlement{Period: period, Before: readmodel.Flow{Received: 998000, Refunded: 21000, Fees: 5988}}, Preset: 30, MayExport: true}
	for i := range 30 {
		day := readmodel.FlowDay{Day: period.From.AddDate(0, 0, i)}
		if i%9 != 4 {
			day.Received = money.Fen(30000 + i*i*97%41000)
			day.Fees = day.Received * 6 / 1000
		}
		if i%5 == 2 {
			day.Refunded = 11800
		}
		if i%7 == 6 {
			day.Settled = 200000
		}
		month.Days, month.Total = append(month.Days, day), month.Total.Plus(day.Flow)
	}
	month.Channels = []readmodel.ChannelFlow{{Channel: "wechat", Flow: month.Total}, {Channel: "alipay"}}
	empty := view.Settlement{Settlement: readmodel.Settlement{Period: period, Days: month.Days[:0]}, Preset: 0, Invalid: "filter.bad_range"}
	paid := orderDetail()
	paid.Money = moneyFacts()
	return []Sample{
		{"whereabouts", view.WhereaboutsPage(shop("nav.whereabouts", "whereabouts.title"), view.Whereabouts{
			Whereabouts: readmodel.Whereabouts{Accounts: []readmodel.AccountMoney{held, ali}}, SeesOrders: true,
		})},
		{"whereabouts_none", view.WhereaboutsPage(shop("nav.whereabouts", "whereabouts.title"), view.Whereabouts{})},
		{"settlement", view.SettlementPage(shop("nav.settlement", "settlement.title"), month)},
		{"settlement_none", view.SettlementPage(shop("nav.settlement", "settlement.title"), empty)},
		{"order_money", view.OrderShowPage(shop("nav.orders", "order.one"), view.OrderShow{OrderDetail: paid, Now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)})},
		{"payments_narrowed", view.PaymentListPage(shop("nav.payments", "payment.list"), view.PaymentList{
			MoneyQuery: view.MoneyQuery{Query: "<b>x</b>", From: "2026-11-02", To: "2026-11-01", Channel: "alipay", Amount: "1-x", Invalid: "filter.bad_amount"}, MayExport: true,
		})},
	}
}

// moneyFacts are a payment whose shipping information was refused, and one whose money came
// to its end.
func moneyFacts() []readmodel.MoneyFacts {
	at := time.Date(2026, 11, 19, 6, 30, 0, 0, time.UTC)
	hours := func(n int) *time.Time { t := at.Add(time.Duration(n) * time.Hour); return &t }
	return []readmodel.MoneyFacts{
		{
			OutTradeNo: "20261121060000X7K2Q9M4T5V8", Channel: "wechat", Amount: 11800, PaidAt: at, Told: true, ShippedAt: hours(4),
			Upload:  &readmodel.UploadFacts{State: "failed", Tries: 30, Error: "268485195 支付单处在不支持进行操作的状态"},
			Bill:    &readmodel.BillFacts{Day: at, Settled: 11800, FeeMilli: 70800, Booked: true, EnteredAt: *hours(28)},
			Refunds: []readmodel.RefundFacts{{OutRefundNo: "20261121063000A1B2C3D4E5F4", Amount: 3900, Status: "waiting", Hold: "balance", RequestedAt: *hours(30)}},
		},
		{
			OutTradeNo: "20261121050000P2P2P2P2P2P2", Channel: "alipay", Amount: 11800, Refunded: 11800, PaidAt: at, Surplus: true,
			Bill:    &readmodel.BillFacts{Day: at, Settled: 11800, FeeMilli: 70800, Booked: true, EnteredAt: *hours(28)},
			Refunds: []readmodel.RefundFacts{{OutRefundNo: "20261121063000A1B2C3D4E5F5", Amount: 11800, Status: "succeeded", FeeMilli: -70800, RequestedAt: *hours(1), FinishedAt: hours(2)}},
		},
	}
}
