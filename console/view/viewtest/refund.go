package viewtest

import (
	"time"

	"galleria/console/readmodel"
	"galleria/console/view"
)

// moneyPages are the pages of payments, refunds and anomalies.
func (f Frame) moneyPages() []Sample {
	shop := func(here, title string) view.Page { return f.page(here, f.Text.T(title)) }
	at := time.Date(2026, 11, 21, 6, 30, 0, 0, time.UTC)
	later := at.Add(3 * time.Minute)
	row := func(n int64, status, hold string) readmodel.RefundRow {
		r := readmodel.RefundRow{
			ID: n, OutRefundNo: "20261121063000A1B2C3D4E5F" + string(rune('0'+n)), OutTradeNo: "20261121060000X7K2Q9M4T5V8", OrderNo: "261121140000K7Q2M9XT", Channel: "wechat",
			Reason: "staff", Note: "缺货，退差价", Amount: 3900, Status: status, Hold: hold, RequestedBy: "staff:2", RequestedAt: at,
		}
		if hold == "balance" {
			r.DueAt = &later
		}
		return r
	}
	rows := []readmodel.RefundRow{row(5, "awaiting_approval", ""), row(4, "waiting", "balance"), row(3, "processing", ""), row(2, "succeeded", ""), row(1, "failed", "")}
	counts := map[string]int64{"": 5, "awaiting_approval": 1, "task": 1, "under_way": 1, "done": 1, "over": 1}
	detail := func(status, hold string) readmodel.RefundDetail {
		return readmodel.RefundDetail{
			RefundRow: row(4, status, hold), Asker: "王客服", PaidAmount: 11800, PaidAt: &at, PaymentRest: 7900, Account: "山野咖啡", MerchantNo: "1900000109", Scene: "mini_program",
			Events: []readmodel.RefundEvent{{At: at, Event: "asked", To: status, ActorKind: "staff", ActorName: "王客服", Note: "缺货，退差价"}},
		}
	}
	held := detail("waiting", "balance")
	held.Tries, held.SentAt, held.LastError = 2, &at, "403 NOT_ENOUGH 基本账户余额不足"
	held.Events = append(held.Events, readmodel.RefundEvent{At: later, Event: "held", To: "waiting", ActorKind: "system", Note: "balance"})
	settled := detail("settled", "")
	settled.FinishedAt, settled.Means, settled.SettledBy, settled.Evidence, settled.EvidenceRef = &later, "elsewhere", "李店长", "买家银行卡已注销，11 月 21 日转账到其支付宝。", "回单 20261121-7"
	settled.Files = []readmodel.EvidenceFile{{ID: 1, Name: "银行回单.pdf", Kind: "pdf", Bytes: 48211}}
	settled.Events = append(settled.Events, readmodel.RefundEvent{At: later, Event: "settled", To: "settled", ActorKind: "staff", ActorName: "李店长", Note: settled.Evidence})
	payment := readmodel.PaymentRow{
		ID: 1, OutTradeNo: "20261121060000X7K2Q9M4T5V8", OrderNo: "261121140000K7Q2M9XT", Channel: "wechat", Scene: "mini_program", Account: "山野咖啡", MerchantNo: "1900000109", Mode: "sandbox",
		Amount: 11800, Reserved: 3900, Status: "succeeded", TransactionID: "4200001234202611210000000001", CreatedAt: at, ExpiresAt: at.Add(30 * time.Minute), PaidAt: &later,
	}
	odd := readmodel.AnomalyRow{
		ID: 7, Reason: "amount", Blocking: true, OutTradeNo: payment.OutTradeNo, OrderNo: payment.OrderNo, EventID: "EV-2018022511223320873", Channel: "wechat", MerchantNo: "1900000109",
		Expected: "11800", Got: "1", Seen: 2, FirstAt: at, LastAt: later,
	}
	resolved := odd
	resolved.ID, resolved.ResolvedAt, resolved.ResolvedBy, resolved.ResolvedNote = 6, &later, "李店长", "已在商户平台核对，原路退回。"
	form := view.RefundForm{OrderNo: payment.OrderNo, Key: "0123456789abcdef", Paid: 11800, Held: 3900, Rest: 7900, Limit: 5000, Channel: "wechat", Amount: "79.00"}
	refused := form
	refused.Amount, refused.Note, refused.Bad = "790", "", map[string]string{"amount": f.Text.T("refund.amount_bad"), "note": f.Text.T("refund.note_bad"), "sure": f.Text.T("refund.unsure")}
	return []Sample{
		{"refunds", view.RefundListPage(shop("nav.refunds", "refund.list"), view.RefundList{MoneyQuery: view.MoneyQuery{OnFirst: true}, MoneyPage: readmodel.MoneyPage[readmodel.RefundRow]{Rows: rows, Counts: counts}, MayLimit: true, Limit: "50.00"})},
		{"refunds_none", view.RefundListPage(shop("nav.refunds", "refund.list"), view.RefundList{MoneyQuery: view.MoneyQuery{OnFirst: true}})},
		{"refund_approve", view.RefundShowPage(shop("nav.refunds", "refund.one"), view.RefundShow{RefundDetail: detail("awaiting_approval", ""), MayApprove: true, MayCreate: true})},
		{"refund_own", view.RefundShowPage(shop("nav.refunds", "refund.one"), view.RefundShow{RefundDetail: detail("awaiting_approval", ""), Own: true, MayApprove: true, Done: "refund_awaits"})},
		{"refund_held", view.RefundShowPage(shop("nav.refunds", "refund.one"), view.RefundShow{
			RefundDetail: held, MaySettle: true, Settle: view.SettleForm{Bad: map[string]string{"means": f.Text.T("refund.means_bad"), "evidence": f.Text.T("refund.evidence_bad")}},
		})},
		{"refund_abnormal", view.RefundShowPage(shop("nav.refunds", "refund.one"), view.RefundShow{
			RefundDetail: detail("abnormal", "abnormal"), MaySettle: true, Banks: []string{"ICBC_DEBIT", "CMB_DEBIT"},
			Redirect: view.RedirectForm{To: "buyer_bank", Holder: "李小满", Bad: map[string]string{"bank": f.Text.T("refund.redirect_bad.bank"), "card": f.Text.T("refund.redirect_bad.card")}},
		})},
		{"refund_settled", view.RefundShowPage(shop("nav.refunds", "refund.one"), view.RefundShow{RefundDetail: settled, MaySettle: true})},
		{"refund_new", view.RefundFormPage(shop("nav.orders", "refund.new"), form)},
		{"refund_new_refused", view.RefundFormPage(shop("nav.orders", "refund.new"), refused)},
		{"payments", view.PaymentListPage(shop("nav.payments", "payment.list"), view.PaymentList{MoneyQuery: view.MoneyQuery{OnFirst: true}, MoneyPage: readmodel.MoneyPage[readmodel.PaymentRow]{Rows: []readmodel.PaymentRow{payment}, Counts: map[string]int64{"": 1, "succeeded": 1}}})},
		{"payments_none", view.PaymentListPage(shop("nav.payments", "payment.list"), view.PaymentList{MoneyQuery: view.MoneyQuery{OnFirst: true}})},
		{"payment", view.PaymentShowPage(shop("nav.payments", "payment.one"), view.PaymentShow{
			PaymentDetail: readmodel.PaymentDetail{
				PaymentRow: payment, Refunds: rows[1:2], Callbacks: callbacks().Rows, Anomalies: []readmodel.AnomalyRow{odd},
				Exchanges: []readmodel.Exchange{
					{At: later, Step: "refund", Asked: "POST /v3/refund/domestic/refunds\n\n{\"out_refund_no\":\"2026…\"}", Answered: "{\"code\":\"NOT_ENOUGH\"}", Answer: 403, Code: "PROVIDER_NOT_ENOUGH", TookMS: 41},
					{At: at, Step: "prepay", Asked: "POST /v3/pay/transactions/jsapi\n\n{\"payer\":{\"openid\":\"***\"}}", Answered: "{\"prepay_id\":\"wx21…\"}", Answer: 200, TookMS: 38},
				},
			}, MayRefund: true, SeesRefunds: true, MayRaw: true, CallbackBase: "/console/shanye/callbacks",
		})},
		{"anomalies", view.AnomalyListPage(shop("nav.anomalies", "anomaly.list"), view.AnomalyList{MoneyQuery: view.MoneyQuery{Status: "open", OnFirst: true}, MoneyPage: readmodel.MoneyPage[readmodel.AnomalyRow]{Rows: []readmodel.AnomalyRow{odd, resolved}, Counts: map[string]int64{"": 2, "open": 1, "resolved": 1}}})},
		{"anomalies_none", view.AnomalyListPage(shop("nav.anomalies", "anomaly.list"), view.AnomalyList{MoneyQuery: view.MoneyQuery{Status: "open", OnFirst: true}})},
		{"anomaly", view.AnomalyShowPage(shop("nav.anomalies", "anomaly.one"), view.AnomalyShow{AnomalyRow: odd, MayResolve: true})},
		{"anomaly_resolved", view.AnomalyShowPage(shop("nav.anomalies", "anomaly.one"), view.AnomalyShow{AnomalyRow: resolved, MayResolve: true})},
	}
}
