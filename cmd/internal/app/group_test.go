package app_test

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"galleria/commerce/campaign"
	"galleria/payments"
)

// groupBuying starts a campaign of groups of three of a SKU of its own, and returns both.
func (w *world) groupBuying(s *shop) (campaignID, sku int64) {
	w.t.Helper()
	sku = w.moreSKUs(s, 1, 100)[0]
	now := time.Now()
	campaignID, err := w.Campaigns.Save(w.t.Context(), s.ID, 0, 0, campaign.Input{
		Kind: campaign.Group, Title: "三人成团", StartsAt: now.Add(-time.Hour), EndsAt: now.Add(240 * time.Hour), Seats: 3, FillHours: 24, Prices: []campaign.Price{{SKUID: sku, PriceFen: 77}},
	}, "staff:1")
	if err == nil {
		err = w.Campaigns.Start(w.t.Context(), s.ID, campaignID, "staff:1")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return campaignID, sku
}

// inGroup places an order that opens or joins a group, and returns both.
func (s *shopper) inGroup(campaignID, sku int64, groupNo string) (no, group string) {
	s.w.t.Helper()
	with := map[string]any{"campaign_id": campaignID}
	if groupNo != "" {
		with["group_no"] = groupNo
	}
	got := s.place("", map[string]any{"lines": []any{line(sku, 1)}, "address_id": s.address, "expected_payable_fen": 77, "group": with})
	if got.status != http.StatusCreated {
		s.w.t.Fatalf("%d %s", got.status, got.body)
	}
	var mine struct {
		Items []struct {
			GroupNo string `json:"group_no"`
			OrderNo string `json:"order_no"`
		}
	}
	s.must(http.StatusOK, http.MethodGet, "/me/groups", nil, &mine)
	for _, g := range mine.Items {
		if g.OrderNo == got.orderNo() {
			return got.orderNo(), g.GroupNo
		}
	}
	s.w.t.Fatalf("%s has no group in %+v", got.orderNo(), mine)
	return "", ""
}

// groups has a market see a group that is complete, one that did not fill, and one that is open.
func (w *world) groups(m *market) {
	w.t.Helper()
	var people []*shopper
	for i, name := range []string{"jia", "yi", "bing"} {
		b := w.login(m.shop, name+m.Handle)
		people = append(people, &shopper{buyer: b, market: m, dice: rand.New(rand.NewPCG(0, uint64(i))), address: b.address()})
	}
	id, sku := w.groupBuying(m.shop)
	seat := func(i int, group string) (string, string) {
		no, group := people[i].inGroup(id, sku, group)
		people[i].payFor(no, payments.WeChat)
		return no, group
	}
	_, full := seat(0, "")
	seat(1, full)
	seat(2, full)
	first, short := seat(0, "")
	second, _ := seat(1, short)
	unpaid, _ := people[2].inGroup(id, sku, short)
	w.owner("UPDATE "+m.ID.String()+".buy_group SET deadline_at = now() - interval '1 second' WHERE group_no = $1", []any{short})
	w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'group.due' AND key = $2", []any{m.ID.String(), short})
	for i, no := range []string{first, second, unpaid} {
		people[i].waitFor(no, "closed", 60*time.Second)
	}
	_, open := seat(2, "")
	people[0].inGroup(id, sku, open)
	eventually(w.t, 30*time.Second, "a complete and a failed group", func() bool {
		return w.count(m.shop, "SELECT count(*) FROM buy_group g WHERE (g.status = 'failed' AND g.group_no = $1) OR (g.status = 'complete' AND g.group_no = $2)", short, full) == 2 &&
			w.count(m.shop, "SELECT count(*) FROM orders WHERE group_state = 'complete'") == 3
	})
}

// TestGroupThatDoesNotFillIsRefunded: through HTTP, jobs and the provider: who pays has a seat, a
// group of three is sent when it is complete, and one that does not fill gives each payment back once.
func TestGroupThatDoesNotFillIsRefunded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.openMarket(1)
	w.groups(m)
	w.quiet(m.shop, 60*time.Second)
	if n := w.count(m.shop, "SELECT count(*) FROM refund WHERE status = 'succeeded'"); n != 2 {
		t.Errorf("%d refunds for two payments", n)
	}
	if n := w.count(m.shop, "SELECT count(*) FROM orders WHERE group_state = 'failed' AND status = 'closed'"); n != 3 {
		t.Errorf("%d orders say that their group did not fill, want 3", n)
	}
	if n := w.count(m.shop, "SELECT count(*) FROM orders o JOIN inbox_message i ON i.event = 'order.closed' WHERE o.close_reason = 'group_failed'"); n != 1 {
		t.Errorf("%d who had not paid were told that the order is closed, want 1", n)
	}
	if n := w.count(m.shop, "SELECT count(*) FROM inbox_message WHERE event = 'group.complete'"); n != 3 {
		t.Errorf("%d were told of the complete group", n)
	}
	if n := w.count(m.shop, "SELECT count(*) FROM inbox_message WHERE event = 'group.failed'"); n != 2 {
		t.Errorf("%d were told of the other one", n)
	}
	w.comesToRest(m)
}
