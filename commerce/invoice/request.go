package invoice

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/invoice/internal/invoicedb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// AskDays is for how many days after an order's money became final its buyer may ask for an
// invoice.
const AskDays = 180

// subject is what an order is to an invoice.
type subject = invoicedb.LockSubjectRow

// kept is what of an order's money the shop has: paid less what went back.
func kept(o subject) money.Fen {
	if o.PaidAt == nil {
		return 0
	}
	return o.PayableFen - o.RefundedFen
}

func askUntil(o subject) *time.Time {
	if o.SettledAt == nil {
		return nil
	}
	return new(o.SettledAt.AddDate(0, 0, AskDays))
}

// askable says why an invoice of an order cannot be asked for now; nil if it can.
func askable(o subject, now time.Time) error {
	until := askUntil(o)
	switch {
	case !o.Offered:
		return ErrOff
	case o.Test || o.Status == "closed" || o.Status == "closing" || o.PayableFen <= o.RefundedFen:
		return ErrNothing
	case until != nil && !now.Before(*until):
		return ErrLate
	}
	return nil
}

// Request is a request, and the invoice that came of it.
type Request struct {
	ID       int64
	OrderNo  string
	MemberID int64
	Status   Status
	Party    // without a name: forgotten
	AskedAt  time.Time
	MovedAt  time.Time
	Actor    string
	Reason   string // of a refusal
	KeptFen  money.Fen
	// Of an issued one.
	AmountFen money.Fen
	Number    string
	IssuedOn  time.Time // a day, UTC
	Link      string
	FileName  string // empty: there is none
	FileKind  string // "pdf", "ofd", "jpg" or "png"
	RedDue    bool   // more is on it than was kept
	RedNumber string
	RedOn     time.Time

	fileKey string
}

func (s *Service) request(ctx context.Context, id tenant.ID, i invoicedb.Invoice, orderNo string, keptFen money.Fen) (r Request, err error) {
	r = Request{
		ID: i.ID, OrderNo: orderNo, MemberID: i.MemberID, Status: Status(i.Status), AskedAt: i.AskedAt, MovedAt: i.MovedAt, Actor: i.Actor, Reason: i.Reason, KeptFen: keptFen,
		Link: i.Link, FileName: i.FileName, RedDue: i.RedDueAt != nil, IssuedOn: i.IssuedOn.Time, RedOn: i.RedOn.Time,
	}
	if i.AmountFen != nil {
		r.AmountFen = money.Fen(*i.AmountFen)
	}
	for from, to := range map[*string]*string{i.Number: &r.Number, i.FileKey: &r.fileKey, i.FileKind: &r.FileKind, i.RedNumber: &r.RedNumber} {
		if from != nil {
			*to = *from
		}
	}
	if r.Party, err = s.open(ctx, id, invoiceTable, i.Kind, envelope{i.Sealed, i.SealKey}); err != nil {
		return r, fmt.Errorf("invoice %d: %w", i.ID, err)
	}
	return r, nil
}

// AskInput asks for an invoice: over a kept title, or over a party of its own.
type AskInput struct {
	TitleID int64 // 0: Party counts
	Party   Party
}

// Wish is a request ready to be written: whom it is for was checked and sealed.
type Wish struct {
	party  Party
	sealed envelope
}

// Prepare checks and seals whom an invoice is for, before the transaction that asks for it.
// Faults: VALIDATION, INVOICE_TAX_NUMBER, NOT_FOUND for a title that is not the member's.
func (s *Service) Prepare(ctx context.Context, id tenant.ID, memberID int64, in AskInput) (w Wish, err error) {
	w.party = in.Party
	if in.TitleID != 0 {
		var row invoicedb.TitleRow
		err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
			row, err = s.q.Title(ctx, r, in.TitleID, memberID)
			return err
		})
		if tenantdb.NoRows(err) {
			err = fault.ErrNotFound
		}
		if err == nil {
			w.party, err = s.open(ctx, id, titleTable, row.Kind, envelope{row.Sealed, row.SealKey})
		}
	}
	if err == nil {
		w.party, err = w.party.checked()
	}
	if err == nil {
		w.sealed, err = s.seal(ctx, id, invoiceTable, w.party)
	}
	if err != nil {
		return Wish{}, fmt.Errorf("ask for an invoice: %w", err)
	}
	return w, nil
}

