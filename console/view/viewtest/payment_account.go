package viewtest

import (
	"time"

	"galleria/console/view"
)

func cards() []view.AccountCard {
	out := make([]view.AccountCard, 0, 2)
	for _, a := range accounts() {
		out = append(out, view.AccountCard{
			Account: a, CallbackURL: "https://pay.example.com/notify/" + a.Channel + "/" + a.AccountKey, Now: now(),
			Check: &view.KeyCheck{Channel: a.Channel, Outcome: "ok", At: ago(2 * time.Hour)},
		})
	}
	return out
}

// live is a second account, of another channel, that has its troubles.
func live() view.AccountCard {
	c := cards()[0]
	end, overlap := now().AddDate(0, 0, 20), now().AddDate(0, 0, 6)
	c.ID, c.Channel, c.Mode, c.Name, c.MerchantNo, c.AppIDs, c.Anomalies = 2, "alipay", "live", "支付宝 正式", "2088123456789012", nil, nil
	c.SignAppID, c.RootSerial, c.KeyMode, c.PublicKeyID = "2021004100000001", "687b59193f3f462dd5336e5abf83c5d8_02941eef3187dddf3d3b83462e1dfcf6", "certificate", ""
	c.CertNotAfter, c.Overlap, c.Status = &end, &overlap, "disabled"
	c.CallbackURL = "https://pay.example.com/notify/alipay/" + c.AccountKey
	c.Check = &view.KeyCheck{Channel: "alipay", Outcome: "signature", Code: "isv.invalid-signature", Message: "验签出错", At: ago(time.Hour), Wrong: true}
	return c
}

func accountList() view.AccountList {
	return view.AccountList{
		MayUpdate: true, Done: "account_renamed",
		Groups: []view.AccountGroup{{Channel: "wechat", Built: true, Accounts: cards()}, {Channel: "alipay", Accounts: []view.AccountCard{live()}}},
		Apps: []view.ServedApp{
			{AppID: "wxdemo0000000001", Name: "山野咖啡", By: []view.ServedBy{
				{Channel: "wechat", Servable: true, ID: 1, Name: "山野咖啡 微信支付", Mode: "sandbox", Enabled: true}, {Channel: "alipay", Servable: true},
			}},
			{AppID: "2021000000000001", Name: "山野咖啡 支付宝", By: []view.ServedBy{
				{Channel: "wechat"}, {Channel: "alipay", Servable: true, ID: 2, Name: "支付宝 正式", Mode: "live"},
			}},
		},
	}
}

func accountShow() view.AccountShow {
	return view.AccountShow{
		AccountCard: live(), Built: true, MayUpdate: true, NewName: "", NameBad: "", Problem: "",
		Apps: []view.AppChoice{
			{AppID: "2021000000000001", Name: "山野咖啡 支付宝", Ticked: true},
			{AppID: "2021000000000002", Name: "山野茶 支付宝", By: 3, ByName: "支付宝 沙箱", ByMode: "sandbox"},
			{AppID: "2021000000000003", Name: "山野杯 支付宝"},
		},
	}
}

func accountPlain() view.AccountShow {
	c := cards()[0]
	c.Check = &view.KeyCheck{Channel: "wechat"}
	return view.AccountShow{AccountCard: c, Built: true}
}

func (f Frame) keyForm() view.KeyForm {
	return view.KeyForm{
		Channel: "unionpay", Title: f.Text.T("collect.add_title", f.Text.T("channel.unionpay")), Lead: f.Text.T("collect.add_lead.unionpay"),
		Action: "/console/shanye/payment-accounts/new/unionpay", Submit: f.Text.T("collect.add_submit"), Back: "/console/shanye/payment-accounts", BackText: f.Text.T("account.title"),
		Groups: []view.KeyGroup{{Title: f.Text.T("collect.group.own"), Fields: []view.KeyField{
			{Name: "pfx", Kind: "file", Label: f.Text.T("collect.label.pfx"), Hint: f.Text.T("collect.hint.unionpay.pfx")},
			{Name: "pfx_password", Kind: "password", Label: f.Text.T("collect.label.pfx_password")},
		}}},
		Apps: []view.AppChoice{{AppID: "wxdemo0000000001", Name: "山野咖啡", Ticked: true}},
	}
}

func (f Frame) keyFormRefused() view.KeyForm {
	return view.KeyForm{
		Channel: "wechat", Built: true, Replace: true, Title: f.Text.T("collect.replace"), Lead: f.Text.T("collect.replace_lead"), Problem: f.Text.T("collect.refused"),
		Action: "/console/shanye/payment-accounts/1/keys", Submit: f.Text.T("collect.replace_submit"), Back: "/console/shanye/payment-accounts/1", BackText: "山野咖啡 微信支付",
		Groups: []view.KeyGroup{{Title: f.Text.T("collect.group.own"), Fields: []view.KeyField{
			{Name: "private_key", Kind: "pem", Label: f.Text.T("collect.label.private_key"), Hint: f.Text.T("collect.hint.wechat.private_key")},
			{Name: "key_mode", Kind: "select", Label: f.Text.T("collect.label.key_mode"), Value: "both", Options: []view.Option{
				{Value: "public_key", Label: f.Text.T("collect.mode_of_keys.wechat.public_key")}, {Value: "both", Label: f.Text.T("collect.mode_of_keys.wechat.both")},
			}},
			{Name: "merchant_serial", Kind: "text", Label: f.Text.T("collect.label.merchant_serial"), Value: "<script>alert(1)</script>", Max: "60"},
		}}},
		Problems: map[string]string{"private_key": f.Text.T("collect.unsure")},
		Check:    &view.KeyCheck{Channel: "wechat", Outcome: "certificate", Code: "SIGN_ERROR", Message: "商户证书序列号有误", Wrong: true},
	}
}
