package alipay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"galleria/payments"
	"galleria/payments/internal/wire"
)

const (
	currency   = "CNY"
	codeLife   = 2 * time.Hour // of a QR code
	mostTitle  = 256           // bytes: the limit is 256, and counting bytes satisfies either reading of it
	mostReason = 256
)

// Deps is what the channel needs; all are required.
type Deps struct {
	Now func() time.Time
	Log *slog.Logger
	// Signers is how many RSA signatures may be made at once; half the CPUs is good.
	Signers int
}

// Channel is Alipay. Safe for concurrent use.
type Channel struct {
	d         Deps
	transport http.RoundTripper
	slots     wire.Slots
	clients   *wire.Clients[*client]
	breakers  *wire.Breakers
}

var _ payments.Channel = (*Channel)(nil)

// New returns the channel. It opens no connection.
func New(d Deps) *Channel {
	return &Channel{
		d: d, transport: wire.NewTransport(), slots: wire.NewSlots(d.Signers), clients: wire.NewClients[*client](), breakers: wire.NewBreakers(d.Now),
	}
}

// Code implements payments.Channel.
func (*Channel) Code() payments.Code { return payments.Alipay }

// product is how a scene is paid.
type product struct {
	method string
	code   string // product_code
}

func products() map[payments.Scene]product {
	return map[payments.Scene]product{
		payments.MiniProgram: {"alipay.trade.create", "JSAPI_PAY"},
		payments.Web:         {"alipay.trade.wap.pay", "QUICK_WAP_WAY"},
		payments.App:         {"alipay.trade.app.pay", "QUICK_MSECURITY_PAY"},
		payments.PC:          {"alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"},
		payments.QR:          {"alipay.trade.precreate", "QR_CODE_OFFLINE"},
	}
}

// Traits implements payments.Channel: every scene is served. Only in a Mini Program the
// provider is told who pays.
func (*Channel) Traits(scene payments.Scene) (payments.Traits, bool) {
	_, served := products()[scene]
	t := payments.Traits{
		PrepayLife: 0, AnyPayer: scene != payments.MiniProgram, Unopened: scene != payments.MiniProgram,
		// Twelve months, and three seconds between the refunds of a trade.
		Refunds: payments.RefundLimits{Within: 365 * 24 * time.Hour, Spacing: 3 * time.Second},
	}
	if scene == payments.QR {
		t.PrepayLife = codeLife
	}
	return t, served
}

// Identity implements payments.Channel. Messages name the app that signed for the payment,
// which a Mini Program need not be. The kind of payment is never said.
func (*Channel) Identity(acc payments.Account, _ payments.Scene, _ string) payments.Identity {
	return payments.Identity{AppID: acc.Config.SignAppID, MerchantNo: acc.MerchantNo, TradeType: "", Currency: currency}
}

// Prepay implements payments.Channel. A Mini Program gets a trade and a QR code its
// address; a browser and an app take a signed order to the provider themselves, so nobody
// is asked.
func (c *Channel) Prepay(ctx context.Context, acc payments.Account, in payments.PrepayRequest) (string, error) {
	q, err := order(acc, in)
	if err != nil {
		return "", err
	}
	var out struct {
		OutTradeNo string `json:"out_trade_no"`
		TradeNo    string `json:"trade_no"`
		QRCode     string `json:"qr_code"`
	}
	if in.Scene != payments.MiniProgram && in.Scene != payments.QR {
		return in.OutTradeNo, nil
	}
	if err := c.call(ctx, acc, callTimeout, q, &out); err != nil {
		return "", err
	}
	id := out.TradeNo
	if in.Scene == payments.QR {
		id = out.QRCode
	}
	if out.OutTradeNo != in.OutTradeNo || id == "" {
		return "", payments.ErrBadResponse.Because(fmt.Errorf("asked for %s, answered with %s", in.OutTradeNo, wire.Cut(out.OutTradeNo, 64)))
	}
	return id, nil
}

// order says a payment to the provider. Equal requests become equal bytes of biz_content.
func order(acc payments.Account, in payments.PrepayRequest) (question, error) {
	p, served := products()[in.Scene]
	if !served {
		return question{}, payments.ErrScene
	}
	q := question{method: p.method, notifyURL: in.NotifyURL, fields: map[string]any{
		"out_trade_no": in.OutTradeNo, "total_amount": yuan(in.AmountFen), "subject": subject(in.Title), "product_code": p.code,
		"seller_id": acc.MerchantNo, "time_expire": clock(in.ExpiresAt),
	}}
	switch in.Scene {
	case payments.MiniProgram:
		q.fields["op_app_id"] = in.AppID
		q.fields[payerField(acc, in)] = in.Payer
	case payments.Web, payments.PC:
		q.returnURL = in.ReturnURL
		if in.Scene == payments.Web && in.ReturnURL != "" {
			q.fields["quit_url"] = in.ReturnURL
		}
	case payments.App, payments.QR:
	}
	return q, nil
}

// userID is the provider's number of a person; other names of buyers are open ids.
var userID = regexp.MustCompile(`^2088[0-9]{12}$`)

