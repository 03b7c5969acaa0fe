package aftersale

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/aftersale/internal/aftersaledb"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
)

// Bounds of what a person writes into a case.
const (
	MaxBody     = 500 // characters
	MaxPictures = 9
	maxMessages = 200 // of one case
	// MaxPerDay is how many cases a member may open in a day: more is no buyer's doing.
	MaxPerDay = 20
)

// OpenInput opens a case.
type OpenInput struct {
	OrderNo  string
	MemberID int64 // whose order it must be; 0 for staff
	Kind     Kind
	Lines    map[int64]int64 // pieces by line id
	Reason   Reason
	// Lost is the lost parcel of the order that the money is for; empty: none, or whichever's
	// pieces are claimed whole.
	Lost string
	// AmountFen is what the buyer asks for; nil asks for all of it. Pieces that were not sent
	// are given back whole, and an exchange gives nothing back.
	AmountFen *money.Fen
	// FreightFen of the freight, for staff; nil takes the rule's.
	FreightFen *money.Fen
	Body       string // 0 to 500 characters
	Pictures   []string
	Actor      string          // "member:7", "staff:3"
	Key        idempotency.Key // of a buyer's request, and of a form
}

// Preview is what a case could give back.
type Preview struct {
	Lines      []Line
	ShareFen   money.Fen
	FreightFen money.Fen
	Unsent     bool
}

// MostFen is the most that goes back.
func (p Preview) MostFen() money.Fen { return p.ShareFen + p.FreightFen }

// Opened is the answer to Open, kept with its idempotency key.
type Opened struct {
	CaseNo string `json:"case_no"`
}

// Preview says what Open would take and give back, and changes nothing. Opens a
// transaction. Faults: NOT_FOUND, ORDER_STATE, CLAIMED, VALIDATION.
func (s *Service) Preview(ctx context.Context, id tenant.ID, in OpenInput) (out Preview, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		claim, err := s.d.Orders.ClaimTx(ctx, tx, in.claim(), true)
		if err != nil {
			return err
		}
		out = Preview{ShareFen: claim.ShareFen(), FreightFen: claim.FreightFen, Unsent: claim.Unsent()}
		for _, l := range claim.Lines {
			out.Lines = append(out.Lines, Line{
				LineID: l.LineID, SKUID: l.SKUID, Title: l.Title, Spec: l.Spec, Picture: l.Picture, Qty: l.Qty, Unsent: l.Dropped, ShareFen: l.ShareFen,
			})
		}
		return nil
	})
	if err != nil {
		return Preview{}, fmt.Errorf("preview after-sales: %w", err)
	}
	return out, nil
}

// Open makes a case and holds its pieces: nothing else can be done with them while it goes
// on. A repeat with the same key returns the first answer. Opens a transaction. Faults:
// VALIDATION, NOT_FOUND, ORDER_STATE, CLAIMED, AFTERSALE_AMOUNT, AFTERSALE_PICTURES,
// AFTERSALE_TOO_MANY, IDEMPOTENCY_….
func (s *Service) Open(ctx context.Context, id tenant.ID, in OpenInput) (out Opened, replayed bool, err error) {
	in.Body = strings.TrimSpace(in.Body)
	if err := in.check(); err != nil {
		return Opened{}, false, fmt.Errorf("open after-sales case: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		out, replayed, err = idempotency.Do(ctx, tx, in.Key, func() (Opened, error) { return s.openTx(ctx, tx, in) })
		return err
	})
	if err != nil {
		return Opened{}, false, fmt.Errorf("open after-sales case: %w", err)
	}
	return out, replayed, nil
}

func (in OpenInput) check() error {
	switch {
	case in.Kind != RefundOnly && in.Kind != Return && in.Kind != Exchange:
		return fault.Invalidf("kind", "must be refund, return or exchange")
	case !in.Reason.known():
		return fault.Invalidf("reason", "is not a reason")
	}
	return checkSaid(in.Body, in.Pictures)
}

// checkSaid is what may stand in a message.
func checkSaid(body string, pictures []string) error {
	switch {
	case !utf8.ValidString(body) || strings.ContainsRune(body, 0) || utf8.RuneCountInString(body) > MaxBody:
		return fault.Invalidf("body", "must have at most %d characters", MaxBody)
	case len(pictures) > MaxPictures:
		return fault.Invalidf("pictures", "must be at most %d", MaxPictures)
	}
	return nil
}

func (in OpenInput) claim() order.ClaimInput {
	return order.ClaimInput{OrderNo: in.OrderNo, MemberID: in.MemberID, Lines: in.Lines, SentOnly: in.Kind != RefundOnly, Lost: in.Lost, Swap: in.Kind == Exchange, FreightFen: in.FreightFen}
}

