package routine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/routine/internal/routinedb"
	"galleria/tenant/tenantdb"
)

// Limit is how long a piece of the platform's work may take, and how long the claim of a
// process that died keeps others from it.
const Limit = 10 * time.Minute

const (
	maxError = 1000 // bytes of an error that are kept
	keepDays = 90   // how long the last run of what comes no more is told
)

// Work is a piece of the platform's own recurring work.
type Work struct {
	Name  string        // "outbox.purge"
	Every time.Duration // whole seconds
	// Do does it once, within Limit. It may run while another process does other work.
	Do func(ctx context.Context) error
}

// Log knows how recurring work goes. Safe for concurrent use.
type Log struct {
	db     *tenantdb.DB
	topics []outbox.Topic
	dated  []outbox.Topic
	q      *routinedb.Queries
}

// New returns a log of the platform's work and of the shops' work, in the order in which they are
// told: of topics that recur, and of dated ones, whose moments were promised.
func New(db *tenantdb.DB, topics []outbox.Topic, dated ...outbox.Topic) *Log {
	return &Log{db: db, topics: topics, dated: dated, q: routinedb.New()}
}

// Declare makes work known; what is new is due at once.
func (l *Log) Declare(ctx context.Context, works []Work) error {
	names, seconds := make([]string, 0, len(works)), make([]int64, 0, len(works))
	for _, w := range works {
		names, seconds = append(names, w.Name), append(seconds, int64(w.Every/time.Second))
	}
	if err := l.q.Declare(ctx, l.db.Platform(), names, seconds); err != nil {
		return fmt.Errorf("declare recurring work: %w", err)
	}
	return nil
}

// Claim is the right to do a piece of work now.
type Claim struct {
	Name  string
	until time.Time
}

// Claim takes the work that is due and nobody is at.
func (l *Log) Claim(ctx context.Context, works []Work) ([]Claim, error) {
	names := make([]string, 0, len(works))
	for _, w := range works {
		names = append(names, w.Name)
	}
	rows, err := l.q.Claim(ctx, l.db.Platform(), Limit.Seconds(), names)
	if err != nil {
		return nil, fmt.Errorf("claim recurring work: %w", err)
	}
	claims := make([]Claim, 0, len(rows))
	for _, r := range rows {
		claims = append(claims, Claim{Name: r.Name, until: r.LeaseUntil})
	}
	return claims, nil
}

// Finish says how claimed work went. A claim that has run out and was taken by another
// changes nothing.
func (l *Log) Finish(ctx context.Context, c Claim, began time.Time, took time.Duration, failure error) error {
	if err := l.q.Finish(ctx, l.db.Platform(), began, took.Milliseconds(), text(failure), c.Name, c.until); err != nil {
		return fmt.Errorf("finish recurring work: %w", err)
	}
	return nil
}

// Note says how a run of a shop's work went.
func (l *Log) Note(ctx context.Context, ev outbox.Event, began time.Time, took time.Duration, failure error) error {
	if err := l.q.Note(ctx, l.db.Platform(), string(ev.Topic), ev.TenantID.String(), ev.Key, began, took.Milliseconds(), text(failure)); err != nil {
		return fmt.Errorf("note a run: %w", err)
	}
	return nil
}

// NoteDated says how a run of a shop's dated work went. Of those that went well there is one line for
// a shop, or as many as there are orders would be kept; each that failed has its own until it goes well.
func (l *Log) NoteDated(ctx context.Context, ev outbox.Event, began time.Time, took time.Duration, failure error) error {
	if failure != nil {
		return l.Note(ctx, ev, began, took, failure)
	}
	if err := l.q.NoteGood(ctx, l.db.Platform(), string(ev.Topic), ev.TenantID.String(), began, took.Milliseconds(), ev.Key); err != nil {
		return fmt.Errorf("note a run: %w", err)
	}
	return nil
}

// text is what is kept of an error; "" is for none only.
func text(err error) string {
	if err == nil {
		return ""
	}
	s := tenantdb.Storable(err.Error(), maxError)
	if s == "" {
		return "failed"
	}
	return s
}

