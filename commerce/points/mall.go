package points

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/money"
	"galleria/commerce/points/internal/pointsdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// OfferStatus is what staff decided about an offer of the mall.
type OfferStatus string

// The statuses. A stopped offer never gives again.
const (
	OfferLive    OfferStatus = "live"
	OfferStopped OfferStatus = "stopped"
)

// OfferInput is an offer of the mall as staff write it.
type OfferInput struct {
	Title     string
	SKUID     int64 // what is given: a SKU, through an order,
	CouponID  int64 // or a coupon, at once; never changes
	Points    int64 // for one piece, 1 to 100,000,000
	CashFen   money.Fen
	Stock     int64 // pieces in all, 1 to 1,000,000
	PerMember int64 // 0: no limit
	LevelID   int64 // for members of this level or above; 0: all
	StartsAt  time.Time
	EndsAt    *time.Time // exclusive; nil: without end
}

// MallOffer is an offer of the mall.
type MallOffer struct {
	OfferInput
	ID         int64
	Version    int64
	Status     OfferStatus
	Taken      int64 // pieces, those of unpaid orders included
	SPUID      int64
	Gives      string // the product or the coupon
	Spec       string
	Picture    string
	RegularFen money.Fen // of a piece, now; 0 of a coupon
	LevelName  string    // "" for all, or of a level that has ended: then nobody may
	UpdatedAt  time.Time
}

// Left is how many pieces are left.
func (o MallOffer) Left() int64 { return o.Stock - o.Taken }

// ShownOffer is an offer as a member sees it.
type ShownOffer struct {
	MallOffer
	Mine int64 // pieces that the member has had
	May  bool  // the member's level is high enough
}

// Exchange is what was given for points.
type Exchange struct {
	ID       int64
	OfferID  int64
	Title    string
	MemberID int64
	Member   string // nickname, for staff
	Qty      int64
	Points   int64     // of all pieces
	CashFen  money.Fen // of one
	State    ExchangeState
	OrderNo  string // "" of a coupon
	GrantID  int64  // 0 of an order
	At       time.Time
}

// ExchangeState is where an exchange stands; one of a SKU follows its order.
type ExchangeState string

// The states.
const (
	ExchangeHeld     ExchangeState = "held"     // its order is not paid
	ExchangeDone     ExchangeState = "done"     // given
	ExchangeReleased ExchangeState = "released" // its order was closed unpaid
	ExchangeReturned ExchangeState = "returned" // all of its order's money went back
)

// Bounds of an offer.
const (
	maxOfferPoints = 100_000_000
	maxOfferStock  = 1_000_000
	maxOfferMember = 1000
	maxOfferTitle  = 40
	maxOfferCash   = money.Fen(100_000_000)
)

func (in OfferInput) check() error {
	var fields []fault.Field
	refuse := func(bad bool, path, format string, args ...any) {
		if bad {
			fields = append(fields, fault.Invalidf(path, format, args...).Fields()...)
		}
	}
	n := utf8.RuneCountInString(in.Title)
	refuse(n < 1 || n > maxOfferTitle || !utf8.ValidString(in.Title) || strings.ContainsRune(in.Title, 0), "title", "must be 1 to %d characters", maxOfferTitle)
	refuse((in.SKUID == 0) == (in.CouponID == 0), "gives", "must be a product or a coupon")
	refuse(in.Points < 1 || in.Points > maxOfferPoints, "points", "must be 1 to %d", maxOfferPoints)
	refuse(in.CashFen < 0 || in.CashFen > maxOfferCash, "cash_fen", "must be 0 to 1,000,000 yuan")
	refuse(in.CashFen != 0 && in.CouponID != 0, "cash_fen", "a coupon costs points alone")
	refuse(in.Stock < 1 || in.Stock > maxOfferStock, "stock", "must be 1 to %d", maxOfferStock)
	refuse(in.PerMember < 0 || in.PerMember > maxOfferMember, "per_member", "must be 0 to %d", maxOfferMember)
	refuse(in.StartsAt.IsZero(), "starts_at", "is missing")
	refuse(in.EndsAt != nil && !in.EndsAt.After(in.StartsAt), "ends_at", "must be after the beginning")
	if fields != nil {
		return fault.ErrValidation.With(fields...)
	}
	return nil
}

