package sandbox

import (
	"encoding/json"
	"fmt"

	"galleria/commerce/money"
)

// transaction is a charge as queries answer it and callbacks carry it.
type transaction struct {
	AppID          string            `json:"appid,omitempty"`
	MchID          string            `json:"mchid,omitempty"`
	SpAppID        string            `json:"sp_appid,omitempty"`
	SpMchID        string            `json:"sp_mchid,omitempty"`
	SubAppID       string            `json:"sub_appid,omitempty"`
	SubMchID       string            `json:"sub_mchid,omitempty"`
	OutTradeNo     string            `json:"out_trade_no"`
	TransactionID  string            `json:"transaction_id,omitempty"`
	TradeType      string            `json:"trade_type,omitempty"`
	TradeState     string            `json:"trade_state"`
	TradeStateDesc string            `json:"trade_state_desc"`
	BankType       string            `json:"bank_type,omitempty"`
	Attach         string            `json:"attach"`
	SuccessTime    string            `json:"success_time,omitempty"`
	Payer          transactionPayer  `json:"payer"`
	Amount         transactionAmount `json:"amount"`
}

type transactionPayer struct {
	OpenID    string `json:"openid,omitempty"`
	SpOpenID  string `json:"sp_openid,omitempty"`
	SubOpenID string `json:"sub_openid,omitempty"`
}

type transactionAmount struct {
	Total         money.Fen `json:"total"`
	PayerTotal    money.Fen `json:"payer_total,omitempty"`
	Currency      string    `json:"currency"`
	PayerCurrency string    `json:"payer_currency,omitempty"`
}

func transactionOf(c Charge, state string) transaction {
	t := transactionOfCharge(c, state)
	if c.SpMchID != "" {
		return t.ofPartner(c)
	}
	return t
}

func transactionOfCharge(c Charge, state string) transaction {
	t := transaction{
		AppID: c.AppID, MchID: c.MchID, OutTradeNo: c.OutTradeNo, TradeState: state,
		TradeStateDesc: stateText(state), Attach: c.Attach,
		Amount: transactionAmount{Total: c.TotalFen, Currency: "CNY"},
	}
	if c.PaidAt.IsZero() {
		return t
	}
	t.TransactionID, t.TradeType, t.BankType = c.TransactionID, c.TradeType, "OTHERS"
	t.SuccessTime = rfc3339(c.PaidAt)
	t.Payer.OpenID = c.OpenID
	t.Amount.PayerTotal, t.Amount.PayerCurrency = c.TotalFen, "CNY"
	return t
}

func stateText(state string) string {
	switch state {
	case stateSuccess:
		return textPaid
	case stateRefund:
		return textRefunded
	case stateClosed:
		return textClosed
	default:
		return textNotPay
	}
}

// asMap turns an answer into a map, numbers kept exact, so that a fault can bend it.
func asMap(v any) (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode content: %w", err)
	}
	return decodeMap(raw)
}
