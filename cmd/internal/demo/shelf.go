package demo

import (
	"context"
	"fmt"
	"strings"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/console/readmodel"
	"galleria/tenant/tenantdb"
	"galleria/web/media"
)

// categoryPlan is a category with its products. A category that is under another one names
// it; that one stands before it in the plan.
type categoryPlan struct {
	name, under string
	picture     string // motif
	products    []productPlan
}

// productPlan is a product of the plan. Its variants are all combinations of the options;
// what a variant costs is price and the extras of its options.
type productPlan struct {
	title, subtitle string
	picture         string // motif
	price, market   money.Fen
	dims            []dimension
	stock           int64            // pieces of each variant today
	scarce          map[string]int64 // pieces of single variants today, by "/"-joined values
	shelf           catalog.ShelfStatus
	detail          string
	voucher         *catalog.VoucherTerms // used in the shop; nil for goods that are sent
}

type dimension struct {
	name    string
	options []option
}

type option struct {
	value string
	extra money.Fen
}

// variant is one SKU of a product plan.
type variant struct {
	values        []string
	first         int // index of its option in the first dimension, which chooses the picture
	price, market money.Fen
	stock         int64
}

func (p productPlan) key(values []string) string { return strings.Join(values, "/") }

func (p productPlan) variants() []variant {
	list := []variant{{price: p.price, market: p.market}}
	for d, dim := range p.dims {
		var next []variant
		for _, v := range list {
			for i, o := range dim.options {
				w := v
				w.values = append(append([]string{}, v.values...), o.value)
				w.price += o.extra
				if w.market > 0 {
					w.market += o.extra
				}
				if d == 0 {
					w.first = i
				}
				next = append(next, w)
			}
		}
		list = next
	}
	for i := range list {
		list[i].stock = p.stock
		if n, named := p.scarce[p.key(list[i].values)]; named {
			list[i].stock = n
		}
	}
	return list
}

func (p productPlan) onShelf() bool { return p.shelf == "" || p.shelf == catalog.OnShelf }

// products are the plan's products in its order; orders name them by their index.
func (p shopPlan) products() []productPlan {
	var list []productPlan
	for _, c := range p.categories {
		list = append(list, c.products...)
	}
	return list
}

