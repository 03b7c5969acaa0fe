package invoice

import (
	"context"
	"fmt"

	"galleria/commerce/invoice/internal/invoicedb"
	"galleria/commerce/money"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TopicMoved announces that staff have a request to look at, or have answered one. Payload
// MovedEvent; key: the order number.
const TopicMoved outbox.Topic = "invoice.moved"

// MovedEvent is the payload of TopicMoved.
type MovedEvent struct {
	InvoiceID int64     `json:"invoice_id"`
	OrderNo   string    `json:"order_no"`
	MemberID  int64     `json:"member_id"`
	AppID     string    `json:"app_id"`
	Status    Status    `json:"status"`
	RedDue    bool      `json:"red_due,omitempty"` // it has to be voided
	AmountFen money.Fen `json:"amount_fen,omitempty"`
}

func (s *Service) told(ctx context.Context, tx tenantdb.Tx, o subject, invoiceID int64, to Status, amount money.Fen) error {
	return s.d.Outbox.Append(ctx, tx, TopicMoved, o.OrderNo, MovedEvent{
		InvoiceID: invoiceID, OrderNo: o.OrderNo, MemberID: o.MemberID, AppID: o.AppID, Status: to, AmountFen: amount,
	})
}

// Concerns reports whether an order has a live request. One statement.
func (s *Service) Concerns(ctx context.Context, q tenantdb.Querier, orderNo string) (bool, error) {
	live, err := s.q.AnyLive(ctx, q, orderNo)
	if err != nil {
		return false, fmt.Errorf("invoice of %s: %w", orderNo, err)
	}
	return live, nil
}

// FollowOrderTx brings a live request to where its order stands: staff see it once the order is
// paid, it is withdrawn when nothing is left to invoice, and an issued one that says more than
// was kept has to be voided. It looks at what is there: safe to repeat, in any order.
func (s *Service) FollowOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	if err := s.follow(ctx, tx, orderNo); err != nil {
		return fmt.Errorf("invoice of %s: %w", orderNo, err)
	}
	return nil
}

func (s *Service) follow(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	o, err := s.q.LockSubject(ctx, tx, orderNo)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	row, err := s.q.LockLive(ctx, tx, o.ID)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	switch Status(row.Status) {
	case Asked:
		return s.followAsked(ctx, tx, o, row)
	case Issued:
		return s.followIssued(ctx, tx, o, row)
	case Refused, Withdrawn, Voided: // these are not live
	}
	return nil
}

func (s *Service) followAsked(ctx context.Context, tx tenantdb.Tx, o subject, row invoicedb.Invoice) error {
	switch {
	case o.Status == "closed" || o.PayableFen <= o.RefundedFen:
		return s.withdraw(ctx, tx, row, System, system)
	case o.PaidAt == nil || row.ReadyAt != nil:
		return nil
	}
	if err := s.q.Ready(ctx, tx, tx.Now(), row.ID); err != nil {
		return err
	}
	return s.told(ctx, tx, o, row.ID, Asked, 0)
}

func (s *Service) followIssued(ctx context.Context, tx tenantdb.Tx, o subject, row invoicedb.Invoice) error {
	amount := money.Fen(*row.AmountFen)
	if row.RedDueAt != nil || amount <= kept(o) {
		return nil
	}
	if err := s.q.RedDue(ctx, tx, tx.Now(), row.ID); err != nil {
		return err
	}
	return s.d.Outbox.Append(ctx, tx, TopicMoved, o.OrderNo, MovedEvent{
		InvoiceID: row.ID, OrderNo: o.OrderNo, MemberID: o.MemberID, AppID: o.AppID, Status: Issued, RedDue: true, AmountFen: amount,
	})
}

// MoveMemberTx makes titles and requests of one member another's.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.MoveTitles(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move invoice titles of a member: %w", err)
	}
	if err := s.q.MoveInvoices(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move invoices of a member: %w", err)
	}
	return nil
}

// ForgetMemberTx forgets titles of a member who has left, and for whom requests were that led to
// no invoice. What was issued is kept as the law on invoices wants it.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	if err := s.q.ForgetTitles(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget invoice titles of a member: %w", err)
	}
	if err := s.q.ForgetInvoices(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget invoices of a member: %w", err)
	}
	return nil
}
