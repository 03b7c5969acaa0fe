package aftersale_test

import (
	"errors"
	"fmt"
	"testing"

	"galleria/commerce/aftersale"
	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/tenant/tenantdb"
)

// place opens a place besides the main one.
func (s *shop) place(name string) (id int64) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) (err error) {
		id, err = s.inventory.SaveLocationTx(s.t.Context(), tx, 0, true, name)
		return err
	})
	return id
}

func (s *shop) closePlace(id int64) error {
	return s.DB.InTenant(s.t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) error {
		_, err := s.inventory.CloseLocationTx(s.t.Context(), tx, id, true)
		return err
	})
}

// toInspect brings all of an order back to be looked at.
func (s *shop) toInspect(b bought, kind aftersale.Kind) string {
	s.t.Helper()
	if err := s.ship(b, nil); err != nil {
		s.t.Fatal(err)
	}
	lines := map[int64]int64{}
	for i, id := range b.lines {
		lines[id] = b.qtys[i]
	}
	no := s.must(s.open(b, kind, lines))
	if err := s.approve(no); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.cases.SendBack(s.t.Context(), s.Tenant.ID, aftersale.SendBackInput{CaseNo: no, Courier: "sf", TrackingNo: s.number(), Actor: "staff:1"}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.cases.Arrive(s.t.Context(), s.Tenant.ID, no, "staff:1"); err != nil {
		s.t.Fatal(err)
	}
	return no
}

// back says where pieces of a SKU went back to for a case: place:pieces.
func (s *shop) back(no string, sku int64) (out string) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(s.t.Context(), `SELECT coalesce(string_agg(location_id || ':' || on_hand_delta, ' ' ORDER BY location_id), '') FROM stock_movement WHERE document = $1 AND sku_id = $2`, no+"-back", sku).Scan(&out)
	})
	return out
}

// TestPiecesGoBackWhereTheyLeftFrom, unless the inspector says otherwise or the place is closed.
func TestPiecesGoBackWhereTheyLeftFrom(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	inspect := func(no string, lines map[int64]aftersale.Found) error {
		_, err := s.cases.Inspect(t.Context(), s.Tenant.ID, aftersale.InspectInput{CaseNo: no, Lines: lines, Actor: "staff:1"})
		return err
	}
	// One place: nothing to choose, and nobody is asked.
	b := s.buy(0, []money.Fen{500}, []int64{2})
	no := s.toInspect(b, aftersale.Return)
	at, err := s.cases.PlacesOf(t.Context(), s.Tenant.ID, s.get(no))
	if err != nil || len(at.Open) != 1 {
		t.Fatalf("%+v %v", at, err)
	}
	if err := inspect(no, map[int64]aftersale.Found{b.lines[0]: {Sellable: 2}}); err != nil {
		t.Fatal(err)
	}
	if got := s.back(no, b.skus[0]); got != "0:2" {
		t.Errorf("with one place: %s", got)
	}
	// Two places: the goods lay in the west.
	west, east := s.place("西仓"), s.place("东仓")
	s.west = west
	b = s.buy(0, []money.Fen{500, 600, 700}, []int64{2, 1, 1})
	s.west = 0
	no = s.toInspect(b, aftersale.Return)
	at, err = s.cases.PlacesOf(t.Context(), s.Tenant.ID, s.get(no))
	if err != nil || len(at.Open) != 3 || at.Home[b.lines[0]] != west || at.Open[0].ID != 0 {
		t.Fatalf("%+v %v", at, err)
	}
	main := int64(0)
	found := map[int64]aftersale.Found{b.lines[0]: {Sellable: 1, Damaged: 1}, b.lines[1]: {Sellable: 1, Place: &east}, b.lines[2]: {Sellable: 1, Place: &main}}
	nowhere := int64(4711)
	bad := map[int64]aftersale.Found{b.lines[0]: {Sellable: 2, Place: &nowhere}, b.lines[1]: found[b.lines[1]], b.lines[2]: found[b.lines[2]]}
	if err := inspect(no, bad); !errors.Is(err, inventory.ErrLocationClosed) {
		t.Errorf("a place that is none: %v", err)
	}
	if err := inspect(no, found); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{fmt.Sprintf("%d:1", west), fmt.Sprintf("%d:1", east), "0:1"} {
		if got := s.back(no, b.skus[i]); got != want {
			t.Errorf("SKU %d went to %q, want %q", i, got, want)
		}
	}
	// A place that was closed meanwhile: the main one.
	s.west = east
	b = s.buy(0, []money.Fen{500}, []int64{100})
	s.west = 0
	no = s.toInspect(b, aftersale.Exchange)
	if n := s.count("SELECT coalesce(sum(on_hand), 0) FROM stock_away WHERE location_id = $1", east); n != 1 { // the piece from above
		t.Fatalf("%d in the east", n)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		var sku int64
		if err := tx.QueryRow(t.Context(), "SELECT sku_id FROM stock_away WHERE location_id = $1 AND on_hand = 1", east).Scan(&sku); err != nil {
			return err
		}
		return s.inventory.TransferTx(t.Context(), tx, inventory.Transfer{Document: "DBX", From: east, Lines: []inventory.Line{{SKUID: sku, Qty: 1}}, Actor: "staff:1"})
	})
	if err := s.closePlace(east); err != nil {
		t.Fatal(err)
	}
	if at, err := s.cases.PlacesOf(t.Context(), s.Tenant.ID, s.get(no)); err != nil || len(at.Open) != 2 || at.Home[b.lines[0]] != 0 {
		t.Fatalf("%+v %v", at, err)
	}
	all := map[int64]aftersale.Found{b.lines[0]: {Sellable: 100, Place: &east}}
	if _, err := s.cases.PayInstead(t.Context(), s.Tenant.ID, no, all, "", "staff:1"); !errors.Is(err, inventory.ErrLocationClosed) {
		t.Errorf("into a closed place: %v", err)
	}
	if _, err := s.cases.PayInstead(t.Context(), s.Tenant.ID, no, map[int64]aftersale.Found{b.lines[0]: {Sellable: 100}}, "", "staff:1"); err != nil {
		t.Fatal(err)
	}
	if got := s.back(no, b.skus[0]); got != "0:100" {
		t.Errorf("after the place was closed: %s", got)
	}
	if got := s.get(no).Status; got != aftersale.Refunding {
		t.Errorf("%s", got)
	}
	s.broken(t)
}
