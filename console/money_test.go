package console_test

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"galleria/console/authz"
	"galleria/tenant/tenantdb"
)

// Where the money is stands on the order, on the payment and on a page of its own; lists are
// narrowed by what was typed, and exported by who may.
func TestWhereTheMoneyIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shop := d.env.Tenant
	d.till(t, "ORDERMONEY")
	home := "/console/" + shop.Handle
	b := d.signedIn(t, d.owner)
	for _, page := range []string{"/orders/ORDERMONEY", "/payments/TRADEORDERMONEY"} {
		b.wantStatus(home+page, http.StatusOK)
		b.see("这笔钱在哪里", "¥118.00 被冻结：发货信息还没有上传成功。", "还没有发货", "账单一般在第二天上午可取")
	}
	b.wantStatus(home+"/money", http.StatusOK)
	b.see("冻结：还没有发货", "flag=unshipped", "测试商户")
	b.wantStatus(home+"/orders?flag=unshipped", http.StatusOK)
	b.see("ORDERMONEY")
	b.wantStatus(home+"/orders?flag=not_uploaded", http.StatusOK)
	b.miss("/orders/ORDERMONEY\"")
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO shipping_upload (order_no, app_id, out_trade_no, transaction_id, openid, amount_fen, state, error, attempts, updated_at)
			VALUES ('ORDERMONEY', 'wxtill', 'TRADEORDERMONEY', 'x', 'o1', 11800, 'failed', '268485195 不能操作', 3, now())`)
		return err
	})
	b.wantStatus(home+"/orders/ORDERMONEY", http.StatusOK)
	b.see("微信拒绝了发货信息", "268485195 不能操作", "已尝试 3 次")
	b.wantStatus(home+"/money", http.StatusOK)
	b.see("flag=not_uploaded")

	for query, found := range map[string]bool{
		"": true, "?amount=118": true, "?amount=100-200": true, "?amount=118.01-": false, "?amount=-117.99": false, "?channel=alipay": false, "?channel=wechat&status=succeeded": true,
		"?from=2000-01-01&to=2000-01-02": false, "?q=ORDERMONEY": true, "?q=nobody00": false, "?channel=%27": true,
	} {
		b.wantStatus(home+"/payments"+query, http.StatusOK)
		if strings.Contains(b.page, "/payments/TRADEORDERMONEY") != found {
			t.Errorf("payments%s: found %v, want %v", query, !found, found)
		}
	}
	b.wantStatus(home+"/payments?amount=1e9", http.StatusOK)
	b.see("金额格式不正确", `value="1e9"`)
	for _, page := range []string{"/refunds", "/anomalies", "/callbacks"} {
		b.wantStatus(home+page+"?from=2026-01-01&to=2026-12-31&channel=unionpay&q=TRADEORDERMONEY&status=event", http.StatusOK)
		b.see("清除条件")
	}
	for _, query := range []string{"", "?days=7", "?days=90", "?from=2026-01-01&to=2026-01-31", "?from=2020-01-01&to=2026-01-31", "?from=x", "?from=2026-02-01&to=2026-01-01"} {
		b.wantStatus(home+"/settlement"+query, http.StatusOK)
		b.see("结算概览")
	}
}

// Every table is sent in both formats, with what the list shows, never stored on the way, and
// recorded.
func TestT104Exports(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shop := d.env.Tenant
	d.till(t, "ORDEREXPORT")
	home := "/console/" + shop.Handle
	finance := d.hire(t, shop, authz.Finance)
	b := d.signedIn(t, d.owner)
	b.get(home + "/payments")
	if to, res := b.refund(shop.Handle, "ORDEREXPORT", "18.00"); res.StatusCode != http.StatusSeeOther || to == "" {
		t.Fatalf("refund: %d", res.StatusCode)
	}
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE refund SET note = '=HYPERLINK("http://evil.example")'`)
		return err
	})
	tables := map[string]string{ // the address and what is in it
		"/payments/export": "TRADEORDEREXPORT", "/refunds/export": "ORDEREXPORT", "/reconciliation/export": "", "/books/export": "",
		"/books/accounts/sales/export": "", "/settlement/export": "", "/audit/export": "",
	}
	f := d.signedIn(t, finance)
	for path, inside := range tables {
		for _, format := range []string{"csv", "xlsx"} {
			who := f
			if path == "/audit/export" {
				who = b
			}
			who.get(home + "/payments") // for the form's proof
			res := who.post(home+path, url.Values{"format": {format}})
			if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "no-store" || !strings.HasSuffix(res.Header.Get("Content-Disposition"), "."+format+`"`) {
				t.Errorf("%s %s: %d %v", path, format, res.StatusCode, res.Header)
				continue
			}
			if format == "csv" {
				rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(who.page, "\ufeff"))).ReadAll()
				if err != nil || len(rows) == 0 || !strings.Contains(who.page, inside) || strings.Contains(who.page, `,"=HYPER`) {
					t.Errorf("%s: %v %.300s", path, err, who.page)
				}
				continue
			}
			book, err := excelize.OpenReader(bytes.NewReader([]byte(who.page)))
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			rows, err := book.GetRows(book.GetSheetList()[0])
			if err != nil || len(rows) == 0 {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	f.get(home + "/payments")
	if res := f.post(home+"/payments/export", url.Values{"channel": {"alipay"}}); res.StatusCode != http.StatusOK || strings.Contains(f.page, "TRADEORDEREXPORT") {
		t.Errorf("an export that is narrowed: %d %.300s", res.StatusCode, f.page)
	}
	clerk := d.signedIn(t, d.clerk)
	for path := range tables {
		clerk.get(home)
		if res := clerk.post(home+path, url.Values{}); res.StatusCode != http.StatusForbidden {
			t.Errorf("a clerk exports %s: %d", path, res.StatusCode)
		}
	}
	b.wantStatus(home+"/audit", http.StatusOK)
	b.see("导出了支付记录", "导出了退款记录", "导出了对账日", "导出了科目 sales 的明细")
}
