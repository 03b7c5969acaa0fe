package expressgw

import (
	"crypto/md5" //nolint:gosec // the service's signature
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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
	// Now is the service's clock; required.
	Now func() time.Time
	// Log gets one line per refused call and per failed push; nil is silent.
	Log *slog.Logger
	// RetrySchedule is the wait before each further attempt of a push; nil is the service's
	// own (three times half an hour), an empty one never tries again.
	RetrySchedule []time.Duration
}

// Gateway is the pretended service. All methods are safe for concurrent use.
type Gateway struct {
	now      func() time.Time
	log      *slog.Logger
	schedule []time.Duration
	courier  *courier.Courier
	faults   faults.List

	mu      sync.Mutex // guards everything below
	journal *journal.Journal[entry]
	books   books
}

// ErrClockMissing is a Config without a clock.
var ErrClockMissing = errors.New("expressgw: Config.Now is required")

const (
	journalName = "kuaidi100.jsonl"
	answerLimit = 5 * time.Second
	maxBody     = 64 << 10
)

// Open replays the books under cfg.Dir and begins to push what is still owed. Close it when
// done.
func Open(cfg Config) (*Gateway, error) {
	if cfg.Now == nil {
		return nil, ErrClockMissing
	}
	g := &Gateway{
		now: cfg.Now, log: cfg.Log, schedule: cfg.RetrySchedule, books: newBooks(), courier: courier.New(cfg.Now, answerLimit),
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if g.schedule == nil {
		g.schedule = []time.Duration{30 * time.Minute, 30 * time.Minute, 30 * time.Minute}
	}
	var err error
	if g.journal, err = journal.Open(cfg.Dir, journalName, g.books.apply); err != nil {
		return nil, fmt.Errorf("open kuaidi100 books: %w", err)
	}
	g.courier.Start(g.runDue)
	return g, nil
}

// Close stops pushes (what is owed stays in the books) and closes the journal.
func (g *Gateway) Close() error {
	g.courier.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.journal.Close(); err != nil {
		return fmt.Errorf("close kuaidi100 books: %w", err)
	}
	return nil
}

// Routes mounts the service's paths and its controls.
func (g *Gateway) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /poll", g.serve(TargetSubscribe, g.subscribe))
	mux.HandleFunc("POST /poll/query.do", g.serve(TargetQuery, g.query))
	g.routeControls(mux)
}

// commit writes one entry to the journal and, only if that held, to the books. g.mu must be held.
func (g *Gateway) commit(e entry) error {
	e.At = g.now().UTC()
	if err := g.journal.Append(e); err != nil {
		return err
	}
	g.books.apply(e)
	return nil
}

// sign is the service's signature.
func sign(parts ...string) string {
	sum := md5.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // what the service does
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// beijing is UTC+8, in which every time is written.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

const timeLayout = "2006-01-02 15:04:05"

// Targets of faults.
const (
	TargetSubscribe = "subscribe"
	TargetQuery     = "query"
	TargetNotify    = "notify"
)

// Modes of faults.
const (
	ModeHTTP500          = "http_500"
	ModeCode             = "code"
	ModeGarbage          = "garbage"
	ModeDrop             = faults.ModeDrop
	ModeCutAfterDoing    = "cut_after_doing"
	ModeCorruptSignature = "corrupt_signature"
	ModeDuplicate        = faults.ModeDuplicate
)

// Fault makes the next calls of a target go wrong.
type Fault = faults.Fault

// Arm adds a fault.
func (g *Gateway) Arm(f Fault) error {
	if f.Target != TargetSubscribe && f.Target != TargetQuery && f.Target != TargetNotify {
		return badControl("no target %q", f.Target)
	}
	switch f.Mode {
	case ModeHTTP500, ModeCode, ModeGarbage, ModeDrop, ModeCutAfterDoing, ModeCorruptSignature, ModeDuplicate:
	default:
		return badControl("no mode %q", f.Mode)
	}
	g.faults.Arm(f)
	return nil
}

// Disarm drops all faults.
func (g *Gateway) Disarm() { g.faults.Disarm() }

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
