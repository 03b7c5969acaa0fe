package console_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"galleria/commerce/notice"
	"galleria/console/authz"
	"galleria/tenant/egress"
)

// postman refuses every mail as a server refuses a wrong password.
type postman struct{}

func (postman) SendMail(context.Context, notice.MailKey, notice.Mail) error {
	return &notice.MailError{Code: "535", Broken: true}
}

func (postman) CheckMail(host string) error { return egress.CheckHost(host) }

// TestMailInTheConsole: a mailbox is bound with its password never shown again, words are
// tried, saved and ended, a test says what the server answered, and everybody chooses what
// comes by mail; who may only look cannot.
func TestMailInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	helper := d.hire(t, d.env.Tenant, authz.Support)
	b := d.signedIn(t, d.owner)
	page := d.shop("/messages/mail")
	b.wantStatus(page, http.StatusOK)
	b.see("还没有设置邮箱", "邮件内容")
	b.wantStatus(page+"/account", http.StatusOK)
	const secret = "p4ssw0rdOfTheMailbox"
	typed := url.Values{"host": {"127.0.0.1"}, "port": {"465"}, "security": {"tls"}, "username": {"cs@shop.cn"}, "secret": {secret}, "sender_name": {"山野茶铺"}, "sender_address": {"cs@shop.cn"}}
	b.wantPost(page+"/account", typed, http.StatusUnprocessableEntity)
	b.see("请填写公网上的邮件服务器域名", `value="127.0.0.1"`)
	b.miss(secret)
	typed.Set("host", "smtp.shop-example.cn")
	typed.Set("port", "25")
	b.wantPost(page+"/account", typed, http.StatusUnprocessableEntity)
	b.see("请选择端口")
	typed.Set("port", "465")
	wantTo(t, b.post(page+"/account", typed), page+"?done=mail_bound")
	b.wantStatus(page+"?done=mail_bound", http.StatusOK)
	b.see("邮箱已保存", "smtp.shop-example.cn:465", "cs@shop.cn", "使用中", "系统自带")
	b.miss(secret)

	one := page + "/templates/staff/order.paid"
	b.wantStatus(one, http.StatusOK)
	b.see("新订单", "{order_no}", "发测试消息")
	words := url.Values{"subject": {"来单：{title}"}, "body": {"{secret}"}}
	b.wantPost(one, words, http.StatusUnprocessableEntity)
	b.see("花括号里只能用列出的名字", `value="来单：{title}"`)
	words.Set("body", "订单 {order_no}")
	words.Set("preview", "1")
	b.wantPost(one, words, http.StatusOK)
	b.see("来单：高山云雾绿茶 等 2 件", "订单 20260131123000123456")
	words.Del("preview")
	b.wantPost(one, words, http.StatusSeeOther)
	b.wantStatus(page, http.StatusOK)
	b.see("自己写的")
	b.wantPost(one+"/test", url.Values{"to": {"li@shop.cn, x@evil.example"}}, http.StatusUnprocessableEntity)
	b.see("请填写邮箱地址")
	b.wantPost(one+"/test", url.Values{"to": {"li@shop.cn"}}, http.StatusOK)
	b.see("测试邮件没有发出", "用户名或密码（授权码）不对")
	b.wantStatus(page+"/templates/buyer/order.paid", http.StatusNotFound)
	b.wantStatus(page+"/templates/all/order.paid", http.StatusNotFound)
	b.wantStatus(d.shop("/messages/log"), http.StatusOK)
	b.see("邮件", "员工")
	wantTo(t, b.post(page+"/switch", url.Values{"on": {""}}), page+"?done=mail_switched")
	b.wantStatus(page, http.StatusOK)
	b.see("已停用")
	b.wantStatus(d.shop("/audit"), http.StatusOK)
	b.see("设置了发件邮箱", "启用或停用了邮件", "设置了邮件内容", "发了一封测试邮件")

	support := d.signedIn(t, helper)
	support.wantPost(page+"/account", typed, http.StatusForbidden)
	support.wantPost(one, words, http.StatusForbidden)
	support.wantPost(one+"/test", url.Values{"to": {"li@shop.cn"}}, http.StatusForbidden)
	choice := d.shop("/notices/mail")
	support.wantStatus(choice, http.StatusOK)
	support.see("用邮件收通知", "店铺还没有设置发件邮箱", "新订单")
	support.miss("有人申请提现") // not theirs to see
	support.wantPost(choice, url.Values{"on:order.paid": {"1"}, "on:withdrawal.moved": {"1"}}, http.StatusSeeOther)
	support.wantStatus(choice, http.StatusOK)
	support.see(`name="on:order.paid" value="1" checked`)
	got, err := notice.New(notice.Deps{DB: d.env.DB, Audit: d.env.Audit, Outbox: d.env.Outbox, Vault: d.env.Vault, Mailer: postman{}, Now: d.env.Clock().Now}).MailChoice(t.Context(), d.env.Tenant.ID, helper.ID)
	if err != nil || len(got) != 1 || got[0] != notice.OrderPaid {
		t.Error(got, err)
	}
}
