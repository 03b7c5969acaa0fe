package sandbox

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

	"galleria/payments/sandbox/alipaygw"
	"galleria/payments/sandbox/expressgw"
	"galleria/payments/sandbox/internal/courier"
	"galleria/payments/sandbox/internal/faults"
	"galleria/payments/sandbox/internal/journal"
	"galleria/payments/sandbox/unionpaygw"
)

// journalName is WeChat's file in Config.Dir; every other provider has its own.
const journalName = "books.jsonl"

// Config is what a sandbox needs.
type Config struct {
	// Dir holds the journal of the books; "" keeps them in memory.
	Dir string
	// Now is the provider's clock; required.
	Now func() time.Time
	// Log gets one line per refused call and per failed delivery; nil is silent.
	Log *slog.Logger
	// RetrySchedule is the wait before each further attempt to deliver a callback;
	// nil is the provider's own (WeChat's 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h),
	// an empty one never tries again.
	RetrySchedule []time.Duration
	// RefundDelay is the time from PROCESSING to the refund's end; 0 is one second.
	RefundDelay time.Duration
	// Rand makes ids, nonces and secrets; nil is crypto/rand. RSA keys always come
	// from the operating system, as the standard library demands.
	Rand io.Reader
}

// Server is the pretended provider. All methods are safe for concurrent use.
type Server struct {
	now         func() time.Time
	log         *slog.Logger
	schedule    []time.Duration
	refundDelay time.Duration
	random      io.Reader
	courier     *courier.Courier
	unionPay    *unionpaygw.Gateway
	express     *expressgw.Gateway
	faults      faults.List

	making sync.Mutex // one merchant at a time, so that no pair of keys is made twice

	mu      sync.Mutex // guards everything below
	journal *journal.Journal[entry]
	books   books
	nonces  map[string]spentNonce
	// nonceSweep is the number of nonces at which old ones are thrown out.
	nonceSweep int
	logins     map[string][]time.Time // of the last minute, by openid
	drawn      map[string][]time.Time // codes of the last minute, by app
	keyring    map[string]*merchantKeys
	bills      map[string]billLink // by token

	strangerOnce sync.Once
	strangerKey  *rsa.PrivateKey
	strangerErr  error

	alipay *alipaygw.Gateway
}

// Alipay is the other provider on the listener.
func (s *Server) Alipay() *alipaygw.Gateway { return s.alipay }

// ErrClockMissing is a Config without a clock.
var ErrClockMissing = errors.New("sandbox: Config.Now is required")

func wechatSchedule() []time.Duration {
	return []time.Duration{
		15 * time.Second, 15 * time.Second, 30 * time.Second, 3 * time.Minute, 10 * time.Minute,
		20 * time.Minute, 30 * time.Minute, 30 * time.Minute, 30 * time.Minute, time.Hour,
		3 * time.Hour, 3 * time.Hour, 3 * time.Hour, 6 * time.Hour, 6 * time.Hour,
	}
}

// Open replays the books under cfg.Dir and begins to deliver what is still owed.
// Close it when done.
func Open(cfg Config) (*Server, error) {
	if cfg.Now == nil {
		return nil, ErrClockMissing
	}
	s := &Server{
		now: cfg.Now, log: cfg.Log, schedule: cfg.RetrySchedule, refundDelay: cfg.RefundDelay, random: cfg.Rand,
		courier: courier.New(cfg.Now, answerLimit),
		mu:      sync.Mutex{}, journal: nil, books: newBooks(), nonces: map[string]spentNonce{}, nonceSweep: smallestSweep, logins: map[string][]time.Time{}, drawn: map[string][]time.Time{},
		keyring: map[string]*merchantKeys{}, bills: map[string]billLink{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.schedule == nil {
		s.schedule = wechatSchedule()
	}
	if s.refundDelay == 0 {
		s.refundDelay = time.Second
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	var err error
	if s.journal, err = journal.Open(cfg.Dir, journalName, s.books.apply); err != nil {
		return nil, fmt.Errorf("open sandbox books: %w", err)
	}
	s.alipay, err = alipaygw.Open(alipaygw.Config{
		Dir: cfg.Dir, Now: cfg.Now, Log: s.log, RetrySchedule: cfg.RetrySchedule, RefundPause: 3 * s.refundDelay, Rand: s.random,
	})
	if err != nil {
		return nil, errors.Join(err, s.journal.Close())
	}
	s.unionPay, err = unionpaygw.Open(unionpaygw.Config{
		Dir: cfg.Dir, Now: cfg.Now, Log: s.log, RetrySchedule: cfg.RetrySchedule, RefundDelay: cfg.RefundDelay, Rand: s.random,
	})
	if err != nil {
		return nil, errors.Join(err, s.alipay.Close(), s.journal.Close())
	}
	s.express, err = expressgw.Open(expressgw.Config{Dir: cfg.Dir, Now: cfg.Now, Log: s.log, RetrySchedule: cfg.RetrySchedule})
	if err != nil {
		return nil, errors.Join(err, s.unionPay.Close(), s.alipay.Close(), s.journal.Close())
	}
	s.courier.Start(s.runDue)
	return s, nil
}

// Close stops deliveries (what is owed stays in the books) and closes the journal.
func (s *Server) Close() error {
	s.courier.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := errors.Join(s.journal.Close(), s.alipay.Close(), s.unionPay.Close(), s.express.Close()); err != nil {
		return fmt.Errorf("close sandbox books: %w", err)
	}
	return nil
}

// UnionPay is the sandbox's UnionPay.
func (s *Server) UnionPay() *unionpaygw.Gateway { return s.unionPay }

// Express is the sandbox's tracking service.
func (s *Server) Express() *expressgw.Gateway { return s.express }

// Handler serves the provider's paths, the controls under /_control/ and a page at /.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.routePay(mux)
	s.routeMiniProgram(mux)
	s.routeControls(mux)
	s.routePage(mux)
	s.alipay.Routes(mux)
	s.unionPay.Routes(mux)
	s.express.Routes(mux)
	return mux
}

// commit writes one entry to the journal and, only if that held, to the books.
// s.mu must be held.
func (s *Server) commit(e entry) error {
	e.At = s.now().UTC()
	if err := s.journal.Append(e); err != nil {
		return err
	}
	s.books.apply(e)
	return nil
}
