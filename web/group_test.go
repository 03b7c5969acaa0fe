package web_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/campaign"
	"galleria/web/miniapi"
)

// walkGroups opens a group by an order, looks at it from outside, and is refused where there is
// no seat to take.
func walkGroups(t *testing.T, h *house, s *shop, c *client) {
	t.Helper()
	sku, product := s.products[1].SKUs[1], id(s.products[1].ID)
	campaignID := h.campaign(t, s, campaign.Input{
		Kind: campaign.Group, Title: "三人成团", Seats: 3, FillHours: 24, Prices: []campaign.Price{{SKUID: sku.ID, PriceFen: 100}},
		StartsAt: h.Clock().Now(), EndsAt: h.Clock().Now().Add(time.Hour),
	})
	var groups miniapi.ProductGroups
	c.must(t, http.StatusOK, http.MethodGet, "/products/"+product+"/groups", nil).into(t, &groups)
	if len(groups.Offers) != 1 || groups.Offers[0].CampaignID != campaignID || groups.Offers[0].Seats != 3 || groups.Offers[0].SKUs[0].PriceFen != 100 || len(groups.Open) != 0 {
		t.Errorf("groups of the product: %+v", groups)
	}
	var address miniapi.Address
	c.must(t, http.StatusCreated, http.MethodPost, "/addresses", someAddress()).into(t, &address)
	order := map[string]any{
		"lines": []any{map[string]any{"sku_id": sku.ID, "qty": 1}}, "address_id": address.ID, "expected_payable_fen": 100, "group": map[string]any{"campaign_id": campaignID},
	}
	var placed miniapi.Placed
	c.must(t, http.StatusCreated, http.MethodPost, "/orders", order, "Idempotency-Key", "group-1").into(t, &placed)
	var of miniapi.Order
	if c.must(t, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo, nil).into(t, &of); of.GroupState != "waits" {
		t.Errorf("the order of a group: %+v", of)
	}
	var all miniapi.OrderPage
	if c.must(t, http.StatusOK, http.MethodGet, "/orders?limit=1", nil).into(t, &all); len(all.Items) != 1 || all.Items[0].GroupState != "waits" {
		t.Errorf("in the list: %+v", all)
	}
	var mine struct{ Items []miniapi.BuyGroup }
	c.must(t, http.StatusOK, http.MethodGet, "/me/groups", nil).into(t, &mine)
	if len(mine.Items) != 1 || mine.Items[0].Status != "pending" || mine.Items[0].Left != 2 {
		t.Fatalf("my groups: %+v", mine.Items)
	}
	var group miniapi.BuyGroup
	c.must(t, http.StatusOK, http.MethodGet, "/groups/"+mine.Items[0].GroupNo, nil).into(t, &group)
	if group.OrderNo != placed.OrderNo || len(group.Members) != 1 || !group.Members[0].Me || !group.Members[0].Opened || group.Members[0].Paid {
		t.Errorf("the group: %+v", group)
	}
	order["group"] = map[string]any{"campaign_id": campaignID, "group_no": "GABCDEFGHJKLMNPQ"}
	if a := c.call(t, http.MethodPost, "/orders", order, "Idempotency-Key", "group-2"); a.status < 400 || a.status >= 500 {
		t.Errorf("a group that is not: %d %s", a.status, a.body)
	}
	c.refused(t, http.StatusNotFound, "NOT_FOUND", http.MethodGet, "/groups/GABCDEFGHJKLMNPQ", nil)
}
