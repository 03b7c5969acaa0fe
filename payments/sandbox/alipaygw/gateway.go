package alipaygw

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"galleria/payments/sandbox/internal/courier"
	"galleria/payments/sandbox/internal/faults"
	"galleria/payments/sandbox/internal/journal"
)

// journalName is the provider's file in Config.Dir.
const journalName = "alipay.jsonl"

// Path is where the gateway is mounted.
const Path = "/alipay/gateway.do"

// Config is what a gateway needs.
type Config struct {
	// Dir holds the journal of the books; "" keeps them in memory.
	Dir string
	// Now is the provider's clock; required.
	Now func() time.Time
	// Log gets one line per refused call and per failed delivery; required.
	Log *slog.Logger
	// RetrySchedule is the wait before each further attempt to deliver a notification;
	// nil is Alipay's (4m/10m/10m/1h/2h/6h/15h), an empty one never tries again.
	RetrySchedule []time.Duration
	// RefundPause is the least time between two refunds of one trade; 0 is three seconds.
	RefundPause time.Duration
	// Rand makes ids and secrets; nil is crypto/rand.
	Rand io.Reader
}

// Gateway is the pretended provider. All methods are safe for concurrent use.
type Gateway struct {
	now      func() time.Time
	log      *slog.Logger
	schedule []time.Duration
	pause    time.Duration
	random   io.Reader
	courier  *courier.Courier
	faults   faults.List

	making sync.Mutex // one app at a time, so that no pair of keys is made twice

	mu      sync.Mutex // guards everything below
	journal *journal.Journal[entry]
	books   books
	keyring map[string]*appKeys
	links   map[string]billLink // download addresses, by token

	strangerOnce sync.Once
	strangerKey  *rsa.PrivateKey
	strangerErr  error
}

// ErrClockMissing is a Config without a clock.
var ErrClockMissing = errors.New("alipaygw: Config.Now is required")

func alipaySchedule() []time.Duration {
	return []time.Duration{
		4 * time.Minute, 10 * time.Minute, 10 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 15 * time.Hour,
	}
}

// Open replays the books under cfg.Dir and begins to deliver what is still owed.
// Close it when done.
func Open(cfg Config) (*Gateway, error) {
	if cfg.Now == nil {
		return nil, ErrClockMissing
	}
	g := &Gateway{
		now: cfg.Now, log: cfg.Log, schedule: cfg.RetrySchedule, pause: cfg.RefundPause, random: cfg.Rand, courier: courier.New(cfg.Now, answerLimit),
		mu: sync.Mutex{}, journal: nil, books: newBooks(), keyring: map[string]*appKeys{},
		links: map[string]billLink{},
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if g.schedule == nil {
		g.schedule = alipaySchedule()
	}
	if g.pause == 0 {
		g.pause = 3 * time.Second
	}
	if g.random == nil {
		g.random = rand.Reader
	}
	var err error
	if g.journal, err = journal.Open(cfg.Dir, journalName, g.books.apply); err != nil {
		return nil, fmt.Errorf("open Alipay's books: %w", err)
	}
	g.courier.Start(g.runDue)
	return g, nil
}

// Close stops deliveries (what is owed stays in the books) and closes the journal.
func (g *Gateway) Close() error {
	g.courier.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.journal.Close(); err != nil {
		return fmt.Errorf("close Alipay's books: %w", err)
	}
	return nil
}

// Routes adds the gateway, its cashier, its downloads and its controls to a mux.
func (g *Gateway) Routes(mux *http.ServeMux) {
	mux.HandleFunc(Path, g.serve)
	mux.HandleFunc("GET /alipay/qr/{code}", g.showCode)
	mux.HandleFunc("POST /alipay/cashier", g.payAtCashier)
	mux.HandleFunc("GET /alipay/bill/{token}", g.download)
	mux.HandleFunc("GET /alipay/code/{token}", g.showPicture)
	g.routeControls(mux)
}

// commit writes one entry to the journal and, only if that held, to the books.
// g.mu must be held.
func (g *Gateway) commit(e entry) error {
	e.At = g.now().UTC()
	if err := g.journal.Append(e); err != nil {
		return err
	}
	g.books.apply(e)
	return nil
}