// stockShelf makes the categories and products that are not there yet.
func (s *seeding) stockShelf(ctx context.Context) error {
	there, err := s.existingProducts(ctx)
	if err != nil {
		return err
	}
	categories, err := s.existingCategories(ctx)
	if err != nil {
		return err
	}
	for i, c := range s.plan.categories {
		if categories[c.name] == 0 {
			categories[c.name], err = s.Catalog.CreateCategory(ctx, s.shop.ID, catalog.CategoryInput{
				ParentID: categories[c.under], Name: c.name, Picture: media.Path(c.picture, i), Sort: int32(100 - i),
			})
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		for _, p := range c.products {
			ids, err := s.product(ctx, p, categories[c.name], there[p.title])
			if err != nil {
				return fmt.Errorf("%s: %w", p.title, err)
			}
			s.skus = append(s.skus, ids)
		}
	}
	return s.stockCounter(ctx, categories, there)
}

// stockCounter puts vouchers on the shelf, in a category of their own. No order of the past has one.
func (s *seeding) stockCounter(ctx context.Context, categories, there map[string]int64) (err error) {
	const name = "到店体验"
	if len(s.plan.counter) == 0 {
		return nil
	}
	if categories[name] == 0 {
		categories[name], err = s.Catalog.CreateCategory(ctx, s.shop.ID, catalog.CategoryInput{Name: name, Picture: media.Path(s.plan.counter[0].picture, 0)})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	var lines []inventory.Line
	for _, p := range s.plan.counter {
		ids, err := s.product(ctx, p, categories[name], there[p.title])
		if err != nil {
			return fmt.Errorf("%s: %w", p.title, err)
		}
		lines = append(lines, inventory.Line{SKUID: ids[0], Qty: p.stock})
	}
	return s.DB.InTenant(ctx, s.shop.ID, func(tx tenantdb.Tx) error {
		return s.Inventory.ReceiveTx(ctx, tx, "RK-"+strings.ToUpper(s.plan.handle)+"-0002", lines, "system")
	})
}

func (s *seeding) existingCategories(ctx context.Context) (map[string]int64, error) {
	list, err := s.Catalog.Categories(ctx, s.shop.ID)
	ids := make(map[string]int64, len(list))
	for _, c := range list {
		ids[c.Name] = c.ID
	}
	return ids, err
}

// existingProducts finds what an interrupted seed has made, drafts as well, which only the
// console's view of the shelf shows.
func (s *seeding) existingProducts(ctx context.Context) (map[string]int64, error) {
	ids := map[string]int64{}
	shelf := readmodel.New(readmodel.Deps{DB: s.DB, Receivers: s.Members})
	for in := (readmodel.ProductFilter{}); ; {
		page, err := shelf.Products(ctx, s.shop.ID, in)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Rows {
			ids[row.Title] = row.ID
		}
		if in.Before = page.Next; in.Before == 0 {
			return ids, nil
		}
	}
}

// product makes a product, or takes the one that is there, puts it where it belongs and
// returns the ids of its variants.
func (s *seeding) product(ctx context.Context, p productPlan, categoryID, existing int64) ([]int64, error) {
	spuID, skus, err := s.findOrCreate(ctx, p, categoryID, existing)
	if err != nil {
		return nil, err
	}
	for _, to := range p.wayToShelf() {
		if err := s.Catalog.SetShelf(ctx, s.shop.ID, spuID, to); err != nil {
			return nil, err
		}
	}
	variants := p.variants()
	ids := make([]int64, len(variants))
	for i, v := range variants {
		ids[i] = skus[p.key(v.values)]
	}
	return ids, nil
}

func (s *seeding) findOrCreate(ctx context.Context, p productPlan, categoryID, existing int64) (spuID int64, skus map[string]int64, err error) {
	if existing == 0 {
		return s.create(ctx, p, categoryID)
	}
	made, err := readmodel.New(readmodel.Deps{DB: s.DB, Receivers: s.Members}).Product(ctx, s.shop.ID, existing)
	skus = make(map[string]int64, len(made.SKUs))
	for _, k := range made.SKUs {
		skus[p.key(k.SpecValues)] = k.ID
	}
	return existing, skus, err
}

// wayToShelf is how a draft gets to where the plan wants it.
func (p productPlan) wayToShelf() []catalog.ShelfStatus {
	switch p.shelf {
	case "", catalog.OnShelf:
		return []catalog.ShelfStatus{catalog.OnShelf}
	case catalog.OffShelf:
		return []catalog.ShelfStatus{catalog.OnShelf, catalog.OffShelf}
	case catalog.Draft, catalog.Recycled, catalog.Purged:
	}
	return nil
}

func (s *seeding) create(ctx context.Context, p productPlan, categoryID int64) (spuID int64, skus map[string]int64, err error) {
	number := len(s.skus) // of the product in the plan
	in := catalog.ProductInput{
		CategoryID: categoryID, Title: p.title, Subtitle: p.subtitle, Detail: p.detail, Sort: int32(1000 - 10*number),
		Cover:    media.Path(p.picture, number),
		Pictures: []string{media.Path(p.picture, number), media.Path(p.picture, number+9), media.Path(p.picture, number+18)},
	}
	if p.voucher != nil {
		in.Kind, in.Voucher = catalog.Voucher, *p.voucher
	}
	for _, d := range p.dims {
		spec := catalog.Spec{Name: d.name}
		for _, o := range d.options {
			spec.Values = append(spec.Values, o.value)
		}
		in.Specs = append(in.Specs, spec)
	}
	for i, v := range p.variants() {
		in.SKUs = append(in.SKUs, catalog.SKUInput{
			Code: fmt.Sprintf("%s-%02d%02d", strings.ToUpper(s.plan.handle[:2]), number+1, i+1), SpecValues: v.values,
			Picture: media.Path(p.picture, number+v.first), PriceFen: v.price, MarketPriceFen: v.market,
		})
	}
	made, err := s.Catalog.CreateProduct(ctx, s.shop.ID, in)
	if err != nil {
		return 0, nil, err
	}
	skus = make(map[string]int64, len(made.SKUs))
	for _, k := range made.SKUs {
		skus[p.key(k.SpecValues)] = k.ID
	}
	return made.ID, skus, nil
}

// receive books the goods in: what is to be there today, and what the orders will take.
// One document holds all of it, so a repeat books nothing.
func (s *seeding) receive(ctx context.Context, orders []orderPlan) error {
	taken := map[item]int64{}
	for _, o := range orders {
		if o.fate.keepsGoods() {
			for _, l := range o.lines {
				taken[l.item] += l.qty
			}
		}
	}
	var lines []inventory.Line
	for i, p := range s.plan.products() {
		for j, v := range p.variants() {
			if qty := v.stock + taken[item{i, j}]; qty > 0 {
				lines = append(lines, inventory.Line{SKUID: s.skus[i][j], Qty: qty})
			}
		}
	}
	return s.DB.InTenant(ctx, s.shop.ID, func(tx tenantdb.Tx) error {
		return s.Inventory.ReceiveTx(ctx, tx, "RK-"+strings.ToUpper(s.plan.handle)+"-0001", lines, "system")
	})
}
