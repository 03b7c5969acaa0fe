package console_test

import (
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"galleria/console/authz"
	"galleria/tenant/tenantdb"
)

// The platform's pages in a real browser, wide and narrow, light and dark.
func TestE2EPlatform(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		width, height int64
		dark, english bool
	}{
		{"desk light Chinese", 1360, 900, false, false},
		{"phone dark English", 390, 844, true, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.stock(t, d.env.Tenant, "阿哲")
			admin := d.appoint(t, authz.PlatformAdmin)
			id := d.env.Tenant.ID.String()
			behind := d.env.OpenShop(t)
			d.env.Owner(t, "UPDATE platform.tenant SET schema_version = 5, last_error = 'relation is locked' WHERE id = $1", behind.ID.String())
			d.env.InTenant(t, func(tx tenantdb.Tx) error {
				return d.env.Outbox.Append(t.Context(), tx, "payment.succeeded", "P20261121", map[string]any{"out_trade_no": "P20261121"})
			})
			d.env.Owner(t, "UPDATE platform.outbox SET dead_at = now(), failures = 12, last_error = 'the provider is away' WHERE topic = 'payment.succeeded' AND tenant_id = $1", id)
			d.env.Owner(t, "INSERT INTO platform.tenant_limit (tenant_id, quota, soft, hard, reason) VALUES ($1, 'staff', 2, 3, '约定') ON CONFLICT (tenant_id, quota) DO UPDATE SET soft = excluded.soft, hard = excluded.hard, reason = excluded.reason", id)
			d.env.Owner(t, `INSERT INTO platform.key_alarm (tenant_id, owner, kind, subject, detail) VALUES ($1, 'payment_account:a1b2c3', 'spike', 'use', '{"hour":"2026-11-20T12:00:00Z","uses":"4200","median":"35"}')`, id)
			d.env.Owner(t, `INSERT INTO platform.signup (id, staff_id, status, name, handle, network, terms_version, terms_at, created_at, updated_at, expires_at)
				VALUES ('t_' || substr(md5(random()::text), 1, 12), $1, 'applied', '青瓷小铺', 'qingci-shop', '203.0.113.9', '2026-11', now(), now(), now(), now())`, admin.ID)
			b := openChromium(t, d, tc.width, tc.height)
			b.run(chromedp.Navigate(b.base + "/console/login"))
			if !tc.english {
				b.press(`button[name="locale"][value="zh-CN"]`)
			}
			if tc.dark {
				b.press(`button[name="theme"][value="dark"]`)
			}
			b.run(chromedp.SendKeys("#login", admin.Login, chromedp.ByQuery), chromedp.SendKeys("#password", password, chromedp.ByQuery))
			b.press(`form[action="/console/login"] button[type="submit"]`)
			if at := b.text("location.pathname"); at != "/console/platform" {
				t.Errorf("after sign-in at %s", at)
			}
			b.inspect("shops")
			home := "/console/platform/shops/" + id
			for name, path := range map[string]string{
				"shops_none": "/console/platform?q=" + url.QueryEscape("没有"), "shop": home, "open": "/console/platform/shops/new", "close": home + "/close",
				"assign": home + "/plan", "limit": home + "/limits/storage", "callbacks": home + "/callbacks", "look": home + "/look",
				"plans": "/console/platform/plans", "plan": "/console/platform/plans/starter", "fleet": "/console/platform/fleet",
				"applications": "/console/platform/applications", "audit": "/console/platform/audit", "people": "/console/platform/staff",
				"invite": "/console/platform/staff/invite", "keys": "/console/platform/keys", "address": "/console/account/address",
				"jobs": "/console/platform/jobs", "job_runs": "/console/platform/jobs/shop.upkeep?runs=all", "queues": "/console/platform/queues", "discarded": "/console/platform/queues?state=discarded",
			} {
				b.run(chromedp.Navigate(b.base + path))
				b.inspect(name)
			}
			b.run(chromedp.Navigate(b.base + "/console/platform/applications/" + one[string](t, d, "SELECT id FROM platform.signup WHERE staff_id = $1", admin.ID)))
			b.inspect("application")
			b.run(chromedp.Navigate(b.base+home+"/look"), chromedp.SendKeys("#field-ticket", "CS-1", chromedp.ByQuery), chromedp.SendKeys("#field-reason", "核对订单", chromedp.ByQuery))
			b.press(`form[action$="/look"] button[type="submit"]`)
			b.inspect("looking")
			for _, page := range []string{"/orders", "/callbacks", "/plan"} {
				b.run(chromedp.Navigate(b.base + "/console/" + d.env.Tenant.Handle + page))
				b.inspect("looking_" + page[1:])
			}
		})
	}
}
