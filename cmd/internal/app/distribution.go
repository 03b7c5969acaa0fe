package app

import (
	"context"
	"errors"
	"time"

	"galleria/commerce/distribution"
	"galleria/commerce/money"
	"galleria/commerce/picture"
	"galleria/payments"
	"galleria/payments/ledger"
	"galleria/payments/transfer"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/tenantdb"
)

func (s *Services) newDistribution(store distribution.Store) *distribution.Service {
	return distribution.New(distribution.Deps{
		DB: s.DB, Outbox: s.Outbox, Audit: s.Audit, Vault: s.Vault, Books: owed{s.Ledger}, Payouts: payouts{s.Transfers}, Now: s.Now,
		HasPaid: s.Orders.HasPaid, OpenID: s.Members.OpenID, Plans: s.Plans, Store: store, Codes: codes{s.MiniProgram}, Goods: s.onPoster,
		ShopName: s.shopName, Font: s.Config.Font,
	})
}

// onPoster is what a poster shows of a product. Pictures that cannot be put in are left out.
func (s *Services) onPoster(ctx context.Context, id tenant.ID, spuID int64) (distribution.Goods, error) {
	p, err := s.Catalog.Get(ctx, id, spuID)
	if err != nil {
		return distribution.Goods{}, err
	}
	out := distribution.Goods{Title: p.Title, PriceFen: p.MinPriceFen}
	if !picture.Owns(id, p.Cover) {
		return out, nil
	}
	if out.Picture, _, err = s.Pictures.Find(ctx, p.Cover); errors.Is(err, fault.ErrNotFound) {
		err = nil
	}
	return out, err
}

func (s *Services) shopName(ctx context.Context, id tenant.ID) (string, error) {
	shop, err := s.Registry.ByID(ctx, id)
	return shop.Name, err
}

// codes asks the app's provider for pictures of codes. The two rooms share no type.
type codes struct{ apps *miniprogram.Service }

// Picture implements distribution.Codes.
func (c codes) Picture(ctx context.Context, id tenant.ID, app tenant.AppID, scene, page string, env distribution.CodeEnv) ([]byte, error) {
	return c.apps.CodePicture(ctx, id, app, miniprogram.Code{Scene: scene, Page: page, Env: string(env)})
}

// owed keeps the books of distribution. The two rooms share no type.
type owed struct{ ledger *ledger.Service }

func (o owed) CommissionTx(ctx context.Context, tx tenantdb.Tx, ref string, fen money.Fen, at time.Time) error {
	return o.ledger.CommissionTx(ctx, tx, ref, fen, at)
}

func (o owed) DrawnTx(ctx context.Context, tx tenantdb.Tx, d distribution.Drawn) error {
	return o.ledger.DrawnTx(ctx, tx, ledger.Drawn{Ref: d.WithdrawalNo, FeeFen: d.FeeFen, TaxFen: d.TaxFen, ByHandFen: d.ByHand, At: d.At})
}

// commissionTitle is what the receiver reads.
const commissionTitle = "推广佣金" //nolint:gosmopolitan // WeChat Pay shows it

// commissionReports is what scene 1005, commission, asks for, under fixed names.
func commissionReports() []payments.TransferReport {
	return []payments.TransferReport{
		{Type: "岗位类型", Content: "推广员"},           //nolint:gosmopolitan // the provider's words
		{Type: "报酬说明", Content: commissionTitle}, //nolint:gosmopolitan // the provider's words
	}
}

// payouts sends withdrawals as transfers.
type payouts struct{ transfers *transfer.Service }

// Prepare implements distribution.Payouts.
func (p payouts) Prepare(ctx context.Context, id tenant.ID, out distribution.Payout) (func(ctx context.Context, tx tenantdb.Tx) error, error) {
	in := transfer.CreateInput{
		SourceKind: distribution.SourceKind, SourceNo: out.WithdrawalNo, Channel: payments.WeChat, AppID: out.AppID, MemberID: out.MemberID,
		ReceiverKind: payments.ReceiverOpenID, Receiver: out.Receiver, Name: out.Name, AmountFen: out.AmountFen, Title: commissionTitle, Actor: "system",
		Terms: payments.TransferTerms{SceneID: "1005", Reports: commissionReports()},
	}
	if out.Way == distribution.WayAlipay {
		in.Channel, in.ReceiverKind, in.Terms = payments.Alipay, payments.ReceiverLogonID, payments.TransferTerms{}
	}
	prepared, err := p.transfers.Prepare(ctx, id, in)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx tenantdb.Tx) error {
		_, err := p.transfers.CreateTx(ctx, tx, prepared)
		return err
	}, nil
}