// AskPlacedTx asks with an order that is being placed. One statement; where there is nothing to
// invoice it does nothing. Faults: INVOICE_OFF, with which the order must not be placed either.
func (s *Service) AskPlacedTx(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, w Wish) error {
	offered, err := s.q.AskPlaced(ctx, tx, string(w.party.Kind), w.sealed.body, w.sealed.key, tx.Now(), actorOf(memberID), orderNo)
	if err == nil && !offered {
		err = ErrOff
	}
	if err != nil {
		return fmt.Errorf("ask for an invoice with %s: %w", orderNo, err)
	}
	return nil
}

// Ask asks for an invoice of an order. Asking again in the same words gives what there is. Opens
// a transaction. Faults: VALIDATION, INVOICE_TAX_NUMBER, NOT_FOUND, INVOICE_NOTHING,
// INVOICE_CLOSED, INVOICE_ASKED, INVOICE_OFF.
func (s *Service) Ask(ctx context.Context, id tenant.ID, memberID int64, orderNo string, in AskInput) (r Request, err error) {
	w, err := s.Prepare(ctx, id, memberID, in)
	if err != nil {
		return r, err
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		o, err := s.lockOwn(ctx, tx, memberID, orderNo)
		if err != nil {
			return err
		}
		row, err := s.q.LockLive(ctx, tx, o.ID)
		fresh := false
		if tenantdb.NoRows(err) {
			row, fresh, err = s.ask(ctx, tx, o, w)
		}
		if err != nil {
			return err
		}
		if r, err = s.request(ctx, id, row, orderNo, kept(o)); err != nil {
			return err
		}
		switch {
		case r.Party != w.party:
			return ErrAsked
		case fresh && o.PaidAt != nil:
			return s.told(ctx, tx, o, r.ID, Asked, 0)
		}
		return nil
	})
	if err != nil {
		return Request{}, fmt.Errorf("ask for an invoice of %s: %w", orderNo, err)
	}
	return r, nil
}

// ask writes a request for an order that had none, or finds the one that came first meanwhile.
func (s *Service) ask(ctx context.Context, tx tenantdb.Tx, o subject, w Wish) (_ invoicedb.Invoice, fresh bool, _ error) {
	if err := askable(o, tx.Now()); err != nil {
		return invoicedb.Invoice{}, false, err
	}
	in := invoicedb.AskParams{OrderID: o.ID, MemberID: o.MemberID, Kind: string(w.party.Kind), Sealed: w.sealed.body, SealKey: w.sealed.key, Now: tx.Now(), Actor: actorOf(o.MemberID)}
	if o.PaidAt != nil {
		in.ReadyAt = new(tx.Now())
	}
	n, err := s.q.Ask(ctx, tx, in)
	if err != nil {
		return invoicedb.Invoice{}, false, err
	}
	if n == 0 { // the order's lock is shared: somebody asked at the same moment
		row, err := s.q.LockLive(ctx, tx, o.ID)
		if tenantdb.NoRows(err) { // and took it back
			err = ErrAsked
		}
		return row, false, err
	}
	row, err := s.q.Latest(ctx, tx, o.ID)
	return row, true, err
}

// lockOwn locks an order of a member; another's is not found.
func (s *Service) lockOwn(ctx context.Context, tx tenantdb.Tx, memberID int64, orderNo string) (subject, error) {
	o, err := s.q.LockSubject(ctx, tx, orderNo)
	if tenantdb.NoRows(err) || (err == nil && o.MemberID != memberID) {
		return o, fault.ErrNotFound
	}
	return o, err
}

// Withdraw takes back a request that was not answered; repeating it is no error. Opens a
// transaction. Faults: NOT_FOUND, INVOICE_STATE.
func (s *Service) Withdraw(ctx context.Context, id tenant.ID, memberID int64, orderNo string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		o, err := s.lockOwn(ctx, tx, memberID, orderNo)
		if err != nil {
			return err
		}
		row, err := s.q.LockLive(ctx, tx, o.ID)
		if tenantdb.NoRows(err) {
			row, err = s.q.Latest(ctx, tx, o.ID)
			if err == nil && Status(row.Status) == Withdrawn {
				return nil
			}
		}
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.withdraw(ctx, tx, row, Member, actorOf(memberID))
	})
	if err != nil {
		return fmt.Errorf("withdraw the invoice request of %s: %w", orderNo, err)
	}
	return nil
}

