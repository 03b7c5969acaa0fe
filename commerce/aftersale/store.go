package aftersale

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/aftersale/internal/aftersaledb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// documentOf names a case's ask for money, the first or a later one.
func documentOf(caseNo string, ask int32) string {
	if ask <= 1 {
		return caseNo
	}
	return caseNo + "-" + strconv.Itoa(int(ask))
}

// CaseOf is the number of the case that a refund's document names.
func CaseOf(document string) string {
	no, _, _ := strings.Cut(document, "-")
	return no
}

// Get returns one case with its thread. memberID is whose it must be; 0 for staff. Faults:
// NOT_FOUND.
func (s *Service) Get(ctx context.Context, id tenant.ID, memberID int64, caseNo string) (out Case, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		out, err = s.find(ctx, r, memberID, caseNo)
		return err
	})
	if err != nil {
		return Case{}, fmt.Errorf("get after-sales case: %w", err)
	}
	return out, nil
}

// Brief is a case as its order names it.
type Brief struct {
	CaseNo    string
	Kind      Kind
	Status    Status
	AmountFen money.Fen
	OpenedAt  time.Time
	ClosedAt  *time.Time
}

// OfOrder names a member's cases of one order, newest first, 50 at most. One statement.
func (s *Service) OfOrder(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (out []Brief, err error) {
	var rows []aftersaledb.OfOrderRow
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err = s.q.OfOrder(ctx, r, memberID, orderNo)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("after-sales cases of an order: %w", err)
	}
	for _, row := range rows {
		out = append(out, Brief{CaseNo: row.CaseNo, Kind: Kind(row.Kind), Status: Status(row.Status), AmountFen: row.AmountFen, OpenedAt: row.OpenedAt, ClosedAt: row.ClosedAt})
	}
	return out, nil
}

// ListInput is one page of a member's cases.
type ListInput struct {
	OnlyOpen bool
	Limit    int    // 1 to 100; 0 is 20
	Cursor   string // Next of the page before
}

// List returns a member's cases, newest first. Faults: VALIDATION on cursor.
func (s *Service) List(ctx context.Context, id tenant.ID, memberID int64, in ListInput) (page Page, err error) {
	const last = int64(1) << 62
	before := last
	if in.Cursor != "" {
		if before, err = strconv.ParseInt(in.Cursor, 36, 64); err != nil || before <= 0 {
			return Page{}, fault.Invalidf("cursor", "is not a cursor of this list")
		}
	}
	if in.Limit == 0 {
		in.Limit = 20
	}
	var rows []aftersaledb.PageRow
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err = s.q.Page(ctx, r, memberID, before, in.OnlyOpen, int32(in.Limit+1))
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("list after-sales cases: %w", err)
	}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		page.Next = strconv.FormatInt(rows[in.Limit-1].ID, 36)
	}
	for _, row := range rows {
		c, err := caseFromRow(aftersaledb.FindRow{
			ID: row.ID, CaseNo: row.CaseNo, OrderNo: row.OrderNo, MemberID: row.MemberID, Kind: row.Kind, Status: row.Status, Reason: row.Reason,
			ShareFen: row.ShareFen, FreightFen: row.FreightFen, AmountFen: row.AmountFen, Unsent: row.Unsent, OpenedBy: row.OpenedBy, DueAt: row.DueAt,
			ReturnTo: row.ReturnTo, BackCourier: row.BackCourier, BackNumber: row.BackNumber, OutCourier: row.OutCourier, OutNumber: row.OutNumber,
			OutRefundNo: row.OutRefundNo, OpenedAt: row.OpenedAt, ClosedAt: row.ClosedAt, Lines: row.Lines,
		})
		if err != nil {
			return Page{}, err
		}
		page.Cases = append(page.Cases, c)
	}
	return page, nil
}

func (s *Service) find(ctx context.Context, q tenantdb.Querier, memberID int64, caseNo string) (Case, error) {
	if !wellFormed(caseNo) {
		return Case{}, fault.ErrNotFound
	}
	row, err := s.q.Find(ctx, q, caseNo, memberID)
	if tenantdb.NoRows(err) {
		return Case{}, fault.ErrNotFound
	}
	if err != nil {
		return Case{}, err
	}
	return caseFromRow(row)
}

