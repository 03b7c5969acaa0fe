package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/cmd/internal/oracle"
	"galleria/commerce/campaign"
	"galleria/tenant/tenanttest"
)

// campaigns starts a timed discount of the shop's second SKU, smaller than that of a level, which it
// returns, a reduction, a gift of the first SKU, and a flash sale of a dozen pieces of a third SKU.
func (w *world) campaigns(s *shop) (timed int64) {
	w.t.Helper()
	var spu int64
	w.scan(s, "SELECT spu_id FROM sku WHERE id = $1", []any{s.skus[1]}, &spu)
	third := w.moreSKUs(s, 1, 400)[0]
	s.skus = append(s.skus, third)
	now := time.Now()
	for _, in := range []campaign.Input{
		{
			Kind: campaign.Flash, Title: "秒杀", PerMember: 2, Prices: []campaign.Price{{SKUID: third, PriceFen: 77, Units: 12}},
			Sessions: []campaign.Session{{StartsAt: now.Add(-time.Hour), EndsAt: now.Add(48 * time.Hour)}},
		},
		{Kind: campaign.Timed, Title: "限时", OffBps: 321, Products: []int64{spu}},
		{Kind: campaign.Reduction, Title: "满减", ScopeOf: campaign.ScopeAll, Tiers: []campaign.Tier{{NeedQty: 3, OffFen: 333}, {NeedQty: 4, OffFen: 555, Free: true}}},
		{Kind: campaign.Reduction, BudgetFen: 200_000, Title: "满赠", ScopeOf: campaign.ScopeAll, Tiers: []campaign.Tier{{NeedQty: 2, GiftSKU: s.skus[0], GiftQty: 1}}},
	} {
		in.StartsAt, in.EndsAt = now.Add(-time.Hour), now.Add(240*time.Hour)
		id, err := w.Campaigns.Save(w.t.Context(), s.ID, 0, 0, in, "staff:1")
		if err == nil {
			err = w.Campaigns.Start(w.t.Context(), s.ID, id, "staff:1")
		}
		if err != nil {
			w.t.Fatal(err)
		}
		if in.Kind == campaign.Timed {
			timed = id
		}
	}
	return timed
}

// reword gives the timed discount another title, which is another version at the same prices.
func (s *shopper) reword() {
	s.w.t.Helper()
	c, err := s.w.Campaigns.Find(s.w.t.Context(), s.market.ID, s.market.sale)
	if err != nil {
		s.w.t.Fatal(err)
	}
	in := c.Input
	in.Title, in.Products = "限时"+time.Now().Format(".000"), nil
	for _, k := range c.SKUs {
		in.Products = append(in.Products, k.SPUID)
	}
	if _, err := s.w.Campaigns.Save(s.w.t.Context(), s.market.ID, c.ID, c.Version, in, "staff:1"); err != nil && !errors.Is(err, campaign.ErrChanged) {
		s.w.t.Errorf("reword: %v", err)
	}
}

