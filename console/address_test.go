package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"galleria/console/session"
	"galleria/tenant/tenanttest"
)

// A person's new address counts after its code, signs in, makes links to the old one
// worthless, and the old one is told.
func TestAPersonChangesTheAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old, fresh := address(), address()
	d.env.Owner(t, "UPDATE platform.staff SET mail = $1 WHERE id = $2", old, d.owner.ID)
	b := d.signedIn(t, d.owner)
	b.wantStatus("/console/account", http.StatusOK)
	b.see("修改邮箱或手机号", old)
	d.browser(t).post("/console/forgot", url.Values{"address": {old}})

	const page = "/console/account/address"
	b.wantStatus(page, http.StatusOK)
	for typed, want := range map[string]string{"?": "", old: "这已经是您的地址"} {
		if res := b.post(page, url.Values{"address": {typed}}); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%q: status %d, want 422", typed, res.StatusCode)
		}
		b.see(want, `value="`+typed+`"`)
	}
	wantTo(t, b.post(page, url.Values{"address": {strings.ToUpper(fresh)}}), page+"/code")
	b.wantStatus(page+"/code", http.StatusOK)
	b.see("ne***@shop.test")
	b.miss(fresh)
	if res := b.post(page+"/resend", nil); res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Errorf("a second message at once: status %d", res.StatusCode)
	}
	if res := b.post(page+"/code", url.Values{"code": {"000000x"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code: status %d", res.StatusCode)
	}
	b.see("验证码不正确")
	if got := one[string](t, d, "SELECT mail FROM platform.staff WHERE id = $1", d.owner.ID); got != old {
		t.Errorf("mail is %s before the code was given", got)
	}
	wantTo(t, b.post(page+"/code", url.Values{"code": {d.code(t, fresh)}}), "/console/account?done=address")
	b.wantStatus("/console/account?done=address", http.StatusOK)
	b.see("地址已更新", fresh)
	b.wantStatus(page+"/code", http.StatusSeeOther) // the proof was used

	if res := d.browser(t).signIn(fresh, password, ""); res.StatusCode != http.StatusSeeOther {
		t.Errorf("sign in with the new address: status %d", res.StatusCode)
	}
	if res := d.browser(t).signIn(old, password, ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("sign in with the old address: status %d", res.StatusCode)
	}
	if n := one[int](t, d, "SELECT count(*)::int FROM platform.staff_proof WHERE staff_id = $1 AND used_at IS NULL", d.owner.ID); n != 0 {
		t.Errorf("%d links to the old address still work", n)
	}
	told := false
	for deadline := time.Now().Add(5 * time.Second); !told && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) { // sent beside the answer
		for _, m := range d.mails.Messages() {
			told = told || (m.To == old && m.Kind == "address_changed" && strings.Contains(m.Text, "ne***@shop.test") && !strings.Contains(m.Text, fresh))
		}
	}
	if !told {
		t.Error("the old address was not told")
	}
	if n := one[int](t, d, "SELECT count(*)::int FROM platform.audit_log WHERE action = 'console.address_changed' AND object = 'staff:' || $1::bigint", d.owner.ID); n != 1 {
		t.Errorf("%d audit entries, want 1", n)
	}
}

// T012 of the console: an address that another account has is not taken over, and the page
// does not tell whose it is.
func TestAnotherAccountsAddressIsNotTaken(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	phone := "138" + strings.Map(func(r rune) rune { return '0' + r%10 }, tenanttest.RandomHex(4))
	d.env.Owner(t, "UPDATE platform.staff SET phone = $1 WHERE id = $2", "+86"+phone, d.clerk.ID)
	b := d.signedIn(t, d.owner)
	const page = "/console/account/address"
	b.get(page)
	wantTo(t, b.post(page, url.Values{"address": {phone}}), page+"/code") // as for anybody's
	if m := d.letter(t, "+86"+phone); m.Kind != "address_known" || sixDigits.MatchString(strings.ReplaceAll(m.Text, phone, "")) {
		t.Errorf("the owner of the phone got %+v", m)
	}
	b.get(page + "/code")
	if res := b.post(page+"/code", url.Values{"code": {"123456"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a guess: status %d", res.StatusCode)
	}

	// Proven in good time, but another account was faster.
	free := "139" + phone[3:]
	d.env.Clock().Set(time.Now().Add(session.ProofLasts - time.Minute))
	b.get(page)
	wantTo(t, b.post(page, url.Values{"address": {free}}), page+"/code")
	code := d.code(t, "+86"+free)
	d.env.Owner(t, "UPDATE platform.staff SET phone = $1 WHERE id = $2", "+86"+free, d.clerk.ID)
	b.get(page + "/code")
	if res := b.post(page+"/code", url.Values{"code": {code}}); res.StatusCode != http.StatusConflict {
		t.Errorf("an address taken meanwhile: status %d", res.StatusCode)
	}
	b.see("已绑定其他账号")
	d.env.Clock().Advance(2 * time.Minute)
	b.get(page)
	if !strings.Contains(b.page, "/console/reauth") && b.get(page).StatusCode != http.StatusSeeOther {
		t.Error("an old proof opens the page")
	}
}