func caseFromRow(row aftersaledb.FindRow) (Case, error) {
	c := Case{
		CaseNo: row.CaseNo, OrderNo: row.OrderNo, MemberID: row.MemberID, Kind: Kind(row.Kind), Status: Status(row.Status), Reason: Reason(row.Reason),
		ShareFen: row.ShareFen, FreightFen: row.FreightFen, AmountFen: row.AmountFen, Unsent: row.Unsent, OpenedBy: row.OpenedBy, DueAt: row.DueAt,
		BackCourier: row.BackCourier, BackNumber: row.BackNumber, OutCourier: row.OutCourier, OutNumber: row.OutNumber, OpenedAt: row.OpenedAt, ClosedAt: row.ClosedAt,
	}
	if row.OutRefundNo != nil {
		c.OutRefundNo = *row.OutRefundNo
	}
	var err error
	if c.ReturnTo, err = addressOf(row.ReturnTo); err != nil {
		return Case{}, err
	}
	if err := json.Unmarshal(row.Lines, &c.Lines); err != nil {
		return Case{}, fmt.Errorf("lines of case %s: %w", c.CaseNo, err)
	}
	if row.Messages != nil {
		if err := json.Unmarshal(row.Messages, &c.Messages); err != nil {
			return Case{}, fmt.Errorf("thread of case %s: %w", c.CaseNo, err)
		}
	}
	return c, nil
}

func (s *Service) terms(ctx context.Context, q tenantdb.Querier) (Terms, error) {
	row, err := s.q.Terms(ctx, q)
	return Terms{AnswerHours: row.AnswerHours, SendBackDays: row.SendBackDays, InspectDays: row.InspectDays, receiveDays: row.ReceiveDays}, err
}

// Settings are how a shop treats its cases.
type Settings struct {
	Terms
	Addresses []Address
}

// Settings returns them.
func (s *Service) Settings(ctx context.Context, id tenant.ID) (out Settings, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		if out.Terms, err = s.terms(ctx, r); err != nil {
			return err
		}
		rows, err := s.q.ReturnAddresses(ctx, r)
		for _, row := range rows {
			out.Addresses = append(out.Addresses, Address(row))
		}
		return err
	})
	if err != nil {
		return Settings{}, fmt.Errorf("after-sales settings: %w", err)
	}
	return out, nil
}

// SetTerms changes how long cases wait; those that wait already keep their time. Opens a
// transaction. Faults: VALIDATION.
func (s *Service) SetTerms(ctx context.Context, id tenant.ID, t Terms, actor string) error {
	switch {
	case t.AnswerHours < 1 || t.AnswerHours > 240:
		return fault.Invalidf("answer_hours", "must be 1 to 240")
	case t.SendBackDays < 1 || t.SendBackDays > 60:
		return fault.Invalidf("send_back_days", "must be 1 to 60")
	case t.InspectDays < 1 || t.InspectDays > 60:
		return fault.Invalidf("inspect_days", "must be 1 to 60")
	}
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.q.SetTerms(ctx, tx, int32(t.AnswerHours), int32(t.SendBackDays), int32(t.InspectDays)); err != nil {
			return fmt.Errorf("set after-sales terms: %w", err)
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "aftersale.terms_set", Object: "shop", After: map[string]any{
			"answer_hours": t.AnswerHours, "send_back_days": t.SendBackDays, "inspect_days": t.InspectDays,
		}})
	})
}

// AddAddress adds a place where goods are sent back to. Opens a transaction. Faults:
// VALIDATION.
func (s *Service) AddAddress(ctx context.Context, id tenant.ID, a Address, actor string) error {
	bounds := func(field, text string, least, most int) error {
		if n := utf8.RuneCountInString(text); n < least || n > most || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return fault.Invalidf(field, "must have %d to %d characters", least, most)
		}
		return nil
	}
	a.Name, a.Phone, a.Address = strings.TrimSpace(a.Name), strings.TrimSpace(a.Phone), strings.TrimSpace(a.Address)
	for _, err := range []error{bounds("name", a.Name, 1, 40), bounds("phone", a.Phone, 5, 32), bounds("address", a.Address, 1, 200)} {
		if err != nil {
			return err
		}
	}
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.AddReturnAddress(ctx, tx, a.Name, a.Phone, a.Address, tx.Now())
		if err != nil {
			return fmt.Errorf("add return address: %w", err)
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "aftersale.address_added", Object: fmt.Sprintf("return_address:%d", n)})
	})
}

// RemoveAddress removes one; cases keep their copy. Opens a transaction. Faults: NOT_FOUND.
func (s *Service) RemoveAddress(ctx context.Context, id tenant.ID, addressID int64, actor string) error {
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.RemoveReturnAddress(ctx, tx, addressID)
		if err != nil || n == 0 {
			if err == nil {
				err = fault.ErrNotFound
			}
			return fmt.Errorf("remove return address: %w", err)
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "aftersale.address_removed", Object: fmt.Sprintf("return_address:%d", addressID)})
	})
}
