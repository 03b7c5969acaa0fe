package distribution_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/commerce/distribution"
	"galleria/commerce/money"
	"galleria/commerce/picture"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type world struct {
	*tenanttest.Env
	*distribution.Service
	t testing.TB

	mu      sync.Mutex
	refused error          // what Prepare answers
	sent    map[string]int // transfers that were written, by withdrawal
	orders  int
	goesTo  [2]string // phone and place of where orders go

	files   distribution.Store
	asked   []string // codes that were asked for
	picture []byte   // what the provider answers, or
	noCode  error
	ahead   time.Duration // of the clock
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{Env: tenanttest.New(t), t: t, sent: map[string]int{}}
	w.files = picture.Files{Store: picture.NewFolder(t.TempDir())}
	w.Service = distribution.New(distribution.Deps{
		Plans: w.Plans, Store: w.files, Codes: w, ShopName: func(context.Context, tenant.ID) (string, error) { return "山野茶铺", nil }, Goods: func(_ context.Context, _ tenant.ID, spuID int64) (distribution.Goods, error) {
			if spuID != 7 {
				return distribution.Goods{}, fault.ErrNotFound
			}
			return distribution.Goods{PriceFen: 9900}, nil
		},
		DB: w.DB, Outbox: w.Outbox, Audit: w.Audit, Vault: w.Vault, Books: books{}, Payouts: w, Now: func() time.Time { return time.Now().Add(w.ahead) },
		HasPaid: func(ctx context.Context, q tenantdb.Querier, id int64) (paid bool, err error) {
			err = q.QueryRow(ctx, "SELECT EXISTS (SELECT FROM orders WHERE member_id = $1 AND paid_at IS NOT NULL)", id).Scan(&paid)
			return paid, err
		},
		OpenID: func(_ context.Context, _ tenantdb.Querier, id int64, app string) (string, error) {
			if app != "wxapp" {
				return "", fault.ErrNotFound
			}
			return fmt.Sprintf("openid-%d", id), nil
		},
	})
	return w
}

// books writes what it is told into the tables of the real ones, as they would.
type books struct{}

