package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/console/authz"
)

// In a shop that asks for it, what staff without the right to approve do to products waits: new
// ones and changes of those on sale, with what would change, until somebody approves it or says
// why not.
func TestProductsAreApproved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	clerk := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Warehouse))
	boss := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	boss.wantStatus(shop+"/products", http.StatusOK)
	boss.see("/approvals")
	boss.wantStatus(shop+"/approvals", http.StatusOK)
	boss.see("没有待审核的商品", "商品上架前需要审核")
	if res := boss.post(shop+"/approvals", url.Values{"needed": {"1"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("setting: %d", res.StatusCode)
	}
	clerk.wantStatus(shop+"/approvals", http.StatusOK)
	clerk.see("本店商品上架前需要审核")
	clerk.miss("name=\"needed\"")
	if res := clerk.post(shop+"/approvals", url.Values{}); res.StatusCode != http.StatusForbidden {
		t.Errorf("setting without the right: %d", res.StatusCode)
	}

	// A new product.
	clerk.wantStatus(shop+"/products/new", http.StatusOK)
	res := clerk.send(shop+"/products", teapot(), nil)
	page, done, _ := strings.Cut(res.Header.Get("Location"), "?")
	if res.StatusCode != http.StatusSeeOther || done != "done=product_submitted" {
		t.Fatalf("saving: %d %s", res.StatusCode, res.Header.Get("Location"))
	}
	clerk.wantStatus(page+"?"+done, http.StatusOK)
	clerk.see("已提交审核，通过后生效", "等待审核", "撤回提交", "草稿")
	clerk.miss("name=\"reason\"")
	if res := clerk.post(page+"/approval", url.Values{"do": {"approve"}, "rev": {"1"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("approved by the clerk: %d", res.StatusCode)
	}
	boss.wantStatus(shop, http.StatusOK)
	boss.see("商品等您审核")
	boss.wantStatus(shop+"/products", http.StatusOK)
	boss.see("待审核")
	boss.wantStatus(shop+"/approvals", http.StatusOK)
	boss.see("紫砂壶", "商品上架", "李warehouse")
	boss.wantStatus(page, http.StatusOK)
	decide := func(want int, values url.Values) {
		t.Helper()
		values.Set("rev", boss.value("rev"))
		if res := boss.post(page+"/approval", values); res.StatusCode != want {
			t.Fatalf("%v: %d %.300s", values, res.StatusCode, boss.page)
		}
	}
	decide(http.StatusUnprocessableEntity, url.Values{"do": {"reject"}})
	boss.see("驳回时请写明原因")
	decide(http.StatusSeeOther, url.Values{"do": {"reject"}, "reason": {"图片不清楚"}})
	clerk.wantStatus(page, http.StatusOK)
	clerk.see("审核未通过", "图片不清楚")
	if res := clerk.post(page+"/shelf", url.Values{"to": {"on"}}); !strings.Contains(res.Header.Get("Location"), "done=product_submitted") {
		t.Errorf("put up: %d %s", res.StatusCode, res.Header.Get("Location"))
	}
	boss.wantStatus(page, http.StatusOK)
	decide(http.StatusSeeOther, url.Values{"do": {"approve"}})
	boss.wantStatus(page, http.StatusOK)
	boss.see(`value="off"`)
	boss.miss("等待审核")

	// A change of what is on sale.
	edit := func() answer {
		clerk.wantStatus(page+"/edit", http.StatusOK)
		form := teapot()
		form["price_0_0_0"], form["title"] = "99", "紫砂壶 秋季款"
		for _, name := range []string{"version", "sku_0_0_0", "was_0_0_0", "category"} {
			form[name] = clerk.value(name)
		}
		return clerk.send(page, form, nil)
	}
	if res := edit(); !strings.Contains(res.Header.Get("Location"), "done=product_submitted") {
		t.Fatalf("editing: %d %.300s", res.StatusCode, clerk.page)
	}
	if res := edit(); res.StatusCode != http.StatusConflict {
		t.Errorf("editing again: %d", res.StatusCode)
	}
	clerk.see("已有修改在等待审核", "紫砂壶 秋季款")
	boss.wantStatus(page, http.StatusOK)
	boss.see("¥129.90", "¥99.00", "紫砂壶 秋季款", "售价")
	bulk := clerk.post(shop+"/products/prices", url.Values{"id": {page[strings.LastIndex(page, "/")+1:] + ":9"}, "price_mode": {"set"}, "price_value": {"1"}, "confirm": {"1"}})
	if bulk.StatusCode != http.StatusOK {
		t.Errorf("prices: %d", bulk.StatusCode)
	}
	clerk.see("已有修改在等待审核")
	boss.wantStatus(page, http.StatusOK)
	decide(http.StatusSeeOther, url.Values{"do": {"approve"}})
	boss.wantStatus(page, http.StatusOK)
	boss.see("紫砂壶 秋季款", "¥99.00")
	boss.miss("¥129.90")
	boss.wantStatus(shop+"/audit", http.StatusOK)
	boss.see("提交了", "审核通过了", "驳回了")

	// Taken back by who asked.
	if res := edit(); res.StatusCode != http.StatusSeeOther {
		t.Errorf("editing anew: %d", res.StatusCode)
	}
	clerk.wantStatus(page, http.StatusOK)
	if rev := clerk.value("rev"); rev != "" {
		if res := clerk.post(page+"/withdraw", url.Values{"rev": {rev}}); res.StatusCode != http.StatusSeeOther {
			t.Errorf("withdrawn: %d", res.StatusCode)
		}
	} else {
		t.Error("nothing to take back")
	}
	clerk.wantStatus(page, http.StatusOK)
	clerk.miss("等待审核")
}
