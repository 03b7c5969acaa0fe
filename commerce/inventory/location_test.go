package inventory_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"galleria/commerce/inventory"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// check holds every level against its movements, its places and what its orders hold.
func (st *store) check() {
	st.t.Helper()
	st.must(func(tx tenantdb.Tx) error {
		rows, err := tx.Query(st.t.Context(), `SELECT l.sku_id FROM stock_level l WHERE
			l.on_hand <> (SELECT coalesce(sum(m.on_hand_delta), 0) FROM stock_movement m WHERE m.sku_id = l.sku_id)
			OR l.reserved <> (SELECT coalesce(sum(m.reserved_delta), 0) FROM stock_movement m WHERE m.sku_id = l.sku_id)
			OR l.reserved <> (SELECT coalesce(sum(r.qty), 0) FROM reservation r WHERE r.sku_id = l.sku_id AND r.state = 'held')
			OR l.away_on_hand <> (SELECT coalesce(sum(a.on_hand), 0) FROM stock_away a WHERE a.sku_id = l.sku_id)
			OR l.away_reserved <> (SELECT coalesce(sum(a.reserved), 0) FROM stock_away a WHERE a.sku_id = l.sku_id)
			OR EXISTS (SELECT FROM stock_away a WHERE a.sku_id = l.sku_id AND (
				a.on_hand <> (SELECT coalesce(sum(m.on_hand_delta), 0) FROM stock_movement m WHERE m.sku_id = a.sku_id AND m.location_id = a.location_id)
				OR a.reserved <> (SELECT coalesce(sum(m.reserved_delta), 0) FROM stock_movement m WHERE m.sku_id = a.sku_id AND m.location_id = a.location_id)))`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			st.t.Errorf("SKU %d: level, places, movements and reservations differ", id)
		}
		return rows.Err()
	})
}

func (st *store) place(name string) (id int64) {
	st.t.Helper()
	st.must(func(tx tenantdb.Tx) (err error) {
		id, err = st.s.SaveLocationTx(st.t.Context(), tx, 0, true, name)
		return err
	})
	return id
}

func (st *store) transfer(document string, from, to, sku, qty int64) error {
	return st.do(func(tx tenantdb.Tx) error {
		return st.s.TransferTx(st.t.Context(), tx, inventory.Transfer{Document: document, From: from, To: to, Lines: []inventory.Line{{SKUID: sku, Qty: qty}}, Actor: "staff:1"})
	})
}

func TestSecondPlace(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	a := st.skus[0]
	west := st.place("西仓")
	for range 2 { // the same document again moves nothing
		if err := st.transfer("DB1", 0, west, a, 7); err != nil {
			t.Fatal(err)
		}
	}
	st.want(a, 10, 0)
	// 3 are left in the main place: an order of 5 takes 2 from the west.
	reserve := func(no string, qty int64) error {
		return st.do(func(tx tenantdb.Tx) error {
			return st.s.ReserveTx(t.Context(), tx, no, []inventory.Line{{SKUID: a, Qty: qty}, {SKUID: st.skus[1], Qty: 1}}, "member:1")
		})
	}
	if err := reserve("SPREAD", 5); err != nil {
		t.Fatal(err)
	}
	st.check()
	if err := st.transfer("DB2", west, 0, a, 6); !errors.Is(err, inventory.ErrReserved) {
		t.Errorf("moving what an order holds: %v", err)
	}
	if err := reserve("MORE", 6); !errors.Is(err, inventory.ErrShort) {
		t.Errorf("6 of 5: %v", err)
	}
	if err := reserve("LAST", 5); err != nil {
		t.Fatal(err)
	}
	st.want(a, 10, 10)
	for range 2 {
		st.must(func(tx tenantdb.Tx) error { return st.s.CommitTx(t.Context(), tx, "SPREAD", "system") })
		st.must(func(tx tenantdb.Tx) error { return st.s.ReleaseTx(t.Context(), tx, "LAST", "system") })
	}
	st.want(a, 5, 0)
	st.want(st.skus[1], 9, 0)
	st.check()
	if err := st.transfer("DB3", west, 0, a, 5); err != nil {
		t.Fatal(err)
	}
	closePlace := func(closed bool) error {
		return st.do(func(tx tenantdb.Tx) error {
			_, err := st.s.CloseLocationTx(t.Context(), tx, west, closed)
			return err
		})
	}
	if err := closePlace(true); err != nil {
		t.Errorf("close an empty place: %v", err)
	}
	if err := st.transfer("DB4", 0, west, a, 1); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("into a closed place: %v", err)
	}
	if err := closePlace(false); err != nil {
		t.Fatal(err)
	}
	if err := st.transfer("DB5", 0, west, a, 1); err != nil {
		t.Fatal(err)
	}
	if err := closePlace(true); !errors.Is(err, inventory.ErrLocationInUse) {
		t.Errorf("close a place in use: %v", err)
	}
	st.check()
}

