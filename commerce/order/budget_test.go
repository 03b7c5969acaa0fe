package order_test

import (
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/campaign"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
)

func (s *shop) spent(id int64) (fen money.Fen) {
	s.t.Helper()
	return money.Fen(s.count("SELECT spent_fen FROM campaign_budget WHERE campaign_id = $1", id))
}

// TestBudgetIsKept: what a campaign gives is counted with the order, whatever it is, and comes back
// with the order that closes; used up, it gives nothing, the quote says so, and staff are told once.
func TestBudgetIsKept(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus, gift := s.buyer(), s.product(90, 5000), s.product(90, 700)[0]
	id := s.campaign(campaign.Input{Kind: campaign.Reduction, ScopeOf: campaign.ScopeAll, BudgetFen: 3600, Tiers: []campaign.Tier{{NeedFen: 5000, OffFen: 500, GiftSKU: gift, GiftQty: 1}}})
	line := order.LineInput{SKUID: skus[0], Qty: 1}
	first := s.place(b, 4500, line)
	second := s.place(b, 4500, line)
	if got := s.spent(id); got != 2*(500+700) {
		t.Errorf("%d are spent", got)
	}
	s.place(b, 4500, line)
	q := s.quote(b, order.QuoteInput{Lines: []order.LineInput{line}})
	for _, k := range []pricing.Kind{pricing.KindReduction, pricing.KindGift} {
		if a, _ := answerTo(q, k); a.Applied || a.Reason != pricing.ReasonBudget || q.PayableFen != 5000 {
			t.Errorf("used up: %+v for %d", a, q.PayableFen)
		}
	}
	if n := s.count("SELECT count(*) FROM platform.outbox WHERE topic = 'campaign.budget' AND tenant_id = $1", s.Tenant.ID.String()); n != 1 {
		t.Errorf("staff were told %d times", n)
	}
	shown, err := s.campaigns.Find(t.Context(), s.Tenant.ID, id)
	if err != nil || !shown.Budget.UsedUp() || shown.Budget.LeftFen() != 0 || shown.BudgetFen != 3600 {
		t.Errorf("%+v %v", shown.Budget, err)
	}
	in := shown.Input
	in.BudgetFen = 3599
	if _, err := s.campaigns.Save(t.Context(), s.Tenant.ID, id, 1, in, "staff:1"); fault.CodeOf(err) != "VALIDATION" {
		t.Errorf("less than was spent: %v", err)
	}
	if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, first.OrderNo); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.finish(first.OrderNo); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.spent(id); got != 2400 {
		t.Errorf("%d are spent after one was closed", got)
	}
	if _, err := s.pay(second.OrderNo, "T1", 4500); err != nil {
		t.Fatal(err)
	}
	s.healthy(t)
	s.refund(second.OrderNo, "T1", 1000)
	if got := s.spent(id); got != 2400 {
		t.Errorf("%d are spent after a part went back", got)
	}
	s.refund(second.OrderNo, "T1", 3500)
	if got := s.spent(id); got != 1200 {
		t.Errorf("%d are spent after all went back", got)
	}
	s.place(b, 4500, line)
}

// TestBudgetsNeverExceeded: whatever is ordered, cancelled and paid, of prices, reductions, freight
// and gifts, and at once, no budget gives more than it holds, and each order's part is what it got.
func TestBudgetsNeverExceeded(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	people := []buyer{s.buyer(), s.buyer(), s.buyer()}
	rapid.Check(t, func(r *rapid.T) {
		skus, gift := s.product(9000, 1000, 2300), s.product(9000, 150)[0]
		budget := rapid.Map(rapid.Int64Range(1, 4000), func(n int64) money.Fen { return money.Fen(n) })
		var ids []int64
		ids = append(ids,
			s.campaign(campaign.Input{Kind: campaign.Timed, Title: "限时", BudgetFen: budget.Draw(r, "timed"), Prices: []campaign.Price{{SKUID: skus[0], PriceFen: 777}}}),
			s.campaign(campaign.Input{Kind: campaign.Reduction, ScopeOf: campaign.ScopeProducts, ScopeIDs: []int64{s.count("SELECT spu_id FROM sku WHERE id = $1", skus[0])}, BudgetFen: budget.Draw(r, "reduction"), Tiers: []campaign.Tier{{NeedFen: 1500, OffBps: 1100, GiftSKU: gift, GiftQty: 2}}}))
		s.flash(1900, 30, func(in *campaign.Input) { in.BudgetFen = budget.Draw(r, "flash") }, skus[1])
		for range rapid.IntRange(1, 4).Draw(r, "rounds") {
			var wait sync.WaitGroup
			for i, b := range people {
				lines := []order.LineInput{{SKUID: skus[i%2], Qty: rapid.Int64Range(1, 4).Draw(r, "qty")}}
				if rapid.Bool().Draw(r, "both") {
					lines = append(lines, order.LineInput{SKUID: skus[1-i%2], Qty: 1})
				}
				cancel := rapid.Bool().Draw(r, "cancel")
				wait.Go(func() {
					q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines, AddressID: &b.address})
					if err != nil {
						t.Error(err)
						return
					}
					in := s.input(b, 0, lines...)
					in.QuoteHash = q.QuoteHash
					placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
					switch fault.CodeOf(err) {
					case "CAMPAIGN_BUDGET", "PRICE_CHANGED", "FLASH_SOLD_OUT":
						return
					}
					if err == nil && cancel {
						if _, err = s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, placed.OrderNo); err == nil {
							_, err = s.finish(placed.OrderNo)
						}
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
		}
		for what, query := range map[string]string{
			"above a budget": "SELECT count(*) FROM campaign_budget WHERE spent_fen > budget_fen",
			"not what orders had": `SELECT count(*) FROM campaign_budget g WHERE g.spent_fen <>
				(SELECT coalesce(sum(s.fen), 0) FROM campaign_spend s JOIN orders o ON o.order_no = s.order_no WHERE s.campaign_id = g.campaign_id AND o.status <> 'closed')`,
			"not what they got": `SELECT count(*) FROM campaign_spend s JOIN orders o ON o.order_no = s.order_no WHERE s.fen <>
				(SELECT coalesce(sum(a.off_fen), 0) FROM order_adjustment a WHERE a.order_id = o.id AND a.rule_id = s.campaign_id)
				+ (SELECT coalesce(sum(g.cost_fen), 0) FROM order_gift g WHERE g.order_id = o.id AND g.campaign_id = s.campaign_id)`,
			"got without": `SELECT count(*) FROM order_adjustment a JOIN orders o ON o.id = a.order_id
				WHERE NOT EXISTS (SELECT FROM campaign_spend s WHERE s.order_no = o.order_no AND s.campaign_id = a.rule_id)`,
		} {
			if n := s.count(query); n != 0 {
				r.Fatalf("%s: %d, of campaigns %s", what, n, fmt.Sprint(ids))
			}
		}
	})
}
