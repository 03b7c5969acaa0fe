package voucher

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/voucher/internal/voucherdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// State is where a voucher stands.
type State string

// The states. Held is an active one that an after-sales case holds.
const (
	Active   State = "active"
	Held     State = "held"
	Used     State = "used" // up
	Expired  State = "expired"
	Refunded State = "refunded"
)

// States lists them.
func States() []State { return []State{Active, Held, Used, Expired, Refunded} }

// Voucher is one piece that was sold.
type Voucher struct {
	ID, LineID, SKUID    int64
	OrderNo, Code        string
	Title, Spec, Picture string
	Uses, Used           int64
	ValidUntil           time.Time // from then on it cannot be used
	Refunds              bool      // what is unused by then is paid back
	State                State     // Expired as soon as ValidUntil is over
	IssuedAt             time.Time
}

// Left is how many uses it has.
func (v Voucher) Left() int64 { return v.Uses - v.Used }

// Usable reports whether it can be used now.
func (v Voucher) Usable() bool { return v.State == Active }

// Service issues vouchers and has them used. Safe for concurrent use.
type Service struct {
	db *tenantdb.DB
	q  *voucherdb.Queries
}

// New returns the service.
func New(db *tenantdb.DB) *Service { return &Service{db: db, q: voucherdb.New()} }

// terms are those of a product as its snapshot keeps them.
type terms struct {
	Uses    int64      `json:"uses"`
	Days    int64      `json:"days"`
	Until   *time.Time `json:"until"`
	Refunds bool       `json:"refunds"`
}

// end is when a voucher of these terms ends that was paid at a time: with a day of Shanghai.
func (t terms) end(paid time.Time) time.Time {
	if t.Until != nil {
		return *t.Until
	}
	const beijing = 8 * 60 * 60
	day := paid.In(time.FixedZone("Asia/Shanghai", beijing))
	return time.Date(day.Year(), day.Month(), day.Day()+int(t.Days)+1, 0, 0, 0, 0, day.Location()).UTC()
}

// IssueTx makes the vouchers of an order that was paid: one for each piece. It returns when the
// first of them ends. The caller holds the order's lock and sees to it that this happens once.
// Two statements.
func (s *Service) IssueTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (firstEnd time.Time, err error) {
	lines, err := s.q.Lines(ctx, tx, orderNo)
	if err == nil && len(lines) == 0 {
		err = fault.ErrNotFound
	}
	if err != nil {
		return firstEnd, fmt.Errorf("issue vouchers: %w", err)
	}
	row := voucherdb.IssueParams{OrderNo: orderNo, MemberID: lines[0].MemberID, At: tx.Now()}
	for _, l := range lines {
		var t terms
		if err := json.Unmarshal(l.Terms, &t); err != nil {
			return firstEnd, fmt.Errorf("terms of line %d: %w", l.ID, err)
		}
		end := t.end(tx.Now())
		if firstEnd.IsZero() || end.Before(firstEnd) {
			firstEnd = end
		}
		for _, paid := range sharesOf(l.PayableFen, int64(l.Qty)) {
			code, err := newCode()
			if err != nil {
				return firstEnd, err
			}
			row.Codes, row.LineIds, row.Uses = append(row.Codes, code), append(row.LineIds, l.ID), append(row.Uses, t.Uses)
			row.PaidsFen, row.ValidUntils, row.Refunds = append(row.PaidsFen, int64(paid)), append(row.ValidUntils, end), append(row.Refunds, t.Refunds)
		}
	}
	if err := s.q.Issue(ctx, tx, row); err != nil {
		return firstEnd, fmt.Errorf("issue vouchers: %w", err)
	}
	return firstEnd, nil
}

// sharesOf divides what a line cost among its pieces: rounded down, the last takes the rest.
func sharesOf(paid money.Fen, pieces int64) []money.Fen {
	out := make([]money.Fen, pieces)
	each := paid / money.Fen(pieces)
	for i := range out {
		out[i] = each
	}
	out[pieces-1] = paid - each*money.Fen(pieces-1)
	return out
}

// FindTx returns the voucher of a code as somebody typed it. Faults: VOUCHER_CODE.
func (s *Service) FindTx(ctx context.Context, q tenantdb.Querier, typed string) (Voucher, error) {
	code, ok := parseCode(typed)
	if !ok {
		return Voucher{}, ErrCode
	}
	row, err := s.q.ByCode(ctx, q, code)
	if tenantdb.NoRows(err) {
		return Voucher{}, ErrCode
	}
	if err != nil {
		return Voucher{}, fmt.Errorf("find voucher: %w", err)
	}
	return fromRow(voucherdb.OfOrderRow(row)), nil
}

// Find is FindTx with a connection of its own.
func (s *Service) Find(ctx context.Context, id tenant.ID, typed string) (out Voucher, err error) {
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		out, err = s.FindTx(ctx, r, typed)
		return err
	})
	return out, err
}

