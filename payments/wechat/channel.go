package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"galleria/payments"
	"galleria/tenant"
)

const (
	callTimeout   = 5 * time.Second
	refundTimeout = 8 * time.Second
	currency      = "CNY"
	mostTitle     = 127 // bytes: the limit is 127, and counting bytes satisfies either reading of it
	mostReason    = 80
)

// KeyStore keeps the platform certificates that were fetched; payments/account is the
// one.
type KeyStore interface {
	AddProviderKeys(ctx context.Context, id tenant.ID, accountID int64, keys []payments.ProviderKey) error
}

// Deps is what the channel needs; all are required.
type Deps struct {
	Keys KeyStore
	Now  func() time.Time
	Log  *slog.Logger
	// Signers is how many RSA signatures may be made at once; half the CPUs is good.
	Signers int
}

// Channel is WeChat Pay. Safe for concurrent use.
type Channel struct {
	d            Deps
	transport    http.RoundTripper
	slots        chan struct{}
	clients      *clientCache
	certificates *certificateRefresh
	breakers     *breakers
}

var _ payments.Channel = (*Channel)(nil)

// New returns the channel. It opens no connection.
func New(d Deps) *Channel {
	return &Channel{
		d: d, transport: newTransport(), slots: make(chan struct{}, max(1, d.Signers)), clients: newClientCache(),
		certificates: newCertificateRefresh(), breakers: newBreakers(d.Now),
	}
}

// Code implements payments.Channel.
func (*Channel) Code() payments.Code { return payments.WeChat }

// Query implements payments.Channel.
func (c *Channel) Query(ctx context.Context, acc payments.Account, outTradeNo string) (payments.PaymentResult, error) {
	var out transaction
	target := consts.WechatPayAPIServer + "/v3/pay/transactions/out-trade-no/" + url.PathEscape(outTradeNo) + "?mchid=" + url.QueryEscape(acc.MerchantNo)
	err := c.call(ctx, acc, callTimeout, &out, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Get(ctx, target)
	})
	if err != nil {
		return payments.PaymentResult{}, err
	}
	if out.OutTradeNo != outTradeNo {
		return payments.PaymentResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked about %s, answered about %s", outTradeNo, cut(out.OutTradeNo, 32)))
	}
	return out.result(), nil
}

// Close implements payments.Channel.
func (c *Channel) Close(ctx context.Context, acc payments.Account, outTradeNo string) error {
	target := consts.WechatPayAPIServer + "/v3/pay/transactions/out-trade-no/" + url.PathEscape(outTradeNo) + "/close"
	return c.call(ctx, acc, callTimeout, nil, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Post(ctx, target, jsapi.CloseRequest{Mchid: &acc.MerchantNo})
	})
}

// Refund implements payments.Channel.
func (c *Channel) Refund(ctx context.Context, acc payments.Account, in payments.RefundRequest) (payments.RefundResult, error) {
	body := refunddomestic.CreateRequest{
		OutTradeNo: &in.OutTradeNo, OutRefundNo: &in.OutRefundNo, Reason: new(cut(in.Reason, mostReason)), NotifyUrl: &in.NotifyURL,
		Amount: &refunddomestic.AmountReq{Refund: new(int64(in.RefundFen)), Total: new(int64(in.TotalFen)), Currency: new(currency)},
	}
	result, err := c.refundCall(ctx, acc, in.OutRefundNo, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Post(ctx, consts.WechatPayAPIServer+"/v3/refund/domestic/refunds", body)
	})
	if err == nil && (!result.Amount.Valid || result.Amount.Fen != in.RefundFen) {
		err = payments.ErrBadResponse.Because(fmt.Errorf("asked to refund %d, answered %s", in.RefundFen, cut(result.Amount.Text, 32)))
	}
	return result, err
}

// QueryRefund implements payments.Channel.
func (c *Channel) QueryRefund(ctx context.Context, acc payments.Account, outRefundNo string) (payments.RefundResult, error) {
	return c.refundCall(ctx, acc, outRefundNo, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Get(ctx, consts.WechatPayAPIServer+"/v3/refund/domestic/refunds/"+url.PathEscape(outRefundNo))
	})
}

func (c *Channel) refundCall(ctx context.Context, acc payments.Account, outRefundNo string, do request) (payments.RefundResult, error) {
	var out refund
	if err := c.call(ctx, acc, refundTimeout, &out, do); err != nil {
		return payments.RefundResult{}, err
	}
	if out.OutRefundNo != outRefundNo {
		return payments.RefundResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked about %s, answered about %s", outRefundNo, cut(out.OutRefundNo, 32)))
	}
	return out.result(out.Status)
}

// sentKey is where a call keeps whether its request was handed to the connection.
type sentKey struct{}

type request func(ctx context.Context, client *core.Client) (*core.APIResult, error)

// call makes one signed call within its time limit and decodes the verified answer into
// out, if out is not nil.
func (c *Channel) call(ctx context.Context, acc payments.Account, limit time.Duration, out any, do request) error {
	client, err := c.client(ctx, acc)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	b := c.breakers.of(host(acc))
	if !b.allow() {
		return payments.ErrTimeout.Because(errBreakerOpen)
	}
	sent := new(atomic.Bool)
	result, err := do(context.WithValue(ctx, sentKey{}, sent), client.core)
	if err != nil && !sent.Load() {
		err = errNoSlot // the SDK flattens the signer's error to text
	}
	err = classify(err)
	b.report(err)
	if result != nil && result.Response != nil {
		defer func() { _ = result.Response.Body.Close() }()
	}
	if err != nil || out == nil {
		return err
	}
	body, err := io.ReadAll(result.Response.Body) // bounded by the transport, and read before by the validator
	if err != nil {
		return classify(err)
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(out); err != nil {
		return payments.ErrBadResponse.Because(fmt.Errorf("signed answer does not decode: %w", err))
	}
	return nil
}

// probeNumber is well formed and never one of ours: those begin with a year.
const probeNumber = "PROBE0000000000000000000000"

// Probe implements payments.Channel. The query of an unknown number is signed both ways
// only as far as our request goes: the provider's refusal is not signed. In the modes
// with certificates the list of them is fetched as well, which opens only with the APIv3
// key.
func (c *Channel) Probe(ctx context.Context, acc payments.Account) error {
	_, err := c.Query(ctx, acc, probeNumber)
	if errors.Is(err, payments.ErrNoSuchNumber) {
		return nil
	}
	return err
}

// cut shortens s to at most n bytes without breaking a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// beijing is the zone in which the provider writes times; it has no summer time.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }
