package viewtest

import (
	"time"

	"galleria/console/authz"
	"galleria/console/courier"
	"galleria/console/view"
)

// staffPages are the pages about people, roles and one's own account.
func (f Frame) staffPages() []Sample {
	shop := func(here, title string) view.Page { return f.page(here, f.Text.T(title)) }
	own := shop("", "account_own.title")
	own.Shop, own.Nav, own.Platform = nil, nil, true
	out := view.Page{Text: f.Text, Theme: f.Theme, CSRF: "csrf-sample", Asset: f.Asset, Title: f.Text.T("reset.title"), Back: "/console/login"}
	choices := []view.RoleChoice{
		{Code: "manager", Name: f.Text.T("role.manager"), Lead: f.Text.T("role.lead.manager"), Chosen: true},
		{Code: "finance", Name: f.Text.T("role.finance"), Lead: f.Text.T("role.lead.finance"), Blocked: true},
		{Code: "own_night", Name: "夜班客服"},
	}
	people := f.people()
	weak := view.PasswordForm{NewBad: f.Text.T("password.problem.weak"), Weighed: true, Score: 1}
	return []Sample{
		{"reauth", view.ReauthPage(own, view.Reauth{Next: "/console/shanye/transfer"})},
		{"reauth_form", view.ReauthPage(own, view.Reauth{
			Next: "/console/shanye/staff/invite", Action: "/console/shanye/staff/invite", ByCode: true, Problem: f.Text.T("reauth.wrong_password"),
			Kept: []view.Kept{{Name: "address", Value: "new@shanye.example"}},
		})},
		{"reauth_continue", view.ContinuePage(own, view.Reauth{Next: "/console/shanye/staff/invite", Action: "/console/shanye/staff/invite", Kept: []view.Kept{{Name: "address", Value: "new@shanye.example"}}})},
		{"account_own", view.AccountPage(own, view.Account{
			Login: "owner@shanye.example", Mail: "owner@shanye.example", Phone: "+8613800138000", Enrolled: true, Since: ago(900 * time.Hour), RecoveryLeft: 8, Mandatory: true,
			Done: "password", Devices: devices(),
		})},
		{"account_own_new", view.AccountPage(own, view.Account{Login: "lin", Devices: devices()[:1], Password: weak})},
		{"totp", view.EnrolPage(own, view.Enrolment{Key: "JBSW-Y3DP-EHPK-3PXP-JBSW-Y3DP-EHPK-3PXP", Mandatory: true})},
		{"recovery", view.RecoveryPage(own, []string{"k4tq-7m2x-p3ne-w5ha", "c6rj-2v8s-q9dl-x3fb"})},
		{"code", view.CodePage(out, "/console/shanye", "")},
		{"staff", view.StaffListPage(shop("nav.staff", "staff.title"), view.StaffList{
			People: people, MayInvite: true, MayManage: true, MayTransfer: true, Done: "invited",
			Invites: []view.InviteRow{{ID: 3, Address: "new@shanye.example", Roles: []string{f.Text.T("role.support")}, Inviter: "李店长", ExpiresAt: now().Add(6 * 24 * time.Hour)}},
		})},
		{"staff_alone", view.StaffListPage(shop("nav.staff", "staff.title"), view.StaffList{People: people[:1], MayInvite: true})},
		{"staff_one", view.StaffShowPage(shop("nav.staff", "staff.title"), view.StaffShow{Person: people[1], Roles: choices})},
		{"invite_new", view.InviteNewPage(shop("nav.staff", "invite.new"), view.InviteForm{Address: "not an address", AddressBad: f.Text.T("invite.address_bad"), Roles: choices, RolesBad: f.Text.T("invite.roles_none")})},
		{"accept", view.AcceptInvitePage(out, view.AcceptInvite{Self: "/console/invite/t0ken", Shop: "山野咖啡", Lead: f.Text.T("accept.lead", "李店长"), Address: "new@shanye.example", Roles: []string{f.Text.T("role.support")}, Password: weak})},
		{"accept_signed_in", view.AcceptInvitePage(own, view.AcceptInvite{Self: "/console/invite/t0ken", Shop: "山野咖啡", Lead: f.Text.T("accept.lead", "李店长"), Address: "+8613800138000", Roles: []string{f.Text.T("role.support")}, Person: "林小满"})},
		{"forgot", view.ForgotPage(out, "", "", false)},
		{"forgot_refused", view.ForgotPage(out, "13800138000", courier.ErrOtherWay.Text(string(f.Text.Lang())), false)},
		{"forgot_sent", view.ForgotPage(out, "owner@shanye.example", "", true)},
		{"reset", view.ResetPage(out, "t0ken", "owner@shanye.example", weak)},
		{"ended", view.EndedPage(out, f.Text.T("ended.reset_title"), f.Text.T("ended.reset_text"), f.Text.T("ended.reset_action"), "/console/forgot")},
		{"roles", view.RoleListPage(shop("nav.roles", "role.title"), view.RoleList{MayManage: true, Roles: []view.RoleRow{
			{Code: "owner", Name: f.Text.T("role.owner"), Lead: f.Text.T("role.lead.owner"), Preset: true, People: 1},
			{Code: "manager", Name: f.Text.T("role.manager"), Lead: f.Text.T("role.lead.manager"), Preset: true, People: 2},
			{Code: "own_night", Name: "夜班客服", People: 3},
		}})},
		{"role", view.RoleEditPage(shop("nav.roles", "role.title"), view.RoleEdit{Code: "own_night", Name: "夜班客服", Matrix: matrix()})},
		{"role_preset", view.RoleEditPage(shop("nav.roles", "role.title"), view.RoleEdit{Code: "support", Name: f.Text.T("role.support"), Preset: true, ReadOnly: true, Matrix: matrix()})},
		{"transfer", view.TransferPage(shop("nav.staff", "transfer.title"), view.Transfer{Heirs: people[1:], Mandatory: true, Problem: f.Text.T("transfer.unconfirmed")})},
		{"transfer_nobody", view.TransferPage(shop("nav.staff", "transfer.title"), view.Transfer{})},
		{"platform_staff", view.PlatformStaffPage(f.platform("nav.platform_staff"), view.PlatformStaff{
			MayManage: true, People: []view.StaffRow{
				{ID: 1, Name: "平台管理员", Login: "root@galleria.example", Roles: []string{"platform_admin"}, SecondFactor: true, Self: true},
				{ID: 2, Name: "平台小王", Login: "wang@galleria.example", Roles: []string{"platform_support", "platform_finance"}, Disabled: true},
			},
			Invites: []view.InviteRow{{ID: 3, Address: "new@galleria.example", Roles: []string{"platform_auditor"}, Inviter: "平台管理员", ExpiresAt: now().Add(6 * 24 * time.Hour)}},
		})},
		{"platform_staff_one", view.PlatformStaffShowPage(f.platform("nav.platform_staff"), view.StaffShow{
			Person: view.StaffRow{ID: 2, Name: "平台小王", Login: "wang@galleria.example"}, Roles: f.platformRoles(), Problem: "至少要保留一名可用的平台管理员",
		})},
		{"platform_staff_invite", view.PlatformInvitePage(f.platform("nav.platform_staff"), view.InviteForm{Address: "?", AddressBad: f.Text.T("invite.address_bad"), Roles: f.platformRoles()})},
		{"address", view.AddressPage(own, view.AddressForm{Mail: "li@shanye.example", Phone: "+8613800138000", Value: "?", Bad: f.Text.T("invite.address_bad")})},
		{"address_code", view.AddressCodePage(own, view.AddressCode{Masked: "ne***@shanye.example", Wait: 40})},
	}
}

