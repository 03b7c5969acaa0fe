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

// accountPartner is a merchant whom a service provider signs for, and may not yet.
func accountPartner() view.AccountShow {
	c := cards()[0]
	c.Name, c.MerchantNo, c.SpMchID, c.SpAppID, c.Mode = "服务商代收", "1900000311", "1900000211", "wxsp000000000001", "live"
	c.Check = &view.KeyCheck{Channel: "wechat", Outcome: "relation", Code: "NO_AUTH", Message: "受理关系不存在", At: ago(time.Minute), Wrong: true}
	return view.AccountShow{AccountCard: c, Built: true, MayUpdate: true, NewName: c.Name, Apps: []view.AppChoice{{AppID: "wxdemo0000000001", Name: "山野咖啡", Ticked: true}}}
}

// keyFormPartner is the form of a service provider's merchant, refused.
func (f Frame) keyFormPartner() view.KeyForm {
	text := func(name, value string) view.KeyField {
		return view.KeyField{Name: name, Kind: "text", Label: f.Text.T("collect.label." + name), Hint: f.Text.T("collect.hint.wechat." + name), Value: value, Max: "60"}
	}
	return view.KeyForm{
		Channel: "wechat", Relation: "partner", Built: true, Title: f.Text.T("collect.add_title", f.Text.T("collect.partner")), Lead: f.Text.T("collect.add_lead.partner"),
		Problem: f.Text.T("collect.refused"), Problems: map[string]string{"sp_mchid": "服务商商户号与特约商户号不能相同；如果密钥就是本商户号自己的，请选择“直连商户”"},
		Action: "/console/shanye/payment-accounts/new/wechat", Submit: f.Text.T("collect.add_submit"), Back: "/console/shanye/payment-accounts", BackText: f.Text.T("account.title"),
		Groups: []view.KeyGroup{
			{Title: f.Text.T("collect.group.basics"), Fields: []view.KeyField{{
				Name: "merchant_no", Kind: "text", Label: f.Text.T("collect.number.partner"), Hint: f.Text.T("collect.number_hint.partner"), Value: "1900000311", Max: "20", Required: true,
			}}},
			{Title: f.Text.T("collect.group.relation"), Lead: f.Text.T("collect.relation_lead"), Fields: []view.KeyField{
				text("sp_mchid", "1900000311"), text("sp_appid", "wxsp000000000001"), text("sub_appid", ""),
			}},
			{Title: f.Text.T("collect.group.sp"), Lead: f.Text.T("collect.sp_keys_lead"), Fields: []view.KeyField{
				{Name: "api_v3_key", Kind: "password", Label: f.Text.T("collect.label.api_v3_key"), Hint: f.Text.T("collect.hint.wechat.api_v3_key"), Required: true},
			}},
		},
		Apps: []view.AppChoice{{AppID: "wxdemo0000000001", Name: "山野咖啡", Ticked: true}},
	}
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
