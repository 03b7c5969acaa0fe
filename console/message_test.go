package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/console/authz"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// TestMessagesInTheConsole: the matrix and the quiet hours are set, a template is tried and
// saved and ended, and who may only look cannot.
func TestMessagesInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	helper := d.hire(t, d.env.Tenant, authz.Support)
	app := d.env.App(t, d.env.Tenant).ID.String()
	b := d.signedIn(t, d.owner)
	all := "/console/" + d.env.Tenant.Handle + "/messages"
	b.wantStatus(all, http.StatusOK)
	b.see("买家 · 微信订阅消息", `value="22:00"`, `value="08:00"`, "未设置", app)

	typed := url.Values{"on:order.paid:buyer:inbox": {"1"}, "quiet_from": {"23:00"}, "quiet_until": {"晚上"}}
	b.wantPost(all, typed, http.StatusUnprocessableEntity)
	b.see("请填写时间", `value="23:00"`, `value="晚上"`)
	typed.Set("quiet_until", "07:30")
	b.wantPost(all, typed, http.StatusSeeOther)
	b.wantStatus(all, http.StatusOK)
	b.see(`value="07:30"`)
	if on := strings.Count(b.page, " checked"); on != 1 {
		t.Errorf("%d places are on, want the one that was ticked", on)
	}

	one := all + "/templates/" + app + "/order.shipped"
	b.wantStatus(one, http.StatusOK)
	b.see("运单号", "thing2")
	form := url.Values{"template_id": {"TPL-1"}, "page": {"/pages"}, "keyword0": {"thing1"}, "value0": {"title"}, "keyword1": {"character_string2"}, "value1": {"tracking_no"}}
	b.wantPost(one, form, http.StatusUnprocessableEntity)
	b.see("路径不要以 / 开头", `value="TPL-1"`, `value="character_string2"`)
	form.Set("page", "pages/order?no={order_no}")
	form.Set("preview", "1")
	b.wantPost(one, form, http.StatusOK)
	b.see("高山云雾绿茶 等 2 件", "SF1234567890123")
	form.Del("preview")
	b.wantPost(one, form, http.StatusSeeOther)
	b.wantStatus(all, http.StatusOK)
	b.see("TPL-1")
	b.wantStatus(one, http.StatusOK)
	b.see(`value="TPL-1"`, "不再用这个模板发送", "高山云雾绿茶 等 2 件", "发测试消息")
	for _, member := range []string{"阿哲", "4711", ""} {
		b.wantPost(one+"/test", url.Values{"member": {member}}, http.StatusUnprocessableEntity)
		b.see("没有这位会员", `value="`+member+`"`, `value="TPL-1"`)
	}
	var member int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		err := tx.QueryRow(t.Context(), "INSERT INTO member (nickname) VALUES ('阿哲') RETURNING id").Scan(&member)
		if err == nil {
			_, err = tx.Exec(t.Context(), "INSERT INTO member_identity (app_id, openid, member_id) VALUES ($1, 'o-zhe', $2)", app, member)
		}
		return err
	})
	try := url.Values{"member": {strconv.FormatInt(member, 10)}}
	b.wantPost(one+"/test", try, http.StatusUnprocessableEntity)
	b.see("还没有订阅这个模板")
	if err := notice.New(notice.Deps{DB: d.env.DB, Audit: d.env.Audit, Outbox: d.env.Outbox, Vault: d.env.Vault}).Report(t.Context(), d.env.Tenant.ID, app, "o-zhe", "TPL-1", true); err != nil {
		t.Fatal(err)
	}
	b.wantPost(one+"/test", try, http.StatusSeeOther)
	b.wantStatus(one+"?done=message_tested", http.StatusOK)
	b.see("测试消息正在发送")
	b.wantStatus(all+"/log", http.StatusOK)
	b.see("测试", "等待发送")
	b.wantPost(one+"/delete", url.Values{}, http.StatusSeeOther)
	b.wantStatus(all+"/templates/"+app+"/aftersale.opened", http.StatusNotFound) // no buyer is told of it
	b.wantStatus(all+"/templates/wx0000000000000000/order.paid", http.StatusNotFound)
	b.wantStatus(all+"/log", http.StatusOK)
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/audit", http.StatusOK)
	b.see("修改了通知方式和免打扰时段", "设置了订阅消息模板", "停用了订阅消息模板", "发送了测试消息")

	support := d.signedIn(t, helper)
	support.wantStatus(all, http.StatusOK)
	if strings.Contains(support.page, "quiet_from") {
		t.Error("who may only look gets a form")
	}
	support.wantPost(all, typed, http.StatusForbidden)
	support.wantPost(one+"/test", try, http.StatusForbidden)
}

