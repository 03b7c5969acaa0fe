package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/catalog/internal/catalogdb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// Bounds of a product.
const (
	MaxSpecs    = 3
	MaxSKUs     = 200
	MaxPriceFen = money.Fen(9_999_999_999) // 99,999,999.99 yuan: sums of any order stay far from overflow
	MaxWeightG  = 1_000_000                // a tonne
	MaxTitle    = 60                       // characters; also the bound of subtitles and names
	MaxPictures = 15
	MaxDetail   = 20_000
	maxAddress  = 500 // of a picture
	MaxTags     = 10
	MaxTag      = 20            // characters
	MaxVolume   = 1_000_000_000 // cubic centimetres: a thousand cubic metres
	MaxPieces   = 999           // of an order
	MaxLifetime = 999_999
	// MaxDetailHTML is what a description may weigh with its tags.
	MaxDetailHTML = 3 * MaxDetail
)

// CategoryInput describes a new category. ParentID 0 is the top of the tree.
type CategoryInput struct {
	ParentID    int64
	Name        string
	Picture     string
	KeepPicture bool // an edit leaves the picture as it is, whatever Picture says
	Sort        int32
	Hidden      bool
	Params      []string // what products in it and below it are asked for
}

// ProductInput describes a new product. It starts as a draft; SetShelf shows it.
type ProductInput struct {
	CategoryID int64
	Title      string
	Subtitle   string
	Cover      string
	Pictures   []string
	Detail     string // text or HTML; what is not harmless is removed
	Specs      []Spec // none for a product with one SKU
	Sort       int32
	SKUs       []SKUInput

	BrandID   int64 // 0 for none
	FreightID int64 // the template of its freight; 0: the shop's default one
	Tags      []string
	Kind      Kind         // Physical if empty
	Limits    Limits       // none if zero
	Voucher   VoucherTerms // of kind Voucher; the usual ones if zero
	Params    []Param      // its sheet, in this order
	// Unapproved keeps it off the shelf until somebody approves it, in a shop that asks for that.
	Unapproved bool
	// When it comes on the shelf and leaves it by itself; nil: it does not.
	OnAt, OffAt *time.Time
}

// SKUInput describes a SKU: one value of each spec, in their order.
type SKUInput struct {
	ID             int64  // of the SKU to change; 0 for a new one
	Code           string // the merchant's own number
	SpecValues     []string
	Picture        string
	PriceFen       money.Fen
	MarketPriceFen money.Fen
	CostFen        money.Fen // what the merchant pays; never shown to buyers
	Barcode        string    // GTIN or the merchant's own
	WeightG        int32     // with its packing, grams; 0 if not known
	VolumeCM3      int32     // with its packing, cubic centimetres; 0 if not known
	Disabled       bool      // not for sale, like a size that a colour does not come in
}

// CreateCategory adds a category and returns its id. Opens a transaction. Faults:
// VALIDATION, also for a parent that does not exist.
func (s *Service) CreateCategory(ctx context.Context, id tenant.ID, in CategoryInput) (int64, error) {
	var categoryID int64
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		categoryID, err = s.CreateCategoryTx(ctx, tx, in)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("create category: %w", err)
	}
	return categoryID, nil
}

// CreateCategoryTx is CreateCategory in the caller's transaction.
func (s *Service) CreateCategoryTx(ctx context.Context, tx tenantdb.Tx, in CategoryInput) (int64, error) {
	if !short(in.Name, 1, MaxTitle) {
		return 0, fault.Invalidf("name", "must be 1 to %d characters", MaxTitle)
	}
	var parent *int64
	if in.ParentID != 0 {
		parent = &in.ParentID
	}
	if !fitsAddress(in.Picture) {
		return 0, fault.Invalidf("picture", "must be an address of at most %d characters", maxAddress)
	}
	params, ok := validParamNames(in.Params)
	if !ok {
		return 0, fault.Invalidf("params", "must be at most %d names of at most %d characters", MaxParams, MaxParamName)
	}
	categoryID, err := s.q.InsertCategory(ctx, tx, parent, in.Name, in.Picture, in.Sort, !in.Hidden, params)
	if tenantdb.Violates(err, "category_parent_id_fkey") {
		return 0, fault.Invalidf("parent_id", "no such category")
	}
	if err != nil {
		return 0, err
	}
	return categoryID, s.tell(ctx, tx)
}

// CreateProduct adds a draft with its SKUs and their empty stock levels. Opens a
// transaction. Faults: VALIDATION, QUOTA_EXCEEDED.
func (s *Service) CreateProduct(ctx context.Context, id tenant.ID, in ProductInput) (Product, error) {
	var out Product
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		out, err = s.CreateTx(ctx, tx, in)
		return err
	})
	if err != nil {
		return Product{}, fmt.Errorf("create product: %w", err)
	}
	return out, nil
}

