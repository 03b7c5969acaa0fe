package port

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"galleria/commerce/catalog"
	"galleria/commerce/listing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// products makes products and changes them. An empty cell leaves what is there; variants that
// the file does not name stay as they are.
type products struct{ s *Service }

const productsAtOnce = 20

func (products) portion() int64 { return productsAtOnce }

func (products) bunch(cells map[string]string) (bunch, once string, problem *Problem) {
	switch {
	case cells["id"] != "":
		bunch = "i" + cells["id"]
	case cells["code"] != "":
		bunch = "c" + cells["code"]
	case cells["sku_code"] != "":
		bunch = "s" + cells["sku_code"]
	default:
		p := whole(ErrNoKey)
		return "", "", &p
	}
	return bunch, bunch + "\x00" + cells["sku_code"] + "\x00" + cells["spec_values"], nil
}

// productSeen is what the check saw of a product; 0 for a new one.
type productSeen struct {
	ID      int64
	Version int32
}

// shelves is what a portion knows of the shop.
type shelves struct {
	tree     []catalog.Node
	brands   []catalog.Brand
	byID     map[int64]*catalog.Entered
	byCode   map[string][]*catalog.Entered
	bySKU    map[string][]*catalog.Entered
	pictures map[string][]string // addresses by name
	known    map[string]bool     // addresses
	freights map[int64]string    // names of the templates
}

func (k products) applyTx(ctx context.Context, tx tenantdb.Tx, job Job, rows []*Row) error {
	have, err := k.shelves(ctx, tx, rows)
	if err != nil {
		return err
	}
	bunches := bunched(rows)
	for _, bunch := range bunches {
		if err := k.bunchTx(ctx, tx, job, have, bunch); err != nil {
			return err
		}
	}
	return nil
}

// shelves reads, in a handful of statements, everything that a portion mentions; products are
// taken in one order before anything else.
func (k products) shelves(ctx context.Context, tx tenantdb.Tx, rows []*Row) (*shelves, error) {
	ids, codes, skuCodes, pictures := []int64{}, []string{}, []string{}, []string{}
	for _, r := range rows {
		if id, err := strconv.ParseInt(r.Cells["id"], 10, 64); err == nil {
			ids = append(ids, id)
		} else if r.Cells["code"] != "" {
			codes = append(codes, r.Cells["code"])
		} else {
			skuCodes = append(skuCodes, r.Cells["sku_code"])
		}
		for _, key := range []string{"cover", "pictures", "sku_picture"} {
			pictures = append(pictures, lines(r.Cells[key])...)
		}
	}
	list, err := k.s.d.Catalog.Drafts(ctx, tx, ids, codes, skuCodes)
	if err != nil {
		return nil, err
	}
	have := &shelves{byID: map[int64]*catalog.Entered{}, byCode: map[string][]*catalog.Entered{}, bySKU: map[string][]*catalog.Entered{}, pictures: map[string][]string{}, known: map[string]bool{}}
	locked := make([]int64, len(list))
	for i := range list {
		e := &list[i]
		locked[i] = e.ID
		have.byID[e.ID] = e
		have.byCode[e.Code] = append(have.byCode[e.Code], e)
		for _, sku := range e.SKUs {
			if have.bySKU[sku.Code] = append(have.bySKU[sku.Code], e); sku.Picture != "" {
				have.known[sku.Picture] = true
			}
		}
		for _, p := range append(slices.Clone(e.Pictures), e.Cover) {
			have.known[p] = true
		}
	}
	versions, err := k.s.d.Catalog.LockTx(ctx, tx, locked)
	if err != nil {
		return nil, err
	}
	for id, e := range have.byID {
		if versions[id] != e.Version { // changed between the two statements
			return nil, fault.ErrConflict
		}
	}
	if have.tree, have.brands, err = k.s.d.Catalog.Shelves(ctx, tx); err != nil {
		return nil, err
	}
	if have.freights, err = k.s.freights(ctx, tx); err != nil {
		return nil, err
	}
	return have, k.s.pictures(ctx, tx, pictures, have)
}

// pictures finds pictures of the library by name or address.
func (s *Service) pictures(ctx context.Context, tx tenantdb.Tx, names []string, have *shelves) error {
	if len(names) == 0 {
		return nil
	}
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = strings.TrimPrefix(name, mediaPrefix)
	}
	rows, err := s.q.PicturesByName(ctx, tx, names, keys)
	if err != nil {
		return fmt.Errorf("find pictures: %w", err)
	}
	for _, r := range rows {
		have.known[mediaPrefix+r.Key] = true
		have.pictures[r.Name] = append(have.pictures[r.Name], mediaPrefix+r.Key)
	}
	return nil
}

// mediaPrefix begins the address of every uploaded picture.
const mediaPrefix = "/media/shop/"

