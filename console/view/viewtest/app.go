package viewtest

import (
	"time"

	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
)

// appPages are the pages of Mini Programs and the list of what a new shop needs.
func (f Frame) appPages() []Sample {
	shop := func(here, title string) view.Page { return f.page(here, f.Text.T(title)) }
	list := apps()
	refused := view.AppForm{
		Provider: "wechat", AppID: "gh_0123", Name: "山野咖啡", Mode: "live", Sandbox: true,
		Bad: map[string]string{"app_id": f.Text.T("app.problem.app_id.form.wechat"), "secret": f.Text.T("app.problem.secret.form")},
	}
	keys := view.AppForm{
		Rekey: true, Provider: "alipay", AppID: "2021000000000001", Name: "山野咖啡 支付宝", Mode: "live", KeyMode: "certificate", HasContentKey: true,
		AppCert: "-----BEGIN CERTIFICATE-----", Bad: map[string]string{"alipay_cert": f.Text.T("app.problem.alipay_cert.same")},
	}
	pushed, fresh := list[0], list[0]
	pushed.Push = miniprogram.PushState{Keys: true, ReadyAt: new(ago(90 * time.Hour)), HeardAt: new(ago(time.Hour))}
	fresh.Push = miniprogram.PushState{Keys: true}
	pushURL := "https://galleria.example.com/notify/miniprogram/wxdemo0000000001"
	return []Sample{
		{"apps", view.AppListPage(shop("nav.apps", "app.title"), view.AppList{Apps: list, MayChange: true, MaySeeProfile: true})},
		{"profile", view.ProfilePage(shop("nav.apps", "profile.title"), view.ProfileForm{Name: "青禾生活", Logo: "/media/demo/mug-1.svg", Intro: "一间卖手作器物的小店", Phone: "400-800-1234", MayUpdate: true, MaxIntro: 200, Bad: map[string]string{"service_phone": f.Text.T("profile.bad.service_phone")}})},
		{"profile_clerk", view.ProfilePage(shop("nav.apps", "profile.title"), view.ProfileForm{Name: "青禾生活"})},
		{"apps_none", view.AppListPage(shop("nav.apps", "app.title"), view.AppList{MayChange: true})},
		{"apps_none_clerk", view.AppListPage(shop("nav.apps", "app.title"), view.AppList{})},
		{"app_choice", view.AppChoicePage(shop("nav.apps", "app.add"))},
		{"app_new", view.AppFormPage(shop("nav.apps", "app.add"), view.AppForm{Provider: "alipay", Mode: "live", KeyMode: "public_key", Sandbox: true})},
		{"app_new_refused", view.AppFormPage(shop("nav.apps", "app.add"), refused)},
		{"app_new_taken", view.AppFormPage(shop("nav.apps", "app.add"), view.AppForm{Provider: "wechat", Mode: "live", Problem: f.Text.T("app.problem.form")})},
		{"app_keys_refused", view.AppFormPage(shop("nav.apps", "app.rekey"), keys)},
		{"app_address", view.AppShowPage(shop("nav.apps", "app.title"), view.AppShow{AppCard: list[0], MayChange: true, Addresses: []string{"203.0.113.20"}})},
		{"app_pushed", view.AppShowPage(shop("nav.apps", "app.title"), view.AppShow{AppCard: pushed, MayChange: true, PushURL: pushURL})},
		{"app_push_new", view.AppShowPage(shop("nav.apps", "app.title"), view.AppShow{
			AppCard: fresh, MayChange: true, PushURL: pushURL,
			//nolint:gosec // shown once on the page, and nobody's
			PushKeys: miniprogram.PushKeys{Token: "3QZ7XK2MANB5Q4R6TUVWYC2D5E", AESKey: "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPIR"},
		})},
		{"app_disabled", view.AppShowPage(shop("nav.apps", "app.title"), view.AppShow{AppCard: list[1], MayChange: true})},
		{"onboarding_failed", view.OnboardingPage(shop("", "onboarding.title"), onboarding(f))},
		{"app_looked_at", view.AppShowPage(shop("nav.apps", "app.title"), view.AppShow{AppCard: list[0]})},
	}
}

func apps() []view.AppCard {
	wechat, _ := tenant.ParseAppID("wxdemo0000000001")
	alipay, _ := tenant.ParseAppID("2021000000000001")
	return []view.AppCard{
		{
			App: miniprogram.App{
				ID: wechat, Provider: tenant.WeChat, Name: "山野咖啡", Enabled: true, Mode: miniprogram.Live, KeyEnds: "9f3c",
				Check: miniprogram.Check{
					At: ago(2 * time.Hour), Code: miniprogram.CheckAddress, ProviderCode: "40164", Message: "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist",
					RequestID: "6743a1b2-0c4d5e6f-7a8b9c0d", Address: "203.0.113.7",
				},
				CreatedAt: ago(2000 * time.Hour), KeysSince: ago(30 * time.Hour),
			},
			Use: readmodel.AppUse{Members: 128, Accounts: []readmodel.AppAccount{{ID: 1, Name: "山野咖啡 微信支付", Channel: "wechat", Mode: "sandbox"}}},
		},
		{
			App: miniprogram.App{
				ID: alipay, Provider: tenant.Alipay, Name: "山野咖啡 支付宝", Mode: miniprogram.Sandbox, KeyEnds: "b0e1",
				Config: miniprogram.Config{
					KeyMode: miniprogram.CertificateMode, Fingerprint: "5b20e48d9c1d3f7a", AppCertSN: "deb4cd7ff642ef1256f9ba63f63cf7b0", AppCertUntil: now().AddDate(4, 0, 0),
					HasContentKey: true, ContentKeyEnds: "Aw==",
				},
				Check: miniprogram.Check{At: ago(time.Hour), Code: miniprogram.CheckOK}, CreatedAt: ago(300 * time.Hour), KeysSince: ago(300 * time.Hour),
			},
		},
	}
}

func onboarding(f Frame) view.Onboarding {
	return view.Onboarding{MayOpen: true, Steps: []view.OnboardingStep{
		{
			Key: "app", Icon: "apps", Href: "/apps/wxdemo0000000001", State: view.StepFailed, Needed: true,
			Words: f.Text.T("onboarding.check", "山野咖啡", view.CheckSentence(f.Text, apps()[0].Check)), Said: "40164 invalid ip 203.0.113.7, not in whitelist",
		},
		{Key: "account", Icon: "credit-card", Href: "/payment-accounts", State: view.StepDone, Needed: true},
		{Key: "address", Icon: "copy", State: view.StepTodo, Settings: []view.Copied{
			{ID: "copy-domain", Label: f.Text.T("onboarding.copy.domain"), Value: "https://shop.example.com", Hint: f.Text.T("onboarding.copy.domain_hint")},
			{ID: "copy-address-0", Label: f.Text.T("onboarding.copy.address"), Value: "203.0.113.20", Hint: f.Text.T("onboarding.copy.address_hint")},
		}},
		{Key: "product", Icon: "package", Href: "/products", State: view.StepTodo, Needed: true},
		{Key: "test", Icon: "shopping-cart", Href: "/orders", State: view.StepWaiting},
	}}
}
