package wechat

import (
	"context"
	"errors"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"

	"galleria/payments"
	"galleria/payments/internal/wire"
)

// probeNumber is well formed and never one of ours: those begin with a year.
const probeNumber = "PROBE0000000000000000000000"

// Probe implements payments.Channel. The query of an unknown number proves merchant, serial
// and private key; the refusal itself is not signed. What verifies the provider is proved
// by a second question: for the platform's certificates where the account has them, which
// also tries the APIv3 key, or else for yesterday's bill, whose answer is signed if the
// merchant had one. A merchant without is found to fit as far as can be known.
func (c *Channel) Probe(ctx context.Context, acc payments.Account) error {
	if _, err := c.Query(ctx, acc, probeNumber); !errors.Is(err, payments.ErrNoSuchNumber) {
		return err
	}
	if acc.Config.KeyMode == payments.KeyModePublicKey {
		return c.probeAnswer(ctx, acc)
	}
	client, err := c.client(ctx, acc)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err = c.downloadCertificates(ctx, client.verifier)
	switch {
	case errors.Is(err, payments.ErrNoSuchNumber) && acc.Config.KeyMode == payments.KeyModeCertificate:
		return payments.ErrRefused.WithData(map[string]any{payments.DataProviderCode: "RESOURCE_NOT_EXISTS"}).Because(err)
	case errors.Is(err, payments.ErrNoSuchNumber): // the change-over is done
		return c.probeAnswer(ctx, acc)
	case errors.Is(err, errSealed):
		return payments.ErrBadResponse.WithData(map[string]any{payments.DataSuspect: "api_v3_key"}).Because(err)
	}
	return err
}

// probeAnswer asks for something whose answer is signed, and holds only a wrong signature
// against the account.
func (c *Channel) probeAnswer(ctx context.Context, acc payments.Account) error {
	yesterday := c.d.Now().In(wire.Beijing()).AddDate(0, 0, -1).Format(time.DateOnly)
	err := c.call(ctx, acc, callTimeout, nil, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Get(ctx, ofMerchant(acc, consts.WechatPayAPIServer+"/v3/bill/tradebill?bill_date="+yesterday, "&"))
	})
	if errors.Is(err, payments.ErrBadResponse) {
		return err
	}
	return nil
}