func (f Frame) platformRoles() []view.RoleChoice {
	return []view.RoleChoice{
		{Code: "platform_admin", Name: f.Text.T("role.platform_admin"), Lead: f.Text.T("platform_staff.lead.platform_admin"), Blocked: true},
		{Code: "platform_support", Name: f.Text.T("role.platform_support"), Lead: f.Text.T("platform_staff.lead.platform_support"), Chosen: true},
	}
}

func (f Frame) people() []view.StaffRow {
	return []view.StaffRow{
		{ID: 1, Name: "李店长", Login: "owner@shanye.example", Roles: []string{f.Text.T("role.owner")}, SeenAt: at(2 * time.Minute), SecondFactor: true, Self: true, Owner: true},
		{ID: 2, Name: "林小满", Login: "lin@shanye.example", Roles: []string{f.Text.T("role.manager"), "夜班客服"}, SeenAt: at(30 * time.Hour), SecondFactor: true},
		{ID: 3, Name: "周哲", Login: "+8613912345678", Roles: []string{f.Text.T("role.warehouse")}, Disabled: true},
	}
}

func devices() []view.Device {
	return []view.Device{
		{ID: 7, Agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36", IP: "203.0.113.7", Start: ago(3 * time.Hour), SeenAt: ago(time.Minute), Here: true},
		{ID: 6, Agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) MicroMessenger/8.0", IP: "198.51.100.24", Start: ago(9 * time.Hour), SeenAt: ago(20 * time.Minute)},
	}
}

func matrix() []view.MatrixRow {
	var rows []view.MatrixRow
	for _, p := range authz.Grantable() {
		cell := view.MatrixCell{Permission: p, Ticked: p.Action() == "read", Blocked: p == authz.AppUpdate || p == authz.PaymentAccountUpdate}
		if n := len(rows); n > 0 && rows[n-1].Screen == p.Screen() {
			rows[n-1].Cells = append(rows[n-1].Cells, cell)
			continue
		}
		rows = append(rows, view.MatrixRow{Screen: p.Screen(), Cells: []view.MatrixCell{cell}})
	}
	return rows
}
