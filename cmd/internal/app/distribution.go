package app

import (
	"context"
	"time"

	"galleria/commerce/distribution"
	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/ledger"
	"galleria/payments/transfer"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

func (s *Services) newDistribution() *distribution.Service {
	return distribution.New(distribution.Deps{
		DB: s.DB, Outbox: s.Outbox, Audit: s.Audit, Vault: s.Vault, Books: owed{s.Ledger}, Payouts: payouts{s.Transfers}, Now: s.Now,
		HasPaid: s.Orders.HasPaid, OpenID: s.Members.OpenID,
	})
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
