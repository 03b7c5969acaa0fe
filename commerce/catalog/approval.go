package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"galleria/commerce/catalog/internal/catalogdb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// MaxReason is the longest reason of a refusal, in characters.
const MaxReason = 200

// Request is what waits for somebody who approves products, or was refused.
type Request struct {
	SPUID     int64
	Rev       int32           // grows with what is asked
	Rejected  bool            // it was refused; else it waits
	Change    json.RawMessage // of a product on the shelf, as commerce/listing wrote it; nil: the product as it stands
	Base      string          // hash of the product that the change was made of
	PutUp     bool            // it comes on the shelf when it is approved
	AskedBy   string          // "staff:7", "system" for the clock
	AskedAt   time.Time
	DecidedBy string
	DecidedAt *time.Time
	Reason    string
}

// Gate is what stands between a product and its buyers.
type Gate struct {
	Needed   bool // the shop wants products to be approved
	Status   ShelfStatus
	Approved bool // as it stands
	Waiting  bool // a change of it waits
}

// ApprovalNeeded reports whether the shop wants products to be approved. One statement.
func (s *Service) ApprovalNeeded(ctx context.Context, q tenantdb.Querier) (bool, error) {
	needed, err := s.q.ApprovalNeeded(ctx, q)
	if err != nil {
		return false, fmt.Errorf("is approval needed: %w", err)
	}
	return needed, nil
}

// NeedApprovalTx changes whether the shop wants products to be approved, and reports whether that
// is something new. What is on the shelf stays; what waits can still be decided.
func (s *Service) NeedApprovalTx(ctx context.Context, tx tenantdb.Tx, needed bool) (changed bool, err error) {
	n, err := s.q.SetApprovalNeeded(ctx, tx, needed)
	if err != nil {
		return false, fmt.Errorf("need approval: %w", err)
	}
	return n > 0, nil
}

// GateTx locks a product and tells what stands between it and its buyers. Faults: NOT_FOUND.
func (s *Service) GateTx(ctx context.Context, tx tenantdb.Tx, spuID int64) (Gate, error) {
	row, err := s.q.LockGate(ctx, tx, spuID)
	if tenantdb.NoRows(err) || err == nil && ShelfStatus(row.Status) == Purged {
		return Gate{}, fault.ErrNotFound
	}
	if err != nil {
		return Gate{}, fmt.Errorf("gate: %w", err)
	}
	return Gate{Needed: row.Needed, Status: ShelfStatus(row.Status), Approved: row.Approved, Waiting: row.Waiting}, nil
}

// UnapproveTx notes that somebody without the right to approve has changed a product.
func (s *Service) UnapproveTx(ctx context.Context, tx tenantdb.Tx, spuID int64) error {
	if err := s.q.Unapprove(ctx, tx, spuID); err != nil {
		return err
	}
	return s.q.TouchApproval(ctx, tx, spuID)
}

// AskTx lets a product, or a change of it, wait for somebody who approves it.
func (s *Service) AskTx(ctx context.Context, tx tenantdb.Tx, r Request) error {
	if err := s.q.AskApproval(ctx, tx, r.SPUID, r.Change, r.Base, r.PutUp, r.AskedBy, tx.Now()); err != nil {
		return fmt.Errorf("ask for approval: %w", err)
	}
	return nil
}

// Names are what categories (with those above them), brands and freight templates are called, by
// number; those that are gone have none.
type Names struct{ Categories, Brands, Freights map[int64]string }

// NamesOf returns those that products refer to. One statement.
func (s *Service) NamesOf(ctx context.Context, q tenantdb.Querier, products ...ProductInput) (Names, error) {
	var categories, brands, freights []int64
	for _, p := range products {
		categories, brands, freights = append(categories, p.CategoryID), append(brands, p.BrandID), append(freights, p.FreightID)
	}
	rows, err := s.q.Called(ctx, q, categories, brands, freights)
	if err != nil {
		return Names{}, fmt.Errorf("names of a product's terms: %w", err)
	}
	n := Names{Categories: map[int64]string{}, Brands: map[int64]string{}, Freights: map[int64]string{}}
	of := map[string]map[int64]string{"category": n.Categories, "brand": n.Brands, "freight": n.Freights}
	for _, r := range rows {
		of[r.What][r.ID] = r.Name
	}
	return n, nil
}

// RequestOf returns what waits or was refused of a product; nil for nothing. One statement.
func (s *Service) RequestOf(ctx context.Context, q tenantdb.Querier, spuID int64) (*Request, error) {
	row, err := s.q.Approval(ctx, q, spuID)
	if tenantdb.NoRows(err) {
		return nil, nil //nolint:nilnil // most products have none, which is no error
	}
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	return new(requestFromRow(row)), nil
}

// DecideTx locks a product and what waits of it, as it was seen. Faults: NOT_FOUND,
// APPROVAL_CHANGED.
func (s *Service) DecideTx(ctx context.Context, tx tenantdb.Tx, spuID int64, rev int32) (Gate, Request, error) {
	gate, err := s.GateTx(ctx, tx, spuID)
	if err != nil {
		return Gate{}, Request{}, err
	}
	row, err := s.q.LockApproval(ctx, tx, spuID)
	if tenantdb.NoRows(err) || err == nil && (row.Rev != rev || row.State != "waiting") {
		return Gate{}, Request{}, ErrApprovalChanged
	}
	if err != nil {
		return Gate{}, Request{}, fmt.Errorf("decide: %w", err)
	}
	return gate, requestFromRow(row), nil
}

// SettleTx ends a request: it was approved or withdrawn.
func (s *Service) SettleTx(ctx context.Context, tx tenantdb.Tx, spuID int64) error {
	return s.q.DropApproval(ctx, tx, spuID)
}

// ApproveTx notes that a product is approved as it stands.
func (s *Service) ApproveTx(ctx context.Context, tx tenantdb.Tx, spuID int64) error {
	return s.q.Approve(ctx, tx, spuID)
}

// RejectTx refuses a request, with a reason. Faults: VALIDATION on reason.
func (s *Service) RejectTx(ctx context.Context, tx tenantdb.Tx, spuID int64, reason, actor string) error {
	if n := utf8.RuneCountInString(reason); n < 1 || n > MaxReason || !plain(reason) {
		return fault.Invalidf("reason", "must be 1 to %d characters", MaxReason)
	}
	now := tx.Now()
	return s.q.RejectApproval(ctx, tx, actor, &now, reason, spuID)
}

// Hash names a product's content: two that are alike have the same.
func (in ProductInput) Hash() (string, error) {
	in.Unapproved = false
	body, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

func requestFromRow(r catalogdb.ProductApproval) Request {
	return Request{
		SPUID: r.SpuID, Rev: r.Rev, Rejected: r.State == "rejected", Change: r.Change, Base: r.Base, PutUp: r.PutUp, AskedBy: r.AskedBy, AskedAt: r.AskedAt,
		DecidedBy: r.DecidedBy, DecidedAt: r.DecidedAt, Reason: r.Reason,
	}
}
