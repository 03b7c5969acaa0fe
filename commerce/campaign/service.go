package campaign

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"galleria/commerce/campaign/internal/campaigndb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// Deps is what the service needs; all of it is required, Outbox for groups alone.
type Deps struct {
	DB     *tenantdb.DB
	Audit  *audit.Log
	Timers *timer.Timers
	// Tell has the commit of tx told to those who keep answers with prices.
	Tell func(ctx context.Context, tx tenantdb.Tx) error
	// Outbox carries what staff are told of; without one they see it on the campaign's page alone.
	Outbox *outbox.Outbox
}

// Service keeps the campaigns of all tenants. Safe for concurrent use.
type Service struct {
	d Deps
	q *campaigndb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{d: d, q: campaigndb.New()} }

// Conflict is a campaign that is in the way of another one.
type Conflict struct {
	ID       int64     `json:"id"`
	Title    string    `json:"title"`
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"`
	Product  string    `json:"product"` // the first that both have
	SKUs     int64     `json:"skus"`    // so many both have
}

// Save adds a campaign as a draft, or changes the one with this ID: a live one at once, for orders
// from now on. version is the one that the editor saw. Opens a transaction. Faults: VALIDATION,
// NOT_FOUND, CAMPAIGN_TAKEN, CAMPAIGN_CHANGED, CAMPAIGN_STATE.
func (s *Service) Save(ctx context.Context, id tenant.ID, campaignID, version int64, in Input, actor string) (int64, error) {
	in = in.spanned()
	if err := in.check(); err != nil {
		return 0, fmt.Errorf("save campaign: %w", err)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		skus, err := s.skus(ctx, tx, in)
		if err != nil {
			return err
		}
		if err := s.giftsExist(ctx, tx, in); err != nil {
			return err
		}
		action, next, live := "campaign.add", int64(1), false
		if campaignID == 0 {
			campaignID, err = s.add(ctx, tx, in)
		} else {
			action = "campaign.update"
			next, live, err = s.change(ctx, tx, campaignID, version, in)
		}
		if err != nil {
			return err
		}
		if err := s.put(ctx, tx, campaignID, in, skus, live); err != nil {
			return err
		}
		if err := s.putSessions(ctx, tx, campaignID, in, skus, live); err != nil {
			return err
		}
		if err := s.putBudget(ctx, tx, campaignID, in, next == 1); err != nil {
			return err
		}
		if err := s.keep(ctx, tx, campaignID, next, in, skus, actor); err != nil {
			return err
		}
		if live {
			if err := s.d.Tell(ctx, tx); err != nil {
				return err
			}
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: action, Object: object(campaignID), Detail: map[string]any{"title": in.Title, "kind": string(in.Kind), "version": next},
		})
	})
	if err != nil {
		return 0, fmt.Errorf("save campaign: %w", taken(err))
	}
	return campaignID, nil
}

// taken names the exclusion, which is met where two campaigns are saved at once, and what an order
// took of a session while it was being dropped.
func taken(err error) error {
	switch {
	case tenantdb.Violates(err, "campaign_sku_alone"):
		return ErrTaken
	case tenantdb.Violates(err, "campaign_budget_spent"):
		return ErrChanged
	case tenantdb.Violates(err, "flash_bucket_session"):
		return ErrChanged
	}
	return err
}

