package invoice

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/invoice/internal/invoicedb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// Tab is a part of the desk's list.
type Tab string

// The tabs: what waits first.
const (
	TabAsked   Tab = "asked"
	TabRed     Tab = "red" // issued, and to be voided
	TabIssued  Tab = "issued"
	TabVoided  Tab = "voided"
	TabRefused Tab = "refused"
)

// Tabs lists every tab.
func Tabs() []Tab { return []Tab{TabAsked, TabRed, TabIssued, TabVoided, TabRefused} }

// List shows a tab of the desk, the newest first; next is 0 on the last page. orderNo may be
// empty.
func (s *Service) List(ctx context.Context, id tenant.ID, tab Tab, orderNo string, before int64) (list []Request, next int64, err error) {
	return s.list(ctx, id, tab, orderNo, before, pageSize)
}

func (s *Service) list(ctx context.Context, id tenant.ID, tab Tab, orderNo string, before int64, most int32) (list []Request, next int64, err error) {
	status, red := string(tab), tab == TabRed
	if red {
		status = string(Issued)
	}
	var rows []invoicedb.DeskRow
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		rows, err = s.q.Desk(ctx, r, status, red, orderNo, from(before), most+1)
		return err
	})
	if len(rows) > int(most) {
		rows = rows[:most]
		next = rows[most-1].Invoice.ID
	}
	list = make([]Request, len(rows))
	for i, row := range rows {
		if err == nil {
			list[i], err = s.request(ctx, id, row.Invoice, row.OrderNo, row.PayableFen-row.RefundedFen)
		}
	}
	if err != nil {
		return nil, 0, fmt.Errorf("list invoices: %w", err)
	}
	return list, next, nil
}

// Each gives every request that waits for staff, the newest first.
func (s *Service) Each(ctx context.Context, id tenant.ID, take func(Request) error) error {
	const portion = 500
	for before := int64(0); ; {
		list, next, err := s.list(ctx, id, TabAsked, "", before, portion)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := take(r); err != nil {
				return err
			}
		}
		if next == 0 {
			return nil
		}
		before = next
	}
}

// Waiting counts what waits for staff, up to most of each.
func (s *Service) Waiting(ctx context.Context, id tenant.ID, most int32) (asked, red int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.Counts(ctx, r, most)
		asked, red = row.Asked, row.Red
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("count invoices: %w", err)
	}
	return asked, red, nil
}

// Find shows one request. Faults: NOT_FOUND.
func (s *Service) Find(ctx context.Context, id tenant.ID, invoiceID int64) (r Request, err error) {
	var row invoicedb.ShownRow
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		row, err = s.q.Shown(ctx, r, invoiceID)
		return err
	})
	if tenantdb.NoRows(err) {
		err = fault.ErrNotFound
	}
	if err == nil {
		r, err = s.request(ctx, id, row.Invoice, row.OrderNo, row.PayableFen-row.RefundedFen)
	}
	if err != nil {
		return Request{}, fmt.Errorf("find invoice: %w", err)
	}
	return r, nil
}

// LatestOf returns the newest request of an order, for staff; found is false if there is none.
func (s *Service) LatestOf(ctx context.Context, id tenant.ID, orderNo string) (r Request, found bool, err error) {
	var row invoicedb.LatestOfRow
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		row, err = s.q.LatestOf(ctx, r, orderNo)
		return err
	})
	if tenantdb.NoRows(err) {
		return Request{}, false, nil
	}
	if err == nil {
		r, err = s.request(ctx, id, row.Invoice, row.OrderNo, row.PayableFen-row.RefundedFen)
	}
	if err != nil {
		return Request{}, false, fmt.Errorf("invoice of %s: %w", orderNo, err)
	}
	return r, true, nil
}

// Offered tells whether buyers of the shop may ask for invoices.
func (s *Service) Offered(ctx context.Context, id tenant.ID) (offered bool, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		offered, err = s.q.OfferedHere(ctx, r)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("read whether invoices are offered: %w", err)
	}
	return offered, nil
}

