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

// Work at promised moments is told as well; staff have what failed tried again, and nothing earlier.
func TestPlatformDatedJobs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.appoint(t, authz.PlatformAdmin))
	const topic outbox.Topic = "coupon.age"
	const jobs = "/console/platform/jobs"
	log := routine.New(d.env.DB, nil, topic)
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		if err := d.env.Timers.Set(t.Context(), tx, topic, "2026-12-24", tx.Now().Add(20*time.Hour), nil); err != nil {
			return err
		}
		return d.env.Outbox.Append(t.Context(), tx, topic, "2026-11-01", map[string]any{})
	})
	failed := d.env.Events(t, topic)[0]
	if err := log.NoteDated(t.Context(), failed, time.Now(), time.Second, errors.New("the table is locked")); err != nil {
		t.Fatal(err)
	}
	if err := d.env.Outbox.Fail(t.Context(), d.env.DB.Platform(), failed.ID, errors.New("the table is locked"), time.Hour, true); err != nil {
		t.Fatal(err)
	}
	b.wantStatus(jobs, http.StatusOK)
	b.see("优惠券生效与过期", "重试失败")
	b.wantStatus(jobs+"/coupon.age?shop="+d.env.Tenant.ID.String(), http.StatusOK)
	b.see("the table is locked", "2026-11-01", "重试失败")
	if res := b.post(jobs+"/coupon.age/run", url.Values{"shop": {d.env.Tenant.ID.String()}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("tried again: status %d", res.StatusCode)
	}
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		var owed, early bool
		err := tx.QueryRow(t.Context(), `SELECT (SELECT dead_at IS NULL AND next_at <= now() FROM platform.outbox WHERE id = $1),
			(SELECT due_at < now() + interval '19 hours' FROM platform.timer WHERE topic = $2 AND key = '2026-12-24')`, failed.ID, string(topic)).Scan(&owed, &early)
		if !owed || early {
			t.Errorf("owed again: %v, brought forward: %v", owed, early)
		}
		return err
	})

	b.wantStatus(jobs+"/coupon.age/run?look=1&shop="+d.env.Tenant.ID.String(), http.StatusOK)
	b.see("提前检查", "不会被提前", "24 小时以内", d.env.Tenant.ID.String())
	for hours, want := range map[string]int{"0": http.StatusUnprocessableEntity, "": http.StatusUnprocessableEntity, "9999999": http.StatusUnprocessableEntity} {
		if res := b.post(jobs+"/coupon.age/run", url.Values{"look": {"1"}, "hours": {hours}}); res.StatusCode != want {
			t.Errorf("%q hours: status %d", hours, res.StatusCode)
		}
	}
	if res := b.post(jobs+"/coupon.age/run", url.Values{"look": {"1"}, "hours": {"24"}, "shop": {d.env.Tenant.ID.String()}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("looked at: status %d", res.StatusCode)
	}
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		var asked, early bool
		err := tx.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM platform.outbox WHERE topic = $1 AND key = '2026-12-24' AND next_at <= now()),
			(SELECT due_at < now() + interval '19 hours' FROM platform.timer WHERE topic = $1 AND key = '2026-12-24')`, string(topic)).Scan(&asked, &early)
		if !asked || early {
			t.Errorf("looked at: %v, brought forward: %v", asked, early)
		}
		return err
	})
}
