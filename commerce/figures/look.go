package figures

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

const (
	// FlushEvery is how long a look waits in memory.
	FlushEvery = 10 * time.Second
	// mostLooks bounds what waits in memory; what is more is not counted.
	mostLooks = 200_000
	// flushTime bounds one shop's writing.
	flushTime = 10 * time.Second
)

// Looks gathers in memory what leaves no fact in the database: who looked at what, who put
// something into the cart, who is new. Run writes it down. Safe for concurrent use.
type Looks struct {
	s    *Service
	now  func() time.Time
	log  *slog.Logger
	mu   sync.Mutex
	size int
	shop map[tenant.ID]*looks
}

// LooksDeps is what NewLooks needs; all of it is required.
type LooksDeps struct {
	Figures *Service
	Now     func() time.Time
	Log     *slog.Logger
}

// looks is what waits of one shop.
type looks struct {
	people map[personDay]look
	views  map[productDay]int64
	joined map[int64]bool
}

type (
	personDay struct {
		day    time.Time
		member int64
	}
	productDay struct {
		day time.Time
		spu int64
	}
	look struct{ viewed, carted bool }
)

// NewLooks returns an empty gathering.
func NewLooks(d LooksDeps) *Looks {
	return &Looks{s: d.Figures, now: d.Now, log: d.Log, shop: map[tenant.ID]*looks{}}
}

// Viewed notes that a member looked at products.
func (l *Looks) Viewed(id tenant.ID, memberID int64, productIDs []int64) {
	l.note(id, len(productIDs)+1, func(of *looks, day time.Time) {
		of.person(day, memberID, look{viewed: true})
		for _, spu := range productIDs {
			of.views[productDay{day, spu}]++
		}
	})
}

// Carted notes that a member put something into the cart.
func (l *Looks) Carted(id tenant.ID, memberID int64) {
	l.note(id, 1, func(of *looks, day time.Time) { of.person(day, memberID, look{carted: true}) })
}

// Joined notes that a member is new.
func (l *Looks) Joined(id tenant.ID, memberID int64) {
	l.note(id, 1, func(of *looks, _ time.Time) { of.joined[memberID] = true })
}

func (of *looks) person(day time.Time, member int64, did look) {
	at := personDay{day, member}
	was := of.people[at]
	of.people[at] = look{was.viewed || did.viewed, was.carted || did.carted}
}

func (l *Looks) note(id tenant.ID, size int, keep func(of *looks, day time.Time)) {
	day := tenant.BusinessDay(l.now())
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size+size > mostLooks {
		return
	}
	l.size += size
	of := l.shop[id]
	if of == nil {
		of = &looks{people: map[personDay]look{}, views: map[productDay]int64{}, joined: map[int64]bool{}}
		l.shop[id] = of
	}
	keep(of, day)
}

// Run writes down what was gathered until ctx ends, and what is left then.
func (l *Looks) Run(ctx context.Context) {
	tick := time.NewTicker(FlushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			l.Flush(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			l.Flush(ctx)
		}
	}
}

// Flush writes down what was gathered so far, a transaction for each shop that was visited.
// What cannot be written is let go: these figures are not worth a queue that grows.
func (l *Looks) Flush(ctx context.Context) {
	l.mu.Lock()
	shops := l.shop
	l.shop, l.size = map[tenant.ID]*looks{}, 0
	l.mu.Unlock()
	for id, of := range shops {
		if err := l.write(ctx, id, of); err != nil {
			l.log.WarnContext(ctx, "looks not counted", "tenant_id", id.String(), "error", err)
		}
	}
}

func (l *Looks) write(ctx context.Context, id tenant.ID, of *looks) error {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	return l.s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		for _, memberID := range sorted(of.joined) {
			if err := l.s.CountMemberTx(ctx, tx, memberID); err != nil {
				return err
			}
		}
		if err := l.s.q.Share(ctx, tx); err != nil {
			return err
		}
		if err := l.s.addLooks(ctx, tx, of.people); err != nil {
			return err
		}
		var days []time.Time
		var products, views []int64
		for at, n := range of.views {
			days, products, views = append(days, at.day), append(products, at.spu), append(views, n)
		}
		if len(days) == 0 {
			return nil
		}
		return l.s.q.AddViews(ctx, tx, days, products, views)
	})
}

// addLooks counts people whose row of the day says something new. Rows are locked in one
// order, so that two processes do not wait for each other.
func (s *Service) addLooks(ctx context.Context, tx tenantdb.Tx, people map[personDay]look) error {
	if len(people) == 0 {
		return nil
	}
	var days []time.Time
	var members []int64
	var viewed, carted []bool
	for at, did := range people {
		days, members = append(days, at.day), append(members, at.member)
		viewed, carted = append(viewed, did.viewed), append(carted, did.carted)
	}
	if err := s.q.TouchLooks(ctx, tx, days, members); err != nil {
		return err
	}
	fresh, err := s.q.AddLooks(ctx, tx, days, members, viewed, carted)
	if err != nil {
		return err
	}
	for _, f := range fresh {
		if err := s.q.AddPeople(ctx, tx, f.Day, f.Viewers, f.Carters); err != nil {
			return err
		}
	}
	return nil
}

func sorted(set map[int64]bool) []int64 {
	list := make([]int64, 0, len(set))
	for id := range set {
		list = append(list, id)
	}
	slices.Sort(list)
	return list
}
