package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/payments"
	"galleria/payments/ledger"
	"galleria/tenant/tenantdb"
)

// The books show what was posted, in balance, page by page; a journal is reversed once, with
// a reason and a confirmation, by who may.
func TestBooks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	books := ledger.New(ledger.Deps{DB: d.env.DB, Audit: d.env.Audit})
	accountant := d.hire(t, d.env.Tenant, authz.Finance)
	b := d.signedIn(t, d.owner)
	home := "/console/" + d.env.Tenant.Handle + "/books"
	b.get(home)
	b.see("还没有账目")

	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		for n := range 60 {
			err := books.CapturedTx(t.Context(), tx, payments.Movement{
				Number: fmt.Sprintf("P%020d", n), Channel: payments.WeChat, AccountID: 7, AmountFen: money.Fen(1000 + n), At: tx.Now(),
			})
			if err != nil {
				return err
			}
		}
		return books.RefundedTx(t.Context(), tx, payments.Movement{Number: "R0", Channel: payments.WeChat, AccountID: 7, AmountFen: 500, At: tx.Now()})
	})
	b.get(home)
	b.see("借贷平衡", "¥617.70", "¥612.70", "-¥5.00", "receivable:wechat:7")
	account := home + "/accounts/receivable:wechat:7"
	b.get(account)
	b.see("P00000000000000000059", "R0", "借方发生额")
	b.miss("P00000000000000000010")
	next := between(t, b.page, "before=", `"`)
	b.get(account + "?before=" + next)
	b.see("P00000000000000000010", "P00000000000000000000")
	b.miss("P00000000000000000059", "R0")
	for _, gone := range []string{home + "/accounts/nobody", home + "/accounts/sales:x", home + "/journals/999", home + "/journals/x"} {
		b.wantStatus(gone, http.StatusNotFound)
	}
	b.get(home + "?from=2026-13-01&to=x")
	b.see("借贷平衡")

	b.get(home + "/journals/1")
	b.see("冲销凭证")
	reverse := func(form url.Values, want int) {
		t.Helper()
		if got := b.post(home+"/journals/1/reverse", form).StatusCode; got != want {
			t.Errorf("reverse %v: %d, want %d", form, got, want)
		}
	}
	reverse(url.Values{"reason": {""}, "confirm": {"yes"}}, http.StatusUnprocessableEntity)
	reverse(url.Values{"reason": {strings.Repeat("错", 201)}, "confirm": {"yes"}}, http.StatusUnprocessableEntity)
	reverse(url.Values{"reason": {"记错了"}}, http.StatusUnprocessableEntity)
	b.see("记错了", "请勾选确认")
	reverse(url.Values{"reason": {"记错了"}, "confirm": {"yes"}}, http.StatusSeeOther)
	b.get(home + "/journals/1")
	reverse(url.Values{"reason": {"再来一次"}, "confirm": {"yes"}}, http.StatusConflict)
	b.get(home + "/journals/1")
	b.see("这张凭证已被冲销")
	b.miss("冲销凭证</button>")
	b.get(home)
	b.see("借贷平衡", "¥607.70")

	sheet := b.post(home+"/export", url.Values{"from": {""}, "to": {""}})
	if sheet.StatusCode != http.StatusOK || !strings.Contains(b.page, "receivable:wechat:7") || !strings.HasPrefix(b.page, "\ufeff") {
		t.Errorf("export: %d %.200q", sheet.StatusCode, b.page)
	}

	finance := d.signedIn(t, accountant)
	finance.get(home + "/journals/2")
	finance.miss("冲销凭证")
	if got := finance.post(home+"/journals/2/reverse", url.Values{"reason": {"x"}, "confirm": {"yes"}}).StatusCode; got != http.StatusForbidden {
		t.Errorf("finance reverses: %d", got)
	}
}

// between is what stands between the last before and the first after it.
func between(t *testing.T, text, before, after string) string {
	t.Helper()
	i := strings.LastIndex(text, before)
	if i < 0 {
		t.Fatalf("no %q on the page", before)
	}
	rest, _, _ := strings.Cut(text[i+len(before):], after)
	return rest
}
