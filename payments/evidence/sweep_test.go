package evidence_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/payments/evidence"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// shelf is a store in memory.
type shelf struct {
	now   func() time.Time
	files map[string]leaf
	away  bool // it removes nothing
}

type leaf struct {
	body string
	at   time.Time
}

var errAway = errors.New("the store is away")

func (s *shelf) Put(_ context.Context, key string, body []byte) error {
	s.files[key] = leaf{string(body), s.now()}
	return nil
}

func (s *shelf) Get(_ context.Context, key string) ([]byte, error) {
	f, ok := s.files[key]
	if !ok {
		return nil, errAway
	}
	return []byte(f.body), nil
}

func (s *shelf) Delete(_ context.Context, key string) error {
	if s.away {
		return errAway
	}
	delete(s.files, key)
	return nil
}

func (s *shelf) Each(_ context.Context, folder string, take func(key string, at time.Time) error) error {
	for _, key := range slices.Sorted(maps.Keys(s.files)) {
		if strings.HasPrefix(key, folder+"/") {
			if err := take(key, s.files[key].at); err != nil {
				return err
			}
		}
	}
	return nil
}

// archive is the evidence of a shop on a shelf of its own.
type archive struct {
	*tenanttest.Env
	t       *testing.T
	shelf   *shelf
	service *evidence.Service
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	a := &archive{Env: tenanttest.New(t), t: t}
	a.shelf = &shelf{now: a.Clock().Now, files: map[string]leaf{}}
	a.service = evidence.New(evidence.Deps{DB: a.DB, Plans: a.Plans, Audit: a.Audit, Store: a.shelf, Now: a.Clock().Now})
	return a
}

// refund writes a refund for evidence to belong to.
func (a *archive) refund(outRefundNo string) {
	a.t.Helper()
	a.InTenant(a.t, func(tx tenantdb.Tx) error {
		for _, sql := range []string{
			`INSERT INTO payment_account (account_key, channel, mode, name, merchant_no, config) VALUES
			 ('abcdefghijklmnopqrstuvwxyz', 'wechat', 'sandbox', '测试商户', '1900000901', '{"base_url":"http://127.0.0.1:1"}')`,
			`INSERT INTO payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, expires_at, created_at, updated_at, transaction_id, paid_at)
			 SELECT 'TRADESWEEP1', 'ORDERSWEEP1', id, 'wechat', 'wxsweep', 'o1', '咖啡', 11800, 'succeeded', now(), now(), now(), '4200SWEEP1', now() FROM payment_account`,
		} {
			if _, err := tx.Exec(a.t.Context(), sql); err != nil {
				return err
			}
		}
		_, err := tx.Exec(a.t.Context(), `INSERT INTO refund (out_refund_no, attempt_id, business_no, amount_fen, reason, status, requested_at)
			SELECT $1, id, business_no, 100, 'staff', 'requested', now() FROM payment_attempt`, outRefundNo)
		return err
	})
}

func (a *archive) take(bodies ...string) evidence.Taken {
	a.t.Helper()
	var files []evidence.File
	for _, body := range bodies {
		files = append(files, evidence.File{Name: "回单.pdf", Raw: []byte("%PDF-" + body)})
	}
	taken, err := a.service.Take(a.t.Context(), a.Tenant.ID, files)
	if err != nil {
		a.t.Fatal(err)
	}
	return taken
}

func (a *archive) want(what string, bodies ...string) {
	a.t.Helper()
	var got []string
	for _, f := range a.shelf.files {
		got = append(got, strings.TrimPrefix(f.body, "%PDF-"))
	}
	slices.Sort(got)
	slices.Sort(bodies)
	if !slices.Equal(got, bodies) {
		a.t.Errorf("%s: there are %q, want %q", what, got, bodies)
	}
}

// age makes all files older.
func (a *archive) age(by time.Duration) {
	for key, f := range a.shelf.files {
		a.shelf.files[key] = leaf{f.body, a.Clock().Now().Add(-by)}
	}
}

func (a *archive) sweep(want int) {
	a.t.Helper()
	if n, err := a.service.Sweep(a.t.Context(), a.Tenant.ID); err != nil || n != want {
		a.t.Errorf("swept %d, %v; want %d", n, err, want)
	}
}

// Files that no refund refers to are removed after a day: left by a process that ended
// between the file and its row, or chosen twice in one form. What a refund refers to stays,
// however old; so does what is young, whose row may be on the way, and another shop's.
func TestSweepRemovesWhatNoRefundRefersTo(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.refund("REFUNDSWEEP1")
	kept := a.take("kept", "twice", "twice")
	a.InTenant(t, func(tx tenantdb.Tx) error { return a.service.KeepTx(t.Context(), tx, "REFUNDSWEEP1", "staff:1", kept) })
	a.take("left behind")
	other := a.OpenShop(t)
	if _, err := a.service.Take(t.Context(), other.ID, []evidence.File{{Name: "a.pdf", Raw: []byte("%PDF-other shop")}}); err != nil {
		t.Fatal(err)
	}
	a.sweep(0)
	a.age(23 * time.Hour)
	a.sweep(0)
	a.age(25 * time.Hour)
	a.take("on its way")
	a.sweep(2) // left behind, and one of the two that are the same
	a.want("after a sweep", "kept", "twice", "on its way", "other shop")
	a.age(400 * 24 * time.Hour)
	a.sweep(1)
	a.want("after years", "kept", "twice", "other shop")
	for _, n := range []int64{1, 2} {
		if _, err := a.service.Open(t.Context(), a.Tenant.ID, "REFUNDSWEEP1", n); err != nil {
			t.Errorf("evidence %d cannot be read after the sweep: %v", n, err)
		}
	}
	if n, err := a.service.Sweep(t.Context(), other.ID); err != nil || n != 1 {
		t.Errorf("the other shop's own sweep: %d, %v", n, err)
	}
}

// What is dropped is gone at once; what was rolled back with its refund goes with the sweep
// if nobody dropped it.
func TestDropAndRollback(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.refund("REFUNDSWEEP2")
	if err := a.service.Drop(t.Context(), a.take("refused")); err != nil {
		t.Fatal(err)
	}
	a.want("after a drop")
	undone := errors.New("the refund was not ended")
	taken := a.take("rolled back")
	err := a.DB.InTenant(t.Context(), a.Tenant.ID, func(tx tenantdb.Tx) error {
		return errors.Join(a.service.KeepTx(t.Context(), tx, "REFUNDSWEEP2", "staff:1", taken), undone)
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	a.want("after a rollback", "rolled back")
	a.age(25 * time.Hour)
	a.sweep(1)
	a.want("a day later")
}

// A store that fails ends the sweep with its error; the next one goes on.
func TestSweepGoesOnAfterAFault(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.take("one", "two")
	a.age(25 * time.Hour)
	a.shelf.away = true
	if n, err := a.service.Sweep(t.Context(), a.Tenant.ID); !errors.Is(err, errAway) || n != 0 {
		t.Errorf("swept %d, %v; want the store's error", n, err)
	}
	a.shelf.away = false
	a.want("after the fault", "one", "two")
	a.sweep(2)
}
