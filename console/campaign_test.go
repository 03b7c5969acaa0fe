package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"galleria/commerce/campaign"
	"galleria/console/authz"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// campaignsOf is the room of campaigns.
func campaignsOf(env *tenanttest.Env) *campaign.Service {
	return campaign.New(campaign.Deps{DB: env.DB, Audit: env.Audit, Timers: env.Timers, Outbox: env.Outbox, Tell: func(context.Context, tenantdb.Tx) error { return nil }})
}

// TestCampaignsInTheConsole: a timed discount and a reduction are typed, previewed, saved, started,
// refused where another is in the way with a link to it, shown in the calendar, and stopped with a
// word of consent; who may only read changes nothing.
func TestCampaignsInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	helper := d.hire(t, d.env.Tenant, authz.Support)
	b := d.signedIn(t, d.owner)
	all := "/console/" + d.env.Tenant.Handle + "/campaigns"
	b.wantStatus(all, http.StatusOK)
	b.see("这里还没有活动")
	b.wantStatus(all+"/calendar", http.StatusOK)
	b.see("这个月没有活动")
	b.wantStatus(all+"/new?kind=timed", http.StatusOK)
	var product, sku int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT spu_id, id FROM sku WHERE enabled AND price_fen > 200 ORDER BY id LIMIT 1").Scan(&product, &sku)
	})
	clock := func(d time.Duration) string {
		return time.Now().Add(d).In(time.FixedZone("", 8*60*60)).Format("2006-01-02T15:04")
	}
	typed := url.Values{
		"kind": {"timed"}, "title": {"双旦限时"}, "starts_at": {clock(-time.Hour)}, "ends_at": {clock(-2 * time.Hour)}, "way": {"share"}, "off_bps": {"8.5"}, "product": {fmt.Sprint(product)},
	}
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("结束时间要晚于开始时间", `value="双旦限时"`)
	typed.Set("ends_at", clock(48*time.Hour))
	typed.Set("preview", "1")
	b.wantPost(all+"/new", typed, http.StatusOK)
	b.see("买家会看到：限时8.5折")
	typed.Del("preview")
	typed.Set("way", "prices")
	typed.Set("find", "prices")
	b.wantPost(all+"/new", typed, http.StatusOK)
	b.see(fmt.Sprintf(`name="price_%d"`, sku))
	typed.Del("find")
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("至少填写一个活动价")
	typed.Set(fmt.Sprintf("price_%d", sku), "100000")
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("请填写低于原价的金额")
	typed.Set(fmt.Sprintf("price_%d", sku), "1.50")
	b.wantPost(all+"/new", typed, http.StatusSeeOther)
	b.wantStatus(all+"?tab=draft", http.StatusOK)
	b.see("双旦限时", "限时特价", "草稿")
	b.wantStatus(all+"/1", http.StatusOK)
	b.wantPost(all+"/1/start", url.Values{}, http.StatusSeeOther)
	b.wantStatus(all+"/1", http.StatusOK)
	b.see("进行中", "优惠成本", "¥1.50")
	b.wantStatus(all+"/1/edit", http.StatusOK)
	b.see(`value="1.50"`, "活动已启用，保存后立即")

	typed.Set("title", "又一个")
	b.wantPost(all+"/new", typed, http.StatusSeeOther)
	b.wantStatus(all+"/2", http.StatusOK)
	b.wantPost(all+"/2/start", url.Values{}, http.StatusConflict)
	b.see("已参加其他活动", fmt.Sprintf(`href="%s/1"`, all), "双旦限时")

	reduction := url.Values{
		"kind": {"reduction"}, "title": {"全场满减"}, "starts_at": {clock(time.Hour)}, "ends_at": {clock(72 * time.Hour)}, "way": {"amount"}, "need_of": {"amount"}, "scope_of": {"all"},
		"tier_0_need": {"100"}, "tier_0_off": {"20"}, "tier_1_need": {"90"}, "tier_1_off": {"30"},
	}
	b.wantPost(all+"/new", reduction, http.StatusUnprocessableEntity)
	b.see("并高于上一档")
	reduction.Set("tier_1_need", "200")
	reduction.Set("tier_1_free", "1")
	b.wantPost(all+"/new", reduction, http.StatusSeeOther)
	b.wantStatus(all+"/3", http.StatusOK)
	b.wantPost(all+"/3/start", url.Values{}, http.StatusSeeOther)
	b.wantStatus(all+"/3/edit", http.StatusOK)
	b.see(`name="tier_1_need" value="200.00"`, `name="tier_2_need" value=""`)
	reduction.Set("version", "7")
	b.wantPost(all+"/3/edit", reduction, http.StatusConflict)
	reduction.Set("version", "1")
	b.wantPost(all+"/3/edit", reduction, http.StatusSeeOther)
	b.wantStatus(all+"?tab=coming", http.StatusOK)
	b.see("满100减20，满200减30且包邮", "未开始")
	b.wantStatus(all+"/calendar", http.StatusOK)
	b.see("双旦限时")
	b.wantStatus(all+"/calendar?month=nonsense", http.StatusOK)

	b.wantStatus(all+"/1", http.StatusOK)
	b.wantPost(all+"/1/stop", url.Values{}, http.StatusUnprocessableEntity)
	b.see("请先勾选确认")
	b.wantStatus(all+"/1", http.StatusOK)
	b.wantPost(all+"/1/stop", url.Values{"sure": {"1"}}, http.StatusSeeOther)
	b.wantStatus(all+"/1", http.StatusOK)
	b.wantPost(all+"/1/start", url.Values{}, http.StatusConflict)
	b.wantStatus(all+"/2", http.StatusOK)
	b.wantPost(all+"/2/start", url.Values{}, http.StatusSeeOther)
	b.wantStatus(all+"/999", http.StatusNotFound)

	reader := d.signedIn(t, helper)
	reader.wantStatus(all+"/3", http.StatusOK)
	reader.wantStatus(all+"/new", http.StatusForbidden)
	reader.wantPost(all+"/3/stop", url.Values{"sure": {"1"}}, http.StatusForbidden)
}

