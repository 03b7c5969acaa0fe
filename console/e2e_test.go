package console_test

import (
	"net"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"galleria/console/browsertest"
)

// chromium is a real browser on the console.
type chromium struct {
	*browsertest.Browser
	t    *testing.T
	base string
	// phone: the menu is behind a button.
	phone bool
}

func openChromium(t *testing.T, d *desk, width, height int64) *chromium {
	t.Helper()
	browser := browsertest.Open(t, "testdata/axe.min.js", width, height)
	return &chromium{Browser: browser, t: t, base: d.listen(t), phone: width < 768}
}

func (b *chromium) run(actions ...chromedp.Action) { b.t.Helper(); b.Run(actions...) }
func (b *chromium) inspect(name string)            { b.t.Helper(); b.Inspect(name) }
func (b *chromium) text(expression string) string  { b.t.Helper(); return b.Text(expression) }
func (b *chromium) press(selector string)          { b.t.Helper(); b.Press(selector) }

// listen serves the desk on a free loopback port.
func (d *desk) listen(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- d.app.Listener(listener) }()
	t.Cleanup(func() {
		_ = d.app.ShutdownWithTimeout(2 * time.Second)
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return "http://" + listener.Addr().String()
}

func TestE2EConsole(t *testing.T) {
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
			d := newDesk(t)
			g := d.stock(t, d.env.Tenant, "阿哲")
			b := openChromium(t, d, tc.width, tc.height)
			b.run(chromedp.Navigate(b.base + "/console/" + d.env.Tenant.Handle + "/orders"))
			if !tc.english { // Chromium itself asks for English
				b.press(`button[name="locale"][value="zh-CN"]`)
			}
			if tc.dark {
				b.press(`button[name="theme"][value="dark"]`)
			}
			b.inspect("signin")
			b.buy(d, g)
		})
	}
}

// buy walks through the console the way a shop's owner does.
func (b *chromium) buy(d *desk, g goods) {
	b.t.Helper()
	shop := "/console/" + d.env.Tenant.Handle
	b.run(chromedp.SendKeys("#login", d.owner.Login, chromedp.ByQuery), chromedp.SendKeys("#password", password, chromedp.ByQuery))
	b.press(`form[action="/console/login"] button[type="submit"]`)
	if at := b.text("location.pathname"); at != shop+"/orders" {
		b.t.Errorf("after sign-in at %s, want the page asked for", at)
	}
	if cookies := b.text("document.cookie"); cookies != "" {
		b.t.Errorf("script can read cookies: %q", cookies)
	}
	b.inspect("orders")

	if b.phone {
		b.run(chromedp.Click(".navbar-toggler", chromedp.ByQuery), chromedp.WaitVisible(`#rail-menu a[href$="/products"]`, chromedp.ByQuery), chromedp.Sleep(400*time.Millisecond))
		b.inspect("phone_menu")
		b.run(chromedp.Click(".navbar-toggler", chromedp.ByQuery), chromedp.WaitNotVisible(`#rail-menu a[href$="/products"]`, chromedp.ByQuery))
	}
	// "/" leads to the search from anywhere on the page.
	b.run(chromedp.KeyEvent("/"))
	if at := b.text("document.activeElement.id"); at != "global-search" {
		b.t.Errorf("the slash key leads to %q, want the search field", at)
	}

	// Typing searches without a press, and the address can be shared.
	b.run(
		chromedp.SendKeys("#order-query", g.orderNos[1], chromedp.ByQuery),
		chromedp.Poll(`document.querySelectorAll('#results tbody tr').length === 1 && location.search.includes('q=')`, nil, chromedp.WithPollingTimeout(30*time.Second)),
	)
	b.inspect("orders_search")
	b.run(chromedp.Navigate(b.base + shop + "/orders?status=paid"))
	b.press(`#results tbody a.stretched`)
	if at := b.text("location.pathname"); at != shop+"/orders/"+g.orderNos[5] {
		b.t.Errorf("opened %s, want order %s", at, g.orderNos[5])
	}
	b.inspect("order")
	for name, path := range map[string]string{"dashboard": "", "products": "/products", "product": "/products/1", "apps": "/apps", "audit": "/audit", "audit_entry": "/audit/1", "no_match": "/orders?q=nobody"} {
		b.run(chromedp.Navigate(b.base + shop + path))
		b.inspect(name)
	}
	b.run(
		chromedp.Navigate(b.base+shop+"/payment-accounts/1"),
		chromedp.Click(`.console-callback .console-copy`, chromedp.ByQuery),
		chromedp.Poll(`document.getElementById('announce').textContent !== ''`, nil, chromedp.WithPollingTimeout(30*time.Second)),
	)
	b.inspect("accounts")
	b.run(chromedp.Click(".console-person", chromedp.ByQuery), chromedp.WaitVisible(`form[action="/console/logout"] button`, chromedp.ByQuery))
	b.inspect("menu")
	b.press(`form[action="/console/logout"] button`)
	if at := b.text("location.pathname"); at != "/console/login" {
		b.t.Errorf("after sign-out at %s, want the sign-in page", at)
	}
}
