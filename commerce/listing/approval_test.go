package listing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/listing"
	"galleria/commerce/money"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// needs makes the shop ask for approval.
func (k *kit) needs(t *testing.T) {
	t.Helper()
	k.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO shop (name) VALUES ('山野') ON CONFLICT (only_row) DO NOTHING")
		return err
	})
	if err := k.s.NeedApproval(t.Context(), k.Tenant.ID, true, "staff:1"); err != nil {
		t.Fatal(err)
	}
}

func (k *kit) status(t *testing.T, id int64) (s string) {
	t.Helper()
	k.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT status FROM spu WHERE id = $1", id).Scan(&s)
	})
	return s
}

func (k *kit) pending(t *testing.T, id int64) *listing.Pending {
	t.Helper()
	p, err := k.s.Pending(t.Context(), k.Tenant.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// asEdited is a product as its form would send it back.
func (k *kit) asEdited(t *testing.T, id int64, actor string, approves bool) listing.SaveInput {
	t.Helper()
	var e catalog.Entered
	k.InTenant(t, func(tx tenantdb.Tx) error {
		list, err := k.catalog.Drafts(t.Context(), tx, []int64{id}, nil, nil)
		if err == nil {
			e = list[0]
		}
		return err
	})
	return listing.SaveInput{ID: id, Version: e.Version, ProductInput: e.ProductInput, Stock: make([]listing.Stock, len(e.SKUs)), Actor: actor, Approves: approves}
}

var (
	clerk = listing.Editor{Actor: "staff:7"}
	boss  = listing.Editor{Actor: "staff:1", Approves: true}
)

// TestNewProductsWait: without approval nothing comes on the shelf, by hand, in bulk, as a copy or
// by the clock.
func TestNewProductsWait(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	old := k.save(t, mug()) // before the shop asked for it
	k.needs(t)
	in := mug()
	in.Key = "form-2"
	id, err := k.s.Save(t.Context(), k.Tenant.ID, in)
	if !errors.Is(err, catalog.ErrAwaitsApproval) || id == 0 || k.status(t, id) != "draft" || k.status(t, old) != "on_shelf" {
		t.Fatalf("saved as %d (%s), %v", id, k.status(t, id), err)
	}
	if again, err := k.s.Save(t.Context(), k.Tenant.ID, in); again != id || !errors.Is(err, catalog.ErrAwaitsApproval) {
		t.Errorf("sent twice: %d, %v", again, err)
	}
	p := k.pending(t, id)
	if p == nil || p.Change != nil || !p.PutUp || p.AskedBy != "staff:7" {
		t.Fatalf("%+v", p)
	}
	rows, err := k.s.Bulk(t.Context(), k.Tenant.ID, listing.BulkInput{IDs: []int64{id, old}, Act: listing.BulkOn, Editor: clerk})
	if err != nil || !errors.Is(rows[1].Err, catalog.ErrAwaitsApproval) || rows[0].Err != nil || k.status(t, id) != "draft" {
		t.Errorf("in bulk: %+v %v", rows, err)
	}
	copied, err := k.s.Copy(t.Context(), k.Tenant.ID, listing.CopyInput{ID: old, Suffix: "副本", Key: "copy-form-1", Editor: clerk})
	if err != nil || !errors.Is(k.s.SetShelf(t.Context(), k.Tenant.ID, copied, catalog.OnShelf, clerk), catalog.ErrAwaitsApproval) {
		t.Errorf("a copy: %v", err)
	}
	// What was seen is what is decided.
	if err := k.s.Approve(t.Context(), k.Tenant.ID, id, p.Rev, "staff:1"); !errors.Is(err, catalog.ErrApprovalChanged) {
		t.Errorf("an older request: %v", err)
	}
	if err := k.s.Approve(t.Context(), k.Tenant.ID, id, k.pending(t, id).Rev, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if k.status(t, id) != "on_shelf" || k.pending(t, id) != nil {
		t.Errorf("approved: %s, %+v", k.status(t, id), k.pending(t, id))
	}
	// Approved as it is, it may go down and up again.
	for _, to := range []catalog.ShelfStatus{catalog.OffShelf, catalog.OnShelf} {
		if err := k.s.SetShelf(t.Context(), k.Tenant.ID, id, to, clerk); err != nil || k.status(t, id) != string(to) {
			t.Errorf("%s: %v", to, err)
		}
	}
	if n := k.count(t, "SELECT count(*) FROM platform.audit_log WHERE tenant_id = '"+k.Tenant.ID.String()+"' AND action IN ('product.submitted', 'product.approved')"); n != 4 {
		t.Errorf("%d entries of what was submitted and approved, want 4", n)
	}
}

// TestClockWaitsForApproval: the hour does not put on the shelf what nobody has approved; it comes
// when somebody does.
func TestClockWaitsForApproval(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.needs(t)
	in := mug()
	soon := k.Clock().Now().Add(-time.Minute)
	in.OnShelf, in.OnAt = false, &soon
	id, err := k.s.Save(t.Context(), k.Tenant.ID, in)
	if !errors.Is(err, catalog.ErrAwaitsApproval) {
		t.Fatal(err)
	}
	for range 2 {
		k.InTenant(t, func(tx tenantdb.Tx) error { return k.s.ShelfDueTx(t.Context(), tx, id) })
	}
	if n := k.count(t, "SELECT count(*) FROM platform.audit_log WHERE tenant_id = '"+k.Tenant.ID.String()+"' AND action = 'product.submitted' AND actor = 'system'"); n != 1 {
		t.Errorf("the clock asked %d times", n)
	}
	p := k.pending(t, id)
	if k.status(t, id) != "draft" || p == nil || !p.PutUp || p.AskedBy != "staff:7" {
		t.Fatalf("%s %+v", k.status(t, id), p)
	}
	if err := k.s.Approve(t.Context(), k.Tenant.ID, id, p.Rev, "staff:1"); err != nil || k.status(t, id) != "on_shelf" {
		t.Errorf("%s, %v", k.status(t, id), err)
	}
}

// TestChangesOfProductsOnSaleWait: neither price nor words of what buyers see change before they
// are approved, by whatever way they are changed.
func TestChangesOfProductsOnSaleWait(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.needs(t)
	id := k.save(t, func() listing.SaveInput { in := mug(); in.Actor, in.Approves = "staff:1", true; return in }())
	other, err := k.catalog.CreateCategory(t.Context(), k.Tenant.ID, catalog.CategoryInput{Name: "茶具"})
	if err != nil {
		t.Fatal(err)
	}
	namesake, err := k.catalog.CreateCategory(t.Context(), k.Tenant.ID, catalog.CategoryInput{Name: "杯子"})
	if err != nil {
		t.Fatal(err)
	}
	prices := func() (out []money.Fen) {
		for _, s := range k.skus(t, id) {
			out = append(out, s.Price)
		}
		return out
	}
	ways := map[string]func() error{
		"the form": func() error {
			in := k.asEdited(t, id, "staff:7", false)
			in.Title, in.SKUs[0].PriceFen = "新马克杯", 100
			in.Stock[0] = listing.Stock{Was: 10, Want: 12}
			_, err := k.s.Save(t.Context(), k.Tenant.ID, in)
			return err
		},
		"prices": func() error {
			rows, err := k.s.Reprice(t.Context(), k.Tenant.ID, listing.PriceInput{Versions: map[int64]int32{id: 0}, Change: catalog.PriceChange{Mode: catalog.PriceSet, Fen: 100}, Editor: clerk})
			if err != nil {
				return err
			}
			return rows[0].Err
		},
		"category": func() error { return k.s.SetCategory(t.Context(), k.Tenant.ID, id, other, clerk) },
		"namesake": func() error { return k.s.SetCategory(t.Context(), k.Tenant.ID, id, namesake, clerk) },
	}
	for name, change := range ways {
		before, version := prices(), k.asEdited(t, id, "", false).Version
		if err := change(); !errors.Is(err, catalog.ErrAwaitsApproval) {
			t.Fatalf("%s: %v", name, err)
		}
		now := k.asEdited(t, id, "", false)
		if got := prices(); got[0] != before[0] || now.Title == "新马克杯" || now.Version != version || now.CategoryID == other || k.skus(t, id)[0].OnHand != 10 || k.status(t, id) != "on_shelf" {
			t.Errorf("%s changed what buyers see: %v, %+v", name, got, now)
		}
		p := k.pending(t, id)
		if p == nil || p.Stale || len(p.Changes) == 0 {
			t.Fatalf("%s: %+v", name, p)
		}
		if d := p.Changes[0]; name == "category" && (d.Field != "category" || d.To != "茶具") {
			t.Errorf("the new category is told as %+v", p.Changes)
		}
		if d := p.Changes[0]; name == "namesake" && (d.Field != "category" || !strings.HasPrefix(d.From, "杯子 #") || !strings.HasPrefix(d.To, "杯子 #") || d.From == d.To) {
			t.Errorf("another category of the same name is told as %+v", p.Changes)
		}
		for other, again := range ways {
			if err := again(); !errors.Is(err, catalog.ErrChangeWaits) {
				t.Errorf("%s while %s waits: %v", other, name, err)
			}
		}
		if err := k.s.Reject(t.Context(), k.Tenant.ID, id, p.Rev, "", "staff:1"); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("without a reason: %v", err)
		}
		if err := k.s.Reject(t.Context(), k.Tenant.ID, id, p.Rev, "价格太低", "staff:1"); err != nil {
			t.Fatal(err)
		}
		if p := k.pending(t, id); p == nil || !p.Rejected || p.Reason != "价格太低" || p.DecidedBy != "staff:1" {
			t.Errorf("%s, refused: %+v", name, p)
		}
		if err := k.s.Approve(t.Context(), k.Tenant.ID, id, p.Rev, "staff:1"); !errors.Is(err, catalog.ErrApprovalChanged) {
			t.Errorf("%s, refused and approved: %v", name, err)
		}
	}
	// What is approved is what was asked for, stock as a difference.
	if err := ways["the form"](); !errors.Is(err, catalog.ErrAwaitsApproval) {
		t.Fatal(err)
	}
	k.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE stock_level SET on_hand = on_hand - 3 WHERE sku_id = (SELECT min(id) FROM sku WHERE spu_id = $1)", id)
		return err
	})
	if err := k.s.Approve(t.Context(), k.Tenant.ID, id, k.pending(t, id).Rev, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if now := k.asEdited(t, id, "", false); now.Title != "新马克杯" || prices()[0] != 100 || k.skus(t, id)[0].OnHand != 9 || k.pending(t, id) != nil {
		t.Errorf("approved: %+v, %v, %d pieces", now.Title, prices(), k.skus(t, id)[0].OnHand)
	}
	// A product that was changed since cannot be changed to what was made of the older one.
	if err := ways["prices"](); err == nil || !errors.Is(err, catalog.ErrAwaitsApproval) {
		t.Fatal(err)
	}
	in := k.asEdited(t, id, "staff:1", true)
	in.Subtitle = "手作"
	k.save(t, in)
	p := k.pending(t, id)
	if err := k.s.Approve(t.Context(), k.Tenant.ID, id, p.Rev, "staff:1"); !p.Stale || !errors.Is(err, catalog.ErrStale) {
		t.Errorf("a stale change: %+v, %v", p, err)
	}
	if err := k.s.Withdraw(t.Context(), k.Tenant.ID, id, p.Rev, "staff:7"); err != nil || k.pending(t, id) != nil {
		t.Errorf("withdrawn: %v", err)
	}
	// Off the shelf it is changed at once, and does not come back by itself.
	if err := k.s.SetShelf(t.Context(), k.Tenant.ID, id, catalog.OffShelf, clerk); err != nil {
		t.Fatal(err)
	}
	in = k.asEdited(t, id, "staff:7", false)
	in.SKUs[0].PriceFen = 1
	k.save(t, in)
	if err := k.s.SetShelf(t.Context(), k.Tenant.ID, id, catalog.OnShelf, clerk); !errors.Is(err, catalog.ErrAwaitsApproval) || k.status(t, id) != "off_shelf" {
		t.Errorf("%s, %v", k.status(t, id), err)
	}
	if err := k.s.SetShelf(t.Context(), k.Tenant.ID, id, catalog.OnShelf, boss); err != nil || k.pending(t, id) != nil {
		t.Errorf("by somebody who approves: %v", err)
	}
	// What could not be done is refused now, and nothing waits.
	in = k.asEdited(t, id, "staff:7", false)
	in.SKUs[0].Disabled, in.SKUs[1].Disabled = true, true
	if _, err := k.s.Save(t.Context(), k.Tenant.ID, in); !errors.Is(err, catalog.ErrNothingToSell) || k.pending(t, id) != nil {
		t.Errorf("nothing to sell: %v", err)
	}
}

// TestWithoutTheSettingNothingWaits: shops that do not ask for approval are as before.
func TestWithoutTheSettingNothingWaits(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.save(t, mug())
	in := k.asEdited(t, id, "staff:7", false)
	in.SKUs[0].PriceFen = 1
	k.save(t, in)
	if k.status(t, id) != "on_shelf" || k.skus(t, id)[0].Price != 1 || k.pending(t, id) != nil || k.count(t, "SELECT count(*) FROM product_approval") != 0 {
		t.Error(k.status(t, id), k.skus(t, id))
	}
}
