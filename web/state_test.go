package web_test

import (
	"net/http"
	"testing"

	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/web/miniapi"
)

// buyer logs in through the provider, who must know the payer.
func (h *house) buyer(t *testing.T, s *shop) *client {
	t.Helper()
	c := h.login(t, s, "o-li")
	code, err := h.provider.Login(c.app, "li")
	if err != nil {
		t.Fatal(err)
	}
	var login miniapi.Login
	c.must(t, http.StatusOK, http.MethodPost, "/auth/login", map[string]any{"code": code}).into(t, &login)
	c.token = login.AccessToken
	return c
}

func (h *house) move(t *testing.T, s *shop, event registry.Event) {
	t.Helper()
	if err := h.Registry.Move(t.Context(), registry.MoveInput{ID: s.ID, Event: event, Reason: "检查", Actor: "system"}); err != nil {
		t.Fatal(err)
	}
}

// A shop that is being set up serves its buyers and takes play money only.
func TestAShopInOnboardingTakesPlayMoneyOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	h.merchant(t, s, "1900000301")
	h.Owner(t, "UPDATE platform.tenant SET status = 'onboarding', went_live_at = NULL WHERE id = $1", s.ID.String())
	h.Owner(t, "SELECT pg_notify('galleria_tenant', $1)", s.ID.String())
	c := h.buyer(t, s)
	orderNo, _ := c.order(t, s)
	c.must(t, http.StatusOK, http.MethodPost, "/orders/"+orderNo+"/pay", nil)
	h.Owner(t, "UPDATE "+s.ID.String()+".payment_account SET mode = 'live', config = config - 'base_url'")
	eventually(t, "the state", func() bool {
		got := c.call(t, http.MethodPost, "/orders/"+orderNo+"/pay", nil)
		return got.status == http.StatusForbidden && got.code() == "SHOP_NOT_OPEN"
	})
}

// A closing shop finishes what was ordered and takes nothing new; a closed one is gone, and
// money that is said to have come to it is shown to a person and never acknowledged.
func TestAClosingShopFinishesAndAClosedOneIsGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	h.merchant(t, s, "1900000302")
	header, body := h.genuine(t, s, "1900000302")
	c := h.buyer(t, s)
	earlier, _ := c.order(t, s)
	h.move(t, s, registry.EventClose)
	eventually(t, "no new orders", func() bool {
		got := c.call(t, http.MethodPost, "/orders", map[string]any{"address_id": 1}, "Idempotency-Key", "closing")
		return got.status == http.StatusForbidden && got.code() == "TENANT_CLOSING"
	})
	c.must(t, http.StatusOK, http.MethodGet, "/products", nil)
	c.must(t, http.StatusOK, http.MethodPost, "/orders/"+earlier+"/pay", nil)
	h.move(t, s, registry.EventFinish)
	eventually(t, "the shop gone", func() bool { return c.call(t, http.MethodGet, "/products", nil).code() == "UNKNOWN_APP" })
	for range 2 {
		if got := h.notice(t, "/notify/wechat/"+s.account, header, body); got.status < 400 {
			t.Errorf("a payment to a closed shop: %d %s, want a refusal", got.status, got.body)
		}
	}
	if n := h.succeeded(t, s); n != 0 {
		t.Errorf("%d payments succeeded in a closed shop", n)
	}
	var anomalies, seen int
	h.in(t, s, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*), coalesce(max(seen), 0) FROM payment_anomaly WHERE blocking").Scan(&anomalies, &seen)
	})
	if anomalies != 1 || seen != 2 {
		t.Errorf("%d anomalies, seen %d times; want one, twice", anomalies, seen)
	}
}
