package web_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/money"
	"galleria/web/miniapi"
)

// campaign starts a campaign.
func (h *house) campaign(t *testing.T, s *shop, in campaign.Input) int64 {
	t.Helper()
	campaignID, err := h.campaigns.Save(t.Context(), s.ID, 0, 0, in, "staff:1")
	if err == nil {
		err = h.campaigns.Start(t.Context(), s.ID, campaignID, "staff:1")
	}
	if err != nil {
		t.Fatal(err)
	}
	return campaignID
}

// TestSalePricesByTheInstant: list, product, cart and quote show the price of a campaign from its
// first instant to its last, although answers are kept in memory and nobody tells anybody; the
// regular price is struck through meanwhile. What is stopped goes at once.
func TestSalePricesByTheInstant(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Clock().Advance(0) // stands still
	s := h.open(t, h.Tenant, 2)
	c := h.login(t, s, "o-sale")
	sku := s.products[0].SKUs[0]
	from := h.Clock().Now().Add(2 * time.Second).Truncate(time.Microsecond)
	until := from.Add(time.Minute)
	campaignID := h.campaign(t, s, campaign.Input{Kind: campaign.Timed, Title: "秒级限时", StartsAt: from, EndsAt: until, Prices: []campaign.Price{{SKUID: sku.ID, PriceFen: 100}}})
	h.campaign(t, s, campaign.Input{Kind: campaign.Reduction, Title: "满减", StartsAt: from, EndsAt: until.Add(time.Hour), ScopeOf: campaign.ScopeAll, Tiers: []campaign.Tier{{NeedFen: 100_000, OffFen: 100}}})
	c.must(t, http.StatusOK, http.MethodPut, "/cart/lines/"+id(sku.ID), map[string]any{"qty": 2})
	look := func(name string, want money.Fen) {
		t.Helper()
		for range 2 { // the second from memory
			var page miniapi.ProductPage
			c.must(t, http.StatusOK, http.MethodGet, "/products", nil).into(t, &page)
			var product miniapi.Product
			c.must(t, http.StatusOK, http.MethodGet, "/products/"+id(s.products[0].ID), nil).into(t, &product)
			var cart miniapi.Cart
			c.must(t, http.StatusOK, http.MethodGet, "/cart", nil).into(t, &cart)
			var quote miniapi.Quote
			c.must(t, http.StatusOK, http.MethodPost, "/checkout/quote", map[string]any{}).into(t, &quote)
			got := []money.Fen{product.SKUs[0].PriceFen, cart.Lines[0].PriceFen, cart.SelectedFen / 2, quote.PayableFen / 2}
			for _, item := range page.Items {
				if item.ID == product.ID {
					got = append(got, item.SKUs[0].PriceFen)
				}
			}
			for i, fen := range got {
				if fen != want {
					t.Errorf("%s: look %d shows %d, want %d", name, i, fen, want)
				}
			}
			on := product.SKUs[0].Sale
			if (want != sku.PriceFen) != (on != nil) || (on != nil && (on.CampaignID != campaignID || on.RegularPriceFen != sku.PriceFen || product.SKUs[0].MarketPriceFen != sku.PriceFen || product.MinPriceFen != 100)) {
				t.Errorf("%s: sale %+v of %+v", name, on, product.SKUs[0])
			}
		}
	}
	var told miniapi.CampaignList
	states := func(want ...string) {
		t.Helper()
		c.must(t, http.StatusOK, http.MethodGet, "/campaigns", nil).into(t, &told)
		if len(told.Items) != len(want) {
			t.Fatalf("told of %+v, want %v", told.Items, want)
		}
		for i, item := range told.Items {
			if item.State != want[i] {
				t.Errorf("campaign %d is %s, want %s", item.ID, item.State, want[i])
			}
		}
	}
	eventually(t, "the campaign is known", func() bool {
		c.must(t, http.StatusOK, http.MethodGet, "/campaigns", nil).into(t, &told)
		return len(told.Items) == 2
	})
	states("coming", "coming")
	look("before", sku.PriceFen)
	h.Clock().Set(from.Add(-time.Microsecond))
	look("to the last instant before", sku.PriceFen)
	h.Clock().Set(from)
	look("from the first instant", 100)
	states("running", "running")
	h.Clock().Set(until.Add(-time.Microsecond))
	look("to the last instant", 100)
	h.Clock().Set(until)
	look("after", sku.PriceFen)
	states("running")

	again := h.campaign(t, s, campaign.Input{Kind: campaign.Timed, Title: "再来", StartsAt: until, EndsAt: until.Add(time.Hour), Prices: []campaign.Price{{SKUID: sku.ID, PriceFen: 200}}})
	price := func() money.Fen {
		var product miniapi.Product
		c.must(t, http.StatusOK, http.MethodGet, "/products/"+id(s.products[0].ID), nil).into(t, &product)
		return product.SKUs[0].PriceFen
	}
	eventually(t, "it has begun", func() bool { return price() == 200 })
	if err := h.campaigns.Stop(t.Context(), s.ID, again, "staff:1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it has been stopped", func() bool { return price() == sku.PriceFen })
}

