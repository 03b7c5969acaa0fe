package unionpay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/internal/wire"
)

const (
	host     = "gateway.95516.com"
	currency = "156" // ISO 4217: yuan
	// qrDomain is where every code that UnionPay gives out leads.
	qrDomain  = ".95516.com"
	mostTitle = 32 // characters
	// refundLife is eleven months, wherever in the year they lie: the shortest have 334 days.
	refundLife = 334 * 24 * time.Hour
)

// Deps is what the channel needs; all are required.
type Deps struct {
	Now func() time.Time
	// Signers is how many RSA signatures may be made at once; half the CPUs is good.
	Signers int
}

// Channel is UnionPay. Safe for concurrent use.
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
func (*Channel) Code() payments.Code { return payments.UnionPay }

// Traits implements payments.Channel: browsers, apps and QR codes. A WeChat Mini Program
// cannot start UnionPay.
func (*Channel) Traits(scene payments.Scene) (payments.Traits, bool) {
	switch scene {
	case payments.Web, payments.PC, payments.App, payments.QR:
		return payments.Traits{
			PrepayLife: numberLife, AnyPayer: true, NoClose: true,
			Refunds: payments.RefundLimits{Within: refundLife},
		}, true
	case payments.MiniProgram:
	}
	return payments.Traits{}, false
}

// Identity implements payments.Channel. Messages name neither an AppID nor, in answers to
// queries, a trade type of the original.
func (*Channel) Identity(acc payments.Account, _ payments.Scene, _ string) payments.Identity {
	return payments.Identity{MerchantNo: acc.MerchantNo, Currency: currency}
}

// Prepay implements payments.Channel. In browsers it makes no call: the buyer brings the
// form to the gateway.
func (c *Channel) Prepay(ctx context.Context, acc payments.Account, in payments.PrepayRequest) (string, error) {
	f, err := c.consume(acc, in)
	if err != nil {
		return "", err
	}
	path, answer := "appTransReq", "tn"
	switch in.Scene {
	case payments.Web, payments.PC:
		return f["txnTime"], nil
	case payments.App:
	case payments.QR:
		path, answer = "backTransReq", "qrCode"
	case payments.MiniProgram:
		return "", payments.ErrScene
	default:
		return "", payments.ErrScene
	}
	out, err := c.call(ctx, acc, path, f, callTimeout)
	if errors.Is(err, payments.ErrNumberUsed) {
		return "", c.whyUsed(ctx, acc, in.OutTradeNo, err)
	}
	if err != nil {
		return "", err
	}
	switch {
	case out["txnAmt"] != f["txnAmt"]:
		return "", payments.ErrBadResponse.Because(fmt.Errorf("asked for %s, answered about %s", f["txnAmt"], wire.Cut(out["txnAmt"], 20)))
	case out[answer] == "" || (in.Scene == payments.QR && !leadsToUnionPay(out[answer])):
		return "", payments.ErrBadResponse.Because(fmt.Errorf("%s without a good %s", path, answer))
	}
	return out[answer], nil
}

// whyUsed asks what has become of a number that the gateway will not take again.
func (c *Channel) whyUsed(ctx context.Context, acc payments.Account, outTradeNo string, used error) error {
	got, err := c.Query(ctx, acc, outTradeNo)
	switch {
	case err == nil && got.State == payments.PaymentPaid:
		return payments.ErrProviderPaid
	case err != nil && !errors.Is(err, payments.ErrNoSuchNumber):
		return err
	}
	return used
}

// leadsToUnionPay refuses a code that would take the buyer elsewhere.
func leadsToUnionPay(code string) bool {
	u, err := url.Parse(code)
	return err == nil && u.Scheme == "https" && u.User == nil && strings.HasSuffix(u.Host, qrDomain)
}

