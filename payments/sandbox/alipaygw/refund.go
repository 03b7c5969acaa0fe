package alipaygw

import (
	"time"

	"galleria/commerce/money"
)

// refundLife is how long after payment money may go back.
const refundLife = 365 * 24 * time.Hour

type refundAnswer struct {
	TradeNo      string `json:"trade_no"`
	OutTradeNo   string `json:"out_trade_no"`
	BuyerLogonID string `json:"buyer_logon_id"`
	FundChange   string `json:"fund_change,omitempty"`
	RefundFee    string `json:"refund_fee"`    // of the trade, all refunds together
	SendBackFee  string `json:"send_back_fee"` // of this call
}

// refund is alipay.trade.refund: the money moves at once, and one out_request_no moves it
// once.
func (g *Gateway) refund(c *call) (any, *refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, r := g.find(c)
	if r != nil {
		return nil, r
	}
	no, amount, now := orElse(c.text("out_request_no"), t.OutTradeNo), fen(c.text("refund_amount")), g.now()
	row, known := g.books.refunds[pair{t.TradeNo, no}]
	switch {
	case known && row.AmountFen != amount:
		return nil, business("ACQ.DISCORDANT_REPEAT_REQUEST", "请求信息不一致")
	case known && row.Done:
		return refundSaid(t, amount, "N", c.fault), nil
	case t.PaidAt.IsZero():
		return nil, business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
	case !t.FinishedAt.IsZero() || now.Sub(t.PaidAt) > refundLife:
		return nil, business("ACQ.TRADE_HAS_FINISHED", "交易已经完结")
	case amount < 1 || amount > t.TotalFen-t.RefundedFen:
		return nil, business("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")
	case now.Sub(t.LastRefundAt) < g.pause:
		return nil, business("ACQ.SYSTEM_ERROR", "系统错误：同一笔交易多次退款请间隔 3 秒")
	}
	if !known {
		row = Refund{
			SellerID: t.SellerID, OutTradeNo: t.OutTradeNo, TradeNo: t.TradeNo, OutRequestNo: no, Reason: c.text("refund_reason"),
			AmountFen: amount, Done: false, CreatedAt: now.UTC(),
		}
	}
	if c.fault.Is(ModeRefundPending) {
		return refundSaid(t, amount, "N", c.fault), g.keep(entry{Refund: &row})
	}
	row.Done, row.DoneAt = true, now.UTC()
	t.RefundedFen, t.LastRefundAt = t.RefundedFen+amount, now.UTC()
	kept := g.keep(entry{Trade: &t, Refund: &row, Delivery: g.refundNotice(t, row)})
	g.Nudge()
	return refundSaid(t, amount, "Y", c.fault), kept
}

func refundSaid(t Trade, amount money.Fen, change string, f *Fault) refundAnswer {
	if f.Is(ModeRefundUnsure) {
		change = ""
	}
	return refundAnswer{t.TradeNo, t.OutTradeNo, masked(t.Buyer), change, yuan(t.RefundedFen), yuan(amount)}
}

type refundQueryAnswer struct {
	TradeNo      string `json:"trade_no,omitempty"`
	OutTradeNo   string `json:"out_trade_no,omitempty"`
	OutRequestNo string `json:"out_request_no,omitempty"`
	TotalAmount  string `json:"total_amount,omitempty"`
	RefundAmount string `json:"refund_amount,omitempty"`
	RefundReason string `json:"refund_reason,omitempty"`
	RefundStatus string `json:"refund_status,omitempty"`
	GmtRefundPay string `json:"gmt_refund_pay,omitempty"`
}

// queryRefund is alipay.trade.fastpay.refund.query: an unknown number, and one whose money
// has not moved, are both answered with 10000 and nothing else.
func (g *Gateway) queryRefund(c *call) (any, *refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, r := g.find(c)
	if r != nil {
		return nil, r
	}
	no := c.text("out_request_no")
	if c.fault.Is(ModeOtherAnswer) {
		for _, key := range g.books.refundOrder {
			if key.owner == t.TradeNo {
				no = key.name
			}
		}
	}
	row, known := g.books.refunds[pair{t.TradeNo, no}]
	if !known || !row.Done {
		return refundQueryAnswer{}, nil
	}
	return refundQueryAnswer{
		TradeNo: t.TradeNo, OutTradeNo: t.OutTradeNo, OutRequestNo: row.OutRequestNo, TotalAmount: yuan(t.TotalFen),
		RefundAmount: yuan(row.AmountFen), RefundReason: row.Reason, RefundStatus: "REFUND_SUCCESS", GmtRefundPay: clockText(row.DoneAt),
	}, nil
}
