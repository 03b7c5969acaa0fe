package app_test

import (
	"errors"
	"time"

	"galleria/commerce/campaign"
)

// campaigns starts a timed discount of the shop's second SKU, smaller than that of a level, which it
// returns, a reduction, and a flash sale of a dozen pieces of the first SKU.
func (w *world) campaigns(s *shop) (timed int64) {
	w.t.Helper()
	var spu int64
	w.scan(s, "SELECT spu_id FROM sku WHERE id = $1", []any{s.skus[1]}, &spu)
	now := time.Now()
	for _, in := range []campaign.Input{
		{
			Kind: campaign.Flash, Title: "秒杀", PerMember: 2, Prices: []campaign.Price{{SKUID: s.skus[0], PriceFen: 777, Units: 12}},
			Sessions: []campaign.Session{{StartsAt: now.Add(-time.Hour), EndsAt: now.Add(48 * time.Hour)}},
		},
		{Kind: campaign.Timed, Title: "限时", OffBps: 321, Products: []int64{spu}},
		{Kind: campaign.Reduction, Title: "满减", ScopeOf: campaign.ScopeAll, Tiers: []campaign.Tier{{NeedQty: 3, OffFen: 333}, {NeedQty: 4, OffFen: 555, Free: true}}},
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
