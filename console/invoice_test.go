package console_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"galleria/commerce/invoice"
	"galleria/commerce/picture"
	"galleria/console/authz"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

func invoicesOf(t *testing.T, env *tenanttest.Env) *invoice.Service {
	t.Helper()
	return invoice.New(invoice.Deps{
		DB: env.DB, Vault: env.Vault, Audit: env.Audit, Outbox: env.Outbox, Plans: env.Plans, Store: picture.Files{Store: picture.NewFolder(t.TempDir())},
		Now: env.Clock().Now, Rand: rand.Reader,
	})
}

// TestInvoicesInTheConsole: what waits is on the dashboard and exported, one is refused, another
// recorded after what was typed wrongly is named, and voided once money went back. Who may only
// look sees neither name nor tax number.
func TestInvoicesInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	invoices := invoicesOf(t, d.env)
	ctx, shop := t.Context(), d.env.Tenant.ID
	var buyer int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		if err := tx.QueryRow(ctx, "INSERT INTO member (status) VALUES ('active') RETURNING id").Scan(&buyer); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, payable_fen, address, expires_at, placed_at, paid_at, paid_by)
			SELECT no, $1, 'wx', 'paid', 11800, 11800, '{}', now(), now(), now(), no FROM unnest(ARRAY['INVOICE001', 'INVOICE002']) no`, buyer)
		return err
	})
	company := invoice.Party{Kind: invoice.Company, Name: "云南青禾茶业有限公司", TaxNumber: "91350100M000100Y43", Email: "cw@example.com"}
	ids := map[string]string{}
	for _, no := range []string{"INVOICE001", "INVOICE002"} {
		r, err := invoices.Ask(ctx, shop, buyer, no, invoice.AskInput{Party: company})
		if err != nil {
			t.Fatal(err)
		}
		ids[no] = strconv.FormatInt(r.ID, 10)
	}
	helper := d.hire(t, d.env.Tenant, authz.Support)
	b := d.signedIn(t, d.owner)
	home := "/console/" + d.env.Tenant.Handle
	all := home + "/invoices"
	b.wantStatus(home, http.StatusOK)
	b.see("发票待开")
	b.wantStatus(all, http.StatusOK)
	b.see("INVOICE001", "云南青禾茶业有限公司", "118.00")
	if file := b.post(all+"/export", url.Values{"format": {"csv"}}); file.StatusCode != http.StatusOK || strings.Count(b.page, "91350100M000100Y43") != 2 {
		t.Errorf("the export is %d %q", file.StatusCode, b.page)
	}
	first, second := all+"/"+ids["INVOICE001"], all+"/"+ids["INVOICE002"]
	b.wantStatus(first, http.StatusOK)
	b.wantPost(first+"/refuse", url.Values{"reason": {""}}, http.StatusUnprocessableEntity)
	b.see("请填写 1 到 200 个字")
	b.wantPost(first+"/refuse", url.Values{"reason": {"抬头与税号不符"}}, http.StatusSeeOther)
	b.wantStatus(first, http.StatusOK)
	b.see("已拒绝", "抬头与税号不符")
	b.wantPost(second+"/issue", url.Values{"amount": {"118.00"}, "number": {"12"}, "on": {"x"}, "link": {"http://inv"}}, http.StatusUnprocessableEntity)
	b.see("请填写 8 到 32 位数字", "请填写不晚于今天的日期", "请填写 https:// 开头的地址")
	day := tenant.BusinessDay(d.env.Clock().Now()).Format("2006-01-02")
	typed := url.Values{"amount": {"100.00"}, "number": {"26532000000012345678"}, "on": {day}, "link": {"https://inv.example.com/1"}}
	b.wantPost(second+"/issue", typed, http.StatusConflict)
	b.see("订单可开票金额已变化")
	typed.Set("amount", "118.00")
	b.wantPost(second+"/issue", typed, http.StatusSeeOther)
	b.wantPost(second+"/issue", typed, http.StatusConflict)
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE orders SET refunded_fen = 2500 WHERE order_no = 'INVOICE002'"); err != nil {
			return err
		}
		return invoices.FollowOrderTx(ctx, tx, "INVOICE002")
	})
	b.wantStatus(home, http.StatusOK)
	b.see("发票待红冲")
	b.wantStatus(all+"?tab=red", http.StatusOK)
	b.see("26532000000012345678", "93.00")
	red := url.Values{"red_number": {"26532000000012345699"}, "red_on": {day}}
	b.wantPost(second+"/void", red, http.StatusUnprocessableEntity)
	red.Set("sure", "1")
	b.wantPost(second+"/void", red, http.StatusSeeOther)
	b.wantStatus(second, http.StatusOK)
	b.see("已红冲", "26532000000012345699")
	b.wantStatus(home+"/orders/INVOICE002", http.StatusOK)
	b.see("已红冲", "26532000000012345678", "26532000000012345699", second, "查看发票")

	b.wantStatus(all, http.StatusOK)
	b.see("已开放")
	b.wantPost(all+"/offer", url.Values{"offered": {"0"}}, http.StatusSeeOther)
	b.wantStatus(all, http.StatusOK)
	b.see("已关闭", "开放申请")
	if _, err := invoices.Ask(ctx, shop, buyer, "INVOICE002", invoice.AskInput{Party: company}); !errors.Is(err, invoice.ErrOff) {
		t.Errorf("ask in a shop that takes no requests: %v, want INVOICE_OFF", err)
	}

	c := d.signedIn(t, helper)
	c.wantStatus(second, http.StatusOK)
	if strings.Contains(c.page, company.Name) || strings.Contains(c.page, company.TaxNumber) || strings.Contains(c.page, company.Email) {
		t.Error("who only looks sees for whom it is")
	}
	c.wantPost(second+"/refuse", url.Values{"reason": {"不"}}, http.StatusForbidden)
	c.wantPost(all+"/export", url.Values{"format": {"csv"}}, http.StatusForbidden)
	c.wantStatus(second+"/file", http.StatusForbidden)
	c.wantPost(all+"/offer", url.Values{"offered": {"1"}}, http.StatusForbidden)
	c.wantStatus(home+"/orders/INVOICE002", http.StatusOK)
	c.see(second)
	if strings.Contains(c.page, company.Name) {
		t.Error("who only looks sees on the order's page for whom its invoice is")
	}
}