// SetOffered says whether buyers of the shop may ask for invoices; what was asked for stays.
// Opens a transaction. Faults: NOT_FOUND for a shop that has not opened its books yet.
func (s *Service) SetOffered(ctx context.Context, id tenant.ID, offered bool, actor string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.SetOffered(ctx, tx, offered)
		if err == nil && n == 0 {
			err = fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "invoice.offered", Object: "shop", Detail: map[string]any{"offered": offered}})
	})
	if err != nil {
		return fmt.Errorf("set whether invoices are offered: %w", err)
	}
	return nil
}

// IssueInput is an invoice that was made out.
type IssueInput struct {
	ID        int64
	Number    string    // 8 to 32 digits
	On        time.Time // the day on it; not after today
	AmountFen money.Fen // that is on it: what was kept of the order
	Link      string    // where it can be had; https, or empty if there is a file
	File      *File
	Actor     string
}

func (in *IssueInput) check(now time.Time) error {
	var bad []fault.Field
	wrong := func(path, what string) { bad = append(bad, fault.Invalidf(path, "%s", what).Fields()...) }
	in.Number, in.Link = strings.ReplaceAll(strings.TrimSpace(in.Number), " ", ""), strings.TrimSpace(in.Link)
	if !invoiceNumber(in.Number) {
		wrong("number", "must have 8 to 32 digits")
	}
	if !pastDay(in.On, now) {
		wrong("on", "must be a day that is not after today")
	}
	if in.Link != "" && !plainLink(in.Link) {
		wrong("link", "must be an https address")
	}
	if in.Link == "" && in.File == nil {
		wrong("file", "a file or a link is required")
	}
	if bad != nil {
		return fault.ErrValidation.With(bad...)
	}
	return nil
}

func invoiceNumber(s string) bool {
	return len(s) >= 8 && len(s) <= 32 && strings.Trim(s, "0123456789") == ""
}

// pastDay is a day of the last years that has begun.
func pastDay(on, now time.Time) bool {
	const years = 5
	today := tenant.BusinessDay(now)
	return !on.IsZero() && !on.After(time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)) && on.After(today.AddDate(-years, 0, 0))
}

func plainLink(s string) bool {
	const longest = 500
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && len(s) <= longest
}

// Issue records the invoice that was made out, with its file. The file is stored before the
// transaction and removed if it fails. Faults: VALIDATION, NOT_FOUND, INVOICE_STATE,
// INVOICE_AMOUNT, INVOICE_NOTHING, INVOICE_NUMBER, INVOICE_FILE_TYPE, INVOICE_FILE_TOO_LARGE,
// INVOICE_STORE, QUOTA_EXCEEDED.
func (s *Service) Issue(ctx context.Context, id tenant.ID, in IssueInput) error {
	if err := in.check(s.d.Now()); err != nil {
		return fmt.Errorf("issue invoice: %w", err)
	}
	f, err := s.put(ctx, id, in.File)
	if err != nil {
		return fmt.Errorf("issue invoice: %w", err)
	}
	err = s.change(ctx, id, in.ID, EventIssue, Staff, func(tx tenantdb.Tx, o subject, row invoicedb.Invoice) error {
		switch have := kept(o); {
		case have <= 0:
			return ErrNothing
		case have != in.AmountFen:
			return ErrAmount.WithData(map[string]any{"kept_fen": have})
		}
		n, err := s.q.Issue(ctx, tx, invoicedb.IssueParams{
			ID: row.ID, AmountFen: int64(in.AmountFen), Number: in.Number, IssuedOn: in.On, Link: in.Link,
			FileKey: f.key, FileName: f.name, FileKind: f.kind, Actor: in.Actor, Now: tx.Now(),
		})
		if tenantdb.Violates(err, "invoice_number") {
			return ErrNumber
		}
		if err := moved(n, err); err != nil {
			return err
		}
		if f.bytes > 0 {
			if err := s.d.Plans.TakeTx(ctx, tx, plan.Storage, f.bytes); err != nil {
				return err
			}
		}
		return s.done(ctx, tx, o, row.ID, Issued, in.AmountFen, in.Actor, map[string]any{"number": in.Number, "amount_fen": int64(in.AmountFen), "file": f.name})
	})
	if err != nil {
		s.drop(ctx, f, err)
		return fmt.Errorf("issue invoice %d: %w", in.ID, err)
	}
	return nil
}

