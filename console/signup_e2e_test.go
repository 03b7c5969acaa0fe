package console_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"galleria/tenant/tenanttest"
)

// A merchant opens a shop in a real browser; the job runs beside it.
func TestE2ESignUp(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		width, height int64
		dark, english bool
	}{
		{"desk light Chinese", 1360, 900, false, false},
		{"phone dark English", 390, 844, true, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := deskOver(t, tenanttest.NewAlone(t))
			b := openChromium(t, d, tc.width, tc.height)
			b.run(chromedp.Navigate(b.base + "/console/login"))
			if !tc.english {
				b.press(`button[name="locale"][value="zh-CN"]`)
			}
			if tc.dark {
				b.press(`button[name="theme"][value="dark"]`)
			}
			b.press(`a[href="/console/signup"]`)
			b.openShop(d)
		})
	}
}

func (b *chromium) openShop(d *desk) {
	b.t.Helper()
	mail, handle := address(), "own-"+tenanttest.RandomHex(5)
	typed := func(selector, text string) { b.run(chromedp.SendKeys(selector, text, chromedp.ByQuery)) }
	submit := func() { b.press(`main form button.btn-primary`) }
	at := func(path string) {
		b.t.Helper()
		if got := b.text("location.pathname"); got != path {
			b.t.Fatalf("at %s, want %s", got, path)
		}
	}
	b.inspect("signup")
	typed("#address", mail)
	submit()
	at("/console/signup/code")
	b.inspect("signup_code")
	typed("#code", d.code(b.t, mail))
	submit()
	at("/console/signup/account")
	typed("#name", "李店长")
	typed("#password", strongPassword)
	b.inspect("signup_account")
	submit()
	at("/console/signup/shop")
	typed("#shop-name", "青禾生活")
	// The handle is judged while it is typed.
	b.run(chromedp.Evaluate(`document.getElementById("handle").value = ""`, nil))
	typed("#handle", "platform")
	b.run(chromedp.Poll(`document.querySelector('#handle-state .is-bad') !== null`, nil, chromedp.WithPollingTimeout(30*time.Second)))
	b.inspect("signup_shop_taken")
	b.run(chromedp.Evaluate(`document.getElementById("handle").value = ""`, nil))
	typed("#handle", handle)
	b.run(chromedp.Poll(`document.querySelector('#handle-state .is-good') !== null`, nil, chromedp.WithPollingTimeout(30*time.Second)))
	b.inspect("signup_shop")
	submit()
	at("/console/signup/terms")
	b.inspect("signup_terms")
	b.run(chromedp.Click(`input[name="accept"]`, chromedp.ByQuery))
	submit()
	at("/console/signup/progress")
	b.inspect("signup_progress")
	d.work(b.t)
	for deadline := time.Now().Add(60 * time.Second); b.text("location.pathname") != "/console/"+handle; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("the progress stays at %s", b.text("location.pathname"))
		}
	}
	b.inspect("new_shop")
	b.run(chromedp.Navigate(b.base + "/console/" + handle + "/onboarding"))
	b.inspect("onboarding")
	b.run(chromedp.Navigate(b.base + "/console/dev/messages"))
	if page := b.text(`document.body.innerText`); !strings.Contains(page, mail) {
		b.t.Error("the message does not lie on the desk")
	}
	b.inspect("messages")
}
