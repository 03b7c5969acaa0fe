package bench

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"galleria/tenant"
)

// Subjects of a point.
const (
	subjectProduct = "galleria"
	subjectThin    = "fiber+pgx"
	subjectPgbench = "pgbench"
)

// The works that are measured.
const (
	workHello        = "hello"
	workList         = "product list, uncached"
	workListCached   = "product list, cached"
	workListGuarded  = "product list behind the tenant guard"
	workDetail       = "product detail, uncached"
	workDetailCached = "product detail, cached"
	workSearch       = "text search"
	workSearchLarge  = "text search in 100,000 SKUs"
	workQuote        = "quote"
	workQuoteCoupons = "quote with 20 coupons at hand"
	workQuoteRules   = "quote with 20 live rules"
	workClaim        = "claim a coupon"
	workCart         = "put cart line"
	workOrder        = "place order"
	workHot          = "place order, one hot SKU"
	workPurchase     = "whole purchase"
	workCallback     = "payment callback"
	workPrepay       = "begin payment (prepay)"
)

// figure is what one round of one point showed.
type figure struct {
	Broken    error // the rest is empty then
	Ops       int
	PerSecond float64
	P50, P99  time.Duration
	AppCPU    time.Duration // of the server's processes, per operation
	DBCPU     time.Duration // of the database's, per operation
	CatchUp   time.Duration // whole purchases: from the last answer to the last paid order
	Missed    float64       // uncached pages: the share of requests that read the database
}

// point is one subject doing one work.
type point struct {
	Work, Subject string
	measure       func(ctx context.Context) (figure, error)
}

// lab measures points on a stack.
type lab struct {
	opt     Options
	proc    fs.FS
	stack   *stack
	shop    *shop
	product *product
	scripts map[string]string
}

// points lists what is measured, in the order of a round.
func (l *lab) points() []point {
	y := yardstick{l.product}
	thin := func(work string, op operation) point {
		return point{work, subjectThin, func(ctx context.Context) (figure, error) { return l.thin(ctx, op) }}
	}
	serve := func(work string, op operation) point {
		return point{work, subjectProduct, func(ctx context.Context) (figure, error) { return l.route(ctx, op) }}
	}
	missing := func(work string, op operation) point {
		return point{work, subjectProduct, func(ctx context.Context) (figure, error) { return l.misses(ctx, l.shop.id, op) }}
	}
	queued := func(work string, n int, op func(q *queue) operation, ready bool) point {
		return point{work, subjectProduct, func(ctx context.Context) (figure, error) { return l.prepared(ctx, n, op, ready) }}
	}
	all := []point{
		thin(workHello, y.hello()),
		missing(workList, l.product.list(products)), thin(workList, y.list("/list")), thin(workListGuarded, y.list("/guarded")), l.database(workList, "list"),
		serve(workListCached, l.product.list(10)),
		missing(workDetail, l.product.detailAnew()), thin(workDetail, y.detail()), l.database(workDetail, "detail"),
		serve(workDetailCached, l.product.detail()),
		{workSearchLarge, subjectProduct, func(ctx context.Context) (figure, error) {
			return l.misses(ctx, l.product.large.id, l.product.large.search())
		}},
		missing(workSearch, l.product.search()), thin(workSearch, y.search()), l.database(workSearch, "search"),
		serve(workQuote, l.product.quote()), thin(workQuote, y.quote()), l.database(workQuote, "quote"),
		serve(workQuoteCoupons, l.product.quoteCoupons()), serve(workQuoteRules, l.product.quoteMany()), serve(workClaim, l.product.claim()),
		serve(workCart, l.product.cartPut()), thin(workCart, y.cartPut()), l.database(workCart, "cart"),
		serve(workOrder, l.product.placeOrder()), thin(workOrder, y.placeOrder()), l.database(workOrder, "order"),
		serve(workHot, l.product.placeHot()), l.database(workHot, "hot"),
		{workPurchase, subjectProduct, l.purchases},
		thin(workPurchase, y.purchase()), l.database(workPurchase, "purchase"),
		queued(workCallback, 800, l.product.callback, true), thin(workCallback, y.callback()), l.database(workCallback, "callback"),
		queued(workPrepay, 300, l.product.prepay, false),
	}
	var out []point
	for _, p := range all {
		if p.measure != nil {
			out = append(out, p)
		}
	}
	return out
}