// bunchTx makes or changes one product.
func (k products) bunchTx(ctx context.Context, tx tenantdb.Tx, job Job, have *shelves, rows []*Row) error {
	for _, r := range rows {
		r.Changes = nil
	}
	was := k.find(have, rows)
	if slices.ContainsFunc(rows, func(r *Row) bool { return r.State == RowBad }) {
		return nil
	}
	if fresh, err := k.fresh(job, rows, was); err != nil || !fresh {
		return err
	}
	w := wish{rows: rows, have: have, was: was}
	w.build()
	if w.bad() || w.same() {
		return nil
	}
	err := tx.Try(ctx, func(tx tenantdb.Tx) error { return k.saveTx(ctx, tx, job, &w) })
	f, ok := refusal(err)
	switch {
	case err == nil:
		return nil
	case !ok:
		return err
	}
	for _, r := range rows {
		r.Changes = nil
	}
	if errors.Is(err, catalog.ErrStale) {
		f = ErrChanged
	}
	at, p := 0, whole(f)
	if fields := f.Fields(); len(fields) > 0 {
		at, p = w.place(fields[0].Path)
	}
	rows[at].fail(p)
	// What the savepoint took back may stand in what was read of the shop.
	have.tree, have.brands, err = k.s.d.Catalog.Shelves(ctx, tx)
	return err
}

// find is the product that a bunch is about; nil for a new one. What cannot be told is a
// problem of the first row.
func (products) find(have *shelves, rows []*Row) *catalog.Entered {
	first := rows[0]
	var found []*catalog.Entered
	key := "code"
	switch cells := first.Cells; {
	case cells["id"] != "":
		id, err := strconv.ParseInt(cells["id"], 10, 64)
		if e := have.byID[id]; err == nil && e != nil {
			found = []*catalog.Entered{e}
		} else {
			first.fail(about(Products, "id", ErrNoProduct))
			return nil
		}
	case cells["code"] != "":
		found = have.byCode[cells["code"]]
	default:
		key, found = "sku_code", slices.Compact(slices.Clone(have.bySKU[cells["sku_code"]]))
	}
	switch {
	case len(found) == 0:
		return nil
	case len(found) > 1:
		first.fail(about(Products, key, ErrAmbiguous))
		return nil
	case found[0].Status == catalog.Recycled:
		first.fail(whole(ErrBinned))
	}
	return found[0]
}

// fresh notes what the check saw, or refuses what has changed since.
func (products) fresh(job Job, rows []*Row, was *catalog.Entered) (bool, error) {
	var now, seen productSeen
	if was != nil {
		now = productSeen{ID: was.ID, Version: was.Version}
	}
	var err error
	if job.State != Running {
		rows[0].Seen, err = json.Marshal(now)
		return err == nil, err
	}
	if err := json.Unmarshal(rows[0].Seen, &seen); err != nil {
		return false, err
	}
	if seen != now {
		rows[0].fail(whole(ErrChanged))
		return false, nil
	}
	return true, nil
}

// saveTx saves a product as it is wished for, with its category, brand, number and shelf.
func (k products) saveTx(ctx context.Context, tx tenantdb.Tx, job Job, w *wish) (err error) {
	actor := cmp.Or(job.ConfirmedBy, job.CreatedBy)
	if w.in.CategoryID, err = k.categoryTx(ctx, tx, w.have, w.category, w.in.CategoryID); err != nil {
		return err
	}
	if w.brand != "" {
		if w.in.BrandID, err = k.s.d.Catalog.EnsureBrandTx(ctx, tx, w.brand); err != nil {
			return err
		}
	}
	save := listing.SaveInput{
		ProductInput: w.in, Stock: w.stock, Actor: actor, Key: fmt.Sprintf("import-%d-%d", job.ID, w.rows[0].Bunch), Approves: job.Options.Approves,
	}
	id := int64(0)
	if w.was != nil {
		save.ID, save.Version, id = w.was.ID, w.was.Version, w.was.ID
	}
	if w.was == nil || !reflect.DeepEqual(w.in, w.was.ProductInput) || w.stocked() {
		var awaits bool
		if id, awaits, err = k.s.d.Listings.SaveTx(ctx, tx, save); err != nil {
			return err
		}
		w.awaits(awaits)
	}
	if w.code != "" {
		if err := k.s.d.Catalog.SetCodeTx(ctx, tx, id, w.code); err != nil {
			return err
		}
	}
	if w.shelf == "" {
		return nil
	}
	awaits, err := k.s.d.Listings.SetShelfTx(ctx, tx, id, w.shelf, listing.Editor{Actor: actor, Approves: job.Options.Approves})
	w.awaits(awaits)
	return err
}

// categoryTx is the category of a path, made where it is missing.
func (k products) categoryTx(ctx context.Context, tx tenantdb.Tx, have *shelves, path []string, now int64) (int64, error) {
	if len(path) == 0 {
		return now, nil
	}
	parent := int64(0)
	for _, name := range path {
		i := slices.IndexFunc(have.tree, func(n catalog.Node) bool { return n.ParentID == parent && n.Name == name })
		if i >= 0 {
			parent = have.tree[i].ID
			continue
		}
		id, err := k.s.d.Catalog.AddCategoryTx(ctx, tx, catalog.CategoryInput{ParentID: parent, Name: name})
		if err != nil {
			if f, ok := refusal(err); ok {
				return 0, f.With(fault.Field{Path: "category_id"})
			}
			return 0, err
		}
		have.tree = append(have.tree, catalog.Node{ID: id, ParentID: parent, Name: name})
		parent = id
	}
	return parent, nil
}

// pathOf is the path of a category.
func pathOf(tree []catalog.Node, id int64) (path []string) {
	for range catalog.MaxDepth {
		i := slices.IndexFunc(tree, func(n catalog.Node) bool { return n.ID == id })
		if i < 0 {
			break
		}
		path, id = append([]string{tree[i].Name}, path...), tree[i].ParentID
	}
	return path
}
