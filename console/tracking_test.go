package console_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"testing"

	"galleria/commerce/delivery"
	"galleria/commerce/delivery/kuaidi100"
	"galleria/tenant/egress"
	"galleria/tenant/tenanttest"
)

// deliveryOf keeps deliveries over the test's database. Nothing is reached over the network.
func deliveryOf(env *tenanttest.Env) *delivery.Service {
	return delivery.New(delivery.Deps{
		DB: env.DB, Audit: env.Audit, Outbox: env.Outbox, Timers: env.Timers, Vault: env.Vault, Registry: env.Registry, Tracker: away{kuaidi100.New()},
		Rand: rand.Reader, SandboxBase: egress.Only(sandboxURL), PublicURL: "http://console.test",
	})
}

// away is a tracking service that cannot be reached.
type away struct{ *kuaidi100.Client }

func (away) Query(context.Context, delivery.TrackerKey, delivery.Number) ([]delivery.Event, error) {
	return nil, delivery.ErrTrackingBusy
}

// TestTrackingKeyIsBound is the way of an owner: a mistake next to its field, the key sealed and
// never shown again, switched off and on; and a clerk, who may look and not touch.
func TestTrackingKeyIsBound(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	page := d.shop("/delivery/tracking")
	b.wantStatus(page, http.StatusOK)
	b.see("还没有开通物流轨迹", page+"/key")
	b.wantStatus(page+"/key", http.StatusOK)

	const customer, key = "A1B2C3D4E5F60718293A4B5C6D7E8F90", "tRackKey12345678"
	if res := b.post(page+"/key", url.Values{"customer": {"短"}, "key": {key}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a form with a mistake: %d, want 422", res.StatusCode)
	}
	b.see("请填写 8 到 64 位字母和数字", `value="短"`)
	b.miss(key)
	wantTo(t, b.post(page+"/key", url.Values{"customer": {customer}, "key": {key}, "sandbox": {"1"}}), page+"?done=tracking_bound")
	b.wantStatus(page+"?done=tracking_bound", http.StatusOK)
	b.see("密钥已保存", customer, "••••5678", "使用中", "沙箱", "http://console.test/notify/kuaidi100/")
	b.miss(key)
	wantTo(t, b.post(page+"/switch", url.Values{"on": {""}}), page+"?done=tracking_off")
	b.wantStatus(page, http.StatusOK)
	b.see("已停用", "重新启用")
	wantTo(t, b.post(page+"/switch", url.Values{"on": {"1"}}), page+"?done=tracking_on")
	for _, action := range []string{"tracking.key_set", "tracking.disable", "tracking.enable"} {
		if shops, _ := d.entries(t, d.env.Tenant.ID, action); shops != 1 {
			t.Errorf("%s stands %d times in the log", action, shops)
		}
	}

	b.wantStatus(page, http.StatusOK)
	if res := b.post(d.shop("/orders/261121110000ABCDEFGHIJ/parcels/P261121K7Q2M9XTABCD/track"), nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("a parcel of no order: %d, want 404", res.StatusCode)
	}
	clerk := d.signedIn(t, d.clerk)
	for _, path := range []string{"/key", "/switch"} {
		if res := clerk.post(page+path, url.Values{"customer": {customer}, "key": {"another1234"}}); res.StatusCode != http.StatusForbidden {
			t.Errorf("a clerk at %s: %d, want 403", path, res.StatusCode)
		}
	}
	if a, err := deliveryOf(d.env).Tracking(t.Context(), d.env.Tenant.ID); err != nil || a.KeyEnds != "5678" || !a.Enabled {
		t.Errorf("bound is %+v, %v", a, err)
	}
}