func (s *Service) withdraw(ctx context.Context, tx tenantdb.Tx, row invoicedb.Invoice, by Actor, actor string) error {
	to, err := Next(Status(row.Status), EventWithdraw, by)
	if err != nil {
		return err
	}
	return moved(s.q.Move(ctx, tx, string(to), "", actor, tx.Now(), row.ID, row.Status))
}

// moved is a compare-and-set that found another state.
func moved(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrState
	}
	return err
}

// Standing is where an order stands with its invoice.
type Standing struct {
	MayAsk   bool
	WhyNot   string     // a code of a fault; empty if MayAsk
	AskUntil *time.Time // nil: the order's money is not final, so no end is known
	KeptFen  money.Fen  // what an invoice would be over; 0 while it is not paid
	Request  *Request   // the newest; nil: none
}

// OfOrder tells a member where an order stands. Faults: NOT_FOUND.
func (s *Service) OfOrder(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (st Standing, err error) {
	var o subject
	var row invoicedb.Invoice
	asked := true
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		found, err := s.q.Subject(ctx, r, orderNo)
		if o = subject(found); tenantdb.NoRows(err) || (err == nil && o.MemberID != memberID) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		if row, err = s.q.Latest(ctx, r, o.ID); tenantdb.NoRows(err) {
			asked, err = false, nil
		}
		return err
	})
	if err == nil && asked {
		var r Request
		r, err = s.request(ctx, id, row, orderNo, kept(o))
		st.Request = &r
	}
	if err != nil {
		return Standing{}, fmt.Errorf("invoice of %s: %w", orderNo, err)
	}
	why := askable(o, s.d.Now())
	if why == nil && asked && (st.Request.Status == Asked || st.Request.Status == Issued) {
		why = ErrAsked
	}
	if st.MayAsk = why == nil; !st.MayAsk {
		st.WhyNot = fault.CodeOf(why)
	}
	st.AskUntil, st.KeptFen = askUntil(o), kept(o)
	return st, nil
}

// pageSize is how many requests a page shows.
const pageSize = 20

// OfMember lists a member's requests, the newest first; next is 0 on the last page.
func (s *Service) OfMember(ctx context.Context, id tenant.ID, memberID, before int64) (list []Request, next int64, err error) {
	var rows []invoicedb.OfMemberRow
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		rows, err = s.q.OfMember(ctx, r, memberID, from(before), pageSize+1)
		return err
	})
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		next = rows[pageSize-1].Invoice.ID
	}
	list = make([]Request, len(rows))
	for i, row := range rows {
		if err == nil {
			list[i], err = s.request(ctx, id, row.Invoice, row.OrderNo, row.PayableFen-row.RefundedFen)
		}
	}
	if err != nil {
		return nil, 0, fmt.Errorf("invoices of a member: %w", err)
	}
	return list, next, nil
}

// from is where a page begins; 0 is the newest.
func from(before int64) int64 {
	if before <= 0 {
		return 1<<63 - 1
	}
	return before
}

// EmailOf is the address that the buyer gave for an order's newest invoice, empty if none.
// One statement.
func (s *Service) EmailOf(ctx context.Context, id tenant.ID, orderNo string) (string, error) {
	return s.emailOf(ctx, id, func(r *tenantdb.Reader) (invoicedb.Invoice, error) { return s.q.NewestOfOrder(ctx, r, orderNo) })
}

// EmailOfMember is the address of a member's newest invoice, empty if none. One statement.
func (s *Service) EmailOfMember(ctx context.Context, id tenant.ID, memberID int64) (string, error) {
	return s.emailOf(ctx, id, func(r *tenantdb.Reader) (invoicedb.Invoice, error) { return s.q.NewestOfMember(ctx, r, memberID) })
}

func (s *Service) emailOf(ctx context.Context, id tenant.ID, find func(r *tenantdb.Reader) (invoicedb.Invoice, error)) (string, error) {
	var row invoicedb.Invoice
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		row, err = find(r)
		return err
	})
	if tenantdb.NoRows(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("address of an invoice: %w", err)
	}
	p, err := s.open(ctx, id, invoiceTable, row.Kind, envelope{row.Sealed, row.SealKey})
	if err != nil {
		return "", fmt.Errorf("address of an invoice: %w", err)
	}
	return p.Email, nil
}