// consume is the request of a payment. Faults: PROVIDER_ORDER_CLOSED for a number that is
// too old to be sent.
func (c *Channel) consume(acc payments.Account, in payments.PrepayRequest) (fields, error) {
	born, err := bornAt(in.OutTradeNo)
	if err != nil {
		return nil, payments.ErrRefused.Because(err)
	}
	if c.d.Now().Sub(born) >= numberLife-lastOffer {
		return nil, payments.ErrProviderClosed.Because(fmt.Errorf("the number is from %s", inBeijing(born)))
	}
	end := born.Add(numberLife)
	if in.ExpiresAt.Before(end) {
		end = in.ExpiresAt
	}
	f := request(acc, in.OutTradeNo, born, "01", "01", "000201")
	f["channelType"], f["currencyCode"], f["txnAmt"] = "08", currency, strconv.FormatInt(int64(in.AmountFen), 10)
	f["backUrl"], f["payTimeout"] = in.NotifyURL, inBeijing(end)
	if title := plain(in.Title); title != "" {
		f["orderDesc"] = title
	}
	switch in.Scene {
	case payments.PC:
		f["channelType"], f["frontUrl"] = "07", returnURL(in)
	case payments.Web:
		f["frontUrl"] = returnURL(in)
	case payments.QR:
		f["txnSubType"], f["bizType"] = "07", "000000"
	case payments.App, payments.MiniProgram:
	}
	return f, nil
}

// plain shortens a title, without the characters that mean something to the gateway.
func plain(title string) string {
	title = strings.Join(strings.Fields(strings.NewReplacer("&", " ", "=", " ", "{", " ", "}", " ").Replace(title)), " ")
	if runes := []rune(title); len(runes) > mostTitle {
		title = strings.TrimSpace(string(runes[:mostTitle]))
	}
	return title
}

// returnURL is where the browser goes afterwards. The gateway insists on an address: without
// one it is the platform's.
func returnURL(in payments.PrepayRequest) string {
	if in.ReturnURL != "" {
		return in.ReturnURL
	}
	u, err := url.Parse(in.NotifyURL)
	if err != nil {
		return in.NotifyURL
	}
	return u.Scheme + "://" + u.Host + "/"
}

// request is what every request says.
func request(acc payments.Account, number string, at time.Time, txnType, subType, bizType string) fields {
	return fields{
		"version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "certId": acc.Config.MerchantSerial, "txnType": txnType, "txnSubType": subType,
		"bizType": bizType, "accessType": "0", "merId": acc.MerchantNo, "orderId": number, "txnTime": inBeijing(at),
	}
}

// ClientParams implements payments.Channel: a form for browsers, a tn for apps, a QR code.
func (c *Channel) ClientParams(ctx context.Context, acc payments.Account, in payments.PrepayRequest, prepayID string) (payments.ClientParams, error) {
	switch in.Scene {
	case payments.App:
		return payments.ClientParams{TN: prepayID}, nil
	case payments.QR:
		return payments.ClientParams{CodeURL: prepayID}, nil
	case payments.Web, payments.PC:
	case payments.MiniProgram:
		return payments.ClientParams{}, payments.ErrScene
	}
	f, err := c.consume(acc, in)
	if err != nil {
		return payments.ClientParams{}, err
	}
	client, err := c.client(acc)
	if err != nil {
		return payments.ClientParams{}, err
	}
	if err := c.sign(ctx, client, f); err != nil {
		return payments.ClientParams{}, wire.Classify(err)
	}
	return payments.ClientParams{Form: &payments.ClientForm{Action: address(acc, "frontTransReq"), Fields: f}}, nil
}

// Query implements payments.Channel. A number that no buyer has done anything with is not
// known.
func (c *Channel) Query(ctx context.Context, acc payments.Account, outTradeNo string) (payments.PaymentResult, error) {
	out, err := c.query(ctx, acc, outTradeNo)
	if err != nil {
		return payments.PaymentResult{}, err
	}
	result := paymentResult(out, out["origRespCode"])
	born, _ := bornAt(outTradeNo) // query has read it
	if outcomeOf(out["origRespCode"]) == failed && !c.d.Now().Before(born.Add(numberLife)) {
		result.State = payments.PaymentClosed // the last try failed, and there is no other
	}
	return result, nil
}