// TestSaleOfOneMiniProgram: what one of a shop's Mini Programs is told, the other is not, also
// where answers come from memory.
func TestSaleOfOneMiniProgram(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Clock().Advance(0)
	s := h.open(t, h.Tenant, 1)
	other := *s
	other.app = h.App(t, h.Tenant)
	sku, now := s.products[0].SKUs[0], h.Clock().Now()
	h.campaign(t, s, campaign.Input{
		Kind: campaign.Timed, Title: "独享", StartsAt: now.Add(-time.Hour), EndsAt: now.Add(time.Hour), Apps: []string{s.app.ID.String()}, OffBps: 5000, Products: []int64{s.products[0].ID},
	})
	price := func(at *shop) money.Fen {
		var product miniapi.Product
		h.client(at).must(t, http.StatusOK, http.MethodGet, "/products/"+id(s.products[0].ID), nil).into(t, &product)
		return product.SKUs[0].PriceFen
	}
	eventually(t, "the price in its own Mini Program", func() bool { return price(s) == sku.PriceFen/2 })
	for range 3 {
		if got := price(&other); got != sku.PriceFen {
			t.Errorf("the other Mini Program shows %d", got)
		}
		if got := price(s); got != sku.PriceFen/2 {
			t.Errorf("its own shows %d", got)
		}
	}
}

// walkFlash is told of a session that comes, and sees it sell.
func walkFlash(t *testing.T, h *house, s *shop, c *client) {
	t.Helper()
	sku := s.products[2].SKUs[0]
	from := h.Clock().Now().Add(time.Hour)
	campaignID := h.campaign(t, s, campaign.Input{
		Kind: campaign.Flash, Title: "整点秒杀", PerMember: 2, Prices: []campaign.Price{{SKUID: sku.ID, PriceFen: 100, Units: 30}},
		Sessions: []campaign.Session{{StartsAt: from, EndsAt: from.Add(time.Hour)}},
	})
	c.must(t, http.StatusOK, http.MethodGet, "/time", nil)
	var sessions miniapi.FlashSessions
	eventually(t, "the session is known", func() bool {
		c.must(t, http.StatusOK, http.MethodGet, "/flash-sessions", nil).into(t, &sessions)
		return len(sessions.Items) == 1
	})
	n := sessions.Items[0]
	if n.CampaignID != campaignID || n.No != 1 || n.State != "coming" || n.PerMember != 2 || len(n.Items) != 1 || n.Items[0].PriceFen != 100 || n.Items[0].RegularPriceFen != sku.PriceFen || n.Items[0].LeftBPS != 10_000 {
		t.Errorf("session %+v", n)
	}
	one := "/me/flash-reminders/" + id(campaignID) + "/1"
	var told struct{ Items []miniapi.FlashReminder }
	for range 2 {
		c.must(t, http.StatusNoContent, http.MethodPut, one, nil)
	}
	if c.must(t, http.StatusOK, http.MethodGet, "/me/flash-reminders", nil).into(t, &told); len(told.Items) != 1 || told.Items[0].CampaignID != campaignID {
		t.Errorf("reminders %+v", told)
	}
	c.must(t, http.StatusNoContent, http.MethodDelete, one, nil)
	c.refused(t, http.StatusConflict, "FLASH_SESSION", http.MethodPut, "/me/flash-reminders/"+id(campaignID)+"/2", nil)
	c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodPut, "/me/flash-reminders/"+id(campaignID)+"/99", nil)
}