func (books) post(ctx context.Context, tx tenantdb.Tx, kind, ref, debit, credit string, fen money.Fen, leg int) error {
	if leg == 1 {
		_, err := tx.Exec(ctx, "INSERT INTO ledger_journal (kind, ref, day, occurred_at, posted_at, actor) VALUES ($1, $2, current_date, now(), now(), 'system')", kind, ref)
		if err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO ledger_transfer (journal_no, leg, debit, credit, amount_fen, day)
		SELECT no, $3, $4, $5, $6, day FROM ledger_journal WHERE kind = $1 AND ref = $2`, kind, ref, leg, debit, credit, fen)
	return err
}

func (b books) CommissionTx(ctx context.Context, tx tenantdb.Tx, ref string, fen money.Fen, _ time.Time) error {
	if fen < 0 {
		return b.post(ctx, tx, "commission", ref, "payable:commission", "payouts:commission", -fen, 1)
	}
	return b.post(ctx, tx, "commission", ref, "payouts:commission", "payable:commission", fen, 1)
}

// DrawnTx also posts what a provider pays, which a transfer would.
func (b books) DrawnTx(ctx context.Context, tx tenantdb.Tx, d distribution.Drawn) error {
	leg := 0
	for credit, fen := range map[string]money.Fen{"payouts:commission": d.FeeFen, "payable:tax": d.TaxFen, "bank": d.ByHand} {
		if fen > 0 {
			leg++
			if err := b.post(ctx, tx, "withdrawal", d.WithdrawalNo, "payable:commission", credit, fen, leg); err != nil {
				return err
			}
		}
	}
	return nil
}

// Picture implements distribution.Codes.
func (w *world) Picture(_ context.Context, _ tenant.ID, app tenant.AppID, scene, page string, env distribution.CodeEnv) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, strings.Join([]string{app.String(), scene, page, string(env)}, " "))
	return w.picture, w.noCode
}

// Prepare implements distribution.Payouts.
func (w *world) Prepare(_ context.Context, _ tenant.ID, p distribution.Payout) (func(ctx context.Context, tx tenantdb.Tx) error, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refused != nil {
		return nil, w.refused
	}
	return func(_ context.Context, tx tenantdb.Tx) error {
		tx.AfterCommit(func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.sent[p.WithdrawalNo]++
		})
		return nil
	}, nil
}

func (w *world) tx(fn func(tx tenantdb.Tx) error) {
	w.t.Helper()
	if err := w.DB.InTenant(w.t.Context(), w.Tenant.ID, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error {
		_, err := tx.Exec(w.t.Context(), sql, args...)
		return err
	})
}

func (w *world) number(sql string, args ...any) (n int64) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error { return tx.QueryRow(w.t.Context(), sql, args...).Scan(&n) })
	return n
}

// code is a fault's code; anything else is a defect.
func (w *world) code(err error) string {
	w.t.Helper()
	if err == nil {
		return ""
	}
	if fault.KindOf(err) == fault.Internal {
		w.t.Errorf("an error of ours: %v", err)
	}
	return fault.CodeOf(err)
}

func (w *world) member() (id int64) {
	w.t.Helper()
	return w.number("INSERT INTO member (status) VALUES ('active') RETURNING id")
}

// plan is 10 % and 5 %, for good, without review, on both tiers.
func plan() distribution.Plan {
	p := distribution.NewPlan()
	p.Enabled, p.Depth, p.JoinBy, p.BoundDays, p.FirstBps, p.SecondBps, p.Review = true, 2, distribution.JoinAnyone, 0, 1000, 500, false
	p.WithdrawFromFen, p.DayCount, p.DayFen = 10, 100, 20_000_000
	return p
}

func (w *world) save(change func(p *distribution.Plan)) {
	w.t.Helper()
	was, err := w.Plan(w.t.Context(), w.Tenant.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	p := plan()
	p.Version = was.Version
	if change != nil {
		change(&p)
	}
	if err := w.SavePlan(w.t.Context(), w.Tenant.ID, p, "staff:1"); err != nil {
		w.t.Fatal(err)
	}
}

// distributor is a new member who sells for the shop, brought by another if one is given.
func (w *world) distributor(by ...distribution.Distributor) distribution.Distributor {
	w.t.Helper()
	d, err := w.Apply(w.t.Context(), w.Tenant.ID, w.member(), "")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range by {
		w.mustBind(d.MemberID, b)
	}
	return d
}

func (w *world) bind(member int64, d distribution.Distributor) (bool, string) {
	w.t.Helper()
	bound, err := w.Bind(w.t.Context(), w.Tenant.ID, distribution.BindInput{MemberID: member, Code: d.Code, How: distribution.ByLink, Evidence: distribution.Evidence{AppID: "wxapp", Scene: "1007"}})
	return bound, w.code(err)
}

func (w *world) mustBind(member int64, d distribution.Distributor) {
	w.t.Helper()
	if bound, code := w.bind(member, d); !bound {
		w.t.Fatalf("not bound: %q", code)
	}
}

// buyerOf is a member whom a distributor brought.
func (w *world) buyerOf(d distribution.Distributor) int64 {
	w.t.Helper()
	m := w.member()
	w.mustBind(m, d)
	return m
}

// place is an order of lines that cost so much, and ten yuan of freight.
func (w *world) place(member int64, lines ...int64) string {
	w.t.Helper()
	w.mu.Lock()
	w.orders++
	no, goesTo := fmt.Sprintf("D%08d", w.orders), w.goesTo
	w.goesTo = [2]string{}
	w.mu.Unlock()
	w.exec(`WITH o AS (
	  INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, freight_fen, payable_fen, address, receiver, receiver_index, expires_at, placed_at)
	  SELECT $1, $2, 'wxapp', 'pending_payment', sum(f), 1000, sum(f) + 1000, '{}', nullif($4, '')::bytea,
	    CASE WHEN $4 <> '' THEN ARRAY[sha256($4::bytea), sha256('name'), sha256($5::bytea)] END, now() + interval '1 hour', now() FROM unnest($3::bigint[]) f RETURNING id)
	INSERT INTO order_line (order_id, spu_id, sku_id, title, price_fen, qty, goods_fen, payable_fen)
	SELECT o.id, n, 100 + n, 'tea', f, 1, f, f FROM o, unnest($3::bigint[]) WITH ORDINALITY u(f, n)`, no, member, lines, goesTo[0], goesTo[1])
	w.follow(no)
	return no
}

func (w *world) follow(no string) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error { return w.FollowOrderTx(w.t.Context(), tx, no) })
}

// to moves an order on and follows it.
func (w *world) to(no, what string) {
	w.t.Helper()
	w.exec("UPDATE orders SET "+map[string]string{
		"pay":     "status = 'paid', paid_at = now(), paid_by = order_no",
		"close":   "status = 'closed', close_reason = 'timeout', closed_at = now()",
		"receive": "status = 'completed', settlement = 'window', received_at = now(), settle_by = now()",
		"settle":  "settlement = 'settled', settled_at = now()",
	}[what]+" WHERE order_no = $1", no)
	w.follow(no)
}

// refund gives money of an order back; of a line if one is given, by a case.
func (w *world) refund(no string, line int, fen int64) {
	w.t.Helper()
	if line > 0 {
		w.exec(`WITH c AS (
		  INSERT INTO aftersale_case (case_no, order_id, order_no, member_id, app_id, kind, status, reason, share_fen, freight_fen, amount_fen, unsent, test, opened_by, opened_at, closed_at)
		  SELECT 'S' || upper(substr(md5(random()::text), 1, 16)), id, order_no, member_id, app_id, 'refund', 'refunded', 'other', $3, 0, $3, false, false, 'staff:1', now(), now()
		  FROM orders WHERE order_no = $1 RETURNING id, order_id)
		INSERT INTO aftersale_line (case_id, line_id, sku_id, title, spec, picture, qty, dropped, share_fen, refund_fen)
		SELECT c.id, l.id, l.sku_id, l.title, '', '', 1, 0, $3, $3 FROM c JOIN order_line l ON l.order_id = c.order_id AND l.spu_id = $2`, no, line, fen)
	}
	w.exec(`UPDATE orders SET refunded_fen = refunded_fen + $2,
	  status = CASE WHEN refunded_fen + $2 = payable_fen THEN 'closed' ELSE status END, close_reason = CASE WHEN refunded_fen + $2 = payable_fen THEN 'all_refunded' END,
	  closed_at = CASE WHEN refunded_fen + $2 = payable_fen THEN now() END WHERE order_no = $1`, no, fen)
	w.follow(no)
}

// entries are what is owed for an order: tier, status and what is left of the amount.
func (w *world) entries(no string) string {
	w.t.Helper()
	list, _, err := w.Entries(w.t.Context(), w.Tenant.ID, distribution.EntryFilter{OrderNo: no})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, e := range slices.Backward(list) {
		out = append(out, fmt.Sprintf("%d %s %d", e.Tier, e.Status, e.NetFen()))
	}
	return strings.Join(out, ", ")
}

func (w *world) expect(no, want string) {
	w.t.Helper()
	if got := w.entries(no); got != want {
		w.t.Errorf("order %s owes %q, want %q", no, got, want)
	}
}

func (w *world) account(d distribution.Distributor) [3]money.Fen {
	w.t.Helper()
	o, err := w.Overview(w.t.Context(), w.Tenant.ID, d.MemberID)
	if err != nil {
		w.t.Fatal(err)
	}
	return [3]money.Fen{o.AvailableFen, o.LockedFen, o.WithdrawnFen}
}

func (w *world) request(d distribution.Distributor, key string, fen money.Fen, way distribution.Way) (distribution.Withdrawal, string) {
	w.t.Helper()
	in := distribution.RequestInput{MemberID: d.MemberID, AppID: "wxapp", Key: key, Way: way, AmountFen: fen}
	if way != distribution.WayWeChat {
		in.Account, in.Name = "13800138000", "李雷"
	}
	out, err := w.Request(w.t.Context(), w.Tenant.ID, in)
	return out, w.code(err)
}

func (w *world) ended(no string, arrived bool, reason string) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error { return w.TransferEndedTx(w.t.Context(), tx, no, arrived, reason) })
}

func (w *world) send(no string) error { return w.Send(w.t.Context(), w.Tenant.ID, no) }

// balances are what holds after any history.
func (w *world) balances() error {
	for what, sql := range map[string]string{
		"K1 an entry is base x rate of what was paid":        "SELECT count(*) FROM commission c JOIN order_line l ON l.id = c.line_id WHERE c.amount_fen <> c.base_fen * c.rate_bps / 10000 OR c.base_fen > l.payable_fen",
		"K2 only paid orders, and nobody earns from himself": "SELECT count(*) FROM commission c JOIN orders o ON o.id = c.order_id WHERE (o.paid_at IS NULL AND c.status NOT IN ('estimated', 'void')) OR (o.member_id = c.distributor_id AND c.status NOT IN ('void', 'reversed'))",
		"K3 at most half of what was paid":                   "SELECT count(*) FROM (SELECT 1 FROM commission c JOIN orders o ON o.id = c.order_id GROUP BY o.id HAVING sum(c.amount_fen) * 2 > o.payable_fen) x",
		"K4 what went back is reversed":                      "SELECT count(*) FROM commission c JOIN orders o ON o.id = c.order_id WHERE o.close_reason = 'all_refunded' AND c.reversed_fen <> c.amount_fen AND c.status <> 'void'",
		"K5 an account is its entries less what was drawn": `SELECT count(*) FROM distributor d WHERE d.available_fen
			<> coalesce((SELECT sum(c.amount_fen - c.reversed_fen) FROM commission c WHERE c.distributor_id = d.member_id AND c.status IN ('available', 'withdrawn')), 0)
			- coalesce((SELECT sum(w.amount_fen) FROM withdrawal w WHERE w.distributor_id = d.member_id AND w.status NOT IN ('failed', 'rejected', 'cancelled')), 0)`,
		"what is locked is on its way": `SELECT count(*) FROM distributor d WHERE d.locked_fen
			<> coalesce((SELECT sum(w.amount_fen) FROM withdrawal w WHERE w.distributor_id = d.member_id AND w.status IN ('requested', 'approved', 'sending')), 0)
			OR d.withdrawn_fen <> coalesce((SELECT sum(w.amount_fen) FROM withdrawal w WHERE w.distributor_id = d.member_id AND w.status = 'succeeded'), 0)`,
		"the books owe what accounts have": `SELECT abs(coalesce((SELECT sum(available_fen + locked_fen) FROM distributor), 0)
			- coalesce((SELECT sum(CASE WHEN credit = 'payable:commission' THEN amount_fen ELSE -amount_fen END) FROM ledger_transfer WHERE 'payable:commission' IN (debit, credit)), 0)
			+ coalesce((SELECT sum(pay_fen) FROM withdrawal WHERE status = 'succeeded' AND way <> 'manual'), 0))`,
		"nobody is above himself": `WITH RECURSIVE up AS (SELECT member_id AS who, distributor_id, 1 AS n FROM distribution_bond WHERE ended_at IS NULL
			UNION ALL SELECT up.who, b.distributor_id, up.n + 1 FROM up JOIN distribution_bond b ON b.member_id = up.distributor_id AND b.ended_at IS NULL WHERE up.n < 100)
			SELECT count(*) FROM up WHERE who = distributor_id`,
	} {
		var n int64
		err := w.DB.InTenant(w.t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error { return tx.QueryRow(w.t.Context(), sql).Scan(&n) })
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if n != 0 {
			return fmt.Errorf("%s: %d do not hold", what, n)
		}
	}
	return nil
}