// TestPlacesUnderLoad: orders, payments, closings, moves and corrections at once leave every
// figure where its movements say.
func TestPlacesUnderLoad(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	west, east := st.place("西仓"), st.place("东仓")
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(w)))
			for i := range 25 {
				no := fmt.Sprintf("W%dN%d", w, i)
				places := []int64{0, west, east}
				sku := st.skus[r.IntN(2)]
				var err error
				switch r.IntN(4) {
				case 0:
					from := r.IntN(3)
					err = st.transfer("T"+no, places[from], places[(from+1+r.IntN(2))%3], sku, 1+r.Int64N(4))
				case 1:
					err = st.do(func(tx tenantdb.Tx) error {
						return st.s.CorrectTx(t.Context(), tx, inventory.Correction{
							Document: "C" + no, LocationID: places[r.IntN(3)], Changes: []inventory.Change{{SKUID: sku, Delta: r.Int64N(7) - 3}}, Actor: "staff:1",
						})
					})
				default:
					lines := []inventory.Line{{SKUID: st.skus[0], Qty: 1 + r.Int64N(4)}, {SKUID: st.skus[1], Qty: 1 + r.Int64N(4)}}
					err = st.do(func(tx tenantdb.Tx) error { return st.s.ReserveTx(t.Context(), tx, no, lines, "member:1") })
					if err == nil {
						err = st.do(func(tx tenantdb.Tx) error {
							if r.IntN(2) == 0 {
								return st.s.CommitTx(t.Context(), tx, no, "system")
							}
							return st.s.ReleaseTx(t.Context(), tx, no, "system")
						})
					}
				}
				if err != nil && !errors.Is(err, inventory.ErrShort) && !errors.Is(err, inventory.ErrReserved) {
					t.Errorf("%s: %v", no, err)
				}
			}
		})
	}
	wg.Wait()
	st.check()
}

// TestTwoPeopleCorrect: the second of two people who correct a SKU is told what the first
// did; an order in between is no correction.
func TestTwoPeopleCorrect(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	a := st.skus[0]
	version := func() (n int64) {
		st.must(func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT version FROM stock_level WHERE sku_id = $1", a).Scan(&n)
		})
		return n
	}
	correct := func(document, who string, seen, delta int64) error {
		return st.do(func(tx tenantdb.Tx) error {
			return st.s.CorrectTx(t.Context(), tx, inventory.Correction{
				Document: document, Reason: inventory.Damage, Changes: []inventory.Change{{SKUID: a, Delta: delta, Version: seen}}, Actor: who,
			})
		})
	}
	seen := version()
	st.must(func(tx tenantdb.Tx) error {
		return st.s.ReserveTx(t.Context(), tx, "ORDER1", []inventory.Line{{SKUID: a, Qty: 4}}, "member:1")
	})
	for range 2 {
		if err := correct("PD1", "staff:1", seen, -2); err != nil {
			t.Fatal(err)
		}
	}
	st.want(a, 8, 4)
	err := correct("PD2", "staff:2", seen, -3)
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || !errors.Is(err, inventory.ErrChanged) || f.Data()["on_hand"] != int64(8) || f.Data()["version"] != version() {
		t.Fatalf("got %v", err)
	}
	if err := correct("PD2", "staff:2", version(), -5); !errors.Is(err, inventory.ErrReserved) {
		t.Errorf("less than orders hold: %v", err)
	}
	if err := correct("PD2", "staff:2", version(), -3); err != nil {
		t.Error(err)
	}
	st.want(a, 5, 4)
	st.check()
}

