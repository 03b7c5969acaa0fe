package console_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"galleria/console/authz"
	"galleria/console/courier"
	"galleria/console/staff"
	"galleria/tenant/tenanttest"
)

// TestE2EStaff walks through people, roles and one's own account in a real browser.
func TestE2EStaff(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		width, height int64
		dark, english bool
	}{
		{"phone light Chinese", 390, 844, false, false},
		{"desk dark English", 1360, 900, true, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d, mail := newStrictDesk(t)
			b := openChromium(t, d, tc.width, tc.height)
			b.run(chromedp.Navigate(b.base + "/console/forgot"))
			if !tc.english { // Chromium itself asks for English
				b.press(`button[name="locale"][value="zh-CN"]`)
			}
			if tc.dark {
				b.press(`button[name="theme"][value="dark"]`)
			}
			b.forget(d, mail)
			b.enrolOwner(d)
			b.manage(d, mail)
		})
	}
}

func (b *chromium) open(path string) { b.t.Helper(); b.run(chromedp.Navigate(b.base + path)) }

// forget asks for a reset link and uses it.
func (b *chromium) forget(d *desk, mail *courier.Desk) {
	b.t.Helper()
	address := "lost-" + tenanttest.RandomHex(4) + "@example.com"
	if _, err := d.staff.Add(b.t.Context(), staff.AddInput{Login: address, Name: "林小满", Password: password, Mail: address}); err != nil {
		b.t.Fatal(err)
	}
	b.inspect("forgot")
	b.run(chromedp.SendKeys("#address", address, chromedp.ByQuery))
	b.press(`form[action="/console/forgot"] button`)
	b.inspect("forgot_sent")
	link := wantLink(b.t, mail, address)
	b.open(link)
	b.inspect("reset")
	b.run(chromedp.SendKeys("#password", otherPassword, chromedp.ByQuery), chromedp.SendKeys("#repeat", otherPassword, chromedp.ByQuery))
	b.press(`form[action^="/console/reset/"] button`)
	b.inspect("reset_done")
}

// enrolOwner signs the owner in, sets the second factor up, and signs in with it.
func (b *chromium) enrolOwner(d *desk) {
	b.t.Helper()
	signIn := func() {
		b.open("/console/login")
		b.run(chromedp.SendKeys("#login", d.owner.Login, chromedp.ByQuery), chromedp.SendKeys("#password", password, chromedp.ByQuery))
		b.press(`form[action="/console/login"] button[type="submit"]`)
	}
	signIn()
	b.inspect("totp")
	if drawn := b.text(`document.querySelector('.console-qr').naturalWidth > 0 ? 'drawn' : 'missing'`); drawn != "drawn" {
		b.t.Errorf("the picture of the key is %s", drawn)
	}
	key := b.text(`document.getElementById('totp-key').textContent.replaceAll('-', '')`)
	b.run(chromedp.SendKeys("#code", codeOf2FA(b.t, key, d.env.Clock().Now()), chromedp.ByQuery))
	b.press(`form[action="/console/account/totp"] button`)
	b.inspect("recovery")
	b.press(`main a.btn`)
	if at := b.text("location.pathname"); at != d.shop("") {
		b.t.Errorf("after setting up at %s, want the shop", at)
	}
	b.open("/console/account")
	b.inspect("account")
	b.run(chromedp.Evaluate(`document.querySelector('form[action="/console/logout"]').submit()`, nil), chromedp.WaitVisible("#login", chromedp.ByQuery))
	signIn()
	b.inspect("code")
	d.env.Clock().Advance(time.Minute) // the last code was used
	b.run(chromedp.SendKeys("#code", codeOf2FA(b.t, key, d.env.Clock().Now()), chromedp.ByQuery))
	b.press(`form[action="/console/login/code"] button`)
}

// manage invites somebody, makes a role, changes a person and looks at the transfer.
func (b *chromium) manage(d *desk, mail *courier.Desk) {
	b.t.Helper()
	b.open(d.shop("/staff/invite"))
	b.inspect("invite_new")
	b.run(chromedp.SendKeys("#address", "new@example.com", chromedp.ByQuery), chromedp.Click(`input[value="support"]`, chromedp.ByQuery))
	b.press(`form[action$="/staff/invite"] button`)
	b.inspect("staff")
	b.open(d.shop("/roles/new"))
	b.run(chromedp.SendKeys("#name", "夜班客服", chromedp.ByQuery), chromedp.Click(`input[value="order.read"]`, chromedp.ByQuery))
	b.inspect("role_new")
	b.press(`form[action$="/roles"] button[type="submit"]`)
	b.inspect("roles")
	b.open(d.shop("/roles/" + authz.Support))
	b.inspect("role_preset")
	b.open(d.shop("/staff/" + strconv.FormatInt(d.clerk.ID, 10)))
	b.inspect("staff_one")
	b.open(d.shop("/transfer"))
	b.inspect("transfer")
	b.open("/console/account/totp")
	b.inspect("totp_move")
	d.env.Clock().Advance(6 * time.Minute)
	b.open(d.shop("/transfer"))
	b.inspect("reauth")
	link := wantLink(b.t, mail, "new@example.com")
	b.run(chromedp.Navigate(b.base + "/console"))
	b.open(link)
	b.inspect("accept_signed_in")
	b.run(chromedp.Evaluate(`document.querySelector('form[action="/console/logout"]').submit()`, nil), chromedp.WaitVisible("#login", chromedp.ByQuery))
	b.open(link)
	b.run(chromedp.SendKeys("#name", "周哲", chromedp.ByQuery), chromedp.SendKeys("#password", "aaaaaaaaaaaaaaaa", chromedp.ByQuery), chromedp.SendKeys("#repeat", "aaaaaaaaaaaaaaaa", chromedp.ByQuery))
	b.run(chromedp.Click(`form[action^="/console/invite/"] button`, chromedp.ByQuery), chromedp.WaitVisible("#strength", chromedp.ByQuery))
	b.Forgive() // 422 is the answer that was wanted
	b.inspect("accept_weak")
}
