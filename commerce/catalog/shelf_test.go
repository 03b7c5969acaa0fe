package catalog_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
	"galleria/tenant/tenantdb"
)

// Both changes are under way before either may finish: another transaction holds the
// product until each waits for it.
func TestPriceRangeFollowsParallelPriceChanges(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.sell(t, "茶", 100, 200, 300)
	gate, err := pgx.Connect(t.Context(), s.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = gate.Close(context.WithoutCancel(t.Context())) }()
	if _, err := gate.Exec(t.Context(), fmt.Sprintf("BEGIN; SELECT id FROM %s.spu WHERE id = %d FOR UPDATE", s.id, p.ID)); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i, price := range []money.Fen{900, 50} {
		wg.Go(func() {
			if err := s.SetPrice(t.Context(), s.id, p.SKUs[i].ID, price); err != nil {
				t.Error(err)
			}
		})
	}
	// One waits for the holder, the other in the queue for the row.
	waiting := 0
	for deadline := time.Now().Add(time.Second); waiting < 2 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		err := gate.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE NOT granted
			AND (transactionid = pg_current_xact_id()::xid OR (locktype = 'tuple' AND relation = $1::regclass))`, s.id.String()+".spu").Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := gate.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if waiting != 2 {
		t.Errorf("%d of 2 changes waited", waiting)
	}
	got, err := s.Get(t.Context(), s.id, p.ID)
	if err != nil || got.MinPriceFen != 50 || got.MaxPriceFen != 900 {
		t.Errorf("got %d to %d, %v; want 50 to 900", got.MinPriceFen, got.MaxPriceFen, err)
	}
	wantCode(t, s.SetPrice(t.Context(), s.id, 999_999, 1), "NOT_FOUND")
	wantCode(t, s.SetPrice(t.Context(), s.id, p.SKUs[0].ID, -1), "VALIDATION")
}

func TestShelfMoves(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	all := []catalog.ShelfStatus{catalog.Draft, catalog.OnShelf, catalog.OffShelf, catalog.Recycled}
	for _, from := range all {
		for _, to := range all {
			p := s.add(t, "茶", 100)
			s.Owner(t, fmt.Sprintf("UPDATE %s.spu SET status = $2 WHERE id = $1", s.id), p.ID, string(from))
			err := s.SetShelf(t.Context(), s.id, p.ID, to)
			if from == to || slices.Contains(catalog.Moves(), catalog.Move{From: from, To: to}) {
				if err != nil {
					t.Errorf("%s → %s: %v", from, to, err)
				}
				continue
			}
			wantCode(t, err, "SHELF_STATE")
		}
	}
	empty := s.add(t, "无规格可售", 100)
	s.Owner(t, fmt.Sprintf("UPDATE %s.sku SET enabled = false WHERE id = $1", s.id), empty.SKUs[0].ID)
	wantCode(t, s.SetShelf(t.Context(), s.id, empty.ID, catalog.OnShelf), "NOTHING_TO_SELL")
	wantCode(t, s.SetShelf(t.Context(), s.id, 999_999, catalog.OnShelf), "NOT_FOUND")
}

func TestShelfStatusesAreThoseOfTheSchema(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var def string
	err := s.DB.InTenant(t.Context(), s.id, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'spu_status' AND conrelid = 'spu'::regclass").Scan(&def)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []catalog.ShelfStatus{catalog.Draft, catalog.OnShelf, catalog.OffShelf, catalog.Recycled, catalog.Purged} {
		if !strings.Contains(def, "'"+string(status)+"'") {
			t.Errorf("the schema lacks %s: %s", status, def)
		}
	}
	if n := strings.Count(def, "'") / 2; n != 5 {
		t.Errorf("the schema has %d statuses, the code 5: %s", n, def)
	}
}