// Forget ends the telling of runs that are long over, up to batch of them.
func (l *Log) Forget(ctx context.Context, batch int) error {
	if err := l.q.Forget(ctx, l.db.Platform(), keepDays, int32(batch)); err != nil {
		return fmt.Errorf("forget runs: %w", err)
	}
	return nil
}

// State is how a piece of the platform's work stands.
type State struct {
	Name     string
	Every    time.Duration
	NextAt   time.Time
	Running  bool
	LastAt   *time.Time    // when the last run that ended began; nil before the first
	Took     time.Duration // of that run
	Error    string        // "" if it went well
	Failures int           // in a row
	Runs     int64
}

// Platform tells all of the platform's work, by name.
func (l *Log) Platform(ctx context.Context, tx tenantdb.Tx) ([]State, error) {
	rows, err := l.q.Platform(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("read recurring work: %w", err)
	}
	states := make([]State, 0, len(rows))
	for _, r := range rows {
		states = append(states, State{
			Name: r.Name, Every: time.Duration(r.EverySeconds) * time.Second, NextAt: r.NextAt, Running: r.Running, LastAt: r.BeganAt,
			Took: milliseconds(r.TookMs), Error: r.Error, Failures: int(r.Failures), Runs: r.Runs,
		})
	}
	return states, nil
}

// ShopState is how one sort of shops' work stands, over all of them.
type ShopState struct {
	Topic   outbox.Topic
	Dated   bool       // its moments were promised: it is tried again, never brought forward
	Waiting int64      // timers set
	Late    int64      // of them, due for over five minutes
	NextAt  *time.Time // of the first; nil for none
	Ran     int64      // that have run within the last 90 days
	LastAt  *time.Time // when the last run began; nil for none
	Mean    time.Duration
	Most    time.Duration
	Failing int64 // shops' runs that failed last
}

// Shops tells the shops' work, in the order of the topics.
func (l *Log) Shops(ctx context.Context, tx tenantdb.Tx) ([]ShopState, error) {
	topics := make([]string, 0, len(l.topics))
	for _, t := range slices.Concat(l.topics, l.dated) {
		topics = append(topics, string(t))
	}
	rows, err := l.q.Shops(ctx, tx, topics)
	if err != nil {
		return nil, fmt.Errorf("read the shops' recurring work: %w", err)
	}
	states := make([]ShopState, 0, len(rows))
	for _, r := range rows {
		states = append(states, ShopState{
			Topic: outbox.Topic(r.Topic), Dated: l.IsDated(outbox.Topic(r.Topic)), Waiting: r.Waiting, Late: r.Late, NextAt: moment(r.NextAt), Ran: r.Ran, LastAt: moment(r.LastAt),
			Mean: milliseconds(r.MeanMs), Most: milliseconds(r.MostMs), Failing: r.Failing,
		})
	}
	return states, nil
}

// RunFilter chooses runs of one sort of work.
type RunFilter struct {
	Topic   outbox.Topic
	Shop    tenant.ID // the zero ID: every shop
	Failing bool      // only those that failed
	After   *Run      // the last one of the page before
	Limit   int
}

// Run is the last run of a shop's work.
type Run struct {
	Shop     tenant.ID
	Handle   string
	Key      string // what of the shop it was about: an account, ""
	BeganAt  time.Time
	Took     time.Duration
	Error    string
	Failures int        // in a row
	NextAt   *time.Time // nil while it is under way or will not come again
}

// Runs tells last runs by shop and key.
func (l *Log) Runs(ctx context.Context, tx tenantdb.Tx, f RunFilter) ([]Run, error) {
	afterShop, afterKey, shop := "", "", ""
	if f.After != nil {
		afterShop, afterKey = f.After.Shop.String(), f.After.Key
	}
	if !f.Shop.IsZero() {
		shop = f.Shop.String()
	}
	rows, err := l.q.Runs(ctx, tx, string(f.Topic), f.Failing, shop, afterShop, afterKey, int32(f.Limit))
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	runs := make([]Run, 0, len(rows))
	for _, r := range rows {
		id, err := tenant.ParseID(r.TenantID)
		if err != nil {
			return nil, fmt.Errorf("read runs: %w", err)
		}
		runs = append(runs, Run{
			Shop: id, Handle: r.Handle, Key: r.Key, BeganAt: r.BeganAt, Took: milliseconds(r.TookMs), Error: r.Error, Failures: int(r.Failures), NextAt: moment(r.NextAt),
		})
	}
	return runs, nil
}

