package demo

import (
	"context"
	"errors"
	"fmt"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox/alipaygw"
	"galleria/payments/sandbox/unionpaygw"
	"galleria/tenant"
	"galleria/tenant/vault"
)

// channelPlan is a shop's numbers at the providers besides WeChat Pay.
type channelPlan struct {
	signApp, seller string // Alipay: the application that signs, and the PID
	merID           string // UnionPay
}

// connectOthers makes the shop a merchant of Alipay and UnionPay at the sandbox, as its owner
// would: with certificates, so that Alipay also pays people.
func (s *seeding) connectOthers(ctx context.Context) error {
	s.Clock.Release()
	secret := func(text string) vault.Secret { return vault.NewSecret([]byte(text)) }
	a, err := s.Sandbox.Alipay().AddApp(alipaygw.AppInput{AppID: s.plan.channels.signApp, SellerID: s.plan.channels.seller, KeyMode: alipaygw.KeyModeCertificate})
	if err != nil {
		return fmt.Errorf("alipay: %w", err)
	}
	u, err := s.Sandbox.UnionPay().AddMerchant(unionpaygw.MerchantInput{MerID: s.plan.channels.merID, Name: s.plan.name})
	if err != nil {
		return fmt.Errorf("unionpay: %w", err)
	}
	for _, in := range []account.AddInput{
		{Name: s.plan.name + "支付宝（沙箱）", MerchantNo: a.SellerID, Keys: account.AlipayKeys{
			SignAppID: a.AppID, PrivateKey: secret(a.PrivateKey), KeyMode: payments.KeyModeCertificate,
			AppCertificate: a.AppCert, AlipayCertificate: a.AlipayCert, RootCertificate: a.RootCert,
		}},
		{Name: s.plan.name + "云闪付（沙箱）", MerchantNo: u.MerID, Keys: account.UnionPayKeys{
			PFX: vault.NewSecret(u.PFX), Password: secret(u.Password), Middle: u.MiddlePEM, Root: u.RootPEM,
		}},
	} {
		in.Mode, in.BaseURL, in.AppIDs = payments.Sandbox, s.SandboxURL, []tenant.AppID{s.app}
		if _, err := s.Accounts.Add(ctx, s.shop.ID, in); err != nil && !errors.Is(err, account.ErrMerchantTaken) {
			return fmt.Errorf("%s: %w", in.Keys.Channel(), err)
		}
	}
	return nil
}
