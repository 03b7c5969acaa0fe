package console_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"galleria/commerce/notice"
	"galleria/console/authz"
	"galleria/tenant/vault"
)

// carrier takes every text message.
type carrier struct{}

func (carrier) SendText(context.Context, notice.SMSKey, notice.Text) (string, error) {
	return "biz", nil
}

func (carrier) AskText(context.Context, notice.SMSKey, vault.Secret, string, time.Time) (notice.Receipt, bool, error) {
	return notice.Receipt{}, false, nil
}

// TestTextMessagesInTheConsole: an account is bound with its secret never shown again, rests
// and works again, a template is set and ended; who may only look cannot.
func TestTextMessagesInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	helper := d.hire(t, d.env.Tenant, authz.Support)
	b := d.signedIn(t, d.owner)
	page := d.shop("/messages/sms")
	b.wantStatus(page, http.StatusOK)
	b.see("还没有设置短信账户", "短信模板")
	b.wantStatus(page+"/key", http.StatusOK)
	const secret = "s3cretS3cretS3cret0001"
	typed := url.Values{"key_id": {"LTAI5tExample0001"}, "secret": {secret}, "sign_name": {"茶"}, "per_day": {"很多"}}
	b.wantPost(page+"/key", typed, http.StatusUnprocessableEntity)
	b.see("请填写 2 到 12 个字", `value="很多"`)
	b.miss(secret)
	typed.Set("sign_name", "山野茶铺")
	b.wantPost(page+"/key", typed, http.StatusUnprocessableEntity)
	b.see("请填写 1 到 20")
	typed.Set("per_day", "3")
	typed.Set("piece_fen", "半分")
	typed.Set("month_fen", "0.12")
	b.wantPost(page+"/key", typed, http.StatusUnprocessableEntity)
	b.see("请填写 0.01 到 10 元", `value="半分"`, `value="0.12"`)
	typed.Set("piece_fen", "0.06")
	wantTo(t, b.post(page+"/key", typed), page+"?done=sms_bound")
	b.wantStatus(page+"?done=sms_bound", http.StatusOK)
	b.see("短信账户已保存", "LTAI5tExample0001", "••••0001", "山野茶铺", "使用中", "所有留了手机号的买家")
	b.miss(secret)
	wantTo(t, b.post(page+"/switch", url.Values{"on": {""}}), page+"?done=sms_switched")
	b.wantStatus(page, http.StatusOK)
	b.see("已停用")
	wantTo(t, b.post(page+"/switch", url.Values{"on": {"1"}}), page+"?done=sms_switched")

	one := page + "/templates/order.shipped"
	b.wantStatus(one, http.StatusOK)
	form := url.Values{"code": {"123"}, "keyword0": {"no"}, "value0": {"tracking_no"}}
	b.wantPost(one, form, http.StatusUnprocessableEntity)
	b.see("模板编号的写法如 SMS_154950909", `value="no"`)
	form.Set("code", "SMS_154950909")
	b.wantPost(one, form, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.see("SF1234567890123", "按 2 条计，约 ¥0.12")
	form.Set("words", "您的货已发出，单号${number}")
	b.wantPost(one, form, http.StatusUnprocessableEntity)
	b.see("${ } 里只能用下面填写的变量")
	form.Set("words", "您的货已发出，单号${no}")
	b.wantPost(one, form, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.see("您的货已发出，单号SF1234567890123", "按 1 条计，约 ¥0.06")
	b.wantPost(one+"/test", url.Values{"phone": {"12"}}, http.StatusUnprocessableEntity)
	b.see("请填写手机号", `value="12"`)
	b.wantPost(one+"/test", url.Values{"phone": {"13800138000"}}, http.StatusOK)
	b.see("测试短信已交给短信平台")
	b.wantPost(one+"/test", url.Values{"phone": {"13800138000"}}, http.StatusTooManyRequests)
	b.see("一分钟内刚发过")
	b.wantPost(one+"/test", url.Values{"phone": {"13800138001"}}, http.StatusOK)
	b.wantPost(one+"/test", url.Values{"phone": {"13800138002"}}, http.StatusConflict)
	b.see("本月短信预算已用完")
	b.wantStatus(page, http.StatusOK)
	b.see("¥0.12，2 条", "已停发")
	b.wantStatus(d.shop("/notices"), http.StatusOK)
	b.see("本月短信预算（0.12元）已用完", d.shop("/messages/sms"))
	b.wantStatus(page, http.StatusOK)
	b.see("SMS_154950909")
	form.Set("code", "")
	b.wantPost(one, form, http.StatusSeeOther)
	b.wantStatus(page, http.StatusOK)
	b.miss("SMS_154950909")
	b.wantStatus(page+"/templates/coupon.budget", http.StatusNotFound)
	b.wantStatus(d.shop("/audit"), http.StatusOK)
	b.see("设置了短信账户", "启用或停用了短信", "设置了短信模板")

	support := d.signedIn(t, helper)
	support.wantStatus(page, http.StatusOK)
	support.wantPost(page+"/key", typed, http.StatusForbidden)
	support.wantPost(one, form, http.StatusForbidden)
	support.wantPost(one+"/test", url.Values{"phone": {"13800138003"}}, http.StatusForbidden)
}