// UseInput is somebody who shows a voucher.
type UseInput struct {
	Code    string // as typed
	Uses    int64  // at least 1
	StoreID int64  // where; 0 if the shop does not say
	Actor   string // "staff:3"
}

// UseTx uses a voucher, and returns it as it is then. The caller holds the lock of its order.
// Faults: VALIDATION on uses and store_id, VOUCHER_CODE, VOUCHER_STATE, VOUCHER_USES.
func (s *Service) UseTx(ctx context.Context, tx tenantdb.Tx, in UseInput) (Voucher, error) {
	if in.Uses < 1 {
		return Voucher{}, fault.Invalidf("uses", "must be 1 at least")
	}
	v, err := s.FindTx(ctx, tx, in.Code)
	switch {
	case err != nil:
		return Voucher{}, err
	case !v.Usable():
		return Voucher{}, ErrState.WithData(map[string]any{"state": v.State})
	case in.Uses > v.Left():
		return Voucher{}, ErrUses.WithData(map[string]any{"left": v.Left()})
	}
	var store *int64
	if in.StoreID != 0 {
		store = &in.StoreID
	}
	got, err := s.q.Use(ctx, tx, int32(in.Uses), tx.Now(), v.ID, in.Actor, store)
	switch {
	case tenantdb.NoRows(err):
		return Voucher{}, ErrState // somebody else was faster
	case tenantdb.Violates(err, "voucher_use_store_id_fkey"):
		return Voucher{}, fault.Invalidf("store_id", "no such store")
	case err != nil:
		return Voucher{}, fmt.Errorf("use voucher: %w", err)
	}
	if v.Used = int64(got.Used); v.Left() == 0 {
		v.State = Used
	}
	return v, nil
}

// Use is one use of a voucher.
type Use struct {
	VoucherID, Uses int64
	Actor           string
	Store           string // empty if nobody said where
	At              time.Time
}

// MaxShown is how many vouchers a page holds.
const MaxShown = 100

// OfOrder lists an order's vouchers, a page of at most MaxShown; next is the cursor of the one
// after, 0 on the last. The caller has seen to it that who asks may see the order.
func (s *Service) OfOrder(ctx context.Context, id tenant.ID, orderNo string, after int64) (list []Voucher, next int64, err error) {
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.OfOrder(ctx, r, orderNo, after, MaxShown+1)
		for _, row := range rows {
			list = append(list, fromRow(row))
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("vouchers of an order: %w", err)
	}
	list, next = page(list)
	return list, next, nil
}

// UsesOf lists when an order's vouchers were used, oldest first, at most 1000.
func (s *Service) UsesOf(ctx context.Context, id tenant.ID, orderNo string) (list []Use, err error) {
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.UsesOf(ctx, r, orderNo)
		for _, u := range rows {
			list = append(list, Use{VoucherID: u.VoucherID, Uses: int64(u.Uses), Actor: u.Actor, Store: u.Store, At: u.At})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("uses of an order's vouchers: %w", err)
	}
	return list, nil
}

// OfMember lists a member's vouchers, newest first, a page of at most MaxShown that come before
// a cursor, 0 for the first page.
func (s *Service) OfMember(ctx context.Context, id tenant.ID, memberID int64, onlyUsable bool, before int64) (list []Voucher, next int64, err error) {
	const last = int64(1) << 62
	if before <= 0 {
		before = last
	}
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.OfMember(ctx, r, memberID, before, onlyUsable, MaxShown+1)
		for _, row := range rows {
			list = append(list, fromRow(voucherdb.OfOrderRow(row)))
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("vouchers of a member: %w", err)
	}
	list, next = page(list)
	return list, next, nil
}

func page(list []Voucher) ([]Voucher, int64) {
	if len(list) <= MaxShown {
		return list, 0
	}
	return list[:MaxShown], list[MaxShown-1].ID
}

// MoveMemberTx makes one member's vouchers another's.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.MoveVouchers(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move vouchers of a member: %w", err)
	}
	return nil
}

func fromRow(r voucherdb.OfOrderRow) Voucher {
	v := Voucher{
		ID: r.ID, LineID: r.LineID, SKUID: r.SkuID, OrderNo: r.OrderNo, Code: r.Code, Title: r.Title, Spec: r.Spec, Picture: r.Picture,
		Uses: int64(r.Uses), Used: int64(r.Used), ValidUntil: r.ValidUntil, Refunds: r.Refunds, State: State(r.State), IssuedAt: r.IssuedAt,
	}
	switch {
	case v.State != Active:
	case r.HeldFor != nil:
		v.State = Held
	case r.Over:
		v.State = Expired
	}
	return v
}

// ForgetMemberTx implements member.Belongings: a voucher says nothing of who bought it.
func (s *Service) ForgetMemberTx(context.Context, tenantdb.Tx, int64) error { return nil }
