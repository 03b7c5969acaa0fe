package campaign_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/money"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type world struct {
	*tenanttest.Env
	*campaign.Service
	t    testing.TB
	mu   sync.Mutex
	told int
	now  time.Time // when the test began
	spu  int64
	skus []int64
}

// newWorld has one product of three SKUs: 10, 20 and 30 yuan.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{Env: tenanttest.New(t), t: t}
	w.now = w.Clock().Now().Truncate(time.Microsecond)
	w.Service = campaign.New(campaign.Deps{DB: w.DB, Audit: w.Audit, Timers: w.Timers, Tell: func(context.Context, tenantdb.Tx) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told++
		return nil
	}})
	w.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), `WITH c AS (INSERT INTO category (name) VALUES ('茶') RETURNING id),
			p AS (INSERT INTO spu (category_id, title, status) SELECT id, '龙井', 'on_shelf' FROM c RETURNING id),
			s AS (INSERT INTO sku (spu_id, spec_values, price_fen) SELECT p.id, ARRAY[n::text], n * 1000 FROM p, generate_series(1, 3) n RETURNING id, spu_id)
			SELECT min(spu_id), array_agg(id ORDER BY id) FROM s`).Scan(&w.spu, &w.skus)
	})
	return w
}

func (w *world) save(id, version int64, in campaign.Input) (int64, error) {
	return w.Save(w.t.Context(), w.Tenant.ID, id, version, in, "staff:1")
}

func (w *world) start(id int64) error { return w.Start(w.t.Context(), w.Tenant.ID, id, "staff:1") }

// at is a timed discount on some SKUs between two hours from now.
func (w *world) at(from, until int, apps []string, skus ...int64) campaign.Input {
	now := w.now
	in := campaign.Input{Kind: campaign.Timed, Title: "限时", StartsAt: now.Add(time.Duration(from) * time.Hour), EndsAt: now.Add(time.Duration(until) * time.Hour), Apps: apps}
	for _, sku := range skus {
		in.Prices = append(in.Prices, campaign.Price{SKUID: sku, PriceFen: 500})
	}
	return in
}

// flash is a flash sale of sessions of an hour with an hour between them, the first from so many
// hours on.
func (w *world) flash(from, sessions int, price money.Fen, units int64, skus ...int64) campaign.Input {
	in := campaign.Input{Kind: campaign.Flash, Title: "整点秒杀"}
	for i := range sessions {
		at := w.now.Add(time.Duration(from+2*i) * time.Hour)
		in.Sessions = append(in.Sessions, campaign.Session{StartsAt: at, EndsAt: at.Add(time.Hour)})
	}
	for _, sku := range skus {
		in.Prices = append(in.Prices, campaign.Price{SKUID: sku, PriceFen: price, Units: units})
	}
	return in
}