// query asks about a trade of any kind.
func (c *Channel) query(ctx context.Context, acc payments.Account, number string) (fields, error) {
	born, err := bornAt(number)
	if err != nil {
		return nil, payments.ErrRefused.Because(err)
	}
	return c.call(ctx, acc, "queryTrans", request(acc, number, born, "00", "00", "000000"), callTimeout)
}

// Close implements payments.Channel: see the package's documentation.
func (c *Channel) Close(ctx context.Context, acc payments.Account, outTradeNo string) error {
	got, err := c.Query(ctx, acc, outTradeNo)
	if err != nil {
		return err
	}
	switch got.State {
	case payments.PaymentPaid:
		return payments.ErrProviderPaid
	case payments.PaymentUnpaid, payments.PaymentClosed:
		if outcomeOf(got.ProviderState) == failed {
			return nil
		}
	case payments.PaymentOdd:
	}
	return payments.ErrProviderBusy.Because(fmt.Errorf("the payment stands at %s", wire.Cut(got.ProviderState, 8)))
}

// Refund implements payments.Channel.
func (c *Channel) Refund(ctx context.Context, acc payments.Account, in payments.RefundRequest) (payments.RefundResult, error) {
	born, err := bornAt(in.OutRefundNo)
	if err != nil {
		return payments.RefundResult{}, payments.ErrRefused.Because(err)
	}
	if c.d.Now().Sub(born) >= numberLife {
		got, err := c.QueryRefund(ctx, acc, in.OutTradeNo, in.OutRefundNo)
		if errors.Is(err, payments.ErrNoSuchNumber) {
			return payments.RefundResult{OutRefundNo: in.OutRefundNo, OutTradeNo: in.OutTradeNo, State: payments.RefundStale}, nil
		}
		return got, err
	}
	if undoable(in, c.d.Now()) {
		got, err := c.giveBack(ctx, acc, typeUndo, born, in)
		if !errors.Is(err, payments.ErrRefused) {
			return got, err
		}
		// Not every merchant may undo. A refused number was not used.
	}
	return c.giveBack(ctx, acc, typeRefund, born, in)
}

// lastUndo is how long before the end of its clearing day a payment is still undone.
const lastUndo = 10 * time.Minute

// undoable reports that all of a payment goes back on the clearing day in which its number
// was made, which is then the day in which it was paid.
func undoable(in payments.RefundRequest, now time.Time) bool {
	born, err := bornAt(in.OutTradeNo)
	return err == nil && in.RefundFen == in.TotalFen && clearingDay(born) == clearingDay(now.Add(lastUndo))
}

// giveBack asks for a refund or an undo under the refund's number.
func (c *Channel) giveBack(ctx context.Context, acc payments.Account, txnType string, born time.Time, in payments.RefundRequest) (payments.RefundResult, error) {
	f := request(acc, in.OutRefundNo, born, txnType, "00", "000201")
	f["channelType"], f["txnAmt"], f["origQryId"] = "07", strconv.FormatInt(int64(in.RefundFen), 10), in.TransactionID
	// Comes back in every message about the refund, which otherwise does not say whose it is.
	f["backUrl"], f["reqReserved"] = in.NotifyURL, in.OutTradeNo
	out, err := c.call(ctx, acc, "backTransReq", f, wire.LongestCall)
	if errors.Is(err, payments.ErrNumberUsed) || (errors.Is(err, payments.ErrRefused) && out["respCode"] == codeGivenBack) {
		got, queryErr := c.QueryRefund(ctx, acc, in.OutTradeNo, in.OutRefundNo)
		if errors.Is(queryErr, payments.ErrNoSuchNumber) {
			return payments.RefundResult{}, err
		}
		return got, queryErr
	}
	if errors.Is(err, payments.ErrRefused) && out["respCode"] == codeBalance {
		return payments.RefundResult{}, payments.ErrNotEnough.Because(err)
	}
	if err != nil {
		return payments.RefundResult{}, err
	}
	result := refundResult(out, codeAccepted)
	if !result.Amount.Valid || result.Amount.Fen != in.RefundFen {
		return payments.RefundResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked to refund %d, answered %s", in.RefundFen, result.Amount.Text))
	}
	return result, nil
}

