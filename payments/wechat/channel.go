package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"galleria/payments"
	"galleria/payments/internal/wire"
	"galleria/tenant"
)

const (
	providerHost  = "api.mch.weixin.qq.com"
	callTimeout   = 5 * time.Second
	refundTimeout = wire.LongestCall
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
	slots        wire.Slots
	clients      *wire.Clients[*client]
	certificates *certificateRefresh
	breakers     *wire.Breakers
}

var _ payments.Channel = (*Channel)(nil)

// New returns the channel. It opens no connection.
func New(d Deps) *Channel {
	return &Channel{
		d: d, transport: wire.NewTransport(), slots: wire.NewSlots(d.Signers), clients: wire.NewClients[*client](),
		certificates: newCertificateRefresh(), breakers: wire.NewBreakers(d.Now),
	}
}

// Code implements payments.Channel.
func (*Channel) Code() payments.Code { return payments.WeChat }

// Query implements payments.Channel.
func (c *Channel) Query(ctx context.Context, acc payments.Account, outTradeNo string) (payments.PaymentResult, error) {
	var out transaction
	target := queryTarget(acc, outTradeNo)
	err := c.call(ctx, acc, callTimeout, &out, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Get(ctx, target)
	})
	if err != nil {
		return payments.PaymentResult{}, err
	}
	if out.OutTradeNo != outTradeNo {
		return payments.PaymentResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked about %s, answered about %s", outTradeNo, wire.Cut(out.OutTradeNo, 32)))
	}
	return out.result(), nil
}

// Close implements payments.Channel.
func (c *Channel) Close(ctx context.Context, acc payments.Account, outTradeNo string) error {
	target := payTarget(acc, "out-trade-no/"+url.PathEscape(outTradeNo)+"/close")
	return c.call(ctx, acc, callTimeout, nil, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Post(ctx, target, closeBody(acc))
	})
}

// Refund implements payments.Channel.
func (c *Channel) Refund(ctx context.Context, acc payments.Account, in payments.RefundRequest) (payments.RefundResult, error) {
	body := refunddomestic.CreateRequest{
		SubMchid: merchantOf(acc), OutTradeNo: &in.OutTradeNo, OutRefundNo: &in.OutRefundNo, Reason: new(wire.Cut(in.Reason, mostReason)), NotifyUrl: &in.NotifyURL,
		Amount: &refunddomestic.AmountReq{Refund: new(int64(in.RefundFen)), Total: new(int64(in.TotalFen)), Currency: new(currency)},
	}
	result, err := c.refundCall(ctx, acc, in.OutRefundNo, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Post(ctx, consts.WechatPayAPIServer+"/v3/refund/domestic/refunds", body)
	})
	if err == nil && (!result.Amount.Valid || result.Amount.Fen != in.RefundFen) {
		err = payments.ErrBadResponse.Because(fmt.Errorf("asked to refund %d, answered %s", in.RefundFen, wire.Cut(result.Amount.Text, 32)))
	}
	return result, err
}

// QueryRefund implements payments.Channel.
func (c *Channel) QueryRefund(ctx context.Context, acc payments.Account, _, outRefundNo string) (payments.RefundResult, error) {
	return c.refundCall(ctx, acc, outRefundNo, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Get(ctx, ofMerchant(acc, consts.WechatPayAPIServer+"/v3/refund/domestic/refunds/"+url.PathEscape(outRefundNo), "?"))
	})
}

func (c *Channel) refundCall(ctx context.Context, acc payments.Account, outRefundNo string, do request) (payments.RefundResult, error) {
	var out refund
	if err := c.call(ctx, acc, refundTimeout, &out, do); err != nil {
		return payments.RefundResult{}, err
	}
	if out.OutRefundNo != outRefundNo {
		return payments.RefundResult{}, payments.ErrBadResponse.Because(fmt.Errorf("asked about %s, answered about %s", outRefundNo, wire.Cut(out.OutRefundNo, 32)))
	}
	return out.result(out.Status)
}

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
	b := c.breakers.Of(wire.HostOf(acc, providerHost))
	if !b.Allow() {
		return payments.ErrTimeout.Because(wire.ErrBreakerOpen)
	}
	ctx, sent := wire.WithSent(ctx)
	result, err := do(ctx, client.core)
	if err != nil && !sent.Load() {
		err = wire.ErrNoSlot // the SDK flattens the signer's error to text
	}
	err = classify(err)
	b.Report(err)
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
