package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/commerce/delivery"
	"galleria/commerce/order"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox/alipaygw"
	"galleria/payments/sandbox/expressgw"
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

// followParcels gives the shop a key of the tracking service at the sandbox, and sends two orders
// of late that are under way.
func (s *seeding) followParcels(ctx context.Context, orders []orderPlan) error {
	key := expressgw.Account{Customer: "DEMO" + s.plan.channels.merID, Key: "demoKey" + s.plan.channels.merID}
	if err := s.Sandbox.Express().AddAccount(key); err != nil {
		return err
	}
	left := 2
	for i := len(orders) - 1; i >= 0 && left > 0; i-- {
		if orders[i].fate != fatePaid || s.now.Sub(orders[i].at) < 2*24*time.Hour {
			continue
		}
		left--
		if err := s.underWay(ctx, orders[i]); err != nil {
			return fmt.Errorf("order %d: %w", orders[i].number, err)
		}
	}
	s.Clock.Release()
	return s.Delivery.SetTracking(ctx, s.shop.ID, delivery.TrackingInput{Customer: key.Customer, Key: vault.NewSecret([]byte(key.Key)), Base: s.SandboxURL, Actor: "system"})
}

// trackingNo is the number of an order's parcel, which no other shop's parcel has.
func (s *seeding) trackingNo(prefix string, o orderPlan) string {
	const own = 7 // digits that the shops' numbers differ in
	id := s.plan.channels.merID
	return fmt.Sprintf("%s%s%06d", prefix, id[len(id)-own:], o.number)
}

// underWay sends an order, whose courier has seen it twice.
func (s *seeding) underWay(ctx context.Context, o orderPlan) error {
	who := s.members[o.buyer]
	placed, _, err := s.Orders.Place(ctx, s.shop.ID, s.placeInput(o, who)) // again: it tells its number
	if err != nil {
		return err
	}
	number, sent := s.trackingNo("YT", o), o.at.Add(5*time.Hour)
	s.Clock.Set(sent)
	if _, err := s.Orders.Ship(ctx, s.shop.ID, order.ShipInput{OrderNo: placed.OrderNo, Courier: "yto", TrackingNo: number, Actor: "system"}); err != nil {
		return err
	}
	for _, scan := range []expressgw.Scan{
		{Code: "1", Text: "【昆明市】已揽收", At: sent.Add(time.Hour)},
		{Code: "0", Text: "【昆明转运中心】已发往下一站", At: sent.Add(9 * time.Hour)},
	} {
		scan.Company, scan.Number = "yuantong", number
		if err := s.Sandbox.Express().Scan(scan); err != nil {
			return err
		}
	}
	return nil
}
