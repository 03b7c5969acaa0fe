package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/commerce/points"
	"galleria/console/authz"
	"galleria/payments/ledger"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

func pointsOf(env *tenanttest.Env) *points.Service {
	return points.New(points.Deps{
		DB: env.DB, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, Books: ledger.New(ledger.Deps{DB: env.DB, Audit: env.Audit}), Coupons: couponsOf(env), Now: env.Clock().Now,
	})
}

// TestPointsInTheConsole: terms are refused and saved, a product earns otherwise, a member is
// given points once and taken no more than there are, and the report tells it.
func TestPointsInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	var member, product int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "WITH m AS (INSERT INTO member (status) VALUES ('active') RETURNING id) SELECT m.id, (SELECT min(id) FROM spu) FROM m").Scan(&member, &product)
	})
	var title string
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT title FROM spu WHERE id = $1", product).Scan(&title)
	})
	helper := d.hire(t, d.env.Tenant, authz.Support)
	b := d.signedIn(t, d.owner)
	all := "/console/" + d.env.Tenant.Handle + "/points"
	b.wantStatus(all, http.StatusOK)
	b.see("积分还没有开启", "这段时间没有积分变动")
	b.wantStatus(all+"/settings", http.StatusOK)
	typed := url.Values{
		"version": {"0"}, "enabled": {"1"}, "earn_fen": {"1"}, "earn_points": {"1"}, "sign_points": {"5"}, "week_points": {"20"}, "invite_points": {"0"}, "redeem": {"1"},
		"per_yuan": {"很多"}, "cap_bps": {"30"}, "step": {"1"}, "least": {"0"}, "most": {"0"}, "valid_days": {"365"}, "grace_days": {"7"},
	}
	b.wantPost(all+"/settings", typed, http.StatusUnprocessableEntity)
	b.see("请填写 1 到 100000", `value="很多"`)
	typed.Set("per_yuan", "100")
	b.wantPost(all+"/settings", typed, http.StatusSeeOther)
	b.wantPost(all+"/settings", typed, http.StatusConflict) // of an old page
	b.see("积分设置已被他人修改")

	b.wantStatus(all+"/products", http.StatusOK)
	b.wantPost(all+"/products", url.Values{"times": {"2"}}, http.StatusUnprocessableEntity)
	b.see("请先搜索并勾选商品")
	b.wantPost(all+"/products", url.Values{"product": {"999999"}, "times": {"2"}}, http.StatusUnprocessableEntity)
	b.wantPost(all+"/products", url.Values{"find": {"product"}, "product_q": {title}, "times": {"3"}}, http.StatusOK)
	b.see(title, `value="3"`, `name="product" value="`+fmt.Sprint(product)+`"`)
	b.wantPost(all+"/products", url.Values{"product": {fmt.Sprint(product)}, "times": {"2"}, "extra": {"10"}}, http.StatusSeeOther)
	b.wantStatus(all+"/products", http.StatusOK)
	b.see("2 倍", "恢复统一规则")
	b.wantPost(all+"/products/end", url.Values{"product": {fmt.Sprint(product)}}, http.StatusSeeOther)

	one := all + "/members/" + fmt.Sprint(member)
	b.wantStatus(one, http.StatusOK)
	give := url.Values{"way": {"give"}, "points": {"200"}, "reason": {""}, "key": {b.value("key")}}
	b.wantPost(one, give, http.StatusUnprocessableEntity)
	b.see("请填写 1 到 100 个字的原因", `value="200"`)
	give.Set("reason", "发错货的补偿")
	for range 2 { // the second is the same deed
		b.wantPost(one, give, http.StatusSeeOther)
	}
	b.wantStatus(one, http.StatusOK)
	b.see("发错货的补偿", "可抵 ¥2.00")
	b.wantPost(one, url.Values{"way": {"take"}, "points": {"201"}, "reason": {"误发"}, "key": {"k2"}}, http.StatusUnprocessableEntity)
	b.see("可用积分不够扣减")
	b.wantPost(one, url.Values{"way": {"take"}, "points": {"50"}, "reason": {"误发"}, "key": {"k2"}}, http.StatusSeeOther)

	b.wantStatus(all+"/entries?kind=take", http.StatusOK)
	b.see("误发", "-50")
	b.wantStatus(all, http.StatusOK)
	b.see("¥1.50")
	if file := b.post(all+"/export", url.Values{"format": {"csv"}}); file.StatusCode != http.StatusOK || !strings.Contains(b.page, "200") {
		t.Errorf("the file is %d %q", file.StatusCode, b.page)
	}
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/audit", http.StatusOK)
	b.see("修改了积分设置", "的积分")

	support := d.signedIn(t, helper)
	support.wantStatus(all, http.StatusOK)
	support.wantStatus(all+"/settings", http.StatusForbidden)
	support.wantPost(one, give, http.StatusForbidden)
}