func (s *Service) openTx(ctx context.Context, tx tenantdb.Tx, in OpenInput) (Opened, error) {
	if err := s.ours(tx, in.Pictures); err != nil {
		return Opened{}, err
	}
	now := tx.Now()
	ask := in.claim()
	ask.Holder = newCaseNo(now)
	claim, err := s.d.Orders.ClaimTx(ctx, tx, ask, false)
	if err != nil {
		return Opened{}, err
	}
	amount, err := in.amount(claim)
	if err != nil {
		return Opened{}, err
	}
	if err := s.notTooMany(ctx, tx, in.MemberID); err != nil {
		return Opened{}, err
	}
	terms, err := s.terms(ctx, tx)
	if err != nil {
		return Opened{}, err
	}
	by := in.by()
	to, err := Next(in.Kind, None, EventApply, by)
	if err != nil {
		return Opened{}, err
	}
	row := aftersaledb.OpenParams{
		CaseNo: ask.Holder, OrderID: claim.OrderID, OrderNo: in.OrderNo, MemberID: claim.MemberID, AppID: claim.AppID, Kind: string(in.Kind),
		Status: string(to), Reason: string(in.Reason), ShareFen: claim.ShareFen(), FreightFen: claim.FreightFen, AmountFen: amount,
		Unsent: claim.Unsent(), Test: claim.Test, OpenedBy: in.Actor, DueAt: terms.due(to, now), OpenedAt: now, Body: in.Body, Pictures: notNil(in.Pictures),
	}
	for _, l := range claim.Lines {
		row.LineIds, row.SkuIds = append(row.LineIds, l.LineID), append(row.SkuIds, l.SKUID)
		row.Titles, row.Specs, row.LinePictures = append(row.Titles, l.Title), append(row.Specs, l.Spec), append(row.LinePictures, l.Picture)
		row.Qtys, row.Dropped, row.SharesFen = append(row.Qtys, l.Qty), append(row.Dropped, l.Dropped), append(row.SharesFen, int64(l.ShareFen))
	}
	if _, err := s.q.Open(ctx, tx, row); err != nil {
		return Opened{}, err
	}
	ev := CaseEvent{CaseNo: row.CaseNo, OrderNo: in.OrderNo, MemberID: claim.MemberID, AppID: claim.AppID, Event: EventApply, Status: to}
	if err := s.d.Timers.Set(ctx, tx, TimerDue, row.CaseNo, *row.DueAt, ev); err != nil {
		return Opened{}, err
	}
	if err := s.d.Outbox.Append(ctx, tx, TopicOpened, row.CaseNo, ev); err != nil {
		return Opened{}, err
	}
	return Opened{CaseNo: row.CaseNo}, s.record(ctx, tx, by, in.Actor, EventApply, row.CaseNo, map[string]any{
		"order_no": in.OrderNo, "kind": string(in.Kind), "amount_fen": int64(amount),
	})
}

func (in OpenInput) by() Actor {
	switch {
	case in.MemberID != 0:
		return Member
	case in.Actor == string(System):
		return System
	}
	return Staff
}

// notTooMany bounds what a member opens in a day. Staff are not bounded.
func (s *Service) notTooMany(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	if memberID == 0 {
		return nil
	}
	n, err := s.q.OpenedSince(ctx, tx, memberID, tx.Now().Add(-24*time.Hour))
	if err == nil && n >= MaxPerDay {
		return ErrTooMany
	}
	return err
}

// amount is what the case is to give back.
func (in OpenInput) amount(claim order.Claim) (money.Fen, error) {
	most := claim.ShareFen() + claim.FreightFen
	if in.Kind == Exchange {
		return 0, nil
	}
	if in.AmountFen == nil {
		return most, nil
	}
	return *in.AmountFen, withinAmount(*in.AmountFen, lowest(claim), most)
}

// lowest is what must go back whatever was agreed: the money for pieces that are not sent.
func lowest(claim order.Claim) money.Fen {
	var sum money.Fen
	for _, l := range claim.Lines {
		if l.Dropped == l.Qty {
			sum += l.ShareFen
		}
	}
	if claim.Unsent() {
		sum += claim.FreightFen
	}
	return sum
}

func withinAmount(amount, least, most money.Fen) error {
	if amount < least || amount > most {
		return ErrAmount.WithData(map[string]any{"least_fen": int64(least), "most_fen": int64(most)})
	}
	return nil
}

// ours refuses pictures that were not uploaded here.
func (s *Service) ours(tx tenantdb.Tx, pictures []string) error {
	for _, p := range pictures {
		if !s.d.Pictures(tx, p) {
			return ErrPictures
		}
	}
	return nil
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// IsCase reports whether a number that parcels are followed under is a case's: that of the goods
// that come back for it.
func IsCase(no string) bool { return strings.HasPrefix(no, caseLetter) }

const caseLetter = "S" // parcels of orders begin with another

func newCaseNo(now time.Time) string {
	return caseLetter + now.UTC().Format("060102") + rand.Text()[:12]
}
