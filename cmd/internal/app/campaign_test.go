package app_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/commerce/campaign"
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

// TestFlashCrowdLeavesOtherShopsAlone: of a crowd that comes over HTTP at once, as many as there are
// units get one and the others a clear refusal, while a buyer of another shop goes on as before.
func TestFlashCrowdLeavesOtherShopsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	crowded, calm := w.openShop("crowded", 1000), w.openShop("calm", 1000)
	sku := w.moreSKUs(crowded, 1, 1000)[0]
	const units, people = 20, 150
	w.flashSale(crowded, -time.Hour, units, sku)
	buyers, addresses := w.crowd(crowded, people)
	other := w.login(calm, "calm")
	path := "/products/" + itoa(calm.product)
	other.must(http.StatusOK, http.MethodGet, path, nil, nil)
	var sold, refused atomic.Int64
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i, b := range buyers {
		wait.Go(func() {
			<-start
			got := b.place("", map[string]any{"lines": []any{line(sku, 1)}, "address_id": addresses[i], "expected_payable_fen": 1})
			switch got.status {
			case http.StatusCreated:
				sold.Add(1)
			case http.StatusConflict:
				refused.Add(1)
			default:
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	done := make(chan struct{})
	close(start)
	go func() { wait.Wait(); close(done) }()
	var slowest time.Duration
	asked := 0
	for over := false; !over; asked++ {
		began := time.Now()
		other.must(http.StatusOK, http.MethodPut, "/cart/lines/"+itoa(calm.skus[0]), map[string]any{"qty": asked%5 + 1}, nil)
		slowest = max(slowest, time.Since(began))
		select {
		case <-done:
			over = true
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Logf("the other shop was asked %d times, the slowest took %s", asked, slowest.Round(time.Millisecond))
	if sold.Load() != units || refused.Load() != people-units {
		t.Errorf("%d sold, %d refused", sold.Load(), refused.Load())
	}
	if n := w.count(crowded, "SELECT taken FROM flash_bucket"); n != units {
		t.Errorf("%d were taken", n)
	}
	if slowest > 5*time.Second {
		t.Errorf("a request of another shop took %s", slowest)
	}
	w.healthy(crowded)
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