func (l *lab) database(work, script string) point {
	if l.stack.pgbench == "" {
		return point{}
	}
	return point{work, subjectPgbench, func(ctx context.Context) (figure, error) {
		return l.watch(nil, func() (run, error) {
			return l.stack.runPgbench(ctx, l.shop.id.String(), script, l.scripts[script], l.opt.Duration)
		})
	}}
}

// warmUp is how long an operation runs before it is measured.
const warmUp = 300 * time.Millisecond

func (l *lab) thin(ctx context.Context, op operation) (figure, error) {
	drive(ctx, l.stack.thin.addr, l.opt.Conns, warmUp, op)
	return l.watch([]int{l.stack.thin.pid()}, func() (run, error) { return drive(ctx, l.stack.thin.addr, l.opt.Conns, l.opt.Duration, op), nil })
}

// route measures one route of the product while the worker sleeps.
func (l *lab) route(ctx context.Context, op operation) (figure, error) {
	if err := l.stack.quiet(ctx); err != nil {
		return figure{}, err
	}
	if err := l.stack.worker.sleep(); err != nil {
		return figure{}, err
	}
	drive(ctx, l.stack.serve.addr, l.opt.Conns, warmUp, op)
	f, err := l.watch(l.stack.roots(), func() (run, error) { return drive(ctx, l.stack.serve.addr, l.opt.Conns, l.opt.Duration, op), nil })
	if err != nil {
		return f, err
	}
	return f, l.stack.worker.wake()
}

// misses measures a catalogue route whose pages have to come from the database, and how many
// of them did.
func (l *lab) misses(ctx context.Context, shop tenant.ID, op operation) (figure, error) {
	before, err := l.catalogueReads(ctx, shop)
	if err != nil {
		return figure{}, err
	}
	var asked atomic.Int64
	stop := l.product.announce(ctx, shop)
	f, err := l.route(ctx, func(ctx context.Context, cl *client) (bool, error) {
		asked.Add(1)
		return op(ctx, cl)
	})
	stop()
	if err != nil {
		return f, err
	}
	after, err := l.catalogueReads(ctx, shop)
	f.Missed = float64(after-before) / float64(asked.Load())
	return f, err
}

// catalogueReads is how often a shop's role has read products so far; 0 without a counter.
func (l *lab) catalogueReads(ctx context.Context, shop tenant.ID) (n int64, err error) {
	if !l.stack.counting {
		return 0, nil
	}
	err = l.stack.owner.QueryRow(ctx, `SELECT coalesce(sum(s.calls), 0)::bigint FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
		WHERE r.rolname = $1 AND s.query LIKE '%FROM spu%' AND s.query LIKE '%sku_specs%'`, shop.String()).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("read the counter: %w", err)
	}
	return n, nil
}

// prepared measures a route that needs an order per request: perSecond of them are placed
// before, and with ready their payments are prepaid.
func (l *lab) prepared(ctx context.Context, perSecond int, op func(q *queue) operation, ready bool) (figure, error) {
	bills, err := l.product.bills(ctx, l.prepare(perSecond), l.shop.browsing())
	if err != nil {
		return figure{}, err
	}
	if err := l.product.placeAll(ctx, bills); err != nil {
		return figure{}, err
	}
	if ready {
		if err := l.product.prepaidAll(ctx, bills); err != nil {
			return figure{}, err
		}
	}
	if err := l.stack.quiet(ctx); err != nil {
		return figure{}, err
	}
	if err := l.stack.worker.sleep(); err != nil {
		return figure{}, err
	}
	f, err := l.watch(l.stack.roots(), func() (run, error) {
		return drive(ctx, l.stack.serve.addr, l.opt.Conns, l.opt.Duration, op(&queue{bills: bills})), nil
	})
	if err != nil {
		return f, err
	}
	return f, l.stack.worker.wake()
}

func (l *lab) prepare(perSecond int) int {
	return max(50, int(l.opt.Duration.Seconds()*float64(perSecond)))
}

// purchases measures whole purchases with the worker awake, until the last one is paid.
func (l *lab) purchases(ctx context.Context) (figure, error) {
	bills, err := l.product.bills(ctx, l.prepare(700), l.shop.purchasing())
	if err != nil {
		return figure{}, err
	}
	if err := l.stack.quiet(ctx); err != nil {
		return figure{}, err
	}
	f, err := l.watch(l.stack.roots(), func() (run, error) {
		began := time.Now()
		r := drive(ctx, l.stack.serve.addr, l.opt.Conns, l.opt.Duration, l.product.purchase(&queue{bills: bills}))
		err := l.stack.quiet(ctx)
		r.CatchUp, r.Elapsed = time.Since(began)-r.Elapsed, time.Since(began)
		return r, err
	})
	if err != nil {
		return f, err
	}
	return f, l.allPaid(ctx, bills, f.Ops)
}

