package delivery

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/delivery/internal/deliverydb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TopicUpload is an order whose shipping information WeChat must be told; the key is the
// order's number.
const TopicUpload outbox.Topic = "delivery.upload"

// UploadState is where an order's shipping information stands.
type UploadState string

// The states.
const (
	UploadPending  UploadState = "pending"  // to be told
	UploadPartial  UploadState = "partial"  // told of some parcels; more are to come
	UploadUploaded UploadState = "uploaded" // told that everything is sent
	UploadFailed   UploadState = "failed"   // refused for good; somebody must look
)

// UploadInput is a payment whose goods were sent, in part or whole.
type UploadInput struct {
	OrderNo, AppID            string
	OutTradeNo, TransactionID string
	OpenID                    string
	AmountFen                 money.Fen
}

// Upload is what WeChat was told of an order.
type Upload struct {
	UploadInput
	State       UploadState
	Version     int64
	DoneVersion int64
	Completions int
	Attempts    int
	Error       string
	UploadedAt  *time.Time
	LookedAt    *time.Time    // when WeChat was last asked what it holds
	Provider    ProviderState // what it said; empty before
	Mismatch    Mismatch
}

// BeginUploadTx notes that an order's parcels have changed: WeChat is to be told anew. The
// caller appends TopicUpload.
func (s *Service) BeginUploadTx(ctx context.Context, tx tenantdb.Tx, in UploadInput) error {
	err := s.q.BeginUpload(ctx, tx, deliverydb.BeginUploadParams{
		OrderNo: in.OrderNo, AppID: in.AppID, OutTradeNo: in.OutTradeNo, TransactionID: in.TransactionID, Openid: in.OpenID,
		AmountFen: in.AmountFen, Now: tx.Now(),
	})
	if err != nil {
		return fmt.Errorf("begin shipping upload: %w", err)
	}
	return nil
}

// UploadOf returns what WeChat was told of an order. Faults: NOT_FOUND.
func (s *Service) UploadOf(ctx context.Context, q tenantdb.Querier, orderNo string) (Upload, error) {
	row, err := s.q.Upload(ctx, q, orderNo)
	if tenantdb.NoRows(err) {
		return Upload{}, fault.ErrNotFound
	}
	if err != nil {
		return Upload{}, fmt.Errorf("read shipping upload: %w", err)
	}
	return Upload{
		UploadInput: UploadInput{
			OrderNo: row.OrderNo, AppID: row.AppID, OutTradeNo: row.OutTradeNo, TransactionID: row.TransactionID, OpenID: row.Openid, AmountFen: row.AmountFen,
		},
		State: UploadState(row.State), Version: row.Version, DoneVersion: row.DoneVersion, Completions: int(row.Completions),
		Attempts: int(row.Attempts), Error: row.Error, UploadedAt: row.UploadedAt,
		LookedAt: row.LookedAt, Provider: ProviderState(row.ProviderState), Mismatch: Mismatch(row.Mismatch),
	}, nil
}

// FinishUploadTx notes that WeChat has the version of u; told that all is sent, it is asked
// later what became of it (TimerLook). A later version stays to be told.
func (s *Service) FinishUploadTx(ctx context.Context, tx tenantdb.Tx, u Upload, complete bool) error {
	state, count := UploadPartial, int32(0)
	if complete {
		state, count = UploadUploaded, 1
	}
	_, err := s.q.FinishUpload(ctx, tx, u.Version, string(state), count, tx.Now(), u.OrderNo)
	if err == nil && complete {
		err = s.LookLaterTx(ctx, tx, u.OrderNo)
	}
	if err != nil {
		return fmt.Errorf("finish shipping upload: %w", err)
	}
	return nil
}

const maxReason = 300

// FailUploadTx notes why WeChat did not take the version of u; final says that no try will
// follow by itself.
func (s *Service) FailUploadTx(ctx context.Context, tx tenantdb.Tx, u Upload, final bool, reason string) error {
	state := UploadPending
	if final {
		state = UploadFailed
	}
	if text := []rune(reason); len(text) > maxReason {
		reason = string(text[:maxReason])
	}
	if _, err := s.q.FailUpload(ctx, tx, string(state), reason, tx.Now(), u.OrderNo, u.Version); err != nil {
		return fmt.Errorf("note failed shipping upload: %w", err)
	}
	return nil
}

// Retry tries once more what was refused. Opens a transaction. Faults: NOT_FOUND if it was not.
func (s *Service) Retry(ctx context.Context, id tenant.ID, orderNo, actor string, ob *outbox.Outbox) error {
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.RetryUpload(ctx, tx, tx.Now(), orderNo)
		if err == nil && n == 0 {
			err = fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := ob.Append(ctx, tx, TopicUpload, orderNo, map[string]string{"order_no": orderNo}); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "order.shipping_upload", Object: "order:" + orderNo, Detail: map[string]any{}})
	})
}

// Frozen is the money of orders that WeChat was not told everything of.
func (s *Service) Frozen(ctx context.Context, id tenant.ID) (amount money.Fen, orders int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.Frozen(ctx, r)
		amount, orders = money.Fen(row.AmountFen), row.Orders
		return err
	})
	return amount, orders, err
}

// ForgetPayersTx erases who paid these orders, as far as WeChat was told that all of them was
// sent. Of others it needs to know, and they are forgotten once it was told.
func (s *Service) ForgetPayersTx(ctx context.Context, tx tenantdb.Tx, orderNos []string) error {
	if err := s.q.ForgetPayers(ctx, tx, orderNos); err != nil {
		return fmt.Errorf("forget payers: %w", err)
	}
	return nil
}
