package viewtest

import (
	"galleria/commerce/notice"
	"galleria/console/view"
)

// messagePages are the pages of messages and notices.
func (f Frame) messagePages() []Sample {
	page, board := f.page("nav.messages", f.Text.T("message.title")), f.page("", f.Text.T("notice.title"))
	board.Bell, board.Unseen = true, 2
	on := map[notice.Choice]bool{}
	for _, k := range notice.Catalogue() {
		for _, a := range []notice.Audience{notice.Buyer, notice.Staff} {
			for _, c := range k.Channels(a) {
				on[notice.Choice{Event: k.Event, Audience: a, Channel: c}] = k.Event != notice.OrderClosed
			}
		}
	}
	app := view.MessageApp{ID: "wx7f3a9c2e5b1d8046", Name: "山野茶铺"}
	ali := view.MessageApp{ID: "2021004100000001", Name: "山野茶铺", Alipay: true}
	template := notice.Template{
		AppID: app.ID, Event: notice.OrderShipped, TemplateID: "Qm9fA3xTz7K1vWcE5hUyR2dPbNsL8gJ0oXiYtMqFkVe", Page: "pages/order/detail?no={order_no}",
		Fields: map[string]string{"character_string1": "order_no", "thing2": "title", "character_string3": "tracking_no", "time4": "shipped_at"},
	}
	paidBy := notice.Template{
		AppID: ali.ID, Event: notice.OrderShipped, Kind: notice.ByTrade, TemplateID: "MDI4YzIxMDE2M2I5YTQzYjUxNWE4MjA4NmU1MTIyYmM=", Page: "pages/order/detail?no={order_no}",
		Fields: map[string]string{"keyword1": "title", "keyword2": "tracking_no"},
	}
	formed := paidBy
	formed.Kind, formed.TemplateID = notice.ByForm, "ZTY1MDE2YzIxMDE2M2I5YTQzYjUxNWE4MjA4NmU1MTE="
	settings := view.MessageSettings{
		Settings: notice.Settings{On: on, Templates: []notice.Template{template, paidBy, formed}}, Apps: []view.MessageApp{app, ali}, From: "22:00", Until: "08:00", MaySet: true, Done: "messages_saved",
	}
	shipped, _ := notice.KindOf(notice.OrderShipped)
	form := view.TemplateForm{Template: template, Kind: shipped, By: notice.BySubscription, App: app, Rows: view.TemplateRows(template.Fields), Exists: true, Preview: template.Preview(notice.Sample(moment()))}
	account := notice.SMSAccount{
		Provider: notice.SMSVendor, KeyID: "LTAI5tExample0001", SecretEnds: "c3Rz", SignName: "山野茶铺", PerDay: 5, Unreached: true, Enabled: true, PieceFen: 5, MonthFen: 20000, Spent: notice.SMSSpent{Pieces: 3360, Fen: 16800},
		Templates: []notice.SMSTemplate{{Event: notice.OrderShipped, Code: "SMS_154950909", Fields: map[string]string{"title": "title", "number": "tracking_no"}, Words: "您购买的${title}已发货，运单号${number}。"}},
	}
	mailbox := notice.MailAccount{
		Provider: notice.MailServer, Host: "smtp.shop-example.cn", Port: 465, Security: notice.ImplicitTLS, Username: "cs@shop-example.cn", SenderName: "山野茶铺", SenderAddress: "cs@shop-example.cn", Enabled: true,
		Templates: []notice.MailTemplate{{Event: notice.OrderPaid, Audience: notice.Staff, Subject: "来单：{title}", Body: "订单 {order_no}\n金额 {amount}"}},
	}
	paid, _ := notice.KindOf(notice.OrderPaid)
	words := view.MailTemplateForm{MailTemplate: mailbox.Templates[0], Kind: paid, Bound: true, To: "li@shop-example.cn", Refused: notice.ProviderWords("535", string(f.Text.Lang()))}
	words.PreviewSubject, words.PreviewText = words.Letter(notice.Sample(moment()), string(f.Text.Lang()))
	scarce, _ := notice.KindOf(notice.StockScarce)
	untested := form
	untested.Member, untested.Bad = "77", map[string]string{"member": notice.ErrTestConsent.Text(string(f.Text.Lang()))}
	bad := view.TemplateForm{Kind: shipped, By: notice.BySubscription, App: app, Rows: view.TemplateRows(nil), Bad: map[string]string{
		"template_id": f.Text.T("message.bad.template_id"), "page": f.Text.T("message.bad.page"), "fields": f.Text.T("message.bad.fields"),
	}}
	var letters []notice.Letter
	for i, event := range []string{notice.CaseOpened, notice.OrderPaid, notice.OrderPaid} {
		k, _ := notice.KindOf(event)
		letters = append(letters, notice.Letter{ID: int64(9 - i), Kind: k, Facts: notice.Sample(moment()), At: moment(), Read: i == 2})
	}
	ends, _ := notice.KindOf(notice.CouponBudget)
	letters = append(letters, notice.Letter{ID: 6, Kind: ends, Facts: notice.Facts{Title: "满 100 减 20", Reason: "coupon_spent", CouponID: 7, At: moment()}, At: moment(), Read: true})
	return []Sample{
		{"message_settings", view.MessageSettingsPage(page, settings)},
		{"message_read", view.MessageSettingsPage(page, view.MessageSettings{Settings: settings.Settings, From: "22:00", Until: "08:00"})},
		{"message_template", view.TemplateFormPage(page, form)},
		{"message_template_alipay", view.TemplateFormPage(page, view.TemplateForm{Kind: shipped, By: notice.BySubscription, App: ali, Rows: view.TemplateRows(nil)})},
		{"message_template_trade", view.TemplateFormPage(page, view.TemplateForm{Template: paidBy, Kind: shipped, By: notice.ByTrade, App: ali, Rows: view.TemplateRows(paidBy.Fields), Exists: true, Preview: paidBy.Preview(notice.Sample(moment()))})},
		{"sms", view.SMSPage(page, view.SMS{SMSAccount: account, Bound: true, MayBind: true, MaySet: true})},
		{"sms_none", view.SMSPage(page, view.SMS{MayBind: true, MaySet: true})},
		{"sms_key", view.SMSFormPage(page, view.SMSForm{KeyID: account.KeyID, SignName: "茶", PerDay: "50", Piece: "0.05", Month: "两百", Unreached: true, HasDesk: true, Bad: map[string]string{
			"secret": f.Text.T("sms.bad.secret"), "sign_name": f.Text.T("sms.bad.sign_name"), "per_day": f.Text.T("sms.bad.per_day"), "month_fen": f.Text.T("sms.bad.month_fen"),
		}})},
		{"sms_template", view.SMSTemplatePage(page, view.SMSTemplateForm{SMSTemplate: account.Templates[0], Kind: shipped, Rows: view.TemplateRows(account.Templates[0].Fields), Preview: account.Templates[0].Preview(notice.Sample(moment())), Text: account.Templates[0].Filled(account.Templates[0].Preview(notice.Sample(moment()))), Pieces: 1, CostFen: 5, Exists: true, Bound: true, Phone: "13800138000"})},
		{"mailing", view.MailPage(page, view.Mail{MailAccount: mailbox, Bound: true, MayBind: true, MaySet: true})},
		{"mailing_none", view.MailPage(page, view.Mail{MayBind: true, MaySet: true})},
		{"mailing_account", view.MailFormPage(page, view.MailForm{Host: "127.0.0.1", Port: "465", Security: "tls", Username: "cs@shop-example.cn", SenderName: "山野茶铺", HasDesk: true, Bad: map[string]string{
			"host": f.Text.T("mailing.bad.host"), "sender_address": f.Text.T("mailing.bad.sender_address"), "password": f.Text.T("mailing.bad.password"),
		}})},
		{"mailing_words", view.MailTemplatePage(page, words)},
		{"mailing_choice", view.MailChoicePage(board, view.MailChoice{Mail: "li@shop-example.cn", Bound: true, Events: []view.MailEvent{{Kind: paid, On: true}, {Kind: scarce}}})},
		{"mailing_choice_nowhere", view.MailChoicePage(board, view.MailChoice{Events: []view.MailEvent{{Kind: paid}}})},
		{"message_test_refused", view.TemplateFormPage(page, untested)},
		{"message_refused", view.TemplateFormPage(page, bad)},
		{"message_log", view.MessageLogPage(page, messageLog())},
		{"message_log_none", view.MessageLogPage(page, view.MessageLog{OnFirst: true})},
		{"notice_board", view.BoardPage(board, view.Board{Letters: letters, OnFirst: true})},
		{"notice_none", view.BoardPage(board, view.Board{OnFirst: true})},
	}
}

// messageLog is a log of every state.
func messageLog() view.MessageLog {
	return view.MessageLog{OnFirst: true, MayMembers: true, Next: 3, Entries: []notice.Entry{
		{ID: 8, MemberID: 128, Event: notice.OrderShipped, Channel: notice.WeChatSubscribe, State: notice.Delivered, At: moment(), Test: true},
		{ID: 7, MemberID: 128, Event: notice.OrderPaid, Channel: notice.WeChatSubscribe, State: notice.Sent, At: moment()},
		{ID: 6, MemberID: 77, Event: notice.OrderShipped, Channel: notice.WeChatSubscribe, State: notice.Skipped, Reason: "not subscribed", At: moment()},
		{ID: 4, MemberID: 90, Event: notice.OrderShipped, Channel: notice.AlipayTemplate, State: notice.Skipped, Reason: "no form", At: moment()},
		{ID: 5, MemberID: 31, Event: notice.OrderPaid, Channel: notice.WeChatSubscribe, State: notice.Failed, Code: "47003", Reason: "subscribe/send: errcode 47003: argument invalid! data.thing2.value", At: moment()},
	}}
}