// CreateTx is CreateProduct in the caller's transaction. Call it late: it ends with the
// counter of SKUs, a row that all who add products wait for.
func (s *Service) CreateTx(ctx context.Context, tx tenantdb.Tx, in ProductInput) (Product, error) {
	in = in.settled(s)
	if err := in.validate(); err != nil {
		return Product{}, err
	}
	out, err := s.insert(ctx, tx, in)
	if err != nil {
		return Product{}, err
	}
	if err := s.after(ctx, tx, out.ID, in, false); err != nil {
		return Product{}, err
	}
	if err := s.tell(ctx, tx); err != nil {
		return Product{}, err
	}
	return out, s.plans.TakeTx(ctx, tx, plan.SKUs, forSale(in.SKUs))
}

// forSale counts the SKUs that a plan counts: those that are offered.
func forSale(skus []SKUInput) (n int64) {
	for _, k := range skus {
		if !k.Disabled {
			n++
		}
	}
	return n
}

func (s *Service) insert(ctx context.Context, tx tenantdb.Tx, in ProductInput) (Product, error) {
	specs := append([]Spec{}, in.Specs...) // never nil: the columns hold arrays
	body, err := json.Marshal(specs)
	if err != nil {
		return Product{}, err
	}
	tokens, brand, err := s.tokensOf(ctx, tx, in)
	if err != nil {
		return Product{}, err
	}
	params, err := json.Marshal(trimmedParams(in.Params))
	if err != nil {
		return Product{}, err
	}
	low, high := in.prices()
	spuID, err := s.q.InsertSPU(ctx, tx, catalogdb.InsertSPUParams{
		CategoryID: in.CategoryID, Title: in.Title, Subtitle: in.Subtitle, Cover: in.Cover, Pictures: append([]string{}, in.Pictures...),
		Detail: in.Detail, Specs: body, Sort: in.Sort, MinPriceFen: low, MaxPriceFen: high,
		BrandID: orNull(in.BrandID), FreightID: orNull(in.FreightID), Tags: in.Tags, Kind: string(in.Kind), MinQty: in.Limits.MinQty, MaxPerOrder: in.Limits.MaxPerOrder,
		MaxLifetime: in.Limits.MaxLifetime, OnAt: in.OnAt, OffAt: in.OffAt, Tokens: tokens, At: tx.Now(),
		VoucherUses: in.Voucher.Uses, VoucherDays: in.Voucher.Days, VoucherUntil: in.Voucher.Until, VoucherRefunds: in.Voucher.Refunds, Params: params, Approved: !in.Unapproved,
	})
	if err != nil {
		return Product{}, unknown(err)
	}
	ids, err := s.insertSKUs(ctx, tx, spuID, in.SKUs)
	if err != nil {
		return Product{}, err
	}
	skus := make([]SKU, len(in.SKUs))
	for i, k := range in.SKUs {
		skus[i] = SKU{ID: ids[i], SpecValues: append([]string{}, k.SpecValues...), PriceFen: k.PriceFen, MarketPriceFen: k.MarketPriceFen, Picture: k.Picture, StockState: SoldOut}
	}
	return Product{Item: Item{
		ID: spuID, CategoryID: in.CategoryID, Title: in.Title, Subtitle: in.Subtitle, Cover: in.Cover,
		MinPriceFen: low, MaxPriceFen: high, Specs: specs, SKUs: skus, StockState: SoldOut, Kind: in.Kind, BrandID: in.BrandID, Tags: in.Tags,
	}, Pictures: in.Pictures, Detail: in.Detail, Brand: brand, Limits: in.Limits, Voucher: in.Voucher, Params: trimmedParams(in.Params)}, nil
}

// unknown names the field that refers to something that is not there.
func unknown(err error) error {
	switch {
	case tenantdb.Violates(err, "spu_category_id_fkey"):
		return fault.Invalidf("category_id", "no such category")
	case tenantdb.Violates(err, "spu_freight_id_fkey"):
		return fault.Invalidf("freight_id", "no such freight template")
	}
	return err
}

// skuRow is a SKU as InsertSKUs and EditSKUs read it.
type skuRow struct {
	ID             int64     `json:"id"` // 0 for a new one
	Code           string    `json:"code"`
	Barcode        string    `json:"barcode"`
	SpecValues     []string  `json:"spec_values"`
	Picture        string    `json:"picture"`
	PriceFen       money.Fen `json:"price_fen"`
	MarketPriceFen money.Fen `json:"market_price_fen"`
	CostFen        money.Fen `json:"cost_fen"`
	WeightG        int32     `json:"weight_g"`
	VolumeCM3      int32     `json:"volume_cm3"`
	Enabled        bool      `json:"enabled"`
}

func rowOf(id int64, k SKUInput) skuRow {
	return skuRow{
		ID: id, Code: k.Code, Barcode: k.Barcode, SpecValues: append([]string{}, k.SpecValues...), Picture: k.Picture, PriceFen: k.PriceFen,
		MarketPriceFen: k.MarketPriceFen, CostFen: k.CostFen, WeightG: k.WeightG, VolumeCM3: k.VolumeCM3, Enabled: !k.Disabled,
	}
}

// insertSKUs returns the new SKUs' ids, in the order of skus.
func (s *Service) insertSKUs(ctx context.Context, tx tenantdb.Tx, spuID int64, skus []SKUInput) ([]int64, error) {
	rows := make([]skuRow, len(skus))
	for i, k := range skus {
		rows[i] = rowOf(0, k)
	}
	body, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	ids, err := s.q.InsertSKUs(ctx, tx, spuID, body)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return ids, s.q.InsertStockLevels(ctx, tx, ids)
}