// allPaid proves that every purchase ended as a paid order.
func (l *lab) allPaid(ctx context.Context, bills []*bill, want int) error {
	var numbers []string
	for _, b := range bills {
		if b.orderNo != "" {
			numbers = append(numbers, b.orderNo)
		}
	}
	var paid int
	if err := l.product.desk.QueryRow(ctx, "SELECT count(*) FROM orders WHERE status = 'paid' AND order_no = ANY($1)", numbers).Scan(&paid); err != nil {
		return fmt.Errorf("count paid orders: %w", err)
	}
	if paid != want {
		return fmt.Errorf("%d purchases were acknowledged, but %d orders are paid", want, paid)
	}
	return nil
}

// watch measures what work costs the processes under roots, and the database.
func (l *lab) watch(roots []int, work func() (run, error)) (figure, error) {
	before, err := l.cpu(roots)
	if err != nil {
		return figure{}, err
	}
	r, err := work()
	if err != nil {
		return figure{}, err
	}
	after, err := l.cpu(roots)
	if err != nil {
		return figure{}, err
	}
	if r.Wrong > 0 || r.Ops == 0 {
		return figure{}, fmt.Errorf("%d wrong answers beside %d right ones; the first: %w", r.Wrong, r.Ops, r.First)
	}
	per := func(d time.Duration) time.Duration { return d / time.Duration(r.Ops) }
	return figure{
		Ops: r.Ops, PerSecond: float64(r.Ops) / r.Elapsed.Seconds(), P50: r.P50, P99: r.P99, CatchUp: r.CatchUp,
		AppCPU: per(after[0] - before[0]), DBCPU: per(after[1] - before[1]),
	}, nil
}

func (l *lab) cpu(roots []int) (used [2]time.Duration, err error) {
	if len(roots) > 0 {
		if used[0], err = treeCPU(l.proc, roots...); err != nil {
			return used, err
		}
	}
	used[1], err = treeCPU(l.proc, l.stack.postgres)
	return used, err
}

// roots are the processes whose CPU time is the product's.
func (s *stack) roots() []int {
	pids := []int{s.serve.pid(), s.worker.pid()}
	if s.redis != 0 {
		pids = append(pids, s.redis)
	}
	return pids
}

// drainLimit is how long the worker may take to catch up after a point.
const drainLimit = 5 * time.Minute

// quiet wakes the worker and waits until no event is owed.
func (s *stack) quiet(ctx context.Context) error {
	if err := s.worker.wake(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	for {
		var owed bool
		if err := s.owner.QueryRow(ctx, "SELECT EXISTS (SELECT FROM platform.outbox WHERE done_at IS NULL AND dead_at IS NULL)").Scan(&owed); err != nil {
			return fmt.Errorf("wait for the worker: %w", err)
		}
		if !owed {
			return nil
		}
		for _, c := range []*child{s.serve, s.worker} {
			if err := c.alive(); err != nil {
				return err
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// rounds measures every point in every round and returns the figures by point. A point that
// breaks keeps its place in the round, and the others go on: the report says what broke.
func (l *lab) rounds(ctx context.Context, points []point) ([][]figure, error) {
	out := make([][]figure, len(points))
	for round := range l.opt.Rounds {
		// Products sold in the last round have moved: cursors of then may stand behind all of them.
		if err := l.product.crawl(ctx); err != nil {
			return nil, err
		}
		for i, p := range points {
			f, err := p.measure(ctx)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				f = figure{Broken: fmt.Errorf("%s, %s, round %d: %w", p.Work, p.Subject, round+1, err)}
				_, _ = fmt.Fprintf(l.opt.Progress, "BROKEN: %v\n", f.Broken)
			}
			out[i] = append(out[i], f)
			if f.Broken != nil {
				continue
			}
			_, _ = fmt.Fprintf(l.opt.Progress, "round %d/%d  %-36s %-9s %9.0f/s  %6.3f ms CPU\n",
				round+1, l.opt.Rounds, p.Work, p.Subject, f.PerSecond, milliseconds(f.AppCPU+f.DBCPU))
		}
	}
	return out, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// procFS is /proc of this machine.
func procFS() fs.FS { return os.DirFS("/proc") }
