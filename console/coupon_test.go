package console_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/commerce/coupon"
	"galleria/console/authz"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// couponsOf is the room of coupons.
func couponsOf(env *tenanttest.Env) *coupon.Service {
	return coupon.New(coupon.Deps{
		DB: env.DB, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, Rand: rand.Reader,
		HasPaid: func(context.Context, tenantdb.Querier, int64) (bool, error) { return false, nil },
	})
}

// TestCouponsInTheConsole: a coupon is previewed, saved, started, given after a second look,
// made into codes, and ended with a word of consent.
func TestCouponsInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	var member int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "INSERT INTO member (status) VALUES ('active') RETURNING id").Scan(&member)
	})
	helper := d.hire(t, d.env.Tenant, authz.Support)
	b := d.signedIn(t, d.owner)
	all := "/console/" + d.env.Tenant.Handle + "/coupons"
	b.wantStatus(all, http.StatusOK)
	b.see("还没有优惠券")
	b.wantStatus(all+"/new", http.StatusOK)
	typed := url.Values{
		"kind": {"goods"}, "title": {"秋茶上新"}, "way": {"amount"}, "off_fen": {"20"}, "need_fen": {"10"}, "scope_of": {"all"}, "validity": {"days"}, "valid_days": {"7"},
		"on_refund": {"restore"}, "again_days": {"3"}, "claimable": {"1"}, "per_member": {"1"}, "total": {"很多"},
	}
	find := url.Values{"title": {"秋茶上新"}, "scope_of": {"products"}, "find": {"product"}, "product_q": {"zzzz"}, "product": {"999"}}
	b.wantPost(all+"/new", find, http.StatusOK)
	b.see("没有找到", "已删除的商品 999", `value="秋茶上新"`)
	var product int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error { return tx.QueryRow(t.Context(), "SELECT min(id) FROM spu").Scan(&product) })
	find.Set("product", fmt.Sprint(product))
	b.wantPost(all+"/new", find, http.StatusOK)
	b.see(fmt.Sprintf(`name="product" value="%d" checked`, product))
	find.Del("find")
	find.Del("product")
	b.wantPost(all+"/new", find, http.StatusUnprocessableEntity)
	b.see("请选择 1 到 500 个")
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("请填写 1 到 10000000", `value="秋茶上新"`, `value="很多"`)
	typed.Set("total", "100")
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("门槛不能低于减免金额")
	typed.Set("need_fen", "100")
	typed.Set("preview", "1")
	b.wantPost(all+"/new", typed, http.StatusOK)
	b.see("买家会看到：满100减20")
	typed.Del("preview")
	b.wantPost(all+"/new", typed, http.StatusSeeOther)
	b.wantStatus(all+"?tab=draft", http.StatusOK)
	b.see("秋茶上新", "满100减20", "草稿")
	one := all + "/1"
	b.wantStatus(one, http.StatusOK)
	b.wantPost(one+"/status", url.Values{"to": {"live"}}, http.StatusSeeOther)
	b.wantStatus(one+"/edit", http.StatusOK)
	typed.Set("way", "share")
	typed.Set("off_bps", "8.5")
	typed.Set("cap_fen", "30")
	typed.Set("version", "7")
	b.wantPost(one+"/edit", typed, http.StatusConflict)
	typed.Set("version", "1")
	b.wantPost(one+"/edit", typed, http.StatusSeeOther)
	b.wantStatus(one+"/edit", http.StatusOK)
	b.see(`value="8.50"`, `value="30.00"`, `value="2"`)
	b.wantStatus(one, http.StatusOK)
	b.see("满100打8.5折，最高减30", "发放中")

	members := url.Values{"members": {fmt.Sprintf("%d，%d", member, member)}}
	b.wantPost(one+"/issue", url.Values{"members": {"阿哲"}}, http.StatusUnprocessableEntity)
	b.wantPost(one+"/issue", members, http.StatusOK)
	b.see("发给 1 位会员")
	members.Set("key", b.value("key"))
	members.Set("sure", "1")
	for range 2 { // the second is the same issue
		b.wantPost(one+"/issue", members, http.StatusSeeOther)
		b.wantStatus(one, http.StatusOK)
		b.see("1 / 100")
	}
	b.wantStatus(one+"/holders?tab=active", http.StatusOK)
	b.see("可使用", "员工发放")
	grant := url.Values{"grant": {b.value("grant")}}
	b.wantPost(one+"/revoke", url.Values{"reason": {"发错了"}}, http.StatusUnprocessableEntity)
	b.see("请至少选择一张", `value="发错了"`)
	b.wantPost(one+"/revoke", grant, http.StatusUnprocessableEntity)
	b.see("请写明原因", "checked")
	grant.Set("reason", "发错了")
	b.wantPost(one+"/revoke", grant, http.StatusSeeOther)
	b.wantStatus(one+"/holders", http.StatusOK)
	b.see("已收回")
	b.wantPost(one+"/codes", url.Values{"count": {"x"}}, http.StatusUnprocessableEntity)
	b.wantPost(one+"/codes", url.Values{"count": {"99999999999999999999"}}, http.StatusUnprocessableEntity)
	b.wantPost(one+"/codes", url.Values{"count": {"3"}}, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.see("已生成 3 个，已兑换 0 个")
	if file := b.post(one+"/codes/export", url.Values{"format": {"csv"}}); file.StatusCode != http.StatusOK || strings.Count(b.page, "\n") != 4 {
		t.Errorf("the file is %d %q", file.StatusCode, b.page)
	}
	b.wantStatus(one, http.StatusOK)
	b.wantPost(one+"/status", url.Values{"to": {"ended"}}, http.StatusUnprocessableEntity)
	b.see("请先勾选确认")
	b.wantPost(one+"/status", url.Values{"to": {"ended"}, "sure": {"1"}}, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.see("已结束")
	b.wantStatus(all+"/999", http.StatusNotFound)
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/audit", http.StatusOK)
	b.see("结束了", "收回了 1 张", "发错了")

	support := d.signedIn(t, helper)
	support.wantStatus(one, http.StatusOK)
	support.wantStatus(all+"/new", http.StatusForbidden)
}
