package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"galleria/console/authz"
	"galleria/console/staff"
	"galleria/tenant/tenantdb"
)

// till is a shop with one paid order of 118 yuan.
func (d *desk) till(t *testing.T, orderNo string) {
	t.Helper()
	err := d.env.DB.InTenant(t.Context(), d.env.Tenant.ID, func(tx tenantdb.Tx) error {
		for _, sql := range []string{
			`INSERT INTO payment_account (account_key, channel, mode, name, merchant_no, config) VALUES
			 ('abcdefghijklmnopqrstuvwxyz', 'wechat', 'sandbox', '测试商户', '1900000901', '{"base_url":"http://127.0.0.1:1"}')`,
			`INSERT INTO member (nickname) VALUES ('小李')`,
			`INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, payable_fen, address, expires_at, placed_at, paid_at, paid_by)
			 SELECT '` + orderNo + `', max(id), 'wxtill', 'paid', 11800, 11800, '{}', now() + interval '1 hour', now(), now(), 'TRADE` + orderNo + `' FROM member`,
		} {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, expires_at, created_at, updated_at, transaction_id, paid_at)
			SELECT $1::text, $2::text, max(id), 'wechat', 'wxtill', 'o1', '咖啡', 11800, 'succeeded', now() + interval '1 hour', now(), now(), $3::text, now() FROM payment_account`,
			"TRADE"+orderNo, orderNo, "4200"+orderNo)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var formKey = regexp.MustCompile(`name="form" value="([0-9a-f]+)"`)

// refund fills in the form of an order and returns where it led.
func (b *browser) refund(handle, orderNo, amount string) (string, answer) {
	b.t.Helper()
	b.wantStatus("/console/"+handle+"/orders/"+orderNo+"/refund", http.StatusOK)
	key := ""
	if m := formKey.FindStringSubmatch(b.page); m != nil {
		key = m[1]
	}
	res := b.post("/console/"+handle+"/orders/"+orderNo+"/refund", url.Values{"form": {key}, "amount": {amount}, "note": {"缺货"}, "sure": {"1"}})
	to, _, _ := strings.Cut(res.Header.Get("Location"), "?")
	return to, res
}

// T020: above the limit nobody approves alone, two who approve at once count once, and a
// right that was taken away a moment ago is gone.
func TestT020RefundNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shop := d.env.Tenant
	d.till(t, "ORDERT020A")
	// Hired before the rights are remembered.
	gone := d.hire(t, shop, authz.Finance)
	people := []staff.Member{d.hire(t, shop, authz.Finance), d.hire(t, shop, authz.Manager)}
	owner := d.signedIn(t, d.owner)
	owner.get("/console/" + shop.Handle + "/refunds")
	if res := owner.post("/console/"+shop.Handle+"/refunds/limit", url.Values{"limit": {"10"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("set the limit: %d %.300s", res.StatusCode, owner.page)
	}
	to, res := owner.refund(shop.Handle, "ORDERT020A", "50")
	if res.StatusCode != http.StatusSeeOther || !strings.Contains(to, "/refunds/") {
		t.Fatalf("ask: %d to %q %.300s", res.StatusCode, to, owner.page)
	}
	owner.wantStatus(to, http.StatusOK)
	if res := owner.post(to+"/decide", url.Values{"decision": {"approve"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("own approval: %d, want 403", res.StatusCode)
	}
	// A clerk may not even look.
	clerk := d.signedIn(t, d.clerk)
	clerk.wantStatus(to, http.StatusForbidden)

	taken := d.signedIn(t, gone)
	taken.wantStatus(to, http.StatusOK)
	if err := d.staff.Revoke(t.Context(), shop.ID, gone.ID, authz.Finance); err != nil {
		t.Fatal(err)
	}
	if res := taken.post(to+"/decide", url.Values{"decision": {"approve"}}); res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusNotFound {
		t.Errorf("approval after the role was taken away: %d, want 403", res.StatusCode)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	counted := 0
	for _, person := range people {
		b := d.signedIn(t, person)
		b.get(to)
		wg.Go(func() {
			res := b.post(to+"/decide", url.Values{"decision": {"approve"}})
			mu.Lock()
			defer mu.Unlock()
			if res.StatusCode == http.StatusSeeOther {
				counted++
			} else if res.StatusCode != http.StatusConflict {
				t.Errorf("second approval: %d, want 409", res.StatusCode)
			}
		})
	}
	wg.Wait()
	if counted != 1 {
		t.Errorf("%d approvals counted, want 1", counted)
	}
	if n := len(d.env.Events(t, "payments.refund_requested")); n != 1 {
		t.Errorf("%d refunds on their way, want 1", n)
	}
}

// What is wrong with the form is said beside the field, and what was typed stays.
func TestRefundForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shop := d.env.Tenant
	d.till(t, "ORDERFORM1")
	b := d.signedIn(t, d.owner)
	for amount, want := range map[string]int{"": 422, "0": 422, "-1": 422, "0.001": 422, "abc": 422, "118.01": 409} {
		if _, res := b.refund(shop.Handle, "ORDERFORM1", amount); res.StatusCode != want {
			t.Errorf("amount %q: %d, want %d", amount, res.StatusCode, want)
		}
		b.see(`name="amount" value="` + amount + `"`)
		b.see("缺货")
	}
	to, res := b.refund(shop.Handle, "ORDERFORM1", "18.00")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("a good refund: %d", res.StatusCode)
	}
	b.wantStatus(to, http.StatusOK)
	b.see("18.00", "缺货", "ORDERFORM1")
	b.wantStatus("/console/"+shop.Handle+"/orders/ORDERFORM1", http.StatusOK)
	b.wantStatus("/console/"+shop.Handle+"/payments", http.StatusOK)
	b.see("TRADEORDERFORM1")
	b.wantStatus("/console/"+shop.Handle+"/payments/TRADEORDERFORM1", http.StatusOK)
	b.wantStatus("/console/"+shop.Handle+"/refunds?status=under_way", http.StatusOK)
	b.see("18.00")
	b.wantStatus("/console/"+shop.Handle+"/anomalies", http.StatusOK)
}

// A person's word about an anomaly is kept, with the name.
func TestAnomalyResolved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shop := d.env.Tenant
	d.till(t, "ORDERANOM1")
	err := d.env.DB.InTenant(t.Context(), shop.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO payment_anomaly (account_id, event_id, reason, blocking, out_trade_no, detail, body_hash, first_at, last_at)
			SELECT id, 'EV1', 'amount', true, 'TRADEORDERANOM1', '{"expected":"11800","got":"1"}', decode(repeat('00', 32), 'hex'), now(), now() FROM payment_account`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b := d.signedIn(t, d.owner)
	b.wantStatus("/console/"+shop.Handle, http.StatusOK)
	b.see("/console/" + shop.Handle + "/anomalies")
	b.wantStatus("/console/"+shop.Handle+"/anomalies/1", http.StatusOK)
	if res := b.post("/console/"+shop.Handle+"/anomalies/1/resolve", url.Values{"note": {" "}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without a note: %d, want 422", res.StatusCode)
	}
	if res := b.post("/console/"+shop.Handle+"/anomalies/1/resolve", url.Values{"note": {"已退"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("resolve: %d, want 303", res.StatusCode)
	}
	b.wantStatus("/console/"+shop.Handle+"/anomalies/1", http.StatusOK)
	b.see("已退", d.owner.Name)
	if res := b.post("/console/"+shop.Handle+"/anomalies/1/resolve", url.Values{"note": {"又来"}}); res.StatusCode != http.StatusConflict {
		t.Errorf("resolve again: %d, want 409", res.StatusCode)
	}
}
