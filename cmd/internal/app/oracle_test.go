package app_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"galleria/cmd/internal/oracle"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// seedEnv repeats a load: GALLERIA_ORACLE_SEED=7 make test PKG=./cmd/internal/app
const seedEnv = "GALLERIA_ORACLE_SEED"

const (
	oracleMarkets  = 3
	oracleShoppers = 4 // of each; the first meets every fate once
	oracleOrders   = 4 // of each other
)

// TestBooksHold lets a seeded crowd buy, pay through three channels, pay twice and too late,
// cancel, refund, ship, be paid out and draw commission in several shops at once. Then nothing that must never be is found
// in their tables, compared with what the providers say; and of every way in which books can
// be damaged, the damage is named.
func TestBooksHold(t *testing.T) { //nolint:tparallel // the damage comes after the crowd
	t.Parallel()
	env := tenanttest.NewAlone(t)
	seed := rand.Uint64N(1 << 32)
	if given := os.Getenv(seedEnv); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d", seedEnv, seed)
	var books []book
	t.Run("a crowd leaves good books", func(t *testing.T) {
		w := newWorldOn(t, env.OwnerURL)
		var markets []*market
		for n := range oracleMarkets {
			markets = append(markets, w.openMarket(n))
		}
		w.crowdIn(markets, seed)
		for _, m := range markets {
			w.groups(m)
			w.lastWord(m)
			w.papers(m)
			w.billsOf(m)
			books = append(books, book{m.ID.String(), w.comesToRest(m)})
		}
	})
	if t.Failed() {
		return
	}
	t.Run("every damage is named", func(t *testing.T) { namesEveryDamage(t, env.OwnerURL, books) })
}

// crowdIn lets every shopper of every market live.
func (w *world) crowdIn(markets []*market, seed uint64) {
	w.t.Helper()
	lives := fates()
	maps.Copy(lives, payOuts())
	maps.Copy(lives, promotions())
	maps.Copy(lives, reviews())
	maps.Copy(lives, exchanges())
	names := slices.Sorted(maps.Keys(lives))
	var wait sync.WaitGroup
	for i, m := range markets {
		w.firstWord(m)
		for j := range oracleShoppers {
			dice := rand.New(rand.NewPCG(seed, uint64(i*oracleShoppers+j)))
			b := w.login(m.shop, fmt.Sprint("顾客", j))
			s := &shopper{buyer: b, market: m, dice: dice, address: b.address()}
			b.broughtBy(m.promoters[1].code)
			s.must(http.StatusOK, http.MethodPost, "/points/sign-in", nil, nil)
			s.grow(int64(100 * j)) // some have a level, and one crosses the next threshold by buying
			life := slices.Clone(names)
			dice.Shuffle(len(life), func(a, b int) { life[a], life[b] = life[b], life[a] })
			if j > 0 {
				life = life[:oracleOrders]
			}
			wait.Go(func() {
				for _, fate := range life {
					if w.t.Failed() {
						return
					}
					lives[fate](s)
				}
			})
		}
	}
	wait.Wait()
}

// firstWord has a market see a piece of its flash sale given back, while there are pieces, and a
// member who stays on the lowest level: what else a market sees, the dice say.
func (w *world) firstWord(m *market) {
	w.t.Helper()
	b := w.login(m.shop, "首客")
	s := &shopper{buyer: b, market: m, dice: rand.New(rand.NewPCG(0, 0)), address: b.address()}
	s.must(http.StatusOK, http.MethodPost, "/points/sign-in", nil, nil)
	s.grow(150)
	lines := []any{line(m.skus[2], 1)}
	var quote struct {
		PayableFen int64 `json:"payable_fen"`
	}
	s.must(http.StatusOK, http.MethodPost, "/checkout/quote", map[string]any{"lines": lines, "address_id": s.address}, &quote)
	s.cancel(s.place("", map[string]any{"lines": lines, "address_id": s.address, "expected_payable_fen": quote.PayableFen}).orderNo())
	if n := w.count(m.shop, "SELECT count(*) FROM flash_take"); n != 1 {
		w.t.Errorf("%d orders took of the flash sale, want 1", n)
	}
}

// unsent is what a person who refunds unsent goods has seen.
func (w *world) unsent(orderNo string) func(context.Context, tenantdb.Tx) error {
	return func(ctx context.Context, tx tenantdb.Tx) error { return w.Orders.NothingSentTx(ctx, tx, orderNo) }
}