// Refuse says why there will be no invoice; the buyer may ask again. Faults: VALIDATION,
// NOT_FOUND, INVOICE_STATE.
func (s *Service) Refuse(ctx context.Context, id tenant.ID, invoiceID int64, reason, actor string) error {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > 200 || !utf8.ValidString(reason) || strings.ContainsRune(reason, 0) {
		return fault.Invalidf("reason", "must have 1 to 200 characters")
	}
	err := s.change(ctx, id, invoiceID, EventRefuse, Staff, func(tx tenantdb.Tx, o subject, row invoicedb.Invoice) error {
		if err := moved(s.q.Move(ctx, tx, string(Refused), reason, actor, tx.Now(), row.ID, row.Status)); err != nil {
			return err
		}
		return s.done(ctx, tx, o, row.ID, Refused, 0, actor, map[string]any{"reason": reason})
	})
	if err != nil {
		return fmt.Errorf("refuse invoice %d: %w", invoiceID, err)
	}
	return nil
}

// Void records the red-letter invoice that took one back; the buyer may ask for another.
// Faults: VALIDATION, NOT_FOUND, INVOICE_STATE.
func (s *Service) Void(ctx context.Context, id tenant.ID, invoiceID int64, number string, on time.Time, actor string) error {
	number = strings.ReplaceAll(strings.TrimSpace(number), " ", "")
	var bad []fault.Field
	if !invoiceNumber(number) {
		bad = append(bad, fault.Invalidf("red_number", "must have 8 to 32 digits").Fields()...)
	}
	if !pastDay(on, s.d.Now()) {
		bad = append(bad, fault.Invalidf("red_on", "must be a day that is not after today").Fields()...)
	}
	if bad != nil {
		return fmt.Errorf("void invoice %d: %w", invoiceID, fault.ErrValidation.With(bad...))
	}
	err := s.change(ctx, id, invoiceID, EventVoid, Staff, func(tx tenantdb.Tx, o subject, row invoicedb.Invoice) error {
		if *row.Number == number || on.Before(row.IssuedOn.Time) {
			return fault.Invalidf("red_number", "is another invoice of that day or later")
		}
		if err := moved(s.q.Void(ctx, tx, number, on, actor, tx.Now(), row.ID)); err != nil {
			return err
		}
		return s.done(ctx, tx, o, row.ID, Voided, money.Fen(*row.AmountFen), actor, map[string]any{"number": *row.Number, "red_number": number})
	})
	if err != nil {
		return fmt.Errorf("void invoice %d: %w", invoiceID, err)
	}
	return nil
}

// change locks a request, its order first, and moves it if the table lets it.
func (s *Service) change(ctx context.Context, id tenant.ID, invoiceID int64, event Event, by Actor, do func(tx tenantdb.Tx, o subject, row invoicedb.Invoice) error) error {
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		found, err := s.q.LockSubjectOf(ctx, tx, invoiceID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		row, err := s.q.Lock(ctx, tx, invoiceID)
		if err != nil {
			return err
		}
		if _, err := Next(Status(row.Status), event, by); err != nil {
			return err
		}
		return do(tx, subject(found), row)
	})
}

// done records what staff did, and has the buyer told.
func (s *Service) done(ctx context.Context, tx tenantdb.Tx, o subject, invoiceID int64, to Status, amount money.Fen, actor string, detail map[string]any) error {
	detail["order_no"] = o.OrderNo
	err := s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "invoice." + string(to), Object: fmt.Sprintf("invoice:%d", invoiceID), Detail: detail})
	if err != nil {
		return err
	}
	return s.told(ctx, tx, o, invoiceID, to, amount)
}
