package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is a real browser on the console. What the browser complains about (content
// policy, script errors, missing files) is collected.
type chromium struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // chromedp keeps the browser in its context
	base string
	axe  string
	// phone: the menu is behind a button.
	phone bool

	mu         sync.Mutex
	complaints []string
}

func openChromium(t *testing.T, d *desk, width, height int64) *chromium {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on PATH; .ci/run installs one")
	}
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	options := append([]chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(profileDir(t)), chromedp.NoSandbox}, chromedp.DefaultExecAllocatorOptions[:]...)
	for _, flag := range []string{"disable-gpu", "disable-quic", "disable-component-update", "hide-scrollbars"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(alloc)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	b := &chromium{t: t, ctx: ctx, base: d.listen(t), axe: string(axe), phone: width < 768}
	chromedp.ListenTarget(ctx, b.hear)
	b.run(log.Enable(), network.Enable(), emulation.SetDeviceMetricsOverride(width, height, 1, width < 700))
	return b
}

// profileDir is a browser's folder. Chromium's helpers may still write into it when the
// browser itself has ended, which t.TempDir would not forgive.
func profileDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "galleria-chromium-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for deadline := time.Now().Add(10 * time.Second); os.RemoveAll(dir) != nil && time.Now().Before(deadline); {
			time.Sleep(100 * time.Millisecond)
		}
	})
	return dir
}

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

func (b *chromium) hear(event any) {
	complain := func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.complaints = append(b.complaints, fmt.Sprintf(format, args...))
	}
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Source == log.SourceSecurity {
			complain("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		complain("script: %s", e.ExceptionDetails.Error())
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			complain("%d for %s", e.Response.Status, e.Response.URL)
		}
	}
}

func (b *chromium) run(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// inspect holds the page that is open to accessibility, layout and the browser's own
// complaints, and keeps a picture of it if GALLERIA_SCREENSHOTS names a folder.
func (b *chromium) inspect(name string) {
	b.t.Helper()
	const tags = `{runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}, resultTypes: ['violations']}`
	var findings []string
	var overflow int64
	b.run(
		chromedp.WaitReady("#main"),
		chromedp.Evaluate(b.axe, nil),
		chromedp.Evaluate(`axe.run(document, `+tags+`).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ' ' + n.target.join(' ') + ': ' + n.failureSummary)))`,
			&findings, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
		chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &overflow),
	)
	for _, finding := range findings {
		b.t.Errorf("%s: accessibility: %s", name, finding)
	}
	if overflow > 0 {
		b.t.Errorf("%s: the page is %d px wider than the screen", name, overflow)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, complaint := range b.complaints {
		b.t.Errorf("%s: the browser complains: %s", name, complaint)
	}
	b.complaints = nil
	b.picture(name)
}

func (b *chromium) picture(name string) {
	b.t.Helper()
	folder := os.Getenv("GALLERIA_SCREENSHOTS")
	if folder == "" {
		return
	}
	var png []byte
	b.run(chromedp.FullScreenshot(&png, 100))
	if err := os.WriteFile(filepath.Join(folder, strings.ReplaceAll(b.t.Name(), "/", "_")+"_"+name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// text evaluates an expression to a string.
func (b *chromium) text(expression string) string {
	b.t.Helper()
	var out any
	b.run(chromedp.Evaluate(expression, &out))
	raw, err := json.Marshal(out)
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Trim(string(raw), `"`)
}

func TestE2EConsole(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		width, height int64
		dark, english bool
	}{
		{"desk light Chinese", 1360, 900, false, false},
		{"desk dark English", 1360, 900, true, true},
		{"phone light English", 390, 844, false, true},
		{"phone dark Chinese", 390, 844, true, false},
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

// press clicks and waits for the page it leads to.
func (b *chromium) press(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(selector, chromedp.ByQuery)); err != nil {
		b.t.Fatalf("press %s: %v", selector, err)
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
