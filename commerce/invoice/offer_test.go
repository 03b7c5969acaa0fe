package invoice_test

import (
	"testing"

	"galleria/tenant/tenantdb"
)

// TestAShopThatTakesNoRequests: with the switch off nobody asks, neither later nor with an order;
// what was asked for before is handled as ever, and the switch can be turned back.
func TestAShopThatTakesNoRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec("INSERT INTO shop (name) VALUES ('山野') ON CONFLICT (only_row) DO NOTHING")
	buyer := w.member()
	before, later := w.paid(buyer, 1000), w.paid(buyer, 2000)
	r := w.asked(buyer, before)
	set := func(offered bool) {
		t.Helper()
		if err := w.SetOffered(t.Context(), w.Tenant.ID, offered, "staff:1"); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Offered(t.Context(), w.Tenant.ID); err != nil || got != offered {
			t.Fatalf("offered %t, %v, want %t", got, err, offered)
		}
	}
	set(false)
	_, err := w.ask(buyer, later, person("韩梅梅"))
	w.want("ask while it is off", "INVOICE_OFF", err)
	st, err := w.OfOrder(t.Context(), w.Tenant.ID, buyer, later)
	if err != nil || st.MayAsk || st.WhyNot != "INVOICE_OFF" {
		t.Errorf("the order stands %+v, %v", st, err)
	}
	wish, err := w.Prepare(t.Context(), w.Tenant.ID, buyer, person("韩梅梅"))
	if err != nil {
		t.Fatal(err)
	}
	placed := w.order(buyer, 3000)
	err = w.DB.InTenant(t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error { return w.AskPlacedTx(t.Context(), tx, placed, buyer, wish) })
	w.want("ask with an order while it is off", "INVOICE_OFF", err)
	if n := w.number("SELECT count(*) FROM invoice"); n != 1 {
		t.Errorf("%d requests, want the one of before", n)
	}
	if err := w.issue(r, "26532000000012345678", 1000); err != nil {
		t.Errorf("issue what was asked for before: %v", err)
	}
	if got, found, err := w.LatestOf(t.Context(), w.Tenant.ID, before); err != nil || !found || got.Number != "26532000000012345678" {
		t.Errorf("the newest of %s: %+v, %t, %v", before, got, found, err)
	}
	if _, found, err := w.LatestOf(t.Context(), w.Tenant.ID, later); err != nil || found {
		t.Errorf("an order without a request has one: %t, %v", found, err)
	}
	set(true)
	if _, err := w.ask(buyer, later, person("韩梅梅")); err != nil {
		t.Errorf("ask when it is on again: %v", err)
	}
}
