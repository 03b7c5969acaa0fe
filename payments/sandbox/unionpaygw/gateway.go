package unionpaygw

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"galleria/payments/sandbox/internal/courier"
	"galleria/payments/sandbox/internal/faults"
	"galleria/payments/sandbox/internal/journal"
)

// Config is what a gateway needs.
type Config struct {
	// Dir holds the journal of the books; "" keeps them in memory.
	Dir string
	// Now is the provider's clock; required.
	Now func() time.Time
	// Log gets one line per refused call and per failed delivery; nil is silent.
	Log *slog.Logger
	// RetrySchedule is the wait before each further attempt to deliver a notification; nil
	// is UnionPay's (1, 2, 4, 5 minutes), an empty one never tries again.
	RetrySchedule []time.Duration
	// RefundDelay is the time from accepting a refund to its end; 0 is one second.
	RefundDelay time.Duration
	// Rand makes numbers; nil is crypto/rand. RSA keys always come from the operating system.
	Rand io.Reader
}

// Gateway is the pretended UnionPay. All methods are safe for concurrent use.
type Gateway struct {
	now         func() time.Time
	log         *slog.Logger
	schedule    []time.Duration
	refundDelay time.Duration
	random      io.Reader
	courier     *courier.Courier
	faults      faults.List
	kinds       []kind

	making sync.Mutex // one maker of keys at a time, so that none is made twice

	mu      sync.Mutex // guards everything below
	journal *journal.Journal[entry]
	books   books
	keyring map[string]*credential // parsed, by the purpose or the merId
}

// ErrClockMissing is a Config without a clock.
var ErrClockMissing = errors.New("unionpaygw: Config.Now is required")

const journalName = "unionpay.jsonl"

// Open replays the books under cfg.Dir and begins to deliver what is still owed. Close it
// when done.
func Open(cfg Config) (*Gateway, error) {
	if cfg.Now == nil {
		return nil, ErrClockMissing
	}
	g := &Gateway{
		now: cfg.Now, log: cfg.Log, schedule: cfg.RetrySchedule, refundDelay: cfg.RefundDelay, random: cfg.Rand, courier: courier.New(cfg.Now, answerLimit), kinds: kinds(),
		books: newBooks(), keyring: map[string]*credential{},
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if g.schedule == nil {
		g.schedule = []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute}
	}
	if g.refundDelay == 0 {
		g.refundDelay = time.Second
	}
	if g.random == nil {
		g.random = rand.Reader
	}
	var err error
	if g.journal, err = journal.Open(cfg.Dir, journalName, g.books.apply); err != nil {
		return nil, fmt.Errorf("open unionpay books: %w", err)
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
		return fmt.Errorf("close unionpay books: %w", err)
	}
	return nil
}

// Routes mounts the gateway's paths and its controls.
func (g *Gateway) Routes(mux *http.ServeMux) {
	const api = "POST /unionpay/gateway/api/"
	mux.HandleFunc(api+"frontTransReq.do", g.front)
	mux.HandleFunc(api+"appTransReq.do", g.back("appTransReq", g.app))
	mux.HandleFunc(api+"backTransReq.do", g.back("backTransReq", g.backTrans))
	mux.HandleFunc(api+"queryTrans.do", g.back("queryTrans", g.query))
	mux.HandleFunc("POST /unionpay/filedownload/", g.back("filedownload", g.file))
	mux.HandleFunc("POST /unionpay/front/pay", g.frontPay)
	mux.HandleFunc("/unionpay/", http.NotFound)
	g.routeControls(mux)
}

// commit writes one entry to the journal and, only if that held, to the books. g.mu must
// be held.
func (g *Gateway) commit(e entry) error {
	e.At = g.now().UTC()
	if err := g.journal.Append(e); err != nil {
		return err
	}
	g.books.apply(e)
	return nil
}

// digits draws n decimal digits. A random source that fails leaves crypto/rand, which
// cannot.
func (g *Gateway) digits(n int) string {
	raw := make([]byte, n)
	if _, err := io.ReadFull(g.random, raw); err != nil {
		_, _ = rand.Read(raw)
	}
	var out strings.Builder
	for _, b := range raw {
		out.WriteByte('0' + b%10)
	}
	return out.String()
}

// beijing is UTC+8, in which every time of the protocol is written; China has had no
// summer time since 1991.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

const timeLayout = "20060102150405"

func stamp(t time.Time) string { return t.In(beijing()).Format(timeLayout) }

// clearingDay is the day that a moment is cleared on: it ends at 23:00.
func clearingDay(t time.Time) time.Time {
	return t.In(beijing()).Add(time.Hour)
}

func orElse(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}
