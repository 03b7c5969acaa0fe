package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
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
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Browser is a tab of a real browser. What it complains about is collected until the
// next Inspect.
type Browser struct {
	t             testing.TB
	ctx           context.Context //nolint:containedctx // chromedp keeps the browser in its context
	axe           string
	width, height int64

	mu         sync.Mutex
	complaints []string
}

// Open starts a browser of this size that ends with the test. axe is the path of axe-core.
// Without a Chromium on the PATH the test is skipped.
func Open(t testing.TB, axe string, width, height int64) *Browser {
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
	script, err := os.ReadFile(axe)
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
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(cancel)
	b := &Browser{t: t, ctx: ctx, axe: string(script), width: width, height: height}
	b.begin()
	return b
}

// begin starts the tab.
func (b *Browser) begin() {
	b.t.Helper()
	chromedp.ListenTarget(b.ctx, b.hear)
	b.Run(log.Enable(), network.Enable(), emulation.SetDeviceMetricsOverride(b.width, b.height, 1, b.width < 700))
}

// InTab does something in another tab of the same browser, closes it and comes back to this one.
// What lies behind another tab is not drawn, and a page that is not drawn waits for its pictures.
func (b *Browser) InTab(do func(tab *Browser)) {
	b.t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx)
	tab := &Browser{t: b.t, ctx: ctx, axe: b.axe, width: b.width, height: b.height}
	tab.begin()
	tab.Run(page.BringToFront())
	do(tab)
	closeTab()
	b.Run(page.BringToFront())
}

// profileDir is a browser's folder. Chromium's helpers may still write into it when the
// browser itself has ended, which t.TempDir would not forgive.
func profileDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "galleria-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for tries := 100; os.RemoveAll(dir) != nil && tries > 0; tries-- {
			time.Sleep(100 * time.Millisecond)
		}
	})
	return dir
}

func (b *Browser) hear(event any) {
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

// Context is the browser's context, for actions with a limit of their own.
func (b *Browser) Context() context.Context { return b.ctx }

// Run does actions.
func (b *Browser) Run(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// Forgive forgets what the browser has complained about: a form that was refused.
func (b *Browser) Forgive() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = nil
}

// Complaints returns what the browser has complained about, and forgets it.
func (b *Browser) Complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.complaints
	b.complaints = nil
	return list
}

// Inspect holds the page that is open to accessibility, layout and the browser's own
// complaints, and keeps a picture of it if GALLERIA_SCREENSHOTS names a folder.
func (b *Browser) Inspect(name string) {
	b.t.Helper()
	const tags = `{runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}, resultTypes: ['violations']}`
	var findings []string
	var overflow int64
	b.Run(
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
	b.Picture(name)
}

// Picture keeps a picture of the page if GALLERIA_SCREENSHOTS names a folder.
func (b *Browser) Picture(name string) {
	b.t.Helper()
	folder := os.Getenv("GALLERIA_SCREENSHOTS")
	if folder == "" {
		return
	}
	var png []byte
	b.Run(chromedp.FullScreenshot(&png, 100))
	file := filepath.Join(folder, strings.ReplaceAll(b.t.Name(), "/", "_")+"_"+name+".png")
	if err := os.WriteFile(file, png, 0o600); err != nil { //nolint:gosec // whoever runs the tests names the folder
		b.t.Fatal(err)
	}
}

// Text evaluates an expression to a string.
func (b *Browser) Text(expression string) string {
	b.t.Helper()
	var out any
	b.Run(chromedp.Evaluate(expression, &out))
	raw, err := json.Marshal(out)
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Trim(string(raw), `"`)
}

// reach scrolls to an element and waits until a click would reach it.
func (b *Browser) reach(selector string) {
	b.t.Helper()
	// The bar at the top stays where it is: what scrolls to the edge lies under it. While one page
	// fades into the next, clicks reach neither: what is to be pressed has to be under its own middle.
	b.Run(
		chromedp.WaitVisible(selector, chromedp.ByQuery),
		chromedp.Evaluate("document.querySelector(`"+selector+"`).scrollIntoView({block: 'center', behavior: 'instant'})", nil),
		chromedp.Poll("(() => { const e = document.querySelector(`"+selector+"`), r = e.getBoundingClientRect(), at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2); return at !== null && (e === at || e.contains(at)) })()", nil, chromedp.WithPollingTimeout(time.Minute)),
	)
}

// Click clicks what leads to no other page.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.reach(selector)
	b.Run(chromedp.Click(selector, chromedp.ByQuery))
}

// Press clicks and waits for the page it leads to.
func (b *Browser) Press(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 3*time.Minute) // with the race detector on a busy machine
	defer cancel()
	b.reach(selector)
	// The old page is marked: chromedp's own waiting misses an answer now and then that redirects.
	b.Run(chromedp.Evaluate("window.pressed = 'not yet'; document.querySelector(`"+selector+"`).addEventListener('click', () => { window.pressed = 'yes' }, {capture: true, once: true})", nil))
	b.Run(chromedp.Click(selector, chromedp.ByQuery))
	missed := time.NewTicker(missedAfter)
	defer missed.Stop()
	for there := false; !there; {
		select {
		case <-ctx.Done():
			b.t.Fatalf("press %s: no other page came", selector)
		case <-missed.C:
			b.pressAgain(ctx, selector)
		case <-time.After(20 * time.Millisecond):
		}
		// Between two pages there is nothing to ask.
		_ = chromedp.Run(ctx, chromedp.Evaluate("window.pressed === undefined && document.readyState === 'complete'", &there))
	}
}

// missedAfter is when a click that has not reached its element is thought to have missed it.
const missedAfter = 5 * time.Second

// pressAgain clicks once more if the click has reached nothing: on a busy machine the page moves
// between the moment in which chromedp finds the element and that in which it clicks there.
func (b *Browser) pressAgain(ctx context.Context, selector string) {
	var missed bool
	if err := chromedp.Run(ctx, chromedp.Evaluate("window.pressed === 'not yet'", &missed)); err == nil && missed {
		_ = chromedp.Run(ctx, chromedp.Click(selector, chromedp.ByQuery))
	}
}