// flashSale starts a flash sale of so many units of a SKU at a fen, for a day from some time on.
func (w *world) flashSale(s *shop, in time.Duration, units, sku int64) int64 {
	w.t.Helper()
	from := time.Now().Add(in)
	id, err := w.Campaigns.Save(w.t.Context(), s.ID, 0, 0, campaign.Input{
		Kind: campaign.Flash, Title: "整点秒杀", Sessions: []campaign.Session{{StartsAt: from, EndsAt: from.Add(24 * time.Hour)}},
		Prices: []campaign.Price{{SKUID: sku, PriceFen: 1, Units: units}},
	}, "staff:1")
	if err == nil {
		err = w.Campaigns.Start(w.t.Context(), s.ID, id, "staff:1")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// TestFlashCrowdLeavesOtherShopsAlone: of a thousand who come over HTTP at once, as many as there
// are units get one and the others a clear refusal, none a failure, while the buyer of
// another shop goes on. How fast that is, `galleria bench` says; here only that the other shop
// never stands behind the whole crowd.
func TestFlashCrowdLeavesOtherShopsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Config) { c.APIPlaces, c.ShopPlaces = 256, 16 }) // as they are by default
	crowded, calm := w.openShop("crowded", 1000), w.openShop("calm", 1000)
	sku := w.moreSKUs(crowded, 1, 1000)[0]
	const units, people = 100, 1000
	w.flashSale(crowded, -time.Hour, units, sku)
	buyers, addresses := w.crowd(crowded, people)
	other := w.login(calm, "calm")
	asked := 0
	ask := func() time.Duration {
		asked++
		began := time.Now()
		other.must(http.StatusOK, http.MethodPut, "/cart/lines/"+itoa(calm.skus[0]), map[string]any{"qty": asked%5 + 1}, nil)
		return time.Since(began)
	}
	var before, during []time.Duration
	for range 50 {
		before = append(before, ask())
	}
	var mu sync.Mutex
	codes := map[string]int{}
	var turned atomic.Int64
	var wait sync.WaitGroup
	start, done := make(chan struct{}), make(chan struct{})
	for i, b := range buyers {
		wait.Go(func() {
			<-start
			key, body := tenanttest.RandomHex(8), map[string]any{"lines": []any{line(sku, 1)}, "address_id": addresses[i], "expected_payable_fen": 1}
			got := b.place(key, body)
			for got.problem().Code == "SHOP_BUSY" { // a slow machine serves no thousand in the time that they wait
				turned.Add(1)
				time.Sleep(time.Second) // as the answer says
				got = b.place(key, body)
			}
			mu.Lock()
			defer mu.Unlock()
			codes[fmt.Sprint(got.status, " ", got.problem().Code)]++
		})
	}
	began := time.Now()
	close(start)
	go func() { wait.Wait(); close(done) }()
	for over := false; !over; {
		during = append(during, ask())
		select {
		case <-done:
			over = true
		case <-time.After(20 * time.Millisecond):
		}
	}
	crowdTook := time.Since(began)
	t.Logf("the crowd took %s and was asked %d times to come again; the other shop's p99 was %s before and %s during it (%d)", crowdTook.Round(time.Millisecond), turned.Load(), p99(before), p99(during), len(during))
	// Who came too late finds the units gone, or with them the price that was agreed to.
	if codes["201 "] != units || codes["409 FLASH_SOLD_OUT"]+codes["409 PRICE_CHANGED"] != people-units {
		t.Errorf("answers %v, want %d sold and %d told so", codes, units, people-units)
	}
	for what, sql := range map[string]string{
		"units that were taken": "SELECT taken FROM flash_bucket",
		"orders":                "SELECT count(*) FROM orders",
		"pieces in orders":      "SELECT coalesce(sum(qty), 0) FROM order_line",
		"pieces reserved":       "SELECT coalesce(sum(reserved), 0) FROM stock_level",
		"buyers who got one":    "SELECT count(DISTINCT member_id) FROM orders",
	} {
		if n := w.count(crowded, sql); n != units {
			t.Errorf("%s: %d, want %d", what, n, units)
		}
	}
	// One who stood behind the crowd would wait for as long as it takes.
	if slowest := slices.Max(during); slowest > max(crowdTook/2, time.Second) {
		t.Errorf("a request of another shop took %s of the crowd's %s", slowest, crowdTook)
	}
	w.healthy(crowded)
	found, err := oracle.CheckShop(t.Context(), w.DB, crowded.ID, oracle.Input{Rest: time.Now().Add(-time.Hour)})
	if err != nil || len(found) > 0 {
		t.Errorf("oracle: %v, %v", found, err)
	}
}

func p99(list []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(len(sorted)*99-1)/100].Round(time.Millisecond)
}

// TestBuyerIsToldOfASession: who asked for it finds the session in the inbox shortly before, once.
func TestBuyerIsToldOfASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("soon", 100)
	sale := w.flashSale(s, 8*time.Minute, 5, w.moreSKUs(s, 1, 100)[0])
	b := w.login(s, "early")
	b.must(http.StatusNoContent, http.MethodPut, "/me/flash-reminders/"+itoa(sale)+"/1", nil, nil)
	w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'campaign.remind'", []any{s.ID.String()})
	eventually(t, 30*time.Second, "a message", func() bool {
		return w.count(s, "SELECT count(*) FROM inbox_message WHERE event = 'campaign.remind'") == 1
	})
	w.quiet(s, 30*time.Second)
	var inbox struct {
		Items []struct{ Title, Text string }
	}
	b.must(http.StatusOK, http.MethodGet, "/me/messages", nil, &inbox)
	if len(inbox.Items) != 1 || !strings.Contains(inbox.Items[0].Text, "整点秒杀") {
		t.Errorf("told %+v", inbox)
	}
}