// SaveOffer adds an offer, which counts between its times at once, or changes the one with this
// ID for exchanges from now on; version is the one that the editor saw. Opens a transaction.
// Faults: VALIDATION, NOT_FOUND, MALL_CHANGED.
func (s *Service) SaveOffer(ctx context.Context, id tenant.ID, offerID, version int64, in OfferInput, actor string) (int64, error) {
	if err := in.check(); err != nil {
		return 0, fmt.Errorf("save offer of the mall: %w", err)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.offerable(ctx, tx, in); err != nil {
			return err
		}
		action := "mall.offer_added"
		var err error
		if offerID == 0 {
			offerID, err = s.q.MallAdd(ctx, tx, pointsdb.MallAddParams{
				Title: in.Title, SkuID: orNil(in.SKUID), CouponID: orNil(in.CouponID), Points: in.Points, CashFen: in.CashFen, Stock: in.Stock, PerMember: in.PerMember,
				LevelID: orNil(in.LevelID), StartsAt: in.StartsAt, EndsAt: in.EndsAt, Now: tx.Now(),
			})
		} else {
			action = "mall.offer_changed"
			err = s.changeOffer(ctx, tx, offerID, version, in)
		}
		if err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: offerObject(offerID), Detail: map[string]any{
			"title": in.Title, "points": in.Points, "cash_fen": int64(in.CashFen), "stock": in.Stock, "per_member": in.PerMember,
		}})
	})
	if err != nil {
		return 0, fmt.Errorf("save offer of the mall: %w", err)
	}
	return offerID, nil
}

// offerable refuses what cannot be given, or costs no less than without points.
func (s *Service) offerable(ctx context.Context, tx tenantdb.Tx, in OfferInput) error {
	if in.LevelID != 0 {
		if there, err := s.q.MallLevel(ctx, tx, in.LevelID); err != nil || !there {
			return orInvalid(err, "level", "is not there any more")
		}
	}
	if in.CouponID != 0 {
		there, err := s.q.MallCoupon(ctx, tx, in.CouponID)
		if err != nil || !there {
			return orInvalid(err, "coupon", "is not given any more")
		}
		return nil
	}
	regular, err := s.q.MallRegular(ctx, tx, in.SKUID)
	if tenantdb.NoRows(err) {
		return fault.Invalidf("product", "is not on offer any more")
	}
	if err == nil && in.CashFen >= regular {
		return fault.Invalidf("cash_fen", "must be below the regular price")
	}
	return err
}

func orInvalid(err error, path, text string) error {
	if err != nil {
		return err
	}
	return fault.Invalidf(path, "%s", text)
}

func (s *Service) changeOffer(ctx context.Context, tx tenantdb.Tx, offerID, version int64, in OfferInput) error {
	row, err := s.q.MallFind(ctx, tx, offerID)
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	if err != nil {
		return err
	}
	was := offerOf(row)
	if was.SKUID != in.SKUID || was.CouponID != in.CouponID {
		return fault.Invalidf("gives", "never changes")
	}
	n, err := s.q.MallSet(ctx, tx, pointsdb.MallSetParams{
		ID: offerID, Version: version, Title: in.Title, Points: in.Points, CashFen: in.CashFen, Stock: in.Stock, PerMember: in.PerMember,
		LevelID: orNil(in.LevelID), StartsAt: in.StartsAt, EndsAt: in.EndsAt, Now: tx.Now(),
	})
	switch {
	case tenantdb.Violates(err, "mall_stock"):
		return fault.Invalidf("stock", "%d were given already", was.Taken)
	case err == nil && n == 0:
		return ErrOfferChanged
	}
	return err
}

// StopOffer ends an offer for good; orders that were placed keep what they were promised. Opens a
// transaction. Faults: NOT_FOUND, MALL_CHANGED.
func (s *Service) StopOffer(ctx context.Context, id tenant.ID, offerID int64, actor string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.q.MallFind(ctx, tx, offerID); err != nil {
			return orNotFound(err)
		}
		n, err := s.q.MallStop(ctx, tx, tx.Now(), offerID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrOfferChanged
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "mall.offer_stopped", Object: offerObject(offerID), Detail: map[string]any{}})
	})
	if err != nil {
		return fmt.Errorf("stop offer of the mall: %w", err)
	}
	return nil
}

func orNotFound(err error) error {
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	return err
}

// mostExchanges is how many of an offer's exchanges staff see.
const mostExchanges = 50

// Offer returns one offer, and the last exchanges of it. Faults: NOT_FOUND.
func (s *Service) Offer(ctx context.Context, id tenant.ID, offerID int64) (o MallOffer, last []Exchange, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) error {
			row, err := s.q.MallFind(ctx, q, offerID)
			o = offerOf(row)
			return orNotFound(err)
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := s.q.MallOf(ctx, q, offerID, mostExchanges)
			for _, x := range rows {
				last = append(last, Exchange{
					ID: x.ID, OfferID: offerID, MemberID: x.MemberID, Member: x.Nickname, Qty: x.Qty, Points: x.Points, CashFen: x.CashFen, State: ExchangeState(x.State),
					OrderNo: orZero(x.OrderNo), GrantID: orZero(x.GrantID), At: x.At,
				})
			}
			return err
		})
		return pipe.Run(ctx)
	})
	if err != nil {
		return MallOffer{}, nil, fmt.Errorf("find offer of the mall: %w", err)
	}
	return o, last, nil
}