// TestGiftInTheConsole: a gift is chosen out of products, refused next to the tier, shown with what
// there is of it, and typed back.
func TestGiftInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.owner)
	all := "/console/" + d.env.Tenant.Handle + "/campaigns"
	b.wantStatus(all+"/new?kind=reduction", http.StatusOK)
	b.see("可作赠品的商品", `name="gifts_stay"`)
	var product, sku int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT s.spu_id, s.id FROM sku s JOIN spu p ON p.id = s.spu_id WHERE s.enabled AND p.kind = 'physical' ORDER BY s.id LIMIT 1").Scan(&product, &sku)
	})
	clock := func(d time.Duration) string {
		return time.Now().Add(d).In(time.FixedZone("", 8*60*60)).Format("2006-01-02T15:04")
	}
	typed := url.Values{
		"kind": {"reduction"}, "title": {"满百有礼"}, "starts_at": {clock(-time.Hour)}, "ends_at": {clock(time.Hour)}, "way": {"amount"}, "need_of": {"amount"}, "scope_of": {"all"},
		"tier_0_need": {"100"}, "gift": {fmt.Sprint(product)}, "find": {"gifts"},
	}
	b.wantPost(all+"/new", typed, http.StatusOK)
	b.see(fmt.Sprintf(`<option value="%d"`, sku), "送完后改送")
	typed.Del("find")
	typed.Set("tier_0_gift", "999999")
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("请选择能发货的赠品")
	typed.Set("tier_0_gift", fmt.Sprint(sku))
	typed.Set("tier_0_spare", fmt.Sprint(sku))
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("请选择另一种能发货的赠品")
	typed.Set("tier_0_spare", "")
	typed.Set("tier_0_gift_qty", "2")
	typed.Set("gifts_stay", "1")
	b.wantPost(all+"/new", typed, http.StatusSeeOther)
	b.wantStatus(all+"/1", http.StatusOK)
	b.see("满100送赠品2件", "退货时赠品留给买家", "可送库存")
	b.wantStatus(all+"/1/edit", http.StatusOK)
	b.see(fmt.Sprintf(`<option value="%d" selected`, sku), `name="tier_0_gift_qty" value="2"`)
}

