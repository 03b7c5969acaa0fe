package distribution_test

import (
	"slices"
	"testing"

	"galleria/commerce/distribution"
	"galleria/tenant/tenantdb"
)

// phones gives a member a number of the account and one in the address book; "" is none.
func (w *world) phones(member int64, account, book string) {
	w.t.Helper()
	if account != "" {
		w.exec("UPDATE member SET phone_sealed = 'x', phone_index = sha256($2::bytea), phone_at = now() WHERE id = $1", member, []byte(account))
	}
	if book != "" {
		w.exec("INSERT INTO address (member_id, name, phone, province, city, detail, sealed, seal_key, phone_index) VALUES ($1, '', '', '', '', '', 'x', 'k', sha256($2::bytea))", member, []byte(book))
	}
}

// sentTo is an order of a member's that went somewhere, as an order keeps it: blind.
func (w *world) sentTo(member int64, phone, detail string) string {
	w.t.Helper()
	w.mu.Lock()
	w.goesTo = [2]string{phone, detail}
	w.mu.Unlock()
	return w.place(member, 10_000)
}

func (w *world) signals(d distribution.Distributor, open bool) (kinds []string) {
	w.t.Helper()
	list, _, err := w.Signals(w.t.Context(), w.Tenant.ID, d.MemberID, open, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range list {
		kinds = append(kinds, s.OrderNo+" "+string(s.Kind)+" "+s.OwnOrderNo)
	}
	slices.Sort(kinds)
	return kinds
}

// TestSharedPhonesAndAddresses: what the buyer of an order shares with who earns from it is written
// down with its evidence, once, for both tiers; what is not shared is not, and the commission is the
// same.
func TestSharedPhonesAndAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(func(p *distribution.Plan) { p.Shared = distribution.MarkShared })
	above := w.distributor()
	d := w.distributor(above)
	own := w.sentTo(d.MemberID, "13800138000", "文三路1号")
	w.phones(d.MemberID, "13800138000", "")
	w.phones(above.MemberID, "", "13900139000")

	stranger := w.buyerOf(d)
	w.phones(stranger, "13700137000", "13700137001")
	no := w.sentTo(stranger, "13700137000", "文二路 9 号")
	if got := append(w.signals(d, false), w.signals(above, false)...); len(got) != 0 {
		t.Errorf("a stranger shares %q", got)
	}
	w.to(no, "pay")
	w.expect(no, "1 confirmed 1000, 2 confirmed 500")

	kin := w.buyerOf(d)
	w.phones(kin, "13900139000", "13800138000") // the account's is in the book of who is above
	near := w.sentTo(kin, "13800138000", "文三路1号")
	w.follow(near)
	want := []string{near + " parcel_address " + own, near + " parcel_phone " + own, near + " phone "}
	if got := w.signals(d, false); !slices.Equal(got, want) {
		t.Errorf("shares %q, want %q", got, want)
	}
	if got := w.signals(above, false); !slices.Equal(got, []string{near + " phone "}) {
		t.Errorf("who is above shares %q", got)
	}
	w.to(near, "pay")
	w.expect(near, "1 confirmed 1000, 2 confirmed 500")

	elsewhere := w.buyerOf(d)
	empty := w.place(elsewhere, 10_000) // an order that goes nowhere, such as a card
	if w.sentTo(d.MemberID, "", ""); len(w.signals(d, false)) != len(want) {
		t.Errorf("order %s that goes nowhere shares something", empty)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}

// TestSharedHoldsWithdrawals: only where the shop says so does a withdrawal wait, and only until
// somebody has looked.
func TestSharedHoldsWithdrawals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(func(p *distribution.Plan) { p.Shared = distribution.MarkShared })
	d := w.distributor()
	w.phones(d.MemberID, "13800138000", "")
	kin := w.buyerOf(d)
	w.phones(kin, "", "13800138000")
	no := w.sentTo(kin, "13600136000", "文三路 1 号")
	for _, step := range []string{"pay", "receive", "settle"} {
		w.to(no, step)
	}
	draw := func(key string) distribution.WithdrawalStatus {
		t.Helper()
		out, code := w.request(d, key, 100, distribution.WayWeChat)
		if code != "" {
			t.Fatal(code)
		}
		return out.Status
	}
	if got := draw("marked"); got != distribution.Approved {
		t.Errorf("a mark alone makes it %s", got)
	}
	w.save(func(p *distribution.Plan) { p.Shared = distribution.HoldShared })
	if got := draw("held"); got != distribution.Requested {
		t.Errorf("held, and yet %s", got)
	}
	list, _, err := w.Signals(t.Context(), w.Tenant.ID, d.MemberID, true, 0)
	if err != nil || len(list) != 1 || list[0].Fen != 1000 {
		t.Fatalf("%+v %v", list, err)
	}
	if got := w.code(w.ClearSignals(t.Context(), w.Tenant.ID, d.MemberID, list[0].ID-1, "staff:1")); got != "DISTRIBUTION_STATE" {
		t.Errorf("what nobody has seen was cleared: %q", got)
	}
	if err := w.ClearSignals(t.Context(), w.Tenant.ID, d.MemberID, list[0].ID, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if got := draw("looked"); got != distribution.Approved {
		t.Errorf("looked at, and yet %s", got)
	}
	p := plan()
	p.Version, p.Shared = 2, "forbid"
	if got := w.code(w.SavePlan(t.Context(), w.Tenant.ID, p, "staff:1")); got != "VALIDATION" {
		t.Error(got)
	}
	w.tx(func(tx tenantdb.Tx) error { return w.MoveMemberTx(t.Context(), tx, d.MemberID, kin) })
	if n := w.number("SELECT count(*) FROM commission_signal WHERE distributor_id = $1", kin); n != 1 {
		t.Errorf("%d marks follow the member", n)
	}
}

// T046: a second account with the same phone. Where the shop refuses such, which is how it begins, neither
// account can bring the other; who shares one later earns nothing from orders placed then, and both the
// staff and the distributor are told why. Other signs hold withdrawals.
func TestT046_SharedPhoneEarnsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	if p, err := w.Plan(t.Context(), w.Tenant.ID); err != nil || p.Shared != distribution.RefuseShared {
		t.Fatalf("a shop begins with %q, %v", p.Shared, err)
	}
	above := w.distributor()
	d := w.distributor(above)
	w.phones(d.MemberID, "13800138000", "")
	second := w.member()
	w.phones(second, "", "13800138000")
	if bound, code := w.bind(second, d); bound || code != "DISTRIBUTION_SHARED" {
		t.Errorf("a second account is brought: %v %q", bound, code)
	}
	if err := w.Assign(t.Context(), w.Tenant.ID, second, d.MemberID, "线下", "staff:1"); w.code(err) != "DISTRIBUTION_SHARED" {
		t.Errorf("and by staff: %v", err)
	}

	kin := w.buyerOf(d)
	before := w.sentTo(kin, "13600136000", "文三路 1 号")
	w.to(before, "pay")
	w.expect(before, "1 confirmed 1000, 2 confirmed 500")
	w.phones(kin, "", "13800138000")
	after := w.sentTo(kin, "13600136000", "文三路 1 号")
	w.to(after, "pay")
	w.expect(after, "2 confirmed 500")
	list, _, err := w.Signals(t.Context(), w.Tenant.ID, d.MemberID, false, 0)
	if err != nil || len(list) != 1 || !list[0].Refused || list[0].OrderNo != after || list[0].Fen != 0 {
		t.Errorf("staff see %+v %v", list, err)
	}
	told, next, err := w.Refusals(t.Context(), w.Tenant.ID, d.MemberID, 0)
	if err != nil || next != 0 || len(told) != 1 || told[0].OrderNo != after {
		t.Errorf("the distributor is told of %+v %v", told, err)
	}
	if told, _, _ := w.Refusals(t.Context(), w.Tenant.ID, above.MemberID, 0); len(told) != 0 {
		t.Errorf("who shares nothing is refused %+v", told)
	}
	for _, step := range []string{"receive", "settle"} {
		w.to(before, step)
	}
	if out, code := w.request(d, "drawn", 100, distribution.WayWeChat); code != "" || out.Status != distribution.Approved {
		t.Errorf("what was refused holds a withdrawal: %v %q", out.Status, code)
	}
	if err := w.balances(); err != nil {
		t.Error(err)
	}
}