// skus are the SKUs of a timed discount or a flash sale, with their prices: 0 for the share off.
func (s *Service) skus(ctx context.Context, tx tenantdb.Tx, in Input) (prices []Price, err error) {
	if in.Kind == Reduction {
		return nil, nil
	}
	if in.OffBps > 0 {
		rows, err := s.q.SKUsOfProducts(ctx, tx, in.Products)
		for _, r := range rows {
			prices = append(prices, Price{SKUID: r.ID})
		}
		if err == nil && (len(prices) == 0 || len(prices) > MaxSKUs) {
			err = fault.Invalidf("products", "must have 1 to %d variants on offer", MaxSKUs)
		}
		return prices, err
	}
	ids := make([]int64, len(in.Prices))
	for i, p := range in.Prices {
		ids[i] = p.SKUID
	}
	rows, err := s.q.SKUsNamed(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	if len(rows) != len(ids) {
		return nil, fault.Invalidf("products", "a variant is not on offer any more")
	}
	for _, r := range rows {
		i := slices.IndexFunc(in.Prices, func(p Price) bool { return p.SKUID == r.ID })
		if in.Prices[i].PriceFen >= r.PriceFen {
			return nil, fault.Invalidf(fmt.Sprintf("price_%d", r.ID), "must be below the regular price")
		}
		prices = append(prices, in.Prices[i])
	}
	return prices, nil
}

func (s *Service) add(ctx context.Context, tx tenantdb.Tx, in Input) (int64, error) {
	row, err := in.row()
	if err != nil {
		return 0, err
	}
	row.Now = tx.Now()
	return s.q.Add(ctx, tx, row)
}

// row is the columns that Add and Set write.
func (in Input) row() (campaigndb.AddParams, error) {
	tiers, err := json.Marshal(append([]Tier{}, in.Tiers...))
	row := campaigndb.AddParams{
		Kind: string(in.Kind), Title: in.Title, StartsAt: in.StartsAt, EndsAt: in.EndsAt, Apps: append([]string{}, in.Apps...),
		ScopeOf: string(ScopeAll), ScopeIds: []int64{}, Tiers: tiers,
	}
	if in.Kind == Reduction {
		row.ScopeOf, row.ScopeIds, row.ScopeExcept = string(in.ScopeOf), append([]int64{}, in.ScopeIDs...), in.ScopeExcept && in.ScopeOf != ScopeAll
		row.GiftsStay = in.GiftsStay && len(in.giftSKUs()) > 0
	}
	if in.OffBps > 0 {
		row.OffBps = new(int64(in.OffBps))
	}
	if in.Kind == Group {
		row.Seats, row.FillHours = &in.Seats, &in.FillHours
	}
	if in.Kind == Flash || in.Kind == Group {
		row.PerOrder, row.PerMember = orNil(in.PerOrder), orNil(in.PerMember)
	}
	return row, err
}

// change writes a campaign that is neither stopped nor over, and returns its next version.
func (s *Service) change(ctx context.Context, tx tenantdb.Tx, campaignID, version int64, in Input) (next int64, live bool, err error) {
	was, err := s.lock(ctx, tx, campaignID)
	switch {
	case err != nil:
		return 0, false, err
	case Status(was.Status) == Stopped || (Status(was.Status) == Live && !tx.Now().Before(was.EndsAt)):
		return 0, false, ErrState
	case was.Kind != string(in.Kind):
		return 0, false, fault.Invalidf("kind", "never changes")
	case was.Version != version:
		return 0, false, ErrChanged
	case Status(was.Status) == Live && !in.EndsAt.After(tx.Now()):
		return 0, false, fault.Invalidf("ends_at", "must be later than now")
	}
	if err := s.keepsSessions(ctx, tx, campaignID, in, Status(was.Status)); err != nil {
		return 0, false, err
	}
	row, err := in.row()
	if err != nil {
		return 0, false, err
	}
	set, err := s.q.Set(ctx, tx, campaigndb.SetParams{
		ID: campaignID, Version: version, Title: row.Title, StartsAt: row.StartsAt, EndsAt: row.EndsAt, Apps: row.Apps, OffBps: row.OffBps,
		ScopeOf: row.ScopeOf, ScopeIds: row.ScopeIds, ScopeExcept: row.ScopeExcept, Tiers: row.Tiers, PerOrder: row.PerOrder, PerMember: row.PerMember, GiftsStay: row.GiftsStay, Seats: row.Seats, FillHours: row.FillHours, Now: tx.Now(),
	})
	if tenantdb.NoRows(err) {
		return 0, false, ErrChanged
	}
	return set.Version, Status(set.Status) == Live, err
}

func (s *Service) lock(ctx context.Context, tx tenantdb.Tx, campaignID int64) (campaigndb.LockRow, error) {
	row, err := s.q.Lock(ctx, tx, campaignID)
	if tenantdb.NoRows(err) {
		return row, fault.ErrNotFound
	}
	return row, err
}

// put writes the SKUs of a timed discount or a flash sale. A live one is first compared with the others, so that
// the refusal can name them; the constraint decides.
func (s *Service) put(ctx context.Context, tx tenantdb.Tx, campaignID int64, in Input, skus []Price, live bool) error {
	if in.Kind == Reduction {
		return nil
	}
	ids, prices := make([]int64, len(skus)), make([]int64, len(skus))
	for i, p := range skus {
		ids[i], prices[i] = p.SKUID, int64(p.PriceFen)
	}
	if live {
		if err := s.alone(ctx, tx, campaignID, ids, in.StartsAt, in.EndsAt, in.Apps); err != nil {
			return err
		}
	}
	if err := s.q.ClearSKUs(ctx, tx, campaignID); err != nil {
		return err
	}
	return s.q.PutSKUs(ctx, tx, campaigndb.PutSKUsParams{
		CampaignID: campaignID, Live: live, StartsAt: in.StartsAt, EndsAt: in.EndsAt, Apps: append([]string{}, in.Apps...), SkuIds: ids, PricesFen: prices,
	})
}

// alone refuses what other campaigns promise.
func (s *Service) alone(ctx context.Context, tx tenantdb.Tx, campaignID int64, skus []int64, from, until time.Time, apps []string) error {
	rows, err := s.q.Conflicts(ctx, tx, campaignID, skus, from, until, append([]string{}, apps...))
	if err != nil || len(rows) == 0 {
		return err
	}
	conflicts := make([]Conflict, len(rows))
	for i, r := range rows {
		conflicts[i] = Conflict{ID: r.ID, Title: r.Title, StartsAt: r.StartsAt, EndsAt: r.EndsAt, Product: r.Product, SKUs: r.Skus}
	}
	return ErrTaken.WithData(map[string]any{"conflicts": conflicts})
}

// keep writes down what orders of a version were promised.
func (s *Service) keep(ctx context.Context, tx tenantdb.Tx, campaignID, version int64, in Input, skus []Price, actor string) error {
	wording, err := json.Marshal(map[string]any{
		"title": in.Title, "starts_at": in.StartsAt, "ends_at": in.EndsAt, "apps": in.Apps, "off_bps": in.OffBps, "prices": skus,
		"sessions": in.Sessions, "per_order": in.PerOrder, "per_member": in.PerMember,
		"scope_of": in.ScopeOf, "scope_ids": in.ScopeIDs, "scope_except": in.ScopeExcept, "tiers": in.Tiers, "gifts_stay": in.GiftsStay, "budget_fen": in.BudgetFen, "seats": in.Seats, "fill_hours": in.FillHours,
	})
	if err != nil {
		return fmt.Errorf("keep wording: %w", err)
	}
	return s.q.Keep(ctx, tx, campaignID, version, tx.Now(), actor, wording)
}

// Start makes a draft count between its times. Opens a transaction. Faults: NOT_FOUND,
// CAMPAIGN_TAKEN, CAMPAIGN_STATE: it is none, or its time is over.
func (s *Service) Start(ctx context.Context, id tenant.ID, campaignID int64, actor string) error {
	return s.move(ctx, id, campaignID, Live, actor, func(tx tenantdb.Tx, was campaigndb.LockRow) error {
		if Status(was.Status) != Draft || !was.EndsAt.After(tx.Now()) {
			return ErrState
		}
		c, err := s.find(ctx, tx, campaignID)
		if err != nil || c.Kind == Reduction {
			return err
		}
		if err := s.remindLater(ctx, tx, c); err != nil {
			return err
		}
		rows, err := s.q.SKUsOf(ctx, tx, campaignID)
		if err != nil {
			return err
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.SkuID
		}
		if err := s.alone(ctx, tx, campaignID, ids, c.StartsAt, c.EndsAt, c.Apps); err != nil {
			return err
		}
		return s.q.SetLive(ctx, tx, true, campaignID)
	})
}

// Stop ends a campaign for good, at once; a draft is thrown away. Orders that were placed keep
// their price; groups that are not complete end, and their money goes back. Opens a transaction. Faults: NOT_FOUND, CAMPAIGN_STATE.
func (s *Service) Stop(ctx context.Context, id tenant.ID, campaignID int64, actor string) error {
	return s.move(ctx, id, campaignID, Stopped, actor, func(tx tenantdb.Tx, was campaigndb.LockRow) error {
		if Status(was.Status) == Stopped || (Status(was.Status) == Live && !was.EndsAt.After(tx.Now())) {
			return ErrState
		}
		if was.Kind == string(Group) {
			if err := s.d.Outbox.Append(ctx, tx, TopicGroupStopped, strconv.FormatInt(campaignID, 10), GroupEventV1{CampaignID: campaignID}); err != nil {
				return err
			}
		}
		return s.q.SetLive(ctx, tx, false, campaignID)
	})
}

func (s *Service) move(ctx context.Context, id tenant.ID, campaignID int64, to Status, actor string, do func(tx tenantdb.Tx, was campaigndb.LockRow) error) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		was, err := s.lock(ctx, tx, campaignID)
		if err != nil {
			return err
		}
		if err := do(tx, was); err != nil {
			return err
		}
		if err := s.q.SetStatus(ctx, tx, string(to), tx.Now(), campaignID); err != nil {
			return err
		}
		if err := s.d.Tell(ctx, tx); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "campaign." + string(to), Object: object(campaignID), Detail: map[string]any{"was": was.Status}})
	})
	if err != nil {
		return fmt.Errorf("set status of campaign: %w", taken(err))
	}
	return nil
}

func object(campaignID int64) string { return "campaign:" + strconv.FormatInt(campaignID, 10) }

// priceOf is what a piece of a SKU costs by a campaign: its own price, or a share off the
// regular one.
func priceOf(regular, own money.Fen, off money.Rate) money.Fen {
	if own > 0 {
		return min(own, regular)
	}
	less, err := off.Of(regular)
	if err != nil { // beyond any price
		return regular
	}
	return regular - less
}
