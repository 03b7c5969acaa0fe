package console_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"galleria/console/authz"
	"galleria/tenant/outbox"
	"galleria/tenant/routine"
	"galleria/tenant/tenantdb"
)

// Platform staff see how recurring work goes, which shops it fails for, and have it done now.
func TestPlatformJobs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	clerk := d.appoint(t, authz.PlatformSupport)
	b := d.signedIn(t, d.appoint(t, authz.PlatformAdmin))
	const topic outbox.Topic = "shop.upkeep"
	log := routine.New(d.env.DB, []outbox.Topic{topic})
	if err := log.Declare(t.Context(), []routine.Work{{Name: "audit.anchor", Every: 5 * time.Minute}}); err != nil {
		t.Fatal(err)
	}
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return d.env.Timers.Set(t.Context(), tx, topic, "daily", tx.Now().Add(20*time.Hour), nil)
	})
	run := outbox.Event{TenantID: d.env.Tenant.ID, Topic: topic, Key: "daily"}
	if err := log.Note(t.Context(), run, time.Now(), 1300*time.Millisecond, errors.New("pictures do not answer")); err != nil {
		t.Fatal(err)
	}
	const jobs = "/console/platform/jobs"
	b.wantStatus(jobs, http.StatusOK)
	b.see("店铺日常清理", "审计日志存证", jobs+"/shop.upkeep")
	b.wantStatus(jobs+"/shop.upkeep?shop="+d.env.Tenant.ID.String(), http.StatusOK)
	b.see("pictures do not answer", "1.3 秒", d.env.Tenant.Handle)
	if res := b.post(jobs+"/shop.upkeep/run", url.Values{"shop": {d.env.Tenant.ID.String()}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("run for a shop: status %d", res.StatusCode)
	}
	d.wantTwice(t, d.env.Tenant.ID, "platform.job.run")
	var due bool
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT due_at <= now() FROM platform.timer WHERE topic = $1 AND key = 'daily'", string(topic)).Scan(&due)
	})
	if !due {
		t.Error("the shop's work is not due")
	}
	b.wantStatus(jobs+"/shop.upkeep/run", http.StatusOK)
	b.see("店铺日常清理", "5 分钟")
	for path, want := range map[string]int{
		"/audit.anchor/run": http.StatusSeeOther, "/shop.upkeep/run": http.StatusSeeOther,
		"/order.expire/run": http.StatusNotFound, "/no.such/run": http.StatusNotFound,
	} {
		b.get(jobs)
		if res := b.post(jobs+path, nil); res.StatusCode != want {
			t.Errorf("POST %s: status %d, want %d", path, res.StatusCode, want)
		}
	}
	for _, path := range []string{"/order.expire", "/audit.anchor/run"} { // what does not recur for shops has no page
		b.wantStatus(jobs+path, http.StatusNotFound)
	}
	support := d.signedIn(t, clerk)
	support.wantStatus(jobs, http.StatusOK)
	support.miss("/audit.anchor/run")
	if res := support.post(jobs+"/audit.anchor/run", nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("support runs a job: status %d, want 403", res.StatusCode)
	}
}
