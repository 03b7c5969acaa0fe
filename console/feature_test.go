package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"galleria/commerce/coupon"
	"galleria/console"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// assign gives the desk's shop a plan.
func (d *desk) assign(t *testing.T, code string) {
	t.Helper()
	err := d.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return d.env.Plans.AssignTx(t.Context(), tx, d.env.Tenant.ID, code, "test", "test")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPlanFeatures: what the page of the plan says is not included cannot be begun, and the refusal
// says so; what was begun before can be looked at, changed and ended.
func TestPlanFeatures(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	none := "bare" + d.env.Tenant.ID.String()[2:8]
	err := d.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return d.env.Plans.PutTx(t.Context(), tx, plan.Plan{Code: none, Name: "空", NameEN: "Bare", Limits: map[plan.Quota]plan.Limit{}})
	})
	if err != nil {
		t.Fatal(err)
	}
	in := coupon.Input{Kind: coupon.Goods, Title: "满减", Claimable: true, PerMember: 1, Terms: coupon.Terms{OffFen: 100, ScopeOf: coupon.ScopeAll, ValidDays: 7, OnRefund: coupon.Forfeit, Funder: "shop"}}
	id, err := couponsOf(d.env).Save(t.Context(), d.env.Tenant.ID, 0, 0, in, "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	on := url.Values{"enabled": {"1"}}
	begins := []struct {
		path string
		form url.Values // nil: a page
	}{
		{"/coupons/new", nil},
		{"/coupons/new", url.Values{}},
		{"/points/settings", on},
		{"/points/mall/new", nil},
		{"/points/mall/new", url.Values{}},
		{"/campaigns/new?kind=timed", nil},
		{"/campaigns/new", url.Values{}},
		{"/campaigns/1/start", url.Values{}},
		{"/distribution/plan", on},
		{"/roles/new", nil},
		{"/roles", url.Values{}},
		{"/exports", url.Values{"kind": {"orders"}}},
		{"/audit/export", url.Values{}},
	}
	if len(begins) != len(console.FeatureRoutes()) {
		t.Errorf("%d routes are walked of %d", len(begins), len(console.FeatureRoutes()))
	}
	ask := func(path string, form url.Values) int {
		t.Helper()
		if form == nil {
			return b.get(shop + path).StatusCode
		}
		return b.post(shop+path, form).StatusCode
	}
	d.assign(t, none)
	b.wantStatus(shop+"/plan", http.StatusOK)
	b.see("当前套餐不包含")
	for _, r := range begins {
		if got := ask(r.path, r.form); got != http.StatusForbidden {
			t.Errorf("%s %v without the feature: %d, want 403", r.path, r.form, got)
		}
		b.see("当前套餐不包含此功能", shop+"/plan")
		b.get(shop)
	}
	for _, path := range []string{"/coupons", "/coupons/" + strconv.FormatInt(id, 10) + "/edit", "/campaigns", "/points", "/distribution/plan", "/exports", "/roles"} {
		b.wantStatus(shop+path, http.StatusOK)
	}
	if got := ask("/coupons/"+strconv.FormatInt(id, 10)+"/status", url.Values{"to": {"ended"}, "sure": {"1"}}); got != http.StatusSeeOther {
		t.Errorf("ending a coupon: %d", got)
	}
	b.get(shop)
	if got := ask("/distribution/plan", url.Values{}); got == http.StatusForbidden {
		t.Error("distribution cannot be switched off")
	}
	d.assign(t, "pro")
	for _, r := range begins {
		b.get(shop)
		if got := ask(r.path, r.form); got == http.StatusForbidden {
			t.Errorf("%s %v with the feature: %d", r.path, r.form, got)
		}
	}
}
