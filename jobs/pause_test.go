package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
)

// T009: while a shop is suspended its events wait and none is dropped, except those about
// money, which are done; when it resumes the others follow, without being waited for.
func TestT009_SuspendedShopsEventsWait(t *testing.T) {
	t.Parallel()
	const money = outbox.Topic("test.money")
	var r *rig
	effect := func(ctx context.Context, ev outbox.Event) error { return r.effect(ctx, ev) }
	aboutMoney := kind(effect)
	aboutMoney.Topic, aboutMoney.Money = money, true
	r = newRig(t, kind(effect), aboutMoney)
	other := r.env.OpenShop(t)
	if err := r.env.Registry.SetStatus(t.Context(), r.env.Tenant.ID, tenant.Suspended, "欠费"); err != nil {
		t.Fatal(err)
	}
	r.startRelay(t)
	r.startWorker(t)
	r.append(t, "waits-1", "waits-2", "waits-3")
	r.env.InTenant(t, func(tx tenantdb.Tx) error { return r.env.Outbox.Append(t.Context(), tx, money, "refund", nil) })
	err := r.env.DB.InTenant(t.Context(), other.ID, func(tx tenantdb.Tx) error { return r.env.Outbox.Append(t.Context(), tx, topic, "other", nil) })
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "the money's event", func() bool { return r.effects(t) == 1 })
	eventually(t, 20*time.Second, "three events put aside", func() bool { return r.resting(t) == 3 })
	if n := r.effects(t); n != 1 {
		t.Errorf("%d effects in a suspended shop, want the one about money", n)
	}
	if n := r.owed(t); n != 3 {
		t.Errorf("%d events owed, want 3", n)
	}
	if err := r.env.Registry.SetStatus(t.Context(), r.env.Tenant.ID, tenant.Active, ""); err != nil {
		t.Fatal(err)
	}
	r.wantExactly(t, 4)
}

// The relay had handed an event over before the shop was suspended: the worker puts it
// aside.
func TestT009_TheWorkerLooksAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.append(t, "handed-over")
	id := r.env.Events(t, topic)[0].ID
	if err := r.env.Registry.SetStatus(t.Context(), r.env.Tenant.ID, tenant.Suspended, "欠费"); err != nil {
		t.Fatal(err)
	}
	if err := r.worker(t).Do(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if r.effects(t) != 0 || r.owed(t) != 1 || r.resting(t) != 1 {
		t.Errorf("%d effects, %d owed, %d resting; want 0, 1, 1", r.effects(t), r.owed(t), r.resting(t))
	}
}

// resting counts the shop's events that are not due for minutes.
func (r *rig) resting(t *testing.T) (n int) {
	t.Helper()
	r.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.outbox WHERE done_at IS NULL AND dead_at IS NULL AND next_at > now() + interval '5 minutes'").Scan(&n)
	})
	return n
}

// A relay that saw the shop suspended puts its event aside while the shop resumes, or just
// after: the event does not wait for what has happened already.
func TestT009_ResumingBesideTheRelay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	suspend := func() {
		if err := r.env.Registry.SetStatus(t.Context(), r.env.Tenant.ID, tenant.Suspended, "欠费"); err != nil {
			t.Fatal(err)
		}
	}
	resume := registry.MoveInput{ID: r.env.Tenant.ID, Event: registry.EventResume, Actor: "system"}
	r.append(t, "raced")
	ids := []uuid.UUID{r.env.Events(t, topic)[0].ID}

	suspend()
	rested := make(chan error, 1)
	err := r.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		if err := r.env.Registry.MoveTx(t.Context(), tx, resume); err != nil {
			return err
		}
		go func() { rested <- r.rest(t.Context(), ids) }() // waits for this transaction
		select {
		case err := <-rested:
			return errors.Join(err, errors.New("the event was put aside beside the resumption"))
		case <-time.After(300 * time.Millisecond):
			return nil
		}
	})
	if err := errors.Join(err, <-rested); err != nil {
		t.Fatal(err)
	}
	if n := r.resting(t); n != 0 {
		t.Errorf("%d events rest in a shop that has resumed", n)
	}

	suspend()
	if err := r.rest(t.Context(), ids); err != nil || r.resting(t) != 1 {
		t.Errorf("%v, %d events rest in a suspended shop, want 1", err, r.resting(t))
	}
	if err := r.env.Registry.Move(t.Context(), resume); err != nil {
		t.Fatal(err)
	}
	if n := r.resting(t); n != 0 {
		t.Errorf("%d events rest after the shop resumed", n)
	}
}
