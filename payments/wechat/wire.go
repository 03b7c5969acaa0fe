package wechat

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/internal/wire"
)

// transaction is a payment as queries and notifications show it.
type transaction struct {
	AppID         string `json:"appid"`
	MchID         string `json:"mchid"`
	SpAppID       string `json:"sp_appid"`
	SpMchID       string `json:"sp_mchid"`
	SubAppID      string `json:"sub_appid"`
	SubMchID      string `json:"sub_mchid"`
	OutTradeNo    string `json:"out_trade_no"`
	TransactionID string `json:"transaction_id"`
	TradeType     string `json:"trade_type"`
	TradeState    string `json:"trade_state"`
	SuccessTime   string `json:"success_time"`
	Payer         struct {
		OpenID    string `json:"openid"`
		SpOpenID  string `json:"sp_openid"`
		SubOpenID string `json:"sub_openid"`
	} `json:"payer"`
	Amount struct {
		Total    number `json:"total"`
		Currency string `json:"currency"`
	} `json:"amount"`
}

func (t transaction) result() payments.PaymentResult {
	r := payments.PaymentResult{
		OutTradeNo: t.OutTradeNo, TransactionID: t.TransactionID, State: payments.PaymentOdd, ProviderState: t.TradeState,
		Amount: t.Amount.Total.amount(), Identity: t.identity(), Payer: t.payer(), PaidAt: time.Time{},
	}
	switch t.TradeState {
	case "SUCCESS", "REFUND": // any refund, also of a part, turns SUCCESS into REFUND
		r.State = payments.PaymentPaid
	case "NOTPAY", "USERPAYING":
		r.State = payments.PaymentUnpaid
	case "CLOSED", "REVOKED":
		r.State = payments.PaymentClosed
	}
	if at, err := time.Parse(time.RFC3339, t.SuccessTime); err == nil {
		r.PaidAt = at.UTC()
	}
	return r
}

// refund is a refund as the API (status) and notifications (refund_status) show it.
type refund struct {
	MchID        string `json:"mchid"`
	SpMchID      string `json:"sp_mchid"`
	SubMchID     string `json:"sub_mchid"`
	OutTradeNo   string `json:"out_trade_no"`
	OutRefundNo  string `json:"out_refund_no"`
	RefundID     string `json:"refund_id"`
	Status       string `json:"status"`
	RefundStatus string `json:"refund_status"`
	SuccessTime  string `json:"success_time"`
	ReceivedBy   string `json:"user_received_account"`
	Amount       struct {
		Refund number `json:"refund"`
	} `json:"amount"`
}

func (r refund) result(status string) (payments.RefundResult, error) {
	out := payments.RefundResult{
		OutRefundNo: r.OutRefundNo, OutTradeNo: r.OutTradeNo, RefundID: r.RefundID, MerchantNo: r.MchID,
		State: payments.RefundPending, Amount: r.Amount.Refund.amount(), DoneAt: time.Time{}, ReceivedAccount: r.ReceivedBy,
	}
	if r.SpMchID != "" || r.SubMchID != "" {
		out.PartnerNo, out.MerchantNo = r.SpMchID, r.SubMchID
	}
	switch status {
	case "PROCESSING":
	case "SUCCESS": // 商户基本账户, 商户结算银行账户: the money came back to the merchant
		out.State, out.ToMerchant = payments.RefundDone, strings.HasPrefix(r.ReceivedBy, "商户") //nolint:gosmopolitan // the provider's words
	case "CLOSED":
		out.State = payments.RefundShut
	case "ABNORMAL":
		out.State = payments.RefundAbnormal
	default:
		return out, payments.ErrBadResponse.Because(fmt.Errorf("refund status %.40q", status))
	}
	if at, err := time.Parse(time.RFC3339, r.SuccessTime); err == nil {
		out.DoneAt = at.UTC()
	}
	return out, nil
}

// number is a JSON value that should be an integer. A message that verified may still
// hold something else; that is for the comparison to find, not for the decoder.
type number string

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	*n = number(b)
	return nil
}

func (n number) amount() payments.Amount {
	v, err := strconv.ParseInt(string(n), 10, 64)
	return payments.Amount{Fen: money.Fen(v), Valid: err == nil && !strings.HasPrefix(string(n), "+"), Text: wire.Cut(string(n), 40)}
}
