package alipay

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"galleria/payments"
	"galleria/payments/internal/wire"
	"galleria/tenant/fault"
)

var _ payments.Transferrer = (*Channel)(nil)

// What a transfer between accounts is called; both words are fixed.
const (
	transferProduct = "TRANS_ACCOUNT_NO_PWD"
	transferScene   = "DIRECT_TRANSFER"
)

// transferSaid is a transfer as its answer and the query show it.
type transferSaid struct {
	OutBizNo  string `json:"out_biz_no"`
	OrderID   string `json:"order_id"`
	Status    string `json:"status"`
	Amount    string `json:"trans_amount"`
	TransDate string `json:"trans_date"` // of the transfer's answer
	PayDate   string `json:"pay_date"`   // of the query
	Reason    string `json:"fail_reason"`
	ErrorCode string `json:"error_code"`
}

// Transfer implements payments.Transferrer. The receiver has nothing to confirm. A refusal
// that the provider signed and that is not about the moment ends the transfer: its number
// is unknown there and nothing moved.
func (c *Channel) Transfer(ctx context.Context, acc payments.Account, in payments.TransferRequest) (payments.TransferResult, error) {
	kind, ok := map[payments.ReceiverKind]string{
		payments.ReceiverUserID: "ALIPAY_USER_ID", payments.ReceiverOpenID: "ALIPAY_OPEN_ID", payments.ReceiverLogonID: "ALIPAY_LOGON_ID",
	}[in.ReceiverKind]
	if !ok {
		return payments.TransferResult{}, payments.ErrRefused.Because(errors.New("a receiver of this kind is not paid"))
	}
	if kind == "ALIPAY_OPEN_ID" && userID.MatchString(in.Receiver) {
		kind = "ALIPAY_USER_ID"
	}
	payee := map[string]string{"identity": in.Receiver, "identity_type": kind}
	if in.Name != "" {
		payee["name"] = in.Name
	}
	var out transferSaid
	err := c.call(ctx, acc, refundTimeout, question{method: "alipay.fund.trans.uni.transfer", fields: map[string]any{
		"out_biz_no": in.OutBillNo, "trans_amount": yuan(in.AmountFen), "product_code": transferProduct, "biz_scene": transferScene,
		"order_title": subject(in.Title), "payee_info": payee,
	}}, &out)
	if no, ok := signedNo(err); ok {
		return payments.TransferResult{OutBillNo: in.OutBillNo, State: payments.TransferFailed, ProviderState: "REFUSED", FailReason: no}, nil
	}
	if err != nil {
		return payments.TransferResult{}, err
	}
	if out.OutBizNo != in.OutBillNo || out.OrderID == "" {
		return payments.TransferResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked for %s, answered with %s", in.OutBillNo, wire.Cut(out.OutBizNo, 64)))
	}
	return out.result()
}

// QueryTransfer implements payments.Transferrer.
func (c *Channel) QueryTransfer(ctx context.Context, acc payments.Account, outBillNo string) (payments.TransferResult, error) {
	out, err := c.askTransfer(ctx, acc, "out_biz_no", outBillNo)
	if err == nil && out.OutBizNo != outBillNo {
		return payments.TransferResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked about %s, answered about %s", outBillNo, wire.Cut(out.OutBizNo, 64)))
	}
	if err != nil {
		return payments.TransferResult{}, err
	}
	return out.result()
}

// FindTransfer implements payments.Transferrer.
func (c *Channel) FindTransfer(ctx context.Context, acc payments.Account, providerNo string) (payments.TransferResult, error) {
	out, err := c.askTransfer(ctx, acc, "order_id", providerNo)
	if err == nil && out.OrderID != providerNo {
		return payments.TransferResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked about %s, answered about %s", providerNo, wire.Cut(out.OrderID, 64)))
	}
	if err != nil {
		return payments.TransferResult{}, err
	}
	return out.result()
}

func (c *Channel) askTransfer(ctx context.Context, acc payments.Account, by, no string) (out transferSaid, err error) {
	q := question{method: "alipay.fund.trans.common.query", fields: map[string]any{"product_code": transferProduct, "biz_scene": transferScene, by: no}}
	return out, c.call(ctx, acc, callTimeout, q, &out)
}

// CancelTransfer implements payments.Transferrer: money that needs no confirmation cannot be
// taken back.
func (*Channel) CancelTransfer(context.Context, payments.Account, string) error {
	return payments.ErrRefused.WithData(map[string]any{payments.DataProviderCode: "NOT_CANCELLABLE"})
}

func (t transferSaid) result() (payments.TransferResult, error) {
	r := payments.TransferResult{OutBillNo: t.OutBizNo, ProviderNo: wire.Cut(t.OrderID, 64), ProviderState: wire.Cut(t.Status, 40), FailReason: wire.Cut(t.ErrorCode+t.reason(), 64)}
	if t.Amount != "" {
		r.Amount = amount(t.Amount)
	}
	switch t.Status {
	case "SUCCESS":
		r.State, r.DoneAt = payments.TransferDone, moment(t.TransDate+t.PayDate)
	case "DEALING", "INIT", "WAIT_PAY":
		r.State = payments.TransferProcessing
	case "FAIL", "CLOSED", "REFUND":
		r.State = payments.TransferFailed
	default:
		return r, payments.ErrBadResponse.Because(fmt.Errorf("transfer status %.40q", t.Status))
	}
	return r, nil
}

func (t transferSaid) reason() string {
	if t.ErrorCode == "" {
		return t.Reason
	}
	return ""
}

// signedNo tells a definite refusal of the service, whose answers are signed, from the
// gateway's own and from what may be otherwise later.
func signedNo(err error) (code string, ok bool) {
	if !errors.Is(err, errBusiness) {
		return "", false
	}
	refusal, _ := errors.AsType[*fault.Error](err)
	code, _ = refusal.Data()[payments.DataProviderCode].(string)
	switch strings.TrimPrefix(code, "ACQ.") {
	case "PAYEE_NOT_EXIST", "PAYEE_USER_INFO_ERROR", "PAYEE_USERINFO_STATUS_ERROR", "PAYEE_ACC_OCUPIED", "EXCEED_LIMIT_SM_AMOUNT", "EXCEED_LIMIT_SM_MIN_AMOUNT",
		"IDENTITY_NOT_MATCH", "PAYEE_ACCOUNT_STATUS_ERROR", "PAYEE_TYPE_NOT_SUPPORT", "PAYMENT_NOT_ALLOWED", "NO_ACCOUNT_RECEIVE_PERMISSION":
		return code, true
	}
	return "", false
}