// Hurry makes the platform's work of a name due now; false if there is none. Work that is
// under way comes again after it.
func (l *Log) Hurry(ctx context.Context, tx tenantdb.Tx, name string) (bool, error) {
	n, err := l.q.Hurry(ctx, tx, name)
	if err != nil {
		return false, fmt.Errorf("hurry recurring work: %w", err)
	}
	return n > 0, nil
}

// ErrNotRecurring is a topic that does not recur: hurrying a timer that means a moment, such
// as the end of the time to pay, would change what was promised.
var ErrNotRecurring = errors.New("routine: work of this topic does not recur")

// Window is how far apart the shops' work comes that is hurried all at once.
const Window = 5 * time.Minute

// HurryShops makes the work of a topic due: one shop's now, everybody's (the zero ID) within
// Window. It returns of how many timers.
func (l *Log) HurryShops(ctx context.Context, tx tenantdb.Tx, topic outbox.Topic, shop tenant.ID) (int64, error) {
	if !l.Recurs(topic) {
		return 0, ErrNotRecurring
	}
	whose, window := "", Window
	if !shop.IsZero() {
		whose, window = shop.String(), 0
	}
	n, err := l.q.HurryShops(ctx, tx, window.Seconds(), string(topic), whose)
	if err != nil {
		return 0, fmt.Errorf("hurry the shops' recurring work: %w", err)
	}
	return n, nil
}

// TryAgain makes failed runs of a dated topic due now, one shop's or everybody's (the zero ID), and
// what was given up is owed again. Up to mostTries; it returns how many.
func (l *Log) TryAgain(ctx context.Context, tx tenantdb.Tx, topic outbox.Topic, shop tenant.ID) (int64, error) {
	if !l.IsDated(topic) {
		return 0, ErrNotRecurring
	}
	whose := ""
	if !shop.IsZero() {
		whose = shop.String()
	}
	n, err := l.q.TryAgain(ctx, tx, mostTries, string(topic), whose)
	if err != nil {
		return 0, fmt.Errorf("try shops' work again: %w", err)
	}
	return n, nil
}

// LookNow has work of a dated topic, whose moment is at most within ahead, looked at now, one shop's at
// once or everybody's (the zero ID) within Window: up to mostLooks, the next first. It returns how many.
// The moments stay: who does the work looks whether it is due by its own row, and does nothing where it
// is not; the timer still comes when it was promised.
func (l *Log) LookNow(ctx context.Context, tx tenantdb.Tx, topic outbox.Topic, shop tenant.ID, within time.Duration) (int64, error) {
	if !l.IsDated(topic) {
		return 0, ErrNotRecurring
	}
	whose, spread := "", Window
	if !shop.IsZero() {
		whose, spread = shop.String(), 0
	}
	n, err := l.q.LookNow(ctx, tx, spread.Seconds(), string(topic), whose, within.Seconds(), mostLooks)
	if err != nil {
		return 0, fmt.Errorf("look at dated work: %w", err)
	}
	return n, nil
}

// mostLooks is how much dated work is looked at by one deed.
const mostLooks = 5000

// mostTries is how many failed runs are tried again by one deed.
const mostTries = 1000

// IsDated reports whether a topic is work at promised moments.
func (l *Log) IsDated(topic outbox.Topic) bool { return slices.Contains(l.dated, topic) }

// Recurs reports whether a topic is one of the shops' recurring work.
func (l *Log) Recurs(topic outbox.Topic) bool {
	return slices.Contains(l.topics, topic)
}

// moment is nil for the epoch, which the statement says for never.
func moment(t time.Time) *time.Time {
	if t.Unix() == 0 {
		return nil
	}
	return &t
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
