package miniapi

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"galleria/commerce/campaign"
	"galleria/commerce/catalog"
	"galleria/tenant"
)

// Listener passes on database notifications; *tenantdb.DB is one.
type Listener interface {
	Listen(ctx context.Context, channel string, onReset func(), onNotify func(payload string))
}

// Answers keeps encoded answers of the catalogue, per tenant and request. It holds at
// most a given number of bytes and gives up what was not asked for longest. Safe for
// concurrent use.
type Answers struct {
	now      func() time.Time
	maxBytes int

	mu     sync.Mutex
	byKey  map[answerKey]*list.Element
	recent *list.List // of *answer, most recently used first
	bytes  int
	// An answer is good for the epoch in which its request began. Forgetting a tenant
	// is beginning its next epoch; a load that was under way then is not kept.
	epoch  uint64
	epochs map[tenant.ID]uint64
	// windows is when campaigns change prices: an answer ends at the next beginning or end.
	windows map[tenant.ID]windows
}

// windows is what is known of a shop's campaigns.
type windows struct {
	list  []campaign.Window
	until time.Time
}

// windowsAge is how long it is believed when campaigns begin and end, should a notification of a
// change get lost.
const windowsAge = time.Minute

// maxWindows is of how many shops that is kept.
const maxWindows = 10_000

// begun is when a load began, by the clock and by what was forgotten until then.
type begun struct {
	epoch uint64
	at    time.Time
}

type answerKey struct {
	tenant  tenant.ID
	request string
}

type answer struct {
	key   answerKey
	epoch uint64
	until time.Time
	body  []byte
	etag  string
	// renewing is set once somebody was sent to fetch the answer anew shortly before its
	// end, so that its end does not send everybody.
	renewing bool
}

// renewal is the last part of an answer's life, in which one request renews it.
const renewal = answerAge / 5

// answerOverhead is what an entry costs beside its body, bytes.
const answerOverhead = 400

// NewAnswers returns an empty memory of at most maxBytes.
func NewAnswers(maxBytes int, now func() time.Time) *Answers {
	return &Answers{
		now: now, maxBytes: maxBytes, byKey: make(map[answerKey]*list.Element), recent: list.New(),
		epochs: make(map[tenant.ID]uint64), windows: make(map[tenant.ID]windows),
	}
}

// Run forgets what notifications say has changed, until ctx ends.
func (m *Answers) Run(ctx context.Context, l Listener) {
	l.Listen(ctx, catalog.NotifyChannel, m.forgetAll, m.forget)
}

// begin returns the tenant's present epoch and moment, to be handed to keep.
func (m *Answers) begin(id tenant.ID) begun {
	m.mu.Lock()
	defer m.mu.Unlock()
	return begun{epoch: m.epoch + m.epochs[id], at: m.now()}
}

// windowsOf returns when campaigns change prices, and whether that is known.
func (m *Answers) windowsOf(id tenant.ID, now time.Time) ([]campaign.Window, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, ok := m.windows[id]
	return w.list, ok && now.Before(w.until)
}

func (m *Answers) keepWindows(id tenant.ID, list []campaign.Window, since begun) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if since.epoch != m.epoch+m.epochs[id] { // nor is an answer kept that began before the change
		return
	}
	if len(m.windows) >= maxWindows {
		clear(m.windows)
	}
	m.windows[id] = windows{list: list, until: since.at.Add(windowsAge)}
}

// end is when an answer that began then is too old: at the latest when prices change.
func (m *Answers) end(id tenant.ID, since begun) time.Time {
	end := since.at.Add(answerAge)
	for _, w := range m.windows[id].list {
		for _, change := range []time.Time{w.From, w.Until} {
			if change.After(since.at) && change.Before(end) {
				end = change
			}
		}
	}
	return end
}