func (w *world) running(in campaign.Input) int64 {
	w.t.Helper()
	id, err := w.save(0, 0, in)
	if err == nil {
		err = w.start(id)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// TestOneCampaignAtATime: of two campaigns with a SKU in common, at one time and in one channel,
// the second is refused and told which is in its way; whatever differs lets it through.
func TestOneCampaignAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := "wxaaaaaaaaaaaaaaaa", "wxbbbbbbbbbbbbbbbb"
	first := w.running(w.at(10, 20, []string{a}, w.skus[0], w.skus[1]))
	for _, c := range []struct {
		name string
		in   campaign.Input
		ok   bool
	}{
		{"the same", w.at(10, 20, []string{a}, w.skus[0]), false},
		{"the last hour", w.at(19, 30, []string{a}, w.skus[1], w.skus[2]), false},
		{"all around, everywhere", w.at(0, 99, nil, w.skus[0]), false},
		{"one channel of two", w.at(11, 12, []string{b, a}, w.skus[0]), false},
		{"another SKU", w.at(10, 20, []string{a}, w.skus[2]), true},
		{"another channel", w.at(10, 20, []string{b}, w.skus[0]), true},
		{"right before", w.at(5, 10, []string{a}, w.skus[0]), true},
		{"right after", w.at(20, 25, []string{a}, w.skus[0]), true},
		{"a reduction", campaign.Input{
			Kind: campaign.Reduction, Title: "满减", StartsAt: w.now, EndsAt: w.now.Add(99 * time.Hour), ScopeOf: campaign.ScopeAll, Tiers: []campaign.Tier{{NeedFen: 100, OffFen: 1}},
		}, true},
	} {
		id, err := w.save(0, 0, c.in)
		if err != nil {
			t.Fatalf("%s: a draft promises nothing: %v", c.name, err)
		}
		err = w.start(id)
		if c.ok != (err == nil) || (err != nil && !errors.Is(err, campaign.ErrTaken)) {
			t.Errorf("%s: %v", c.name, err)
		}
		if !c.ok {
			f, _ := errors.AsType[*fault.Error](err)
			if told, _ := f.Data()["conflicts"].([]campaign.Conflict); len(told) != 1 || told[0].ID != first {
				t.Errorf("%s: told %v", c.name, f.Data())
			}
		}
		if err := w.Stop(t.Context(), w.Tenant.ID, id, "staff:1"); err != nil {
			t.Fatal(err)
		}
	}
	// A live one that is moved onto another is refused as well, and stays as it was.
	other := w.running(w.at(30, 40, nil, w.skus[0]))
	if _, err := w.save(other, 1, w.at(15, 40, nil, w.skus[0])); !errors.Is(err, campaign.ErrTaken) {
		t.Errorf("moved: %v", err)
	}
	if err := w.Stop(t.Context(), w.Tenant.ID, first, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.save(other, 1, w.at(15, 40, nil, w.skus[0])); err != nil {
		t.Errorf("what was stopped is still in the way: %v", err)
	}
}

// TestManyStartAtOnce: of twenty campaigns for one price that are started at the same time, one is.
func TestManyStartAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []int64
	for range 20 {
		id, err := w.save(0, 0, w.at(1, 2, nil, w.skus...))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(ids))
	for i, id := range ids {
		wg.Go(func() { errs[i] = w.start(id) })
	}
	wg.Wait()
	started := 0
	for _, err := range errs {
		switch {
		case err == nil:
			started++
		case !errors.Is(err, campaign.ErrTaken) && !errors.Is(err, fault.ErrBusy):
			t.Errorf("an error of ours: %v", err)
		}
	}
	if started != 1 {
		t.Errorf("%d were started", started)
	}
}

// TestCampaignThroughTime: the clock says where it stands; versions are kept; what is over or
// stopped does not change; an editor who saw an older version is refused.
func TestCampaignThroughTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.now
	id, err := w.save(0, 0, w.at(1, 2, nil, w.skus[0]))
	if err != nil {
		t.Fatal(err)
	}
	states := func(want campaign.State) {
		t.Helper()
		list, counts, _, err := w.List(t.Context(), w.Tenant.ID, want, 0, w.Clock().Now())
		if err != nil || len(list) != 1 || counts[want] != 1 || list[0].State(w.Clock().Now()) != want {
			t.Errorf("%s: %v %v %v", want, list, counts, err)
		}
	}
	states(campaign.StateDraft)
	if err := w.start(id); err != nil {
		t.Fatal(err)
	}
	states(campaign.StateComing)
	if _, err := w.save(id, 1, w.at(1, 3, nil, w.skus[0], w.skus[2])); err != nil {
		t.Fatal(err)
	}
	if _, err := w.save(id, 1, w.at(1, 4, nil, w.skus[0])); !errors.Is(err, campaign.ErrChanged) {
		t.Errorf("an old version: %v", err)
	}
	windows, err := w.Windows(t.Context(), w.Tenant.ID, now)
	if err != nil || len(windows) != 1 || !windows[0].From.Equal(now.Add(time.Hour)) {
		t.Errorf("windows %v %v", windows, err)
	}
	w.Clock().Set(now.Add(time.Hour))
	states(campaign.StateRunning)
	sales, err := w.Sales(t.Context(), w.Tenant.ID, "wxaaaaaaaaaaaaaaaa", 0, w.skus, w.Clock().Now())
	if err != nil || len(sales) != 2 || sales[w.skus[0]].Price(1000) != 500 || sales[w.skus[0]].Price(400) != 400 {
		t.Errorf("sales %v %v", sales, err)
	}
	w.Clock().Set(now.Add(3 * time.Hour))
	states(campaign.StateOver)
	if sales, err = w.Sales(t.Context(), w.Tenant.ID, "", 0, w.skus, w.Clock().Now()); err != nil || len(sales) != 0 {
		t.Errorf("sales after the end %v %v", sales, err)
	}
	if _, err := w.save(id, 2, w.at(1, 9, nil, w.skus[0])); !errors.Is(err, campaign.ErrState) {
		t.Errorf("a change of what is over: %v", err)
	}
	if err := w.Stop(t.Context(), w.Tenant.ID, id, "staff:1"); !errors.Is(err, campaign.ErrState) {
		t.Errorf("what is over was stopped: %v", err)
	}
	month, err := w.Between(t.Context(), w.Tenant.ID, now, now.Add(30*24*time.Hour))
	if err != nil || len(month) != 1 {
		t.Errorf("calendar %v %v", month, err)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error {
		var n int
		err := tx.QueryRow(t.Context(), "SELECT count(*) FROM campaign_version WHERE campaign_id = $1", id).Scan(&n)
		if n != 2 {
			t.Errorf("%d versions", n)
		}
		return err
	})
	if w.told != 2 { // by its start and by the change of it
		t.Errorf("told %d times", w.told)
	}
}