// TestFlashSaleInTheConsole: sessions, limits, prices and units are typed, refused next to the
// field, saved, shown and changed; a session that has begun keeps its times.
func TestFlashSaleInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.owner)
	all := "/console/" + d.env.Tenant.Handle + "/campaigns"
	b.wantStatus(all+"/new?kind=flash", http.StatusOK)
	b.see("每人每场限购", `name="session_1_until"`)
	var product, sku int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT spu_id, id FROM sku WHERE enabled AND price_fen > 200 ORDER BY id LIMIT 1").Scan(&product, &sku)
	})
	clock := func(d time.Duration) string {
		return time.Now().Add(d).In(time.FixedZone("", 8*60*60)).Format("2006-01-02T15:04")
	}
	units := fmt.Sprintf("units_%d", sku)
	typed := url.Values{
		"kind": {"flash"}, "title": {"整点秒杀"}, "product": {fmt.Sprint(product)}, fmt.Sprintf("price_%d", sku): {"1.50"}, units: {"0"}, "per_member": {"2"},
		"session_0_from": {clock(-time.Hour)}, "session_0_until": {clock(time.Hour)}, "session_1_from": {clock(0)}, "session_1_until": {clock(3 * time.Hour)},
	}
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("不早于上一场结束", `value="整点秒杀"`)
	typed.Set("session_1_from", clock(2*time.Hour))
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("请填写 1 到 1,000,000 件")
	typed.Set(units, "30")
	b.wantPost(all+"/new", typed, http.StatusSeeOther)
	b.wantStatus(all+"/1", http.StatusOK)
	b.wantPost(all+"/1/start", url.Values{}, http.StatusSeeOther)
	b.wantStatus(all+"/1", http.StatusOK)
	b.see("限量秒杀", "进行中", "已抢", ">30<", "¥1.50")
	b.wantStatus(all+"/1/edit", http.StatusOK)
	b.see(fmt.Sprintf(`name="%s" value="30"`, units), `name="per_member"`, `name="session_2_from"`)
	typed.Set("version", "1")
	moved := typed.Get("session_0_from")
	typed.Set("session_0_from", clock(-2*time.Hour))
	b.wantPost(all+"/1/edit", typed, http.StatusUnprocessableEntity)
	b.see("已开始的场次不能改")
	typed.Set("session_0_from", moved)
	typed.Set("session_1_until", clock(4*time.Hour))
	typed.Set(units, "40")
	b.wantPost(all+"/1/edit", typed, http.StatusSeeOther)
	b.wantStatus(all+"/1", http.StatusOK)
	b.see(">40<")
}

// TestGroupBuyingInTheConsole: a campaign of groups is typed, refused next to the field, saved, shown
// with its groups, and stopped with a word about the money; a group of another campaign is not found.
func TestGroupBuyingInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.owner)
	all := "/console/" + d.env.Tenant.Handle + "/campaigns"
	b.wantStatus(all+"/new?kind=group", http.StatusOK)
	b.see("成团人数", "成团时限")
	var product, sku, member int64
	var order string
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		if err := tx.QueryRow(t.Context(), "SELECT order_no, member_id FROM orders ORDER BY id LIMIT 1").Scan(&order, &member); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), "SELECT spu_id, id FROM sku WHERE enabled AND price_fen > 200 ORDER BY id LIMIT 1").Scan(&product, &sku)
	})
	clock := func(d time.Duration) string {
		return time.Now().Add(d).In(time.FixedZone("", 8*60*60)).Format("2006-01-02T15:04")
	}
	typed := url.Values{
		"kind": {"group"}, "title": {"三人成团"}, "starts_at": {clock(-time.Hour)}, "ends_at": {clock(48 * time.Hour)}, "product": {fmt.Sprint(product)}, fmt.Sprintf("price_%d", sku): {"1.50"},
		"seats": {"1"}, "fill_hours": {"24"},
	}
	b.wantPost(all+"/new", typed, http.StatusUnprocessableEntity)
	b.see("请填写 2 到 100 的整数", `value="24"`)
	typed.Set("seats", "3")
	b.wantPost(all+"/new", typed, http.StatusSeeOther)
	b.wantStatus(all+"/1", http.StatusOK)
	b.see("3人团，24小时成团", "还没有团", "¥1.50")
	b.wantStatus(all+"/1/edit", http.StatusOK)
	b.see(`name="seats"`, `value="3"`)
	b.wantStatus(all+"/1", http.StatusOK)
	b.wantPost(all+"/1/start", url.Values{}, http.StatusSeeOther)
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), `WITH g AS (INSERT INTO buy_group (group_no, campaign_id, spu_id, seats, taken, fill_hours, placed_at) VALUES ('GABCDEFGHJKLMNPQ', 1, $1, 3, 1, 24, now()) RETURNING id)
			INSERT INTO group_seat (order_no, group_id, member_id, taken_at) SELECT $2, g.id, $3, now() FROM g`, product, order, member)
		return err
	})
	b.wantStatus(all+"/1", http.StatusOK)
	b.see("GABCDEFGHJKLMNPQ", "待团长付款", "终止后未成团的订单会全部自动退款")
	b.wantStatus(all+"/1/groups/GABCDEFGHJKLMNPQ", http.StatusOK)
	b.see("团长", "待付款", order)
	b.wantStatus(all+"/2/groups/GABCDEFGHJKLMNPQ", http.StatusNotFound)
	b.wantStatus(all+"/1/groups/GNONE", http.StatusNotFound)
}
