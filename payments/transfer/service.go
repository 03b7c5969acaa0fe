package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/transfer/internal/transferdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
	"galleria/tenant/vault"
)

// Events and timers. Keys are out_bill_no.
const (
	// TopicDue: Execute is to be called. Payload V1. Also a timer.
	TopicDue outbox.Topic = "transfer.due"
	// TopicEnded: a transfer succeeded, failed or was cancelled. Payload V1.
	TopicEnded outbox.Topic = "transfer.ended"
)

// V1 says what became of a transfer.
type V1 struct {
	OutBillNo  string    `json:"out_bill_no"`
	SourceKind string    `json:"source_kind"`
	SourceNo   string    `json:"source_no"`
	AmountFen  money.Fen `json:"amount_fen"`
	Status     Status    `json:"status"`
	Reason     string    `json:"reason,omitempty"` // the provider's own word
}

// Books keeps account of money that left; payments/ledger is one.
type Books interface {
	// PaidOutTx: the provider has paid for the shop; what says for what. Number is
	// out_bill_no; a number is posted once.
	PaidOutTx(ctx context.Context, tx tenantdb.Tx, what string, m payments.Movement) error
}

// Deps is what the service needs; all are required.
type Deps struct {
	DB        *tenantdb.DB
	Accounts  payments.Accounts
	Channels  []payments.Channel
	Books     Books
	Outbox    *outbox.Outbox
	Timers    *timer.Timers
	Vault     *vault.Vault
	Audit     *audit.Log
	Now       func() time.Time
	Rand      io.Reader
	Log       *slog.Logger
	PublicURL string
}

// Service pays people. Safe for concurrent use.
type Service struct {
	d    Deps
	q    *transferdb.Queries
	said payments.TransferCalls
}

var _ payments.Payouts = (*Service)(nil)

// New returns the service.
func New(d Deps) *Service {
	d.PublicURL = strings.TrimRight(d.PublicURL, "/")
	return &Service{d: d, q: transferdb.New(), said: payments.TransferCalls{DB: d.DB, Log: d.Log}}
}

// Transfer is one payout as people see it.
type Transfer struct {
	ID           int64
	OutBillNo    string
	SourceKind   string
	SourceNo     string
	AccountID    int64
	Channel      payments.Code
	AppID        string
	MemberID     int64 // 0: nobody of ours
	ReceiverKind payments.ReceiverKind
	ReceiverHint string // masked
	AmountFen    money.Fen
	Title        string
	Status       Status
	ProviderNo   string
	FailReason   string // the provider's own word
	LastError    string
	LastCode     string // of what last went wrong; "" when nothing did
	CreatedBy    string
	CreatedAt    time.Time
	UpdatedAt    time.Time
	FinishedAt   time.Time // zero while it is under way

	packageInfo string
	terms       payments.TransferTerms
	sealed      []byte
	step        int
}

// Cancellable says that Cancel may be called.
func (t Transfer) Cancellable() bool {
	_, ok := transitions.Next(t.Status, eventCancel)
	return ok && (t.Channel == payments.WeChat || t.Status == Created)
}

// Retryable says that Retry may be called: the provider may have something new to say.
func (t Transfer) Retryable() bool {
	return !t.Status.Final() && t.Status != Waiting && (t.Status != Created || t.LastCode != "")
}

func fromRow(r transferdb.Transfer) (Transfer, error) {
	t := Transfer{
		ID: r.ID, OutBillNo: r.OutBillNo, SourceKind: r.SourceKind, SourceNo: r.SourceNo, AccountID: r.AccountID, Channel: payments.Code(r.Channel),
		AppID: r.AppID, ReceiverKind: payments.ReceiverKind(r.ReceiverKind), ReceiverHint: r.ReceiverHint, AmountFen: r.AmountFen,
		Title: r.Title, Status: Status(r.Status), ProviderNo: r.ProviderNo, FailReason: r.FailReason, LastError: r.LastError, LastCode: r.LastCode, CreatedBy: r.CreatedBy,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, packageInfo: r.PackageInfo, sealed: r.ReceiverSealed, step: int(r.QueryStep),
	}
	if r.MemberID != nil {
		t.MemberID = *r.MemberID
	}
	if r.FinishedAt != nil {
		t.FinishedAt = *r.FinishedAt
	}
	if err := json.Unmarshal(r.Terms, &t.terms); err != nil {
		return Transfer{}, fmt.Errorf("stored transfer %s: %w", r.OutBillNo, err)
	}
	return t, nil
}

// Get returns one transfer. Faults: NOT_FOUND.
func (s *Service) Get(ctx context.Context, id tenant.ID, outBillNo string) (t Transfer, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		t, err = s.find(ctx, r, outBillNo)
		return err
	})
	if err != nil {
		return Transfer{}, fmt.Errorf("transfer %s: %w", outBillNo, err)
	}
	return t, nil
}

func (s *Service) find(ctx context.Context, q tenantdb.Querier, outBillNo string) (Transfer, error) {
	row, err := s.q.Find(ctx, q, outBillNo)
	if tenantdb.NoRows(err) {
		return Transfer{}, fault.ErrNotFound
	}
	if err != nil {
		return Transfer{}, err
	}
	return fromRow(row)
}

func (s *Service) lock(ctx context.Context, tx tenantdb.Tx, outBillNo string) (Transfer, error) {
	row, err := s.q.Lock(ctx, tx, outBillNo)
	if tenantdb.NoRows(err) {
		return Transfer{}, fault.ErrNotFound
	}
	if err != nil {
		return Transfer{}, err
	}
	return fromRow(row)
}

// Incoming is a transfer as its receiver sees it.
type Incoming struct {
	OutBillNo   string
	AmountFen   money.Fen
	Title       string
	Status      Status
	CreatedAt   time.Time
	FinishedAt  time.Time
	MerchantNo  string // of wx.requestMerchantTransfer: mchId
	PackageInfo string // of wx.requestMerchantTransfer: package; empty unless it waits for the receiver
}

// Incoming lists what a member is paid in an app, newest first, at most 50.
func (s *Service) Incoming(ctx context.Context, id tenant.ID, memberID int64, appID string) (list []Incoming, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.OfMember(ctx, r, memberID, appID)
		if err != nil {
			return err
		}
		list = make([]Incoming, 0, len(rows))
		for _, row := range rows {
			in := Incoming{
				OutBillNo: row.OutBillNo, AmountFen: row.AmountFen, Title: row.Title, Status: Status(row.Status), CreatedAt: row.CreatedAt, MerchantNo: row.MerchantNo,
			}
			if in.Status == Waiting {
				in.PackageInfo = row.PackageInfo
			}
			if row.FinishedAt != nil {
				in.FinishedAt = *row.FinishedAt
			}
			list = append(list, in)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("transfers of a member: %w", err)
	}
	return list, nil
}