// prices is the range of what is for sale, or of everything if nothing is.
func (in ProductInput) prices() (low, high money.Fen) {
	counted := slices.DeleteFunc(slices.Clone(in.SKUs), func(k SKUInput) bool { return k.Disabled })
	if len(counted) == 0 {
		counted = in.SKUs
	}
	low, high = counted[0].PriceFen, counted[0].PriceFen
	for _, k := range counted {
		low, high = min(low, k.PriceFen), max(high, k.PriceFen)
	}
	return low, high
}

// SetPrice changes a SKU's price and its product's price range. Opens a transaction.
// Faults: VALIDATION, NOT_FOUND.
func (s *Service) SetPrice(ctx context.Context, id tenant.ID, skuID int64, price money.Fen) error {
	if price < 0 || price > MaxPriceFen {
		return fault.Invalidf("price_fen", "must be 0 to %d", MaxPriceFen)
	}
	err := s.change(ctx, id, func(tx tenantdb.Tx) error {
		spuID, err := s.q.LockSPUOfSKU(ctx, tx, skuID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := s.q.SetPrice(ctx, tx, price, skuID); err != nil {
			return err
		}
		return s.q.ProjectPrices(ctx, tx, tx.Now(), spuID)
	})
	if err != nil {
		return fmt.Errorf("set price: %w", err)
	}
	return nil
}

func (in ProductInput) validate() error {
	var bad []fault.Field
	refuse := func(ok bool, path, format string, args ...any) {
		if !ok {
			bad = append(bad, fault.Invalidf(path, format, args...).Fields()...)
		}
	}
	refuse(short(in.Title, 1, MaxTitle), "title", "must be 1 to %d characters", MaxTitle)
	refuse(short(in.Subtitle, 0, MaxTitle), "subtitle", "must be at most %d characters", MaxTitle)
	refuse(short(in.Cover, 0, maxAddress), "cover", "must be at most %d characters", maxAddress)
	refuse(len(in.Pictures) <= MaxPictures, "pictures", "must be at most %d", MaxPictures)
	refuse(utf8.ValidString(in.Detail) && utf8.RuneCountInString(in.Detail) <= MaxDetailHTML && !strings.Contains(in.Detail, "\x00"),
		"detail", "must be at most %d characters", MaxDetail)
	in.validateTerms(refuse)
	validateParams(trimmedParams(in.Params), refuse)
	refuse(len(in.Specs) <= MaxSpecs, "specs", "must be at most %d", MaxSpecs)
	for i, spec := range in.Specs {
		refuse(short(spec.Name, 1, MaxTitle) && len(spec.Values) > 0, fmt.Sprintf("specs[%d]", i), "must have a name and values")
	}
	refuse(len(in.SKUs) >= 1 && len(in.SKUs) <= MaxSKUs, "skus", "must be 1 to %d", MaxSKUs)
	seen := make(map[string]bool, len(in.SKUs))
	for i, k := range in.SKUs {
		at := fmt.Sprintf("skus[%d].", i)
		refuse(fits(k.SpecValues, in.Specs), at+"spec_values", "must be one value of each spec")
		key := strings.Join(k.SpecValues, "\x00")
		refuse(!seen[key], at+"spec_values", "repeats another variant")
		seen[key] = true
		refuse(k.PriceFen >= 0 && k.PriceFen <= MaxPriceFen, at+"price_fen", "must be 0 to %d", MaxPriceFen)
		refuse(k.MarketPriceFen >= 0 && k.MarketPriceFen <= MaxPriceFen, at+"market_price_fen", "must be 0 to %d", MaxPriceFen)
		refuse(k.WeightG >= 0 && k.WeightG <= MaxWeightG, at+"weight_g", "must be 0 to %d", MaxWeightG)
		refuse(k.CostFen >= 0 && k.CostFen <= MaxPriceFen, at+"cost_fen", "must be 0 to %d", MaxPriceFen)
		refuse(k.VolumeCM3 >= 0 && k.VolumeCM3 <= MaxVolume, at+"volume_cm3", "must be 0 to %d", MaxVolume)
		refuse(short(k.Code, 0, MaxTitle), at+"code", "must be at most %d characters", MaxTitle)
		refuse(short(k.Barcode, 0, MaxTitle), at+"barcode", "must be at most %d characters", MaxTitle)
	}
	if len(bad) > 0 {
		return fault.ErrValidation.With(bad...)
	}
	return nil
}

// fits reports whether values name one value of each spec, in order.
func fits(values []string, specs []Spec) bool {
	if len(values) != len(specs) {
		return false
	}
	for i, v := range values {
		if v == "" || !plain(v) || !slices.Contains(specs[i].Values, v) {
			return false
		}
	}
	return true
}

// short reports whether s is plain text of lo to hi characters.
func short(s string, lo, hi int) bool {
	n := utf8.RuneCountInString(s)
	return n >= lo && n <= hi && plain(s)
}