func (m *Answers) find(key answerKey) (*answer, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	element, ok := m.byKey[key]
	if !ok {
		return nil, false
	}
	a := element.Value.(*answer) //nolint:forcetypeassert // the list holds nothing else
	left := a.until.Sub(m.now())
	if a.epoch != m.epoch+m.epochs[key.tenant] || left <= 0 {
		m.remove(element)
		return nil, false
	}
	if left <= renewal && !a.renewing {
		a.renewing = true
		return nil, false
	}
	m.recent.MoveToFront(element)
	return a, true
}

func (m *Answers) keep(key answerKey, body []byte, since begun) *answer {
	sum := sha256.Sum256(body)
	a := &answer{
		key: key, epoch: since.epoch, body: body,
		etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a.until = m.end(key.tenant, since)
	if since.epoch != m.epoch+m.epochs[key.tenant] || a.size() > m.maxBytes/4 {
		return a
	}
	if old, ok := m.byKey[key]; ok {
		m.remove(old)
	}
	m.byKey[key] = m.recent.PushFront(a)
	m.bytes += a.size()
	for m.bytes > m.maxBytes {
		m.remove(m.recent.Back())
	}
	return a
}

func (a *answer) size() int { return len(a.body) + len(a.key.request) + answerOverhead }

func (m *Answers) remove(element *list.Element) {
	a := m.recent.Remove(element).(*answer) //nolint:forcetypeassert // the list holds nothing else
	delete(m.byKey, a.key)
	m.bytes -= a.size()
}

// forget ends the epoch of the tenant a notification names. Its old answers are dropped
// when they are met. When campaigns begin and end is only forgotten when they have changed.
func (m *Answers) forget(payload string) {
	name, prices := strings.CutSuffix(payload, catalog.NotifyPrices)
	id, err := tenant.ParseID(name)
	if err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epochs[id]++
	if prices {
		delete(m.windows, id)
	}
}

// forgetAll is for a connection that was lost: nobody knows what was missed.
func (m *Answers) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch++
	clear(m.byKey)
	clear(m.windows)
	m.recent.Init()
	m.bytes = 0
}

// fromMemory answers from Answers, or lets the route answer and keeps what it said.
func (a *API) fromMemory() fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		scope, ok := tenant.FromContext(ctx)
		if !ok {
			return c.Next() // the route refuses it
		}
		// Campaigns may be in some of a shop's Mini Programs only.
		key := answerKey{tenant: scope.Tenant.ID, request: scope.App.ID.String() + " " + requestKey(c)}
		if known, ok := a.d.Answers.find(key); ok {
			if err := a.limit(ctx, classRead); err != nil {
				return err
			}
			return send(c, known)
		}
		since := a.d.Answers.begin(key.tenant)
		if err := c.Next(); err != nil {
			return err
		}
		if c.Response().StatusCode() != http.StatusOK {
			return nil
		}
		body := append([]byte(nil), c.Response().Body()...)
		return send(c, a.d.Answers.keep(key, body, since))
	}
}

// requestKey is the path with its query, parameters in one order. The route behind has
// refused everything that two spellings could hide.
func requestKey(c *fiber.Ctx) string {
	args := fasthttp.AcquireArgs()
	defer fasthttp.ReleaseArgs(args)
	c.Request().URI().QueryArgs().CopyTo(args)
	args.Sort(func(x, y []byte) int { return strings.Compare(string(x), string(y)) })
	return c.Path() + "?" + string(args.QueryString())
}

// send writes a kept answer, or 304 if the client has it.
func send(c *fiber.Ctx, a *answer) error {
	c.Set(fiber.HeaderETag, a.etag)
	c.Set(fiber.HeaderCacheControl, "private, max-age=0, must-revalidate")
	c.Vary("X-App-Id")
	if matches(c.Get(fiber.HeaderIfNoneMatch), a.etag) {
		c.Response().ResetBody()
		c.Response().Header.Del(fiber.HeaderContentType)
		return c.SendStatus(http.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(http.StatusOK).Send(a.body)
}

// matches compares as If-None-Match asks for: weakly, any of a list, or any at all.
func matches(header, etag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == etag {
			return true
		}
	}
	return false
}
