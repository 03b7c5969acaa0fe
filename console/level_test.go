package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"galleria/commerce/level"
	"galleria/console/authz"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

func levelsOf(env *tenanttest.Env) *level.Service {
	return level.New(level.Deps{DB: env.DB, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit})
}

// TestLevelsInTheConsole: how members grow is saved, a level is refused, added, worded anew and
// ended, its prices are pasted, a member is given growth once, and the list of members knows it.
func TestLevelsInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	var member, sku, fen int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "WITH m AS (INSERT INTO member (status, nickname) VALUES ('active', '山里人') RETURNING id), k AS (SELECT id, price_fen FROM sku ORDER BY id LIMIT 1) SELECT m.id, k.id, k.price_fen FROM m, k").Scan(&member, &sku, &fen)
	})
	helper := d.hire(t, d.env.Tenant, authz.Support)
	b := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	all := shop + "/levels"
	b.wantStatus(all, http.StatusOK)
	b.see("会员等级还没有开启", "还没有等级")
	b.wantStatus(all+"/settings", http.StatusOK)
	typed := url.Values{"version": {"0"}, "enabled": {"1"}, "earn_fen": {"一元"}, "earn_growth": {"1"}, "order_growth": {"0"}, "review_growth": {"5"}}
	b.wantPost(all+"/settings", typed, http.StatusUnprocessableEntity)
	b.see("请填写 0.01 到 100000 元", `value="一元"`)
	typed.Set("earn_fen", "1")
	b.wantPost(all+"/settings", typed, http.StatusSeeOther)
	b.wantPost(all+"/settings", typed, http.StatusConflict) // of an old page
	b.see("等级设置已被他人修改")

	b.wantStatus(all+"/new", http.StatusOK)
	gold := url.Values{"version": {""}, "name": {""}, "threshold": {"300"}, "off_bps": {"11"}, "points_bps": {"1.5"}, "valid_days": {"365"}, "keep_growth": {"100"}}
	b.wantPost(all+"/new", gold, http.StatusUnprocessableEntity)
	b.see("不打折就不填", `value="11"`)
	gold.Set("off_bps", "9.5")
	b.wantPost(all+"/new", gold, http.StatusUnprocessableEntity)
	b.see("请填写 1 到 20 个字")
	gold.Set("name", "金卡")
	b.wantPost(all+"/new", gold, http.StatusSeeOther)
	gold.Set("name", "金卡二")
	b.wantPost(all+"/new", gold, http.StatusConflict)
	b.see("已有等级使用这个成长值门槛")
	b.wantStatus(all, http.StatusOK)
	b.see("金卡", "9.5 折", "1.5 倍积分", "365 天后复核，扣 100 成长值")
	var id int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT level_id FROM level_version").Scan(&id)
	})
	one := all + "/" + fmt.Sprint(id)
	b.wantStatus(one, http.StatusOK)
	b.see(`value="9.50"`, `value="1.50"`)
	gold.Set("version", "1")
	b.wantPost(one, gold, http.StatusSeeOther)

	b.wantStatus(one+"/prices", http.StatusOK)
	b.see("还没有会员价")
	paste := func(rows string) url.Values { return url.Values{"version": {"2"}, "rows": {rows}} }
	b.wantPost(one+"/prices", paste("没有这个\t8.5\n只有一列"), http.StatusUnprocessableEntity)
	b.see("第 2 行", "要有编码和价格两列")
	b.wantPost(one+"/prices", paste("没有这个\t8.5\r\n"+fmt.Sprint(sku)+",999999"), http.StatusUnprocessableEntity)
	b.see("没有这个规格", "会员价要低于售价")
	b.wantPost(one+"/prices", paste(fmt.Sprint(sku)+"\t0.01\r\n"), http.StatusSeeOther)
	b.wantStatus(one+"/prices", http.StatusOK)
	b.see("¥0.01")
	b.wantPost(one+"/prices", paste(fmt.Sprint(sku)+" -"), http.StatusConflict) // of an old page

	growth := all + "/members/" + fmt.Sprint(member)
	b.wantStatus(growth, http.StatusOK)
	b.see("无等级", "还差 300 成长值")
	give := url.Values{"way": {"give"}, "growth": {"320"}, "reason": {""}, "key": {b.value("key")}}
	b.wantPost(growth, give, http.StatusUnprocessableEntity)
	b.see("请填写 1 到 100 个字的原因", `value="320"`)
	give.Set("reason", "线下团购")
	for range 2 { // the second is the same deed
		b.wantPost(growth, give, http.StatusSeeOther)
	}
	b.wantStatus(growth, http.StatusOK)
	b.see("线下团购", "升级", "金卡二")
	b.wantPost(growth, url.Values{"way": {"take"}, "growth": {"321"}, "reason": {"误加"}, "key": {"k2"}}, http.StatusUnprocessableEntity)
	b.see("成长值不够扣减")
	b.wantStatus(shop+"/members?level="+fmt.Sprint(id), http.StatusOK)
	b.see("山里人", "金卡二")
	b.wantStatus(shop+"/members?level="+fmt.Sprint(id+1), http.StatusOK)
	b.see("没有符合条件")
	b.wantStatus(shop+"/members/"+fmt.Sprint(member), http.StatusOK)
	b.see("金卡二", "/levels/members/")

	b.wantPost(one+"/end", url.Values{"version": {"3"}}, http.StatusUnprocessableEntity)
	b.see("请先勾选确认")
	b.wantPost(one+"/end", url.Values{"version": {"3"}, "sure": {"1"}}, http.StatusSeeOther)
	b.wantStatus(one, http.StatusNotFound)
	b.wantStatus(shop+"/audit", http.StatusOK)
	b.see("修改了成长规则", "的成长值")

	support := d.signedIn(t, helper)
	support.wantStatus(all, http.StatusOK)
	support.wantStatus(all+"/settings", http.StatusForbidden)
	support.wantPost(growth, give, http.StatusForbidden)
}