// TestBadCampaigns: each is refused under its field, and nothing is written.
func TestBadCampaigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	timed := func(change func(*campaign.Input)) campaign.Input {
		in := w.at(1, 2, nil, w.skus[0])
		change(&in)
		return in
	}
	tiers := func(list ...campaign.Tier) campaign.Input {
		return timed(func(in *campaign.Input) {
			in.Kind, in.Prices, in.ScopeOf, in.Tiers = campaign.Reduction, nil, campaign.ScopeAll, list
		})
	}
	for field, in := range map[string]campaign.Input{
		"kind":     timed(func(in *campaign.Input) { in.Kind = "x" }),
		"title":    timed(func(in *campaign.Input) { in.Title = "" }),
		"ends_at":  timed(func(in *campaign.Input) { in.EndsAt = in.StartsAt }),
		"apps":     timed(func(in *campaign.Input) { in.Apps = []string{"'"} }),
		"off_bps":  timed(func(in *campaign.Input) { in.OffBps = 10_000 }),
		"products": timed(func(in *campaign.Input) { in.OffBps, in.Prices, in.Products = 100, nil, []int64{w.spu + 1} }),
		"price_" + strconv.FormatInt(w.skus[0], 10): timed(func(in *campaign.Input) { in.Prices[0].PriceFen = 1000 }),
		"tiers":       tiers(),
		"tier_0_need": tiers(campaign.Tier{OffFen: 1}),
		"tier_0_off":  tiers(campaign.Tier{NeedFen: 100, OffFen: 101}),
		"tier_1_need": tiers(campaign.Tier{NeedFen: 100, OffFen: 1}, campaign.Tier{NeedQty: 2, OffFen: 2}),
		"tier_1_off":  tiers(campaign.Tier{NeedFen: 100, OffFen: 5}, campaign.Tier{NeedFen: 200, OffFen: 5}),
		"tier_0_cap":  tiers(campaign.Tier{NeedFen: 100, OffFen: 5, CapFen: 3}),
		"scope_ids":   timed(func(in *campaign.Input) { in.Kind, in.ScopeOf = campaign.Reduction, campaign.ScopeProducts }),
		"sessions":    w.flash(0, 0, 500, 5, w.skus[0]),
		"session_1":   timed(func(in *campaign.Input) { *in = w.flash(1, 2, 500, 5, w.skus[0]); in.Sessions[1].StartsAt = w.now }),
		"per_member":  timed(func(in *campaign.Input) { *in = w.flash(1, 1, 500, 5, w.skus[0]); in.PerMember = -1 }),
		"units_" + strconv.FormatInt(w.skus[0], 10): w.flash(1, 1, 500, 0, w.skus[0]),
	} {
		_, err := w.save(0, 0, in)
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Kind() != fault.Invalid || len(f.Fields()) != 1 || f.Fields()[0].Path != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	list, _, _, err := w.List(t.Context(), w.Tenant.ID, "", 0, w.Clock().Now())
	if err != nil || len(list) != 0 {
		t.Errorf("something was written: %v %v", list, err)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in     campaign.Input
		zh, en string
	}{
		{campaign.Input{Kind: campaign.Timed, OffBps: 1500}, "限时8.5折", "15% off"},
		{campaign.Input{Kind: campaign.Timed}, "限时特价", "Special prices"},
		{campaign.Input{Kind: campaign.Reduction, Tiers: []campaign.Tier{{NeedFen: 10_000, OffFen: 2000}, {NeedFen: 20_000, OffFen: 5000, Free: true}}}, "满100减20，满200减50且包邮", "¥20 off from ¥100; ¥50 off and free delivery from ¥200"},
		{campaign.Input{Kind: campaign.Reduction, Tiers: []campaign.Tier{{NeedFen: 10_000, OffFen: 2000, Each: true, CapFen: money.Fen(6000)}}}, "每满100减20（最高减60）", "¥20 off for each ¥100 (up to ¥60)"},
		{campaign.Input{Kind: campaign.Reduction, Tiers: []campaign.Tier{{NeedQty: 3, OffBps: 2000}}}, "满3件打8折", "20% off from 3 pieces"},
	} {
		if zh, en := c.in.Words("zh"), c.in.Words("en"); zh != c.zh || en != c.en {
			t.Errorf("%q %q, want %q %q", zh, en, c.zh, c.en)
		}
	}
}