// codeAccepted stands for the 00 of a request for a refund: it is accepted, not done.
const codeAccepted = "05"

// QueryRefund implements payments.Channel.
func (c *Channel) QueryRefund(ctx context.Context, acc payments.Account, outTradeNo, outRefundNo string) (payments.RefundResult, error) {
	out, err := c.query(ctx, acc, outRefundNo)
	if err != nil {
		return payments.RefundResult{}, err
	}
	result := refundResult(out, out["origRespCode"])
	result.OutTradeNo = outTradeNo
	return result, nil
}

// probeOrder has letters that no number of ours has.
const probeOrder = "PROBEILOU"

// Probe implements payments.Channel.
func (c *Channel) Probe(ctx context.Context, acc payments.Account) error {
	now := c.d.Now().UTC()
	_, err := c.call(ctx, acc, "queryTrans", request(acc, now.Format(timeLayout)+probeOrder, now, "00", "00", "000000"), callTimeout)
	switch {
	case errors.Is(err, payments.ErrNoSuchNumber):
		return nil
	case err == nil:
		return payments.ErrBadResponse.Because(errors.New("the gateway knows a number that cannot exist"))
	}
	return err
}

// paymentResult is what a message says of a payment that stands at a code.
func paymentResult(f fields, code string) payments.PaymentResult {
	r := payments.PaymentResult{
		OutTradeNo: f["orderId"], TransactionID: f["queryId"], State: payments.PaymentOdd, ProviderState: wire.Cut(code, 8), Amount: amount(f["txnAmt"]),
		Identity: payments.Identity{MerchantNo: f["merId"], Currency: f["currencyCode"]},
	}
	switch outcomeOf(code) {
	case done:
		r.State = payments.PaymentPaid
	case failed, underWay:
		r.State = payments.PaymentUnpaid
	case odd:
	}
	born, err := bornAt(r.OutTradeNo)
	if err == nil && f["txnTime"] != inBeijing(born) {
		r.State, r.ProviderState = payments.PaymentOdd, "txnTime "+wire.Cut(f["txnTime"], 20)
	}
	if at, err := tracedAt(f["traceTime"], born); err == nil {
		r.PaidAt = at
	}
	return r
}

// refundResult is what a message says of a refund that stands at a code.
func refundResult(f fields, code string) payments.RefundResult {
	r := payments.RefundResult{
		OutRefundNo: f["orderId"], OutTradeNo: f["reqReserved"], RefundID: f["queryId"], MerchantNo: f["merId"], State: payments.RefundPending,
		Amount: amount(f["txnAmt"]),
	}
	switch outcomeOf(code) {
	case done:
		r.State = payments.RefundDone
	case failed:
		r.State = payments.RefundShut
	case underWay, odd:
	}
	if born, err := bornAt(r.OutRefundNo); err == nil && r.State == payments.RefundDone {
		r.DoneAt, _ = tracedAt(f["traceTime"], born)
	}
	return r
}

// amount reads fen as the gateway writes them: digits, and nothing else.
func amount(text string) payments.Amount {
	v, err := strconv.ParseInt(text, 10, 64)
	return payments.Amount{Fen: money.Fen(v), Valid: err == nil && strconv.FormatInt(v, 10) == text && v >= 0, Text: wire.Cut(text, 40)}
}

// Ack implements payments.Channel: the status decides.
func (*Channel) Ack(err error) payments.Ack {
	if err == nil {
		return payments.Ack{Status: http.StatusOK, ContentType: "text/plain", Body: []byte("ok")}
	}
	return payments.Ack{Status: wire.AckStatus(err), ContentType: "text/plain", Body: []byte("fail")}
}