// TestCorrectEach: each line of a list stands for itself.
func TestCorrectEach(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	var out []inventory.Corrected
	st.must(func(tx tenantdb.Tx) (err error) {
		out, err = st.s.CorrectEachTx(t.Context(), tx, inventory.Correction{Document: "PD1", Reason: inventory.Count, Actor: "staff:1", Changes: []inventory.Change{
			{SKUID: st.skus[1], Delta: -11}, {SKUID: st.skus[0], Delta: 5}, {SKUID: 1 << 40, Delta: 1}, {SKUID: st.skus[2], Delta: 0},
		}})
		return err
	})
	if len(out) != 4 || out[0].Now != 15 || !errors.Is(out[1].Problem, inventory.ErrReserved) || out[2].Problem != nil || !errors.Is(out[3].Problem, inventory.ErrUnknownSKU) {
		t.Errorf("got %+v", out)
	}
	st.want(st.skus[0], 15, 0)
	st.want(st.skus[1], 10, 0)
}

// TestAlarmOncePerCrossing: staff hear of a SKU that becomes scarce once, of one that is gone
// once more, and not again of what they know.
func TestAlarmOncePerCrossing(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	a := st.skus[0]
	alarm := func(name, want string) {
		t.Helper()
		var got string
		st.must(func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT coalesce((SELECT state || seen_by FROM stock_alarm WHERE sku_id = $1), '')", a).Scan(&got)
		})
		if got != want {
			t.Errorf("%s: alarm %q, want %q", name, got, want)
		}
	}
	reserve := func(no string, qty int64) {
		st.must(func(tx tenantdb.Tx) error {
			return st.s.ReserveTx(t.Context(), tx, no, []inventory.Line{{SKUID: a, Qty: qty}}, "member:1")
		})
	}
	reserve("ORDER1", 4)
	alarm("6 left", "")
	reserve("ORDER2", 1)
	alarm("5 left", "low")
	st.must(func(tx tenantdb.Tx) error { return st.s.SeeAlarmsTx(t.Context(), tx, []int64{a}, "staff:1") })
	reserve("ORDER3", 1)
	alarm("4 left, known", "lowstaff:1")
	reserve("ORDER4", 4)
	alarm("gone", "out")
	st.must(func(tx tenantdb.Tx) error { return st.s.ReleaseTx(t.Context(), tx, "ORDER1", "system") })
	alarm("4 again", "low")
	st.must(func(tx tenantdb.Tx) error { return st.s.SetLowAtTx(t.Context(), tx, a, 3) })
	alarm("4 are enough", "")
}

// TestMovementsAreForever: the shop's own role can neither change nor remove a movement.
func TestMovementsAreForever(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	for _, sql := range []string{"UPDATE stock_movement SET note = 'x'", "DELETE FROM stock_movement", "TRUNCATE stock_movement", "DELETE FROM reservation_away", "UPDATE reservation_away SET qty = 1"} {
		err := st.do(func(tx tenantdb.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestTransferEach: of a list, what is free moves and the rest is told; the same document again
// moves nothing and refuses nothing of what it moved.
func TestTransferEach(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	a, b := st.skus[0], st.skus[1]
	west := st.place("西仓")
	const nobody = 999_999
	for range 2 {
		var out []inventory.Moved
		st.must(func(tx tenantdb.Tx) (err error) {
			out, err = st.s.TransferEachTx(t.Context(), tx, inventory.Transfer{
				Document: "DB9", From: 0, To: west, Lines: []inventory.Line{{SKUID: a, Qty: 10}, {SKUID: b, Qty: 11}, {SKUID: nobody, Qty: 1}}, Actor: "staff:1",
			})
			return err
		})
		problems := map[int64]error{}
		for _, o := range out {
			problems[o.SKUID] = o.Problem
		}
		if len(out) != 3 || problems[a] != nil || !errors.Is(problems[b], inventory.ErrReserved) || !errors.Is(problems[nobody], inventory.ErrUnknownSKU) {
			t.Errorf("moved %+v, want the first alone", out)
		}
		st.want(a, 10, 0)
		st.check()
	}
	if err := st.transfer("DB10", west, 0, a, 10); err != nil {
		t.Errorf("back again: %v", err)
	}
	st.check()
	err := st.do(func(tx tenantdb.Tx) error {
		_, err := st.s.TransferEachTx(t.Context(), tx, inventory.Transfer{Document: "DB11", From: west, To: west, Lines: []inventory.Line{{SKUID: a, Qty: 1}}})
		return err
	})
	if !errors.Is(err, fault.ErrValidation) {
		t.Errorf("to the same place: %v, want VALIDATION", err)
	}
}
