package review

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"galleria/commerce/review/internal/reviewdb"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// Deps is what the service needs; all of it is required.
type Deps struct {
	DB     *tenantdb.DB
	Outbox *outbox.Outbox
	Timers *timer.Timers
	Audit  *audit.Log
	// Pictures reports whether an address is of a picture that was uploaded to this shop.
	Pictures func(tx tenantdb.Tx, address string) bool
	// Nickname is what a member is called; empty for nobody.
	Nickname func(ctx context.Context, tx tenantdb.Tx, memberID int64) (string, error)
	// NotifyChannel is told the tenant's id when what is shown of a product changes
	// (catalog.NotifyChannel).
	NotifyChannel string
}

// Service keeps the reviews of all tenants. Safe for concurrent use.
type Service struct {
	d Deps
	q *reviewdb.Queries
}

// New returns the service.
func New(deps Deps) *Service { return &Service{d: deps, q: reviewdb.New()} }

// Line is a line of an order that arrived.
type Line struct {
	LineID, SPUID, SKUID int64
	Title, Spec, Picture string
}

// InviteTx lets a member review what arrived, until the shop's time for it is over. Safe to
// repeat.
func (s *Service) InviteTx(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, at time.Time, lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	terms, err := s.terms(ctx, tx)
	if err != nil {
		return fmt.Errorf("invite reviews: %w", err)
	}
	in := reviewdb.InviteParams{OrderNo: orderNo, MemberID: memberID, ReceivedAt: at, Until: at.Add(days(terms.ReviewDays))}
	for _, l := range lines {
		in.LineIds, in.SpuIds, in.SkuIds = append(in.LineIds, l.LineID), append(in.SpuIds, l.SPUID), append(in.SkuIds, l.SKUID)
		in.Titles, in.Specs, in.Pictures = append(in.Titles, l.Title), append(in.Specs, l.Spec), append(in.Pictures, l.Picture)
	}
	fresh, err := s.q.Invite(ctx, tx, in)
	if err != nil {
		return fmt.Errorf("invite reviews: %w", err)
	}
	if fresh == 0 {
		return nil
	}
	return s.d.Timers.Set(ctx, tx, TimerAuto, orderNo, in.Until, AutoEvent{OrderNo: orderNo})
}

func (s *Service) terms(ctx context.Context, q tenantdb.Querier) (Terms, error) {
	row, err := s.q.Terms(ctx, q)
	return Terms{ReviewDays: row.ReviewDays, FollowUpDays: row.FollowUpDays, Auto: row.Auto, Checks: row.Checks, ReportLimit: row.ReportLimit}, err
}

// lock finds a review and keeps it. memberID is whose it must be; 0 for anybody's. Faults:
// NOT_FOUND, for one that was not written as for none.
func (s *Service) lock(ctx context.Context, tx tenantdb.Tx, reviewID, memberID int64) (Review, error) {
	row, err := s.q.Lock(ctx, tx, reviewID)
	if tenantdb.NoRows(err) || (err == nil && (row.Status == string(Open) || (memberID != 0 && row.MemberID != memberID))) {
		return Review{}, fault.ErrNotFound
	}
	return fromRow(row), err
}

// move sets an event off on one of a locked review's texts, and adds up what is shown.
func (s *Service) move(ctx context.Context, tx tenantdb.Tx, r *Review, part Part, event Event, doubt string) error {
	before, text := *r, &r.First
	if part == FollowUp {
		text = &r.FollowUp
	}
	to, err := Next(text.Status, event)
	if err != nil {
		return err
	}
	if part == FollowUp {
		row, err := s.q.MoveFollowUp(ctx, tx, string(to), doubt, r.ID, string(text.Status))
		if err != nil {
			return conflict(err)
		}
		r.pictured, r.followed = row.Pictured, row.Followed
	} else {
		row, err := s.q.MoveFirst(ctx, tx, string(to), doubt, r.ID, string(text.Status))
		if err != nil {
			return conflict(err)
		}
		r.pictured, r.followed = row.Pictured, row.Followed
	}
	text.Status, text.Doubt = to, doubt
	if err := s.tally(ctx, tx, before, *r); err != nil || to != Published {
		return err
	}
	return s.announce(ctx, tx, *r, part)
}

func conflict(err error) error {
	if tenantdb.NoRows(err) {
		return ErrState
	}
	return err
}

func (s *Service) announce(ctx context.Context, tx tenantdb.Tx, r Review, part Part) error {
	return s.d.Outbox.Append(ctx, tx, TopicPublished, keyOf(r.ID), PublishedEvent{
		ReviewID: r.ID, Part: part, OrderNo: r.OrderNo, MemberID: r.MemberID, SPUID: r.SPUID, Score: r.Score,
		Pictured: len(r.TextOf(part).Pictures) > 0, Auto: r.Auto,
	})
}

func keyOf(id int64) string { return strconv.FormatInt(id, 10) }

// tally adds to the product's summary what a change of one review makes of it.
func (s *Service) tally(ctx context.Context, tx tenantdb.Tx, before, after Review) error {
	sum := reviewdb.AddSummaryParams{SpuID: after.SPUID}
	addTo(&sum, before, -1)
	addTo(&sum, after, 1)
	return s.add(ctx, tx, sum)
}

func (s *Service) add(ctx context.Context, tx tenantdb.Tx, sum reviewdb.AddSummaryParams) error {
	if sum == (reviewdb.AddSummaryParams{SpuID: sum.SpuID}) {
		return nil
	}
	n, err := s.q.AddSummary(ctx, tx, sum)
	if err != nil {
		return fmt.Errorf("add up reviews: %w", err)
	}
	if n != 1 {
		return fmt.Errorf("add up reviews: product %d has no summary", sum.SpuID)
	}
	return s.changed(ctx, tx)
}

// changed has the answers forgotten that show a product's reviews.
func (s *Service) changed(ctx context.Context, tx tenantdb.Tx) error {
	return s.q.NotifyChanged(ctx, tx, s.d.NotifyChannel, tx.TenantID().String())
}

// addTo adds what others see of a review, by times.
func addTo(sum *reviewdb.AddSummaryParams, r Review, by int64) {
	if r.First.Status != Published {
		return
	}
	sum.Total += by
	*[]*int64{&sum.Score1, &sum.Score2, &sum.Score3, &sum.Score4, &sum.Score5}[r.Score-1] += by
	if r.pictured {
		sum.Pictured += by
	}
	if r.followed {
		sum.Followed += by
	}
}
