package viewtest

import (
	"time"

	"galleria/console/view"
)

// partnerCard is a merchant whom a service provider signs for.
func partnerCard() view.AccountCard {
	c := cards()[0]
	c.Name, c.MerchantNo, c.SpMchID, c.SpAppID, c.Mode, c.Anomalies = "服务商代收", "1900000311", "1900000211", "wxsp000000000001", "live", nil
	return c
}

// accountPartner may not be signed for yet.
func accountPartner() view.AccountShow {
	c := partnerCard()
	c.Check = &view.KeyCheck{Channel: "wechat", Outcome: "relation", Code: "NO_AUTH", Message: "受理关系不存在", At: ago(time.Minute), Wrong: true}
	return view.AccountShow{AccountCard: c, Built: true, MayUpdate: true, NewName: c.Name, Apps: []view.AppChoice{{AppID: "wxdemo0000000001", Name: "山野咖啡", Ticked: true}}}
}

// accountPartnerOne collects for one app of the merchant's own, by the provider's word.
func accountPartnerOne() view.AccountShow {
	c := partnerCard()
	c.SubAppID, c.Check = "wxdemo0000000001", &view.KeyCheck{Channel: "wechat", Outcome: "ok", At: ago(time.Minute)}
	return view.AccountShow{AccountCard: c, Built: true, Apps: []view.AppChoice{{AppID: "wxdemo0000000001", Name: "山野咖啡", Ticked: true}}}
}

// partnerFields are the fields of WeChat Pay's form, as the console asks for them. The values
// are those of the fields in plain sight.
func (f Frame) partnerFields(values map[string]string, names ...string) (fields []view.KeyField) {
	for _, name := range names {
		k := view.KeyField{Name: name, Kind: "text", Label: f.Text.T("collect.label." + name), Value: values[name], Max: "60"}
		if hint := "collect.hint.wechat." + name; f.Text.Has(hint) {
			k.Hint = f.Text.T(hint)
		}
		switch name {
		case "private_key", "public_key", "merchant_certificate", "platform_certificate":
			k.Kind = "pem"
		case "api_v3_key":
			k.Kind = "password"
		case "key_mode":
			k.Kind = "select"
			for _, mode := range []string{"public_key", "certificate", "both"} {
				k.Options = append(k.Options, view.Option{Value: mode, Label: f.Text.T("collect.mode_of_keys.wechat." + mode)})
			}
		case "relation":
			k.Kind = "select"
			for _, relation := range []string{"direct", "partner"} {
				k.Options = append(k.Options, view.Option{Value: relation, Label: f.Text.T("collect.relation." + relation)})
			}
		}
		k.Required = values == nil && (name == "private_key" || name == "api_v3_key")
		k.Optional = name == "merchant_certificate" || name == "platform_certificate" || name == "sub_appid"
		fields = append(fields, k)
	}
	return fields
}

// partnerGroups are what the provider signs with, and with what it is verified.
func (f Frame) partnerGroups(values map[string]string) (own, provider view.KeyGroup) {
	own = view.KeyGroup{Title: f.Text.T("collect.group.sp"), Lead: f.Text.T("collect.sp_keys_lead"), Fields: f.partnerFields(values, "private_key", "merchant_certificate", "merchant_serial", "api_v3_key")}
	provider = view.KeyGroup{Title: f.Text.T("collect.group.provider"), Fields: f.partnerFields(values, "key_mode", "public_key_id", "public_key", "platform_certificate")}
	return own, provider
}

// keyFormPartner is the empty form of a service provider's merchant, in a shop without apps.
func (f Frame) keyFormPartner() view.KeyForm {
	own, provider := f.partnerGroups(nil)
	return view.KeyForm{
		Channel: "wechat", Relation: "partner", Built: true, Title: f.Text.T("collect.add_title", f.Text.T("collect.partner")), Lead: f.Text.T("collect.add_lead.partner"),
		Action: "/console/shanye/payment-accounts/new/wechat", Submit: f.Text.T("collect.add_submit"), Back: "/console/shanye/payment-accounts", BackText: f.Text.T("account.title"),
		Groups: []view.KeyGroup{
			f.partnerBasics("", ""),
			{Title: f.Text.T("collect.group.relation"), Lead: f.Text.T("collect.relation_lead"), Fields: f.partnerFields(nil, "sp_mchid", "sp_appid", "sub_appid")},
			own, provider,
		},
	}
}

func (f Frame) partnerBasics(name, number string) view.KeyGroup {
	return view.KeyGroup{Title: f.Text.T("collect.group.basics"), Fields: []view.KeyField{
		{Name: "name", Kind: "text", Label: f.Text.T("collect.label.name"), Hint: f.Text.T("collect.hint.name"), Value: name, Max: "20", Required: true},
		{Name: "merchant_no", Kind: "text", Label: f.Text.T("collect.number.partner"), Hint: f.Text.T("collect.number_hint.partner"), Value: number, Max: "20", Required: true},
	}}
}

// keyFormPartnerRefused names one number twice, and keeps what was typed in plain sight.
func (f Frame) keyFormPartnerRefused() view.KeyForm {
	form := f.keyFormPartner()
	values := map[string]string{"sp_mchid": "1900000311", "sp_appid": "wxsp000000000001", "key_mode": "public_key", "public_key_id": "PUB_KEY_ID_0119000002112026010100000000000000", "merchant_serial": "<script>alert(1)</script>"}
	own, provider := f.partnerGroups(values)
	form.Groups[0], form.Groups[2], form.Groups[3] = f.partnerBasics("服务商代收", "1900000311"), own, provider
	form.Groups[1].Fields = f.partnerFields(values, "sp_mchid", "sp_appid", "sub_appid")
	form.Problem = f.Text.T("collect.refused")
	form.Problems = map[string]string{"sp_mchid": "服务商商户号与特约商户号不能相同；如果密钥就是本商户号自己的，请选择“直连商户”"}
	form.Apps = []view.AppChoice{{AppID: "wxdemo0000000001", Name: "山野咖啡", Ticked: true}}
	return form
}

// keyFormPartnerReplace replaces keys of a provider's merchant, which the provider did not take.
func (f Frame) keyFormPartnerReplace() view.KeyForm {
	values := map[string]string{"sp_mchid": "1900000211", "sp_appid": "wxsp000000000001", "relation": "partner", "key_mode": "both", "public_key_id": "PUB_KEY_ID_0119000002112026010100000000000000"}
	own, provider := f.partnerGroups(values)
	return view.KeyForm{
		Channel: "wechat", Built: true, Replace: true, Title: f.Text.T("collect.replace"), Lead: f.Text.T("collect.replace_lead"), Problem: f.Text.T("collect.not_replaced"),
		Action: "/console/shanye/payment-accounts/1/keys", Submit: f.Text.T("collect.replace_submit"), Back: "/console/shanye/payment-accounts/1", BackText: "服务商代收",
		Groups: []view.KeyGroup{own, provider, {Title: f.Text.T("collect.group.relation"), Lead: f.Text.T("collect.relation_lead"), Fields: f.partnerFields(values, "relation", "sp_mchid", "sp_appid", "sub_appid")}},
		Check:  &view.KeyCheck{Channel: "wechat", Outcome: "relation", Code: "NO_AUTH", Message: "受理关系不存在", Wrong: true},
	}
}
