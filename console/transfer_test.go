package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/console/authz"
	"galleria/tenant/tenantdb"
)

// payout writes a transfer of a status with its timeline, as payments/transfer would.
func (d *desk) payout(t *testing.T, outBillNo, status, lastCode string) {
	t.Helper()
	err := d.env.DB.InTenant(t.Context(), d.env.Tenant.ID, func(tx tenantdb.Tx) error {
		for _, sql := range []string{
			`INSERT INTO payment_account (account_key, channel, mode, name, merchant_no, config) VALUES
			 ('abcdefghijklmnopqrstuvwxyy', 'wechat', 'sandbox', '测试商户', '1900000902', '{"base_url":"http://127.0.0.1:1"}') ON CONFLICT DO NOTHING`,
			`INSERT INTO transfer (out_bill_no, source_kind, source_no, account_id, channel, app_id, receiver_kind, receiver_sealed, receiver_hint, amount_fen, title, terms, status, last_code,
			   last_error, created_by, created_at, updated_at, finished_at)
			 SELECT '` + outBillNo + `', 'commission', 'YJ` + outBillNo + `', max(id), 'wechat', 'wxtill', 'open_id', '\x00', 'oUp***f9Qk 李**', 8800, '推广佣金', '{}', '` + status + `', '` + lastCode + `',
			   '', 'system', now(), now(), CASE WHEN '` + status + `' IN ('succeeded', 'failed', 'cancelled') THEN now() END FROM payment_account WHERE merchant_no = '1900000902'`,
			`INSERT INTO transfer_event (transfer_id, at, event, to_status, actor) SELECT id, now(), 'create', 'created', 'system' FROM transfer WHERE out_bill_no = '` + outBillNo + `'`,
			`INSERT INTO payment_exchange (account_id, out_trade_no, out_bill_no, step, asked, answered, answer, took_ms, at)
			 SELECT account_id, '', out_bill_no, 'transfer', 'POST /transfer-bills', '{"openid":"***"}', 200, 12, now() FROM transfer WHERE out_bill_no = '` + outBillNo + `'`,
		} {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The list has its parts, a transfer shows its way, and what is legal can be done: asking
// again, and taking back with a reason and a confirmation; nothing else.
func TestTransferPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	base := "/console/" + d.env.Tenant.Handle + "/transfers"
	hired := d.hire(t, d.env.Tenant, authz.Manager) // before the rights are remembered
	b := d.signedIn(t, d.owner)
	b.wantStatus(base, http.StatusOK)
	b.see("还没有转账")
	d.payout(t, "BILLWAITS1", "wait_user_confirm", "")
	d.payout(t, "BILLSTUCK1", "submitted", "PROVIDER_NOT_ENOUGH")
	d.payout(t, "BILLDONE01", "succeeded", "")
	for status, want := range map[string]string{"": "BILLDONE01", "receiver": "BILLWAITS1", "stuck": "BILLSTUCK1", "done": "BILLDONE01"} {
		b.wantStatus(base+"?status="+status, http.StatusOK)
		b.see(want, "88.00")
		if status == "receiver" && strings.Contains(b.page, "BILLSTUCK1") {
			t.Error("the tab shows what is not in it")
		}
	}
	b.wantStatus(base+"?status=over", http.StatusOK)
	b.see("没有符合条件")
	b.wantStatus(base+"?amount=88&channel=wechat&q=YJBILLWAITS1", http.StatusOK)
	b.see("BILLWAITS1")

	b.wantStatus(base+"/BILLSTUCK1", http.StatusOK)
	b.see("商户账户余额不足", "发起转账", "oUp***f9Qk", "与渠道的往来", "POST /transfer-bills")
	if res := b.post(base+"/BILLSTUCK1/retry", url.Values{}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("ask again: %d, want 303", res.StatusCode)
	}
	for name, c := range map[string]struct {
		form url.Values
		want int
	}{
		"without a reason":       {url.Values{"reason": {" "}, "sure": {"1"}}, http.StatusUnprocessableEntity},
		"without a confirmation": {url.Values{"reason": {"填错了"}}, http.StatusUnprocessableEntity},
	} {
		b.get(base)
		if res := b.post(base+"/BILLWAITS1/cancel", c.form); res.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, c.want)
		}
	}
	if res := b.post(base+"/BILLWAITS1/cancel", url.Values{"reason": {"填错了"}, "sure": {"1"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("cancel: %d, want 303 %.300s", res.StatusCode, b.page)
	}
	b.wantStatus(base+"/BILLWAITS1", http.StatusOK)
	b.see("撤销中", "填错了", d.owner.Name)
	for path, form := range map[string]url.Values{"/BILLDONE01/retry": {}, "/BILLWAITS1/retry": nil, "/BILLDONE01/cancel": {"reason": {"晚了"}, "sure": {"1"}}} {
		want := http.StatusConflict
		if form == nil { // a cancellation that is under way is asked about again
			want = http.StatusSeeOther
		}
		b.get(base)
		if res := b.post(base+path, form); res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
	}
	b.wantStatus(base+"/NOSUCHBILL", http.StatusNotFound)
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/audit?group=transfer", http.StatusOK)
	b.see("撤销了转账", "再次询问了转账结果")
	if res := b.post(base+"/export", url.Values{"format": {"csv"}, "status": {"done"}}); res.StatusCode != http.StatusOK || !strings.Contains(b.page, "BILLDONE01") || strings.Contains(b.page, "BILLSTUCK1") {
		t.Errorf("export: %d %.300s", res.StatusCode, b.page)
	}
	// Whoever may look may not act.
	manager := d.signedIn(t, hired)
	manager.wantStatus(base+"/BILLSTUCK1", http.StatusOK)
	if strings.Contains(manager.page, "/retry") || strings.Contains(manager.page, "/cancel") {
		t.Error("the page offers what its viewer may not do")
	}
	if res := manager.post(base+"/BILLSTUCK1/retry", url.Values{}); res.StatusCode != http.StatusForbidden {
		t.Errorf("a manager asks again: %d, want 403", res.StatusCode)
	}
	d.signedIn(t, d.clerk).wantStatus(base, http.StatusForbidden)
}
