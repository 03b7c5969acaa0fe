package alipay

import (
	"context"
	"fmt"
	"time"

	"galleria/payments"
	"galleria/payments/internal/wire"
)

// Refund implements payments.Channel. The provider has no number of its own for a refund:
// RefundID is the trade's. Of its amounts, refund_fee is of all refunds together and is not
// looked at.
func (c *Channel) Refund(ctx context.Context, acc payments.Account, in payments.RefundRequest) (payments.RefundResult, error) {
	var out struct {
		OutTradeNo  string `json:"out_trade_no"`
		TradeNo     string `json:"trade_no"`
		FundChange  string `json:"fund_change"`
		SendBackFee string `json:"send_back_fee"`
	}
	q := question{method: "alipay.trade.refund", fields: map[string]any{
		"out_trade_no": in.OutTradeNo, "out_request_no": in.OutRefundNo, "refund_amount": yuan(in.RefundFen),
	}}
	if in.Reason != "" {
		q.fields["refund_reason"] = wire.Cut(in.Reason, mostReason)
	}
	if err := c.call(ctx, acc, refundTimeout, q, &out); err != nil {
		return payments.RefundResult{}, err
	}
	if out.OutTradeNo != in.OutTradeNo {
		return payments.RefundResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked about %s, answered about %s", in.OutTradeNo, wire.Cut(out.OutTradeNo, 64)))
	}
	result := payments.RefundResult{
		OutRefundNo: in.OutRefundNo, OutTradeNo: in.OutTradeNo, RefundID: out.TradeNo, State: payments.RefundPending, Amount: amount(yuan(in.RefundFen)),
	}
	if out.FundChange != "Y" {
		return result, nil // money moved before this call, or has not: the query tells
	}
	if out.SendBackFee != "" {
		result.Amount = amount(out.SendBackFee)
	}
	if !result.Amount.Valid || result.Amount.Fen != in.RefundFen {
		return payments.RefundResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked to refund %d, answered %s", in.RefundFen, result.Amount.Text))
	}
	result.State, result.DoneAt = payments.RefundDone, c.d.Now().UTC().Truncate(time.Second)
	return result, nil
}

// QueryRefund implements payments.Channel. The provider answers an unknown number with
// success and nothing else.
func (c *Channel) QueryRefund(ctx context.Context, acc payments.Account, outTradeNo, outRefundNo string) (payments.RefundResult, error) {
	var out struct {
		OutTradeNo   string `json:"out_trade_no"`
		TradeNo      string `json:"trade_no"`
		OutRequestNo string `json:"out_request_no"`
		RefundAmount string `json:"refund_amount"`
		Status       string `json:"refund_status"`
		PaidAt       string `json:"gmt_refund_pay"`
	}
	q := question{method: "alipay.trade.fastpay.refund.query", fields: map[string]any{
		"out_trade_no": outTradeNo, "out_request_no": outRefundNo, "query_options": []string{"gmt_refund_pay"},
	}}
	if err := c.call(ctx, acc, callTimeout, q, &out); err != nil {
		return payments.RefundResult{}, err
	}
	if out.Status == "" && out.RefundAmount == "" {
		return payments.RefundResult{}, payments.ErrNoSuchNumber
	}
	if out.OutTradeNo != outTradeNo || out.OutRequestNo != outRefundNo {
		return payments.RefundResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked about %s, answered about %s", outRefundNo, wire.Cut(out.OutRequestNo, 64)))
	}
	result := payments.RefundResult{
		OutRefundNo: outRefundNo, OutTradeNo: outTradeNo, RefundID: out.TradeNo, State: payments.RefundPending, Amount: amount(out.RefundAmount),
		DoneAt: moment(out.PaidAt),
	}
	if out.Status == "REFUND_SUCCESS" {
		result.State = payments.RefundDone
	}
	return result, nil
}
