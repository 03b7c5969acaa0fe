package campaign_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// member adds a member.
func (w *world) member() (id int64) {
	w.t.Helper()
	w.InTenant(w.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(w.t.Context(), "INSERT INTO member DEFAULT VALUES RETURNING id").Scan(&id)
	})
	return id
}

// order adds an order of a member and takes units of SKUs for it.
func (w *world) order(no string, member, campaignID int64, pieces ...pricing.Pieces) error {
	return w.DB.InTenant(w.t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(w.t.Context(), `INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, discount_fen, freight_fen, payable_fen, address, remark, expires_at, placed_at)
			VALUES ($1, $2, 'wxaaaaaaaaaaaaaaaa', 'pending_payment', 500, 0, 0, 500, '{}', '', $3, $3)`, no, member, tx.Now())
		if err != nil {
			return err
		}
		return w.LockTx(w.t.Context(), tx, no, member, []pricing.Answer{{Ref: pricing.Ref{Kind: pricing.KindFlash, ID: campaignID}, Pieces: pieces}})
	})
}

func (w *world) number(sql string, args ...any) (n int64) {
	w.t.Helper()
	w.InTenant(w.t, func(tx tenantdb.Tx) error { return tx.QueryRow(w.t.Context(), sql, args...).Scan(&n) })
	return n
}

// TestUnitsOfASession: orders take units of the session that is running, all that they want or
// nothing, no member more than may be; what is given back can be had again, once.
func TestUnitsOfASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.flash(1, 2, 500, 5, w.skus[0], w.skus[1])
	in.PerMember = 3
	id := w.running(in)
	a, b := w.member(), w.member()
	one := func(n int64) pricing.Pieces { return pricing.Pieces{SKUID: w.skus[0], Qty: n} }
	if err := w.order("ORDER00000", a, id, one(1)); !errors.Is(err, campaign.ErrSoldOut) {
		t.Errorf("before the session: %v", err)
	}
	w.Clock().Set(w.now.Add(time.Hour))
	for i, c := range []struct {
		member int64
		pieces []pricing.Pieces
		want   error
	}{
		{a, []pricing.Pieces{one(2)}, nil},
		{a, []pricing.Pieces{one(2)}, campaign.ErrLimit},
		{a, []pricing.Pieces{one(4)}, campaign.ErrLimit},
		{a, []pricing.Pieces{one(1)}, nil},
		{b, []pricing.Pieces{one(3)}, campaign.ErrSoldOut},
		{b, []pricing.Pieces{{SKUID: w.skus[1], Qty: 1}, one(3)}, campaign.ErrSoldOut}, // and nothing of the other
		{b, []pricing.Pieces{one(2)}, nil},
		{b, []pricing.Pieces{one(1)}, campaign.ErrSoldOut},
	} {
		if err := w.order(fmt.Sprintf("ORDER0000%d", i+1), c.member, id, c.pieces...); !errors.Is(err, c.want) {
			t.Errorf("order %d: %v, want %v", i+1, err, c.want)
		}
	}
	taken := "SELECT coalesce(sum(taken), 0)::bigint FROM flash_bucket WHERE sku_id = $1"
	if n := w.number(taken, w.skus[0]); n != 5 || w.number(taken, w.skus[1]) != 0 {
		t.Errorf("%d were taken", n)
	}
	told := w.told
	for range 2 {
		w.InTenant(t, func(tx tenantdb.Tx) error { return w.ReleaseTx(t.Context(), tx, "ORDER00001", "system") })
	}
	if n := w.number(taken, w.skus[0]); n != 3 || w.told != told+1 {
		t.Errorf("%d are taken after two came back, told %d times", n, w.told-told)
	}
	if err := w.order("ORDER00020", a, id, one(2)); err != nil {
		t.Errorf("what came back, by who gave it: %v", err)
	}
	w.Clock().Set(w.now.Add(2 * time.Hour)) // between two sessions
	sales, err := w.Sales(t.Context(), w.Tenant.ID, "", 0, w.skus, w.Clock().Now())
	if err != nil || len(sales) != 0 {
		t.Errorf("sales between sessions %v %v", sales, err)
	}
	w.Clock().Set(w.now.Add(3 * time.Hour)) // the second has units and limits of its own
	if err := w.order("ORDER00030", a, id, one(3)); err != nil {
		t.Errorf("in the second session: %v", err)
	}
	for member, want := range map[int64]int64{a: 0, b: 2, 0: 2} { // a has had the three of a member, and two are left
		sales, err = w.Sales(t.Context(), w.Tenant.ID, "", member, w.skus[:1], w.Clock().Now())
		sale, on := sales[w.skus[0]]
		if err != nil || !on || sale.Fits(want+1) || (want > 0 && !sale.Fits(want)) {
			t.Errorf("member %d: %+v %v, want the price for %d pieces", member, sale, err, want)
		}
	}
	windows, err := w.Windows(t.Context(), w.Tenant.ID, w.now)
	if err != nil || len(windows) != 2 || !windows[1].From.Equal(w.now.Add(3*time.Hour)) {
		t.Errorf("windows %v %v", windows, err)
	}
	shown, err := w.FlashSessions(t.Context(), w.Tenant.ID, "wxaaaaaaaaaaaaaaaa", w.Clock().Now())
	if err != nil || len(shown) != 1 || shown[0].No != 2 || len(shown[0].Items) != 2 || shown[0].Items[0].LeftShare() != 4000 || shown[0].Items[0].PriceFen != 500 {
		t.Errorf("shown %+v %v", shown, err)
	}
}

