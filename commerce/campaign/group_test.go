package campaign_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/commerce/campaign"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// TestGroupTransitions: the table is what the schema allows, every status is reached, and what has
// ended stays so.
func TestGroupTransitions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var check string
	w.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'buy_group_status' AND connamespace = current_schema()::regnamespace").Scan(&check)
	})
	for _, s := range campaign.GroupStatuses() {
		if !strings.Contains(check, "'"+string(s)+"'") {
			t.Errorf("%s is not in %s", s, check)
		}
	}
	if n := strings.Count(check, "::text"); n < len(campaign.GroupStatuses()) {
		t.Errorf("%d statuses in %s", n, check)
	}
	events := []campaign.GroupEvent{campaign.GroupPlace, campaign.GroupPay, campaign.GroupFill, campaign.GroupLeave, campaign.GroupExpire, campaign.GroupStop, campaign.GroupRepaid}
	for _, from := range append(campaign.GroupStatuses(), campaign.GroupNone) {
		for _, e := range events {
			to, ok := campaign.NextGroup(from, e)
			listed := slices.Contains(campaign.GroupTransitions(), campaign.GroupTransition{From: from, Event: e, To: to})
			if ok != listed || (!ok && to != from) || (ok && from.Ended()) {
				t.Errorf("%s at %q leads to %s, %v", e, from, to, ok)
			}
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), campaign.GroupChart()) {
		t.Error("the chart in the README is another one")
	}
}

// TestGroupCampaign: what staff write is checked, and a SKU of a group is in no other campaign.
func TestGroupCampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := campaign.Input{
		Kind: campaign.Group, Title: "三人团", StartsAt: w.now, EndsAt: w.now.Add(24 * time.Hour), Seats: 3, FillHours: 24, Prices: []campaign.Price{{SKUID: w.skus[0], PriceFen: 800}},
	}
	for field, change := range map[string]func(*campaign.Input){
		"seats":      func(in *campaign.Input) { in.Seats = 1 },
		"fill_hours": func(in *campaign.Input) { in.FillHours = 0 },
		"products":   func(in *campaign.Input) { in.Prices = nil },
		"per_order":  func(in *campaign.Input) { in.PerOrder = 1000 },
		"budget_fen": func(in *campaign.Input) { in.BudgetFen = -1 },
	} {
		bad := in
		change(&bad)
		_, err := w.save(0, 0, bad)
		f, _ := errors.AsType[*fault.Error](err)
		if f == nil || !slices.ContainsFunc(f.Fields(), func(one fault.Field) bool { return one.Path == field }) {
			t.Errorf("%s: %v", field, err)
		}
	}
	id := w.running(in)
	shown, err := w.Find(t.Context(), w.Tenant.ID, id)
	if err != nil || shown.Seats != 3 || shown.FillHours != 24 || len(shown.SKUs) != 1 || shown.Words("") != "3人团，24小时成团" || shown.Words("en") != "Group of 3, 24 hours to fill" {
		t.Errorf("%+v %v", shown, err)
	}
	timed, err := w.save(0, 0, w.at(1, 2, nil, w.skus[0]))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.start(timed); !errors.Is(err, campaign.ErrTaken) {
		t.Errorf("two campaigns with one SKU: %v", err)
	}
	if sales, err := w.Sales(t.Context(), w.Tenant.ID, "wxaaaaaaaaaaaaaaaa", 0, w.skus, w.now.Add(time.Minute)); err != nil || len(sales) != 0 {
		t.Errorf("the price of a group is shown as everybody's: %v %v", sales, err)
	}
	offers, open, err := w.GroupsOfProduct(t.Context(), w.Tenant.ID, "wxaaaaaaaaaaaaaaaa", w.spu, w.now.Add(time.Minute))
	if err != nil || len(offers) != 1 || offers[0].Seats != 3 || len(offers[0].SKUs) != 1 || offers[0].SKUs[0].PriceFen != 800 || len(open) != 0 {
		t.Errorf("offers %+v, open %+v, %v", offers, open, err)
	}
}
