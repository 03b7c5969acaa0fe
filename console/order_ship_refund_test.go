package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"galleria/console/authz"
)

// T075: whoever is about to send an order sees that money of it goes back: a part is for a
// person to judge, the whole keeps the goods, in the form, in the list and on the picking list.
func TestT075ShippingWarnsOfRefunds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	no := d.stock(t, d.env.Tenant, "阿哲").orderNos[5]
	shop := "/console/" + d.env.Tenant.Handle
	page := shop + "/orders/" + no
	owner, packer := d.signedIn(t, d.owner), d.signedIn(t, d.hire(t, d.env.Tenant, authz.Warehouse))
	rows := url.Values{"do": {"check"}, "rows": {no + ",sf,SF1234567890123"}}

	packer.wantStatus(page+"/ship", http.StatusOK)
	packer.miss("退款")
	part, res := owner.refund(d.env.Tenant.Handle, no, "58.00")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("ask for a part: %d %.300s", res.StatusCode, owner.page)
	}
	packer.wantStatus(page+"/ship", http.StatusOK)
	packer.see("该订单有 ¥58.00 正在退款", "确认发货")
	packer.miss(part) // who packs may not look at refunds
	owner.wantStatus(page+"/ship", http.StatusOK)
	owner.see("该订单有 ¥58.00 正在退款", `href="`+part+`"`)
	packer.wantStatus(shop+"/shipments", http.StatusOK)
	packer.wantPost(shop+"/shipments", rows, http.StatusOK)
	packer.see("可用 1 / 共 1 行", "有 ¥58.00 正在退款")
	packer.wantStatus(shop+"/picking", http.StatusOK)
	packer.see(no)

	if _, res := owner.refund(d.env.Tenant.Handle, no, "118.00"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("ask for the rest: %d %.300s", res.StatusCode, owner.page)
	}
	packer.wantStatus(page+"/ship", http.StatusOK)
	packer.see("该订单正在全额退款，请勿发货")
	packer.miss("确认发货")
	packer.wantStatus(shop+"/shipments", http.StatusOK)
	packer.wantPost(shop+"/shipments", rows, http.StatusOK)
	packer.see("可用 0 / 共 1 行", "正在全额退款，请勿发货")
	rows.Set("do", "ship")
	packer.wantPost(shop+"/shipments", rows, http.StatusOK)
	packer.miss("已发货")
	packer.wantStatus(shop+"/picking", http.StatusOK)
	packer.miss(no)
}