// TestKindsOfAlipayTemplates: an Alipay app has a template of each kind for an event, a WeChat app
// none but that of subscriptions.
func TestKindsOfAlipayTemplates(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	wechat := d.env.App(t, d.env.Tenant).ID.String()
	id, _ := tenant.ParseAppID("2021" + tenanttest.RandomHex(6))
	if err := d.env.Registry.AddApp(t.Context(), tenant.App{ID: id, Provider: tenant.Alipay, TenantID: d.env.Tenant.ID, Name: "支付宝店"}); err != nil {
		t.Fatal(err)
	}
	b := d.signedIn(t, d.owner)
	all := "/console/" + d.env.Tenant.Handle + "/messages"
	one := all + "/templates/" + id.String() + "/order.shipped"
	b.wantStatus(all+"/templates/"+wechat+"/order.shipped?kind=trade", http.StatusNotFound)
	b.wantStatus(one+"?kind=face", http.StatusNotFound)
	form := url.Values{"template_id": {"MDI4trade"}, "page": {"pages/order"}, "keyword0": {"keyword1"}, "value0": {"title"}, "kind": {"trade"}}
	b.wantPost(one, form, http.StatusSeeOther)
	form.Set("kind", "form")
	form.Set("template_id", "MDI4form")
	b.wantPost(one, form, http.StatusSeeOther)
	form.Set("keyword0", "thing1")
	b.wantPost(one, form, http.StatusUnprocessableEntity)
	b.see("请选择模板类型")
	b.wantStatus(all, http.StatusOK)
	b.see("MDI4trade", "MDI4form", "交易类", "表单类")
	b.wantStatus(one+"?kind=form", http.StatusOK)
	b.see(`value="MDI4form"`, "先用快到期的号", `name="kind" value="form"`)
	b.wantStatus(one, http.StatusOK)
	b.miss("MDI4form", "发测试消息")
	var member int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		err := tx.QueryRow(t.Context(), "INSERT INTO member (nickname) VALUES ('阿哲') RETURNING id").Scan(&member)
		if err == nil {
			_, err = tx.Exec(t.Context(), "INSERT INTO member_identity (app_id, openid, member_id) VALUES ($1, '0zhe', $2)", id.String(), member)
		}
		return err
	})
	try := url.Values{"member": {strconv.FormatInt(member, 10)}, "kind": {"form"}}
	b.wantPost(one+"/test", try, http.StatusUnprocessableEntity)
	b.see("没有可用的付款或表单")
	notices := notice.New(notice.Deps{DB: d.env.DB, Audit: d.env.Audit, Outbox: d.env.Outbox, Vault: d.env.Vault})
	if err := notices.HandInForm(t.Context(), d.env.Tenant.ID, id.String(), "0zhe", "ZjBiNGU1"); err != nil {
		t.Fatal(err)
	}
	b.wantPost(one+"/test", try, http.StatusSeeOther)
	b.wantStatus(one+"?kind=trade", http.StatusOK)
	b.wantPost(one+"/delete", url.Values{"kind": {"trade"}}, http.StatusSeeOther)
	b.wantStatus(all, http.StatusOK)
	b.see("MDI4form")
	b.miss("MDI4trade")
}

// TestNoticesInTheConsole: staff see what they may see, with what is new, until they say that
// they have.
func TestNoticesInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	packer := d.hire(t, d.env.Tenant, authz.Warehouse)
	notices := notice.New(notice.Deps{DB: d.env.DB, Audit: d.env.Audit, Outbox: d.env.Outbox, Vault: d.env.Vault})
	say := func(event string) {
		d.env.InTenant(t, func(tx tenantdb.Tx) error {
			return notices.BoardTx(t.Context(), tx, uuid.New(), event, notice.Sample(d.env.Clock().Now()))
		})
	}
	b := d.signedIn(t, d.owner)
	all := "/console/" + d.env.Tenant.Handle + "/notices"
	b.wantStatus(all, http.StatusOK)
	b.see("还没有提醒")
	b.miss("条新提醒")
	say(notice.OrderPaid)
	say(notice.CaseOpened)
	b.wantStatus(all, http.StatusOK)
	b.see("2 条新提醒", "新订单", "新的售后申请", "/aftersales/20260201090000654321", "全部标为已看")
	b.wantPost(all+"/seen", url.Values{"until": {b.value("until")}}, http.StatusSeeOther)
	b.wantStatus(all, http.StatusOK)
	b.miss("条新提醒")
	other := d.signedIn(t, packer)
	other.wantStatus(all, http.StatusOK)
	other.see("2 条新提醒")
}
