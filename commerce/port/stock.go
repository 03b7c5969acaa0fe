package port

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"galleria/commerce/inventory"
	"galleria/commerce/listing"
	"galleria/tenant/tenantdb"
)

// stock corrects what is on hand: by counts, or by how many more or fewer.
type stock struct{ s *Service }

const stockAtOnce = 100

func (stock) portion() int64 { return stockAtOnce }

func (stock) bunch(cells map[string]string) (bunch, once string, problem *Problem) {
	key := cells["sku_id"]
	if key == "" {
		key = "=" + cells["sku_code"]
	}
	if key == "=" {
		p := about(Stock, "sku_code", ErrMissing)
		return "", "", &p
	}
	return "", key + "\x00" + strings.ToLower(cells["place"]), nil
}

// stockSeen is what the check saw of a SKU.
type stockSeen struct {
	SKUID, OnHand, Version int64
}

// applyTx books the rows of each place under one document.
func (k stock) applyTx(ctx context.Context, tx tenantdb.Tx, job Job, rows []*Row) error {
	places, err := k.s.d.Inventory.Locations(ctx, tx)
	if err != nil {
		return err
	}
	at := map[int64][]*Row{}
	for _, r := range rows {
		place, ok := placeOf(places, r.Cells["place"])
		if !ok {
			r.fail(about(Stock, "place", ErrNoPlace))
			continue
		}
		at[place] = append(at[place], r)
	}
	for _, place := range slices.Sorted(maps.Keys(at)) {
		if err := k.bookTx(ctx, tx, job, place, at[place]); err != nil {
			return err
		}
	}
	return nil
}

// placeOf finds an open place by what people call it.
func placeOf(places []inventory.Location, name string) (int64, bool) {
	if name == "" || name == mainPlace("") || name == mainPlace(english) {
		return 0, true
	}
	i := slices.IndexFunc(places, func(l inventory.Location) bool { return strings.EqualFold(l.Name, name) && !l.Closed })
	if i < 0 {
		return 0, false
	}
	return places[i].ID, true
}

func (k stock) bookTx(ctx context.Context, tx tenantdb.Tx, job Job, place int64, rows []*Row) error {
	found, err := k.find(ctx, tx, place, rows)
	if err != nil {
		return err
	}
	by, changes := map[int64]*Row{}, []inventory.Change{}
	for _, r := range rows {
		item, ok := found[r]
		if !ok {
			continue
		}
		if by[item.SKUID] != nil {
			p := whole(ErrTwice)
			n := strconv.FormatInt(by[item.SKUID].Line, 10)
			p.Zh, p.En = strings.ReplaceAll(p.Zh, "%d", n), strings.ReplaceAll(p.En, "%d", n)
			r.fail(p)
			continue
		}
		change, err := k.change(job, r, item)
		if err != nil {
			return err
		}
		if by[item.SKUID] = r; r.State != RowBad && change.Delta != 0 {
			changes = append(changes, change)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	reason := inventory.Count
	if !job.Options.Count {
		if reason = inventory.Reason(job.Options.Reason); !slices.Contains(inventory.Reasons(), reason) {
			reason = inventory.Other
		}
	}
	actor := cmp.Or(job.ConfirmedBy, job.CreatedBy)
	out, err := k.s.d.Listings.CorrectStockEachTx(ctx, tx, inventory.Correction{
		Document: fmt.Sprintf("DR-%d", job.ID), LocationID: place, Reason: reason, Changes: changes, Actor: actor,
	})
	if err != nil {
		return err
	}
	for _, o := range out {
		r := by[o.SKUID]
		if f, ok := refusal(o.Problem); ok {
			r.Changes = nil
			r.fail(whole(f))
			continue
		}
		r.Changes = []Change{{What: "qty", From: strconv.FormatInt(o.Before, 10), To: strconv.FormatInt(o.Now, 10)}}
	}
	return nil
}

// find finds the SKU of each row that can be told.
func (k stock) find(ctx context.Context, tx tenantdb.Tx, place int64, rows []*Row) (map[*Row]inventory.Item, error) {
	ids, codes := []int64{}, []string{}
	for _, r := range rows {
		if id, err := strconv.ParseInt(r.Cells["sku_id"], 10, 64); err == nil {
			ids = append(ids, id)
		} else if r.Cells["sku_id"] != "" {
			r.fail(about(Stock, "sku_id", ErrBadCount))
		} else {
			codes = append(codes, r.Cells["sku_code"])
		}
	}
	list, err := k.s.d.Inventory.FindItems(ctx, tx, ids, codes, place)
	if err != nil {
		return nil, err
	}
	byID, byCode := map[string]inventory.Item{}, map[string][]inventory.Item{}
	for _, item := range list {
		if item.ByID {
			byID[item.Called] = item
		} else {
			byCode[item.Called] = append(byCode[item.Called], item)
		}
	}
	out := make(map[*Row]inventory.Item, len(rows))
	for _, r := range rows {
		if r.State == RowBad {
			continue
		}
		if id := r.Cells["sku_id"]; id != "" {
			item, ok := byID[strings.TrimLeft(id, "0")]
			if ok {
				out[r] = item
			} else {
				r.fail(about(Stock, "sku_id", ErrNoSKU))
			}
			continue
		}
		switch items := byCode[r.Cells["sku_code"]]; len(items) {
		case 0:
			r.fail(about(Stock, "sku_code", ErrNoSKU))
		case 1:
			out[r] = items[0]
		default:
			r.fail(about(Stock, "sku_code", ErrAmbiguous))
		}
	}
	return out, nil
}

// change is what a row asks for. The check keeps what it saw; later that counts: a count is
// booked as the difference to it, and a correction since is noticed by the version.
func (stock) change(job Job, r *Row, item inventory.Item) (inventory.Change, error) {
	n, ok := pieces(r, job.Options.Count)
	if !ok {
		return inventory.Change{}, nil
	}
	var err error
	seen := stockSeen{SKUID: item.SKUID, OnHand: item.OnHand, Version: item.Version}
	if job.State == Running {
		if err := json.Unmarshal(r.Seen, &seen); err != nil {
			return inventory.Change{}, err
		}
	} else if r.Seen, err = json.Marshal(seen); err != nil {
		return inventory.Change{}, err
	}
	r.Changes = nil
	delta := n
	if job.Options.Count {
		delta -= seen.OnHand
	}
	if seen.SKUID != item.SKUID {
		r.fail(whole(ErrChanged))
	} else if seen.OnHand+delta < 0 {
		r.fail(about(Stock, "qty", ErrBelow))
	}
	return inventory.Change{SKUID: item.SKUID, Delta: delta, Version: seen.Version}, nil
}

// pieces reads how many pieces a row counts, or how many more or fewer.
func pieces(r *Row, count bool) (n int64, ok bool) {
	cell := strings.TrimPrefix(strings.ReplaceAll(r.Cells["qty"], ",", ""), "+")
	n, err := strconv.ParseInt(cell, 10, 64)
	switch {
	case cell == "":
		r.fail(about(Stock, "qty", ErrMissing))
	case err != nil || n > listing.MaxStock || n < -listing.MaxStock || count && n < 0:
		r.fail(about(Stock, "qty", ErrBadCount))
	default:
		return n, true
	}
	return 0, false
}
