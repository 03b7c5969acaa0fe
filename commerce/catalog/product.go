package catalog

import (
	"galleria/commerce/money"
)

// StockState is stock as buyers see it. The exact number is the merchant's own.
type StockState string

// The stock states. Low is at or under the SKU's alarm level.
const (
	InStock StockState = "in_stock"
	Low     StockState = "low"
	SoldOut StockState = "sold_out"
)

// Category is a node of the shop's tree. ParentID is 0 at the top.
type Category struct {
	ID       int64
	ParentID int64
	Name     string
	Picture  string
	Sort     int32 // larger comes first
}

// Spec is a dimension in which a product's SKUs differ, such as 颜色: 黑, 白.
type Spec struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// SKU is one sellable variant. SpecValues follow the order of the product's Specs.
type SKU struct {
	ID             int64
	SpecValues     []string
	PriceFen       money.Fen
	MarketPriceFen money.Fen // struck-through price; 0 for none
	Picture        string
	StockState     StockState
	Barcode        string // these three only on the product's own page
	WeightG        int64
	VolumeCM3      int64
}

// Item is a product as a list shows it, with all its enabled SKUs.
type Item struct {
	ID          int64
	CategoryID  int64
	Title       string
	Subtitle    string
	Cover       string
	MinPriceFen money.Fen
	MaxPriceFen money.Fen
	Sales       int64
	Specs       []Spec
	SKUs        []SKU
	StockState  StockState // the best of its SKUs
	Kind        Kind
	BrandID     int64 // 0 for none
	Tags        []string
}

// Product is an Item with what only its own page shows.
type Product struct {
	Item
	Pictures []string
	Detail   string // HTML, clean
	Brand    string
	Limits   Limits
	Voucher  VoucherTerms // of kind Voucher
	Params   []Param      // its sheet
	Reviews  Reviews
}

// Reviews are what commerce/review keeps of a product, added up.
type Reviews struct {
	Total    int64
	Scores   [5]int64 // how many gave 1 to 5
	Pictured int64
	Followed int64
}

// Kind says how a product reaches its buyer.
type Kind string

// The kinds.
const (
	Physical    Kind = "physical"     // it is sent
	VirtualCard Kind = "virtual_card" // a code is handed out
	Voucher     Kind = "voucher"      // each piece is a code that is used in the shop, once or several times
	PickupOnly  Kind = "pickup"       // the buyer comes for it
)

// KindList lists the kinds, in the order a form shows them.
func KindList() []Kind { return []Kind{Physical, VirtualCard, Voucher, PickupOnly} }

// Limits bound what a buyer may take of a product, all its SKUs together, in pieces.
type Limits struct {
	MinQty      int32 // of an order; 1 at least
	MaxPerOrder int32 // 0 for no limit
	MaxLifetime int32 // of all orders of a member that were not closed, from when the limit was set; 0 for no limit
}

// Sellable is a SKU as a cart or an order needs it. Available (pieces) is exact and may
// be zero or less than wanted; OnSale is false for what is off the shelf or disabled.
type Sellable struct {
	SKUID     int64
	SPUID     int64
	Category  int64 // of its product
	Title     string
	Spec      string // the spec values, such as "黑 / XL"; empty for a product without specs
	Picture   string
	PriceFen  money.Fen
	OnSale    bool
	Unsold    Unsold // why it is not OnSale; empty if it is
	Available int64
	Kind      Kind
	Limits    Limits
	Snapshot  string // names the product as it is now, see Service.Snapshot
	WeightG   int64  // of one piece; 0 if not known
	VolumeCM3 int64
	FreightID int64  // the template of its freight; 0: it goes free
	Freight   string // that template, with the first of the SKUs that it is for; freight.Parse reads it
}

// Unsold says why a SKU is not on sale.
type Unsold string

// The reasons.
const (
	OffTheShelf Unsold = "off_shelf" // its product may come back
	Deleted     Unsold = "deleted"   // its product is in the bin, or gone
	Withdrawn   Unsold = "withdrawn" // only this variant is no longer offered
)

// WhyUnsold is the reason that a SKU of a product with this status is not on sale; empty if
// it is.
func WhyUnsold(status ShelfStatus, enabled bool) Unsold {
	switch {
	case status == Recycled || status == Purged:
		return Deleted
	case status != OnShelf:
		return OffTheShelf
	case !enabled:
		return Withdrawn
	}
	return ""
}

// stockOf is the best state of skus: a product is sold out only if all of them are.
func stockOf(skus []SKU) StockState {
	best := SoldOut
	for _, s := range skus {
		switch s.StockState {
		case InStock:
			return InStock
		case Low:
			best = Low
		case SoldOut:
		}
	}
	return best
}