// TestMallInTheConsole: a product is looked for and its variant given for points, faults stand
// beside their fields, an old page is refused, and a stopped offer stays stopped.
func TestMallInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	var product, sku int64
	var title string
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT p.id, p.title, min(s.id) FROM spu p JOIN sku s ON s.spu_id = p.id GROUP BY p.id ORDER BY p.id LIMIT 1").Scan(&product, &title, &sku)
	})
	helper := d.hire(t, d.env.Tenant, authz.Support)
	b := d.signedIn(t, d.owner)
	all := "/console/" + d.env.Tenant.Handle + "/points/mall"
	b.wantStatus(all, http.StatusOK)
	b.see("还没有兑换商品")
	b.wantStatus(all+"/new", http.StatusOK)
	typed := url.Values{"title": {"尝鲜装"}, "points": {"200"}, "cash_fen": {"0.01"}, "stock": {"5"}, "per_member": {"1"}, "level": {"0"}, "starts_at": {"2026-01-01T08:00"}, "ends_at": {""}}
	typed.Set("find", "product")
	typed.Set("product_q", title)
	b.wantPost(all+"/new", typed, http.StatusOK)
	b.see(title, `value="尝鲜装"`)
	typed.Set("find", "variants")
	typed.Set("product", fmt.Sprint(product))
	b.wantPost(all+"/new", typed, http.StatusOK)
	b.see(`name="sku" value="` + fmt.Sprint(sku) + `"`)
	typed.Del("find")
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("再选择一个规格")
	typed.Set("sku", fmt.Sprint(sku))
	typed.Set("cash_fen", "9999999")
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("低于原价")
	typed.Set("cash_fen", "0.01")
	b.wantPost(all+"/new", typed, http.StatusSeeOther)
	b.wantStatus(all, http.StatusOK)
	b.see("尝鲜装", "200 积分 + ¥0.01")
	var offer int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error { return tx.QueryRow(t.Context(), "SELECT id FROM mall_offer").Scan(&offer) })
	one := all + "/" + fmt.Sprint(offer)
	b.wantStatus(one+"/edit", http.StatusOK)
	typed.Set("version", b.value("version"))
	typed.Set("stock", "9")
	b.wantPost(one+"/edit", typed, http.StatusSeeOther)
	b.wantPost(one+"/edit", typed, http.StatusConflict) // of an old page
	b.see("已被他人修改")
	b.wantStatus(one, http.StatusOK)
	b.see("已兑 0 / 共 9", "还没有人兑换")
	b.wantPost(one+"/stop", url.Values{}, http.StatusUnprocessableEntity)
	b.wantPost(one+"/stop", url.Values{"sure": {"1"}}, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.see("已停止")
	b.wantStatus(all+"/new", http.StatusOK) // its page has no form any more
	b.wantPost(one+"/stop", url.Values{"sure": {"1"}}, http.StatusConflict)
	b.wantStatus(all+"/new?gives=coupon", http.StatusOK)
	b.see("没有正在发放的优惠券")

	b = d.signedIn(t, helper)
	b.wantStatus(all+"/new", http.StatusForbidden)
}