// Offers returns a page of offers, the newest first; status "" is all of them, before 0 the
// beginning. next is 0 at the end.
func (s *Service) Offers(ctx context.Context, id tenant.ID, status OfferStatus, before int64) (list []MallOffer, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.MallList(ctx, r, string(status), fromEnd(before), page+1)
		for _, row := range rows {
			list = append(list, offerOf(pointsdb.MallFindRow(row)))
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list offers of the mall: %w", err)
	}
	if len(list) > page {
		list = list[:page]
		next = list[page-1].ID
	}
	return list, next, nil
}

// Mall returns a page of what is given for points now, the newest first, as a member sees it, and
// what the member has to pay with. next is 0 at the end.
func (s *Service) Mall(ctx context.Context, id tenant.ID, memberID, before int64) (list []ShownOffer, have, next int64, err error) {
	list, have, err = s.mall(ctx, id, memberID, 0, before)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("mall of a member: %w", err)
	}
	if len(list) > page {
		list = list[:page]
		next = list[page-1].ID
	}
	return list, have, next, nil
}

// MallOffer returns one offer that is given now, as a member sees it, and what the member has to
// pay with. Faults: NOT_FOUND.
func (s *Service) MallOffer(ctx context.Context, id tenant.ID, memberID, offerID int64) (o ShownOffer, have int64, err error) {
	list, have, err := s.mall(ctx, id, memberID, offerID, 0)
	if err == nil && len(list) == 0 {
		err = fault.ErrNotFound
	}
	if err != nil {
		return ShownOffer{}, 0, fmt.Errorf("offer of the mall: %w", err)
	}
	return list[0], have, nil
}

// mall is what a member is shown, of one offer or all (0), and what the member has.
func (s *Service) mall(ctx context.Context, id tenant.ID, memberID, offerID, before int64) (list []ShownOffer, have int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			list, err = s.shown(ctx, q, memberID, offerID, fromEnd(before), r.Now())
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			have, err = s.q.Usable(ctx, q, memberID, r.Now())
			return err
		})
		return pipe.Run(ctx)
	})
	return list, have, err
}

func (s *Service) shown(ctx context.Context, q tenantdb.Querier, memberID, offerID, before int64, now time.Time) (list []ShownOffer, err error) {
	rows, err := s.q.MallShown(ctx, q, memberID, now, offerID, before, page+1)
	for _, r := range rows {
		o := offerOf(pointsdb.MallFindRow{MallOffer: r.MallOffer, SpuID: r.SpuID, Gives: r.Gives, Spec: r.Spec, RegularFen: r.RegularFen, Picture: r.Picture, LevelName: r.LevelName})
		list = append(list, ShownOffer{MallOffer: o, Mine: r.Mine, May: r.May})
	}
	return list, err
}

// Exchanges returns a page of what a member was given for points, the newest first. next is 0 at
// the end.
func (s *Service) Exchanges(ctx context.Context, id tenant.ID, memberID, before int64) (list []Exchange, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.MallMine(ctx, r, memberID, fromEnd(before), page+1)
		for _, x := range rows {
			list = append(list, Exchange{
				ID: x.ID, OfferID: x.OfferID, Title: x.Title, MemberID: memberID, Qty: x.Qty, Points: x.Points, CashFen: x.CashFen, State: ExchangeState(x.State),
				OrderNo: orZero(x.OrderNo), GrantID: orZero(x.GrantID), At: x.At,
			})
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("exchanges of a member: %w", err)
	}
	if len(list) > page {
		list = list[:page]
		next = list[page-1].ID
	}
	return list, next, nil
}

func offerOf(r pointsdb.MallFindRow) MallOffer {
	o := r.MallOffer
	return MallOffer{
		ID: o.ID, Version: o.Version, Status: OfferStatus(o.Status), Taken: o.Taken, SPUID: r.SpuID, Gives: r.Gives, Spec: r.Spec, Picture: r.Picture,
		RegularFen: money.Fen(r.RegularFen), LevelName: r.LevelName, UpdatedAt: o.UpdatedAt,
		OfferInput: OfferInput{
			Title: o.Title, SKUID: orZero(o.SkuID), CouponID: orZero(o.CouponID), Points: o.Points, CashFen: o.CashFen, Stock: o.Stock, PerMember: o.PerMember,
			LevelID: orZero(o.LevelID), StartsAt: o.StartsAt, EndsAt: o.EndsAt,
		},
	}
}

func orNil(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func orZero[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}

func fromEnd(before int64) int64 {
	if before <= 0 {
		return math.MaxInt64
	}
	return before
}

func offerObject(offerID int64) string { return "mall_offer:" + strconv.FormatInt(offerID, 10) }