// payerField is the name under which the provider is told who pays.
func payerField(acc payments.Account, in payments.PrepayRequest) string {
	switch {
	case userID.MatchString(in.Payer):
		return "buyer_id"
	case in.AppID != acc.Config.SignAppID:
		return "op_buyer_open_id"
	}
	return "buyer_open_id"
}

// subject is a title without the characters that the provider refuses.
func subject(title string) string {
	return wire.Cut(strings.NewReplacer("/", "／", "=", "＝", "&", "＆").Replace(title), mostTitle)
}

// ClientParams implements payments.Channel.
func (c *Channel) ClientParams(ctx context.Context, acc payments.Account, in payments.PrepayRequest, prepayID string) (payments.ClientParams, error) {
	switch in.Scene {
	case payments.MiniProgram:
		return payments.ClientParams{TradeNO: prepayID}, nil
	case payments.QR:
		return payments.ClientParams{CodeURL: prepayID}, nil
	case payments.Web, payments.PC, payments.App:
	}
	q, err := order(acc, in)
	if err != nil {
		return payments.ClientParams{}, err
	}
	cl, err := c.client(acc)
	if err != nil {
		return payments.ClientParams{}, err
	}
	values, err := c.sign(ctx, cl, q)
	if err != nil {
		return payments.ClientParams{}, wire.Classify(err)
	}
	if in.Scene == payments.App {
		return payments.ClientParams{OrderString: values.Encode()}, nil
	}
	fields := make(map[string]string, len(values))
	for name := range values {
		fields[name] = values.Get(name)
	}
	// The gateway reads the form in the charset that its address names.
	return payments.ClientParams{
		URL: cl.gateway + "?" + values.Encode(), Form: &payments.ClientForm{Action: cl.gateway + "?charset=utf-8", Fields: fields},
	}, nil
}

// trade is a payment as the query shows it.
type trade struct {
	OutTradeNo  string `json:"out_trade_no"`
	TradeNo     string `json:"trade_no"`
	Status      string `json:"trade_status"`
	Total       string `json:"total_amount"`
	SendPayDate string `json:"send_pay_date"`
	BuyerOpenID string `json:"buyer_open_id"`
	BuyerUserID string `json:"buyer_user_id"`
}

// Query implements payments.Channel. The answer names neither app nor merchant: it is the
// answer to what this app asked about this merchant's number.
func (c *Channel) Query(ctx context.Context, acc payments.Account, outTradeNo string) (payments.PaymentResult, error) {
	var out trade
	q := question{method: "alipay.trade.query", fields: map[string]any{"out_trade_no": outTradeNo}}
	if err := c.call(ctx, acc, callTimeout, q, &out); err != nil {
		return payments.PaymentResult{}, err
	}
	if out.OutTradeNo != outTradeNo {
		return payments.PaymentResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked about %s, answered about %s", outTradeNo, wire.Cut(out.OutTradeNo, 64)))
	}
	return payments.PaymentResult{
		OutTradeNo: out.OutTradeNo, TransactionID: out.TradeNo, State: stateOf(out.Status, out.SendPayDate), ProviderState: wire.Cut(out.Status, 40),
		Amount: amount(out.Total), Identity: c.Identity(acc, "", ""), Payer: out.BuyerOpenID + out.BuyerUserID, PaidAt: moment(out.SendPayDate),
	}, nil
}

// stateOf reads a trade's state; paidAt is what the message says of when it was paid.
func stateOf(status, paidAt string) payments.PaymentState {
	switch status {
	case "TRADE_SUCCESS", "TRADE_FINISHED":
		return payments.PaymentPaid
	case "WAIT_BUYER_PAY":
		return payments.PaymentUnpaid
	case "TRADE_CLOSED":
		if paidAt != "" {
			return payments.PaymentPaid // and refunded whole since
		}
		return payments.PaymentClosed
	}
	return payments.PaymentOdd
}

// Close implements payments.Channel. What was handed out and never opened is unknown to the
// provider (ErrNoSuchNumber) and can be paid until its time_expire.
func (c *Channel) Close(ctx context.Context, acc payments.Account, outTradeNo string) error {
	var out struct{}
	q := question{method: "alipay.trade.close", fields: map[string]any{"out_trade_no": outTradeNo}}
	err := c.call(ctx, acc, callTimeout, q, &out)
	if !errors.Is(err, errState) {
		return err
	}
	result, asked := c.Query(ctx, acc, outTradeNo)
	switch {
	case asked != nil:
		return errors.Join(payments.ErrProviderBusy.Because(err), asked)
	case result.State == payments.PaymentClosed:
		return nil
	case result.State == payments.PaymentPaid:
		return payments.ErrProviderPaid.Because(err)
	}
	return payments.ErrProviderBusy.Because(err)
}

// probeNumber is well formed and never one of ours: those begin with a year.
const probeNumber = "PROBE0000000000000000000000"

// Probe implements payments.Channel: the provider signs its "no such trade", so both sides'
// keys are tried.
func (c *Channel) Probe(ctx context.Context, acc payments.Account) error {
	_, err := c.Query(ctx, acc, probeNumber)
	if errors.Is(err, payments.ErrNoSuchNumber) {
		return nil
	}
	return err
}