// TestChangeOfASaleThatSells: sessions that have begun stay, others move; units never go below what
// was sold; a SKU that leaves takes nothing with it.
func TestChangeOfASaleThatSells(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.flash(1, 3, 500, 5, w.skus[0], w.skus[1])
	id := w.running(in)
	w.Clock().Set(w.now.Add(time.Hour))
	if err := w.order("ORDER00001", w.member(), id, pricing.Pieces{SKUID: w.skus[0], Qty: 4}); err != nil {
		t.Fatal(err)
	}
	moved := w.flash(1, 3, 500, 5, w.skus[0], w.skus[1])
	moved.Sessions[0].StartsAt = w.now
	if _, err := w.save(id, 1, moved); fault.CodeOf(err) != "VALIDATION" {
		t.Errorf("a session that has begun was moved: %v", err)
	}
	moved = w.flash(1, 2, 400, 2, w.skus[0])
	moved.Sessions[1] = campaign.Session{StartsAt: w.now.Add(4 * time.Hour), EndsAt: w.now.Add(6 * time.Hour)}
	if _, err := w.save(id, 1, moved); err != nil {
		t.Fatal(err)
	}
	got, err := w.Find(t.Context(), w.Tenant.ID, id)
	if err != nil || len(got.Sessions) != 2 || len(got.SKUs) != 1 || got.SKUs[0].Units != 2 || len(got.Buckets) != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	if b := got.Buckets[0]; b.Units != 4 || b.Taken != 4 || got.Buckets[1].Units != 2 {
		t.Errorf("buckets %+v", got.Buckets)
	}
	if !got.EndsAt.Equal(w.now.Add(6 * time.Hour)) {
		t.Errorf("ends at %s", got.EndsAt)
	}
	if n := w.number("SELECT count(*) FROM platform.timer WHERE topic = 'campaign.remind' AND due_at > $1", w.Clock().Now()); n == 0 {
		t.Error("nobody is told of the next session")
	}
}

// TestRemindersOfASession: each member who wants to be told is told once, shortly before; nobody of
// a session that was stopped.
func TestRemindersOfASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.running(w.flash(1, 2, 500, 5, w.skus[0]))
	a, b, gone := w.member(), w.member(), w.member()
	const app = "wxaaaaaaaaaaaaaaaa"
	for _, m := range []int64{a, a, b, gone} {
		if err := w.Remind(t.Context(), w.Tenant.ID, app, m, id, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Unremind(t.Context(), w.Tenant.ID, gone, id, 1); err != nil {
		t.Fatal(err)
	}
	if err := w.Remind(t.Context(), w.Tenant.ID, app, a, id, 9); !errors.Is(err, campaign.ErrSession) {
		t.Errorf("a session that there is not: %v", err)
	}
	tell := func(no int64) (n int) {
		t.Helper()
		w.InTenant(t, func(tx tenantdb.Tx) error {
			list, more, err := w.TellTx(t.Context(), tx, campaign.RemindEvent{CampaignID: id, No: no})
			if n = len(list); more {
				t.Error("more")
			}
			return err
		})
		return n
	}
	if n := tell(1); n != 0 {
		t.Errorf("%d were told an hour before", n)
	}
	w.Clock().Set(w.now.Add(55 * time.Minute))
	if n := tell(1); n != 2 {
		t.Errorf("%d were told", n)
	}
	if n := tell(1); n != 0 {
		t.Errorf("%d were told again", n)
	}
	list, err := w.Reminders(t.Context(), w.Tenant.ID, a, w.Clock().Now())
	if err != nil || len(list) != 1 || list[0].No != 1 {
		t.Errorf("reminders %v %v", list, err)
	}
	if err := w.Remind(t.Context(), w.Tenant.ID, app, a, id, 2); err != nil {
		t.Fatal(err)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error { return w.MoveMemberTx(t.Context(), tx, a, b) })
	if list, err = w.Reminders(t.Context(), w.Tenant.ID, b, w.Clock().Now()); err != nil || len(list) != 2 {
		t.Errorf("reminders of two who are one: %v %v", list, err)
	}
	if err := w.Stop(t.Context(), w.Tenant.ID, id, "staff:1"); err != nil {
		t.Fatal(err)
	}
	w.Clock().Set(w.now.Add(2*time.Hour + 55*time.Minute))
	if n := tell(2); n != 0 {
		t.Errorf("%d were told of what was stopped", n)
	}
	if err := w.Remind(t.Context(), w.Tenant.ID, app, a, id, 2); !errors.Is(err, campaign.ErrSession) {
		t.Errorf("a reminder of what was stopped: %v", err)
	}
}