// billsOf moves a market's payments by WeChat to three days ago, on both sides, and
// reconciles that day.
func (w *world) billsOf(m *market) {
	w.t.Helper()
	now := time.Now().UTC()
	noon := time.Date(now.Year(), now.Month(), now.Day()-3, 4, 0, 0, 0, time.UTC)
	var accountID int64
	w.scan(m.shop, "SELECT id FROM payment_account WHERE channel = 'wechat'", nil, &accountID)
	schema := m.ID.String()
	w.owner("UPDATE "+schema+".payment_account SET created_at = $1 WHERE id = $2", []any{noon.Add(-4 * time.Hour), accountID})
	w.owner("UPDATE "+schema+".payment_attempt SET paid_at = $1 WHERE account_id = $2 AND status = 'succeeded'", []any{noon, accountID})
	for _, c := range w.truth(m).Charges {
		if c.Channel == "wechat" && !w.sandbox.Backdate(m.mchID, c.Number, noon) {
			w.t.Errorf("the provider does not know %s", c.Number)
		}
	}
	if err := w.Reconcile.Run(w.t.Context(), m.ID, accountID); err != nil {
		w.t.Errorf("reconcile: %v", err)
	}
	if n := w.count(m.shop, "SELECT count(*) FROM bill_day WHERE matched > 0"); n == 0 {
		w.t.Error("no bill was matched")
	}
}

// comesToRest hastens what waits for its time until the oracle finds nothing, and fails with
// what it finds to the last.
func (w *world) comesToRest(m *market) *oracle.Truth {
	w.t.Helper()
	var found []oracle.Finding
	for deadline := time.Now().Add(45 * time.Second); time.Now().Before(deadline); time.Sleep(time.Second) {
		id := []any{m.ID.String()}
		w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic IN ('payments.query', 'payments.refund_query', 'transfer.due') AND due_at > now()", id)
		w.owner("UPDATE platform.outbox SET next_at = now() WHERE tenant_id = $1 AND done_at IS NULL AND next_at > now()", id)
		time.Sleep(time.Second)
		truth := w.truth(m)
		var err error
		if found, err = oracle.CheckShop(w.t.Context(), w.DB, m.ID, oracle.Input{Rest: time.Now().Add(-time.Second), Truth: truth}); err != nil {
			w.t.Fatal(err)
		}
		if len(found) == 0 {
			return truth
		}
	}
	for _, f := range found {
		w.t.Errorf("shop %s: %s %s: %d, such as %s", m.Handle, f.ID, f.Meaning, f.Count, f.Sample)
	}
	return nil
}

// book is a good shop: its schema, and what the providers say about it.
type book struct {
	schema string
	truth  *oracle.Truth
}

// namesEveryDamage damages a good shop in each of the ways of testdata, and undoes it: the first
// shop in which the crowd left something that can be damaged in that way.
func namesEveryDamage(t *testing.T, ownerURL string, books []book) {
	t.Helper()
	list, err := oracle.Invariants()
	if err != nil {
		t.Fatal(err)
	}
	missing := map[string]bool{}
	for _, inv := range list {
		missing[inv.ID] = true
	}
	file, err := os.Open("../oracle/testdata/mutations.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	conn, err := pgx.Connect(t.Context(), ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	mutations, refused := 0, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		id, sql, ok := strings.Cut(lines.Text(), "|")
		if !ok || strings.HasPrefix(id, "#") {
			continue
		}
		mutations++
		var why string
		for _, b := range books {
			why = namesDamage(t, conn, b, id, sql)
			if why != refusedByTable && why != nothingToDamage {
				break
			}
		}
		switch why {
		case "":
			delete(missing, id)
		case refusedByTable:
			refused++
		default:
			t.Errorf("%s: %s: %s", id, sql, why)
		}
	}
	for id := range missing {
		t.Errorf("nothing shows that %s finds anything: it has no mutation, or none that the tables let in", id)
	}
	if refused > 5 {
		t.Errorf("the tables refuse %d of %d damages: the oracle is not tried", refused, mutations)
	}
	t.Logf("%d invariants, %d mutations, %d refused by a constraint", len(list), mutations, refused)
}

// refusedByTable is a damage that a CHECK keeps out: a wall for the row that it met, which
// depends on what the crowd did.
const refusedByTable = "refused by the table"

// nothingToDamage is a damage that met no row.
const nothingToDamage = "there was nothing to damage"

func namesDamage(t *testing.T, conn *pgx.Conn, b book, id, sql string) string {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := tx.Exec(t.Context(), "SELECT set_config('search_path', $1, true)", b.schema); err != nil {
		t.Fatal(err)
	}
	for statement := range strings.SplitSeq(sql, ";") {
		tag, err := tx.Exec(t.Context(), statement)
		if bad, ok := errors.AsType[*pgconn.PgError](err); ok && bad.Code == "23514" {
			return refusedByTable
		}
		if err != nil {
			return err.Error()
		}
		if !strings.HasPrefix(strings.TrimSpace(statement), "ALTER") && !strings.HasPrefix(strings.TrimSpace(statement), "DROP") && tag.RowsAffected() == 0 {
			return nothingToDamage
		}
	}
	found, err := oracle.Check(t.Context(), tx, oracle.Input{Rest: time.Now().Add(-time.Second), Truth: b.truth, Only: []string{id}})
	if err != nil {
		return err.Error()
	}
	if len(found) == 0 {
		return "was not found"
	}
	return ""
}
