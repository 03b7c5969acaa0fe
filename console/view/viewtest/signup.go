package viewtest

import "galleria/console/view"

func (f Frame) signedOut() view.Page {
	return view.Page{Text: f.Text, Theme: f.Theme, CSRF: "csrf-sample", Asset: f.Asset, Title: f.Text.T("signin.title"), Back: "/console/login"}
}

// signUpPages are the steps of opening a shop, and the messages of development.
func (f Frame) signUpPages() []Sample {
	shop := func(here, title string) view.Page { return f.page(here, f.Text.T(title)) }
	signedOut := f.signedOut()
	applicant := signedOut
	applicant.Person = &view.Person{Name: "李店长", Login: "li@shop.example"}
	young := shop("", "onboarding.title")
	young.Shop = &view.Shop{Handle: "shanye", Name: "山野咖啡", Role: f.Text.T("role.owner"), Notice: f.Text.T("shop.notice.onboarding"), NoticeHref: "/console/shanye/onboarding"}
	return []Sample{
		{"signup", view.SignUpAddressPage(signedOut, view.SignUpAddress{SignUpFrame: view.SignUpFrame{Step: 1, Desk: true}, Ways: []string{"mail", "sms"}})},
		{"signup_refused", view.SignUpAddressPage(signedOut, view.SignUpAddress{SignUpFrame: view.SignUpFrame{Step: 1, Problem: f.Text.T("problem.429.title")}, Ways: []string{"mail"}, Address: "li@shop.example"})},
		{"signup_no_way", view.SignUpAddressPage(signedOut, view.SignUpAddress{SignUpFrame: view.SignUpFrame{Step: 1}})},
		{"signup_code", view.SignUpCodePage(signedOut, view.SignUpCode{SignUpFrame: view.SignUpFrame{Step: 1}, Masked: "li***@shop.example", Wait: 42})},
		{"signup_code_spent", view.SignUpCodePage(signedOut, view.SignUpCode{SignUpFrame: view.SignUpFrame{Step: 1, Problem: f.Text.T("problem.429.title")}, Masked: "139****0001", Spent: true})},
		{"signup_account", view.SignUpAccountPage(signedOut, view.SignUpAccount{
			SignUpFrame: view.SignUpFrame{Step: 1}, Login: "li@shop.example", Name: "李店长", WordsProblem: f.Text.T("signup.account.password_hint"),
		})},
		{"signup_taken", view.SignUpAccountPage(signedOut, view.SignUpAccount{SignUpFrame: view.SignUpFrame{Step: 1}, Login: "li@shop.example", Taken: true})},
		{"signup_shop", view.SignUpShopPage(applicant, view.SignUpShop{SignUpFrame: view.SignUpFrame{Step: 2}, Base: "shop.example.com/console/", Name: "青禾生活", Handle: "qinghe", HandleFree: true})},
		{"signup_shop_taken", view.SignUpShopPage(applicant, view.SignUpShop{
			SignUpFrame: view.SignUpFrame{Step: 2}, Base: "shop.example.com/console/", Name: "<script>", Handle: "qinghe",
			HandleProblem: f.Text.T("signup.shop.taken"), Suggestions: []string{"qinghe-2", "qinghe-3"},
		})},
		{"signup_terms", view.SignUpTermsPage(applicant, view.SignUpTerms{SignUpFrame: view.SignUpFrame{Step: 3}, Base: "shop.example.com/console/", Name: "青禾生活", Handle: "qinghe", Version: "2026-11"})},
		{"signup_progress", view.SignUpProgressPage(applicant, view.SignUpProgress{Name: "青禾生活", State: "provisioning", Moving: true, Failed: true, Steps: []view.ProgressStep{
			{Key: "claim", State: "done"}, {Key: "check", State: "done"}, {Key: "settings", State: "now"}, {Key: "roles", State: "failed"}, {Key: "owner", State: "waiting"}, {Key: "ready", State: "waiting"},
		}})},
		{"signup_review", view.SignUpProgressPage(applicant, view.SignUpProgress{Name: "青禾生活", State: "applied"})},
		{"signup_rejected", view.SignUpProgressPage(applicant, view.SignUpProgress{Name: "青禾生活", State: "rejected", Reason: "店名与他人商标相同"})},
		{"onboarding", view.OnboardingPage(young, view.Onboarding{MayOpen: true, Steps: []view.OnboardingStep{
			{Key: "app", Icon: "apps", Href: "/apps", State: view.StepDone, Needed: true}, {Key: "account", Icon: "credit-card", Href: "/payment-accounts", State: view.StepTodo, Needed: true}, {Key: "product", Icon: "package", Href: "/products", State: view.StepTodo, Needed: true},
		}})},
		{"onboarding_done", view.OnboardingPage(young, view.Onboarding{MayOpen: true, Steps: []view.OnboardingStep{
			{Key: "app", Icon: "apps", Href: "/apps", State: view.StepDone, Needed: true}, {Key: "account", Icon: "credit-card", Href: "/payment-accounts", State: view.StepDone, Needed: true},
		}})},
		{"shop_closed", view.ShopClosedPage(shop("", "shop.closed.title"), "证照过期")},
		{"messages", view.MessageListPage(signedOut, []view.Letter{
			{At: "2026-11-21 19:42:05", Way: "mail", To: "li@shop.example", Kind: "signup_code", Subject: f.Text.T("signup.letter.code.subject"), Text: f.Text.T("signup.letter.code.text", "123456")},
		})},
		{"messages_none", view.MessageListPage(signedOut, nil)},
	}
}
