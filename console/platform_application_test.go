package console_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/console/authz"
	"galleria/console/courier"
	"galleria/console/herald"
	"galleria/tenant"
	"galleria/tenant/signup"
	"galleria/tenant/tenanttest"
)

// reviewDesk is a desk whose applications wait for the platform's staff.
func reviewDesk(t *testing.T) (*desk, *signup.Service) {
	t.Helper()
	d := newDesk(t)
	signups, ok := d.opening.Signups.(*signup.Service)
	if !ok {
		t.Fatal("no signup service")
	}
	signups.Mode = signup.ModeReview
	return d, signups
}

// apply hands in an application over HTTP and returns its address in the platform's console.
func (d *desk) apply(t *testing.T, b *browser, name, handle string) string {
	t.Helper()
	b.get("/console/signup/shop")
	wantTo(t, b.post("/console/signup/shop", url.Values{"name": {name}, "handle": {handle}}), "/console/signup/terms")
	b.get("/console/signup/terms")
	wantTo(t, b.post("/console/signup/terms", url.Values{"accept": {"yes"}, "version": {signup.TermsVersion}}), "/console/signup/progress")
	return "/console/platform/applications/" + one[string](t, d, "SELECT id FROM platform.signup WHERE handle = $1 AND status = 'applied'", handle)
}

// told runs the herald over the news of an application and returns the letters it sends.
func (d *desk) told(t *testing.T, signups *signup.Service, application string) (letters []courier.Message) {
	t.Helper()
	mails := courier.NewDesk(d.env.Clock().Now)
	h, err := herald.New(herald.Deps{
		Signups: signups, Registry: d.env.Registry, Staff: d.staff, Courier: mails, BaseURL: "https://shop.example.com", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	id := idOf(t, application)
	news := one[string](t, d, "SELECT coalesce(string_agg(payload->>'news', ' ' ORDER BY id), '') FROM platform.outbox WHERE tenant_id = $1 AND topic = $2", id.String(), string(signup.TopicNews))
	for what := range strings.FieldsSeq(news) {
		if err := h.Applicant(t.Context(), id, signup.News(what)); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range mails.Messages() {
		letters = append([]courier.Message{m.Message}, letters...)
	}
	return letters
}

// idOf is the application that an address of the platform's console names.
func idOf(t *testing.T, application string) tenant.ID {
	t.Helper()
	id, err := tenant.ParseID(application[strings.LastIndex(application, "/")+1:])
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// An application that waits is found, read, refused with a reason, tried again, approved,
// and its applicant is told each time, in his language.
func TestPlatformDecidesAboutApplications(t *testing.T) {
	t.Parallel()
	d, signups := reviewDesk(t)
	support, auditor := d.signedIn(t, d.appoint(t, authz.PlatformSupport)), d.signedIn(t, d.appoint(t, authz.PlatformAuditor))
	auditor.wantStatus("/console/platform/applications", http.StatusForbidden)

	mail, handle := address(), "apply-"+tenanttest.RandomHex(5)
	applicant := d.join(t, mail)
	application := d.apply(t, applicant, "待审小店", handle)
	support.wantStatus("/console/platform/applications?status=applied&q="+handle, http.StatusOK)
	support.see("待审小店", handle, "待审核", mail)
	support.wantStatus("/console/platform/applications?status=opened&q="+handle, http.StatusOK)
	support.see("没有符合条件")
	support.wantStatus(application, http.StatusOK)
	support.see("待审小店", mail, "通过申请", "不予通过", signup.TermsVersion)
	support.wantStatus(application+"/reject", http.StatusOK)
	if res := support.post(application+"/reject", url.Values{"reason": {" "}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a rejection without a reason: status %d", res.StatusCode)
	}
	support.see("problem-reason")
	for range 2 { // pressed twice: the second is told that it was decided
		support.get(application + "/reject")
		support.post(application+"/reject", url.Values{"reason": {"店名与他人商标相同"}})
	}
	support.wantStatus(application+"?done=reject", http.StatusOK)
	support.see("未通过", "店名与他人商标相同", "申请人会收到原因")
	support.miss("通过申请</a>")
	letters := d.told(t, signups, application)
	if len(letters) != 1 || letters[0].To != mail || letters[0].Kind != "signup_rejected" || !strings.Contains(letters[0].Text, "店名与他人商标相同") {
		t.Errorf("letters of a rejection: %+v", letters)
	}

	applicant.header.Set("Accept-Language", "en")
	applicant.get("/console/signup/shop")
	again := d.apply(t, applicant, "待审小店二", handle) // the handle is free again
	support.wantStatus(again+"/approve", http.StatusOK)
	for range 2 {
		support.get(again + "/approve")
		if res := support.post(again+"/approve", nil); res.StatusCode != http.StatusSeeOther {
			t.Errorf("approve: status %d", res.StatusCode)
		}
	}
	support.get(again + "/reject")
	if res := support.post(again+"/reject", url.Values{"reason": {"太晚"}}); res.StatusCode != http.StatusConflict {
		t.Errorf("rejecting what was approved: status %d", res.StatusCode)
	}
	if err := signups.Advance(t.Context(), idOf(t, again)); err != nil {
		t.Fatal(err)
	}
	letters = d.told(t, signups, again)
	if len(letters) != 2 || letters[0].Kind != "signup_approved" || letters[1].Kind != "signup_ready" ||
		!strings.Contains(letters[1].Text, "https://shop.example.com/console/"+handle+"/onboarding") || !strings.Contains(letters[1].Subject, "is ready") {
		t.Errorf("letters of an approval: %+v", letters)
	}
	support.wantStatus(again, http.StatusOK)
	support.see("已开通", "查看店铺")
	for action, want := range map[string]int{"signup.reject": 1, "signup.approve": 1} {
		n := one[int](t, d, "SELECT count(*)::int FROM platform.audit_log WHERE action = $1 AND detail->>'handle' = $2 AND tenant_id IS NULL", action, handle)
		if n != want {
			t.Errorf("%s: %d entries, want %d", action, n, want)
		}
	}
}

// An account that signed up can have its password set anew: its address is known.
func TestSignUpKeepsTheProvenAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mail := address()
	d.join(t, mail)
	if got := one[string](t, d, "SELECT coalesce(mail, '') FROM platform.staff WHERE login = $1", mail); got != mail {
		t.Errorf("the account's mail is %q, want %q", got, mail)
	}
}