// TestFlashPricesByTheInstant: a session's price begins and ends with its instants although answers
// are kept in memory, and ends when its last unit is taken.
func TestFlashPricesByTheInstant(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Clock().Advance(0)
	s := h.open(t, h.Tenant, 1)
	c := h.login(t, s, "o-flash")
	sku := s.products[0].SKUs[0]
	from := h.Clock().Now().Add(2 * time.Second).Truncate(time.Microsecond)
	h.campaign(t, s, campaign.Input{
		Kind: campaign.Flash, Title: "秒杀", Prices: []campaign.Price{{SKUID: sku.ID, PriceFen: 100, Units: 2}},
		Sessions: []campaign.Session{{StartsAt: from, EndsAt: from.Add(time.Minute)}, {StartsAt: from.Add(time.Hour), EndsAt: from.Add(2 * time.Hour)}},
	})
	var address miniapi.Address
	c.must(t, http.StatusCreated, http.MethodPost, "/addresses", someAddress()).into(t, &address)
	price := func() money.Fen {
		t.Helper()
		var product miniapi.Product
		c.must(t, http.StatusOK, http.MethodGet, "/products/"+id(s.products[0].ID), nil).into(t, &product)
		return product.SKUs[0].PriceFen
	}
	var sessions miniapi.FlashSessions
	eventually(t, "the sessions are known", func() bool {
		c.must(t, http.StatusOK, http.MethodGet, "/flash-sessions", nil).into(t, &sessions)
		return len(sessions.Items) == 2
	})
	want := func(when string, want money.Fen) {
		t.Helper()
		if got := price(); got != want {
			t.Errorf("%s: %d, want %d", when, got, want)
		}
	}
	want("before", sku.PriceFen)
	h.Clock().Set(from)
	want("from the first instant", 100)
	h.Clock().Set(from.Add(time.Minute))
	want("between", sku.PriceFen)
	h.Clock().Set(from.Add(time.Hour))
	want("in the second", 100)
	// Of more pieces than are left, none has the price: neither in the cart nor in the quote.
	for qty, want := range map[int]money.Fen{2: 200, 3: 3 * sku.PriceFen} {
		var cart miniapi.Cart
		c.must(t, http.StatusOK, http.MethodPut, "/cart/lines/"+id(sku.ID), map[string]any{"qty": qty}).into(t, &cart)
		var quote miniapi.Quote
		c.must(t, http.StatusOK, http.MethodPost, "/checkout/quote", map[string]any{"address_id": address.ID}).into(t, &quote)
		if cart.SelectedFen != want || cart.Lines[0].SubtotalFen != want || (cart.Lines[0].Sale != nil) != (qty == 2) || quote.PayableFen != want {
			t.Errorf("%d pieces: cart %+v, quote %d, want %d", qty, cart, quote.PayableFen, want)
		}
	}
	line := map[string]any{"lines": []any{map[string]any{"sku_id": sku.ID, "qty": 2}}, "address_id": address.ID, "expected_payable_fen": 200}
	c.must(t, http.StatusCreated, http.MethodPost, "/orders", line, "Idempotency-Key", "f-1")
	eventually(t, "it is sold out", func() bool { return price() == sku.PriceFen })
	c.must(t, http.StatusOK, http.MethodGet, "/flash-sessions", nil).into(t, &sessions)
	if len(sessions.Items) != 1 || sessions.Items[0].Items[0].LeftBPS != 0 {
		t.Errorf("sold out: %+v", sessions)
	}
	c.refused(t, http.StatusConflict, "PRICE_CHANGED", http.MethodPost, "/orders", line, "Idempotency-Key", "f-2")
}
