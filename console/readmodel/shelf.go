package readmodel

import (
	"time"

	"galleria/commerce/money"
)

// The product lists of the console.
const (
	ShelfOn       = "on_shelf"
	ShelfOff      = "off_shelf" // drafts and products taken down
	ShelfLowStock = "low_stock" // on the shelf, something at or under its alarm level
	ShelfSoldOut  = "sold_out"  // on the shelf, nothing available
	ShelfBin      = "bin"       // recycled, until they are purged
)

// ProductFilter narrows the products list. Zero fields do not narrow.
type ProductFilter struct {
	Shelf  string // one of the Shelf constants, or "" for all but recycled products
	Query  string // words, pinyin or initials, or the beginning of a SKU's code or barcode
	Before int64  // cursor: rows with a smaller id only
	// WithCategories reads where products can be moved to as well.
	WithCategories bool
}

// ProductRow is one product in a list. Stock figures are sums over enabled SKUs.
type ProductRow struct {
	ID        int64
	Title     string
	Subtitle  string
	Cover     string
	Category  string
	Status    string
	MinPrice  money.Fen
	MaxPrice  money.Fen
	Sales     int64
	SKUs      int64
	Available int64
	LowSKUs   int64 // SKUs at or under their alarm level
}

// ProductPage is one page of products, newest first.
type ProductPage struct {
	Rows   []ProductRow
	Next   int64
	Counts map[string]int64 // per shelf, capped at CountCap; "" is all
	Places []Category       // where products can be moved to, if asked for
	// NeedsApproval says that products must be approved; ToApprove is how many wait for that.
	NeedsApproval bool
	ToApprove     int64
}

// SKU is one sellable variant with its stock. Available = OnHand - Reserved.
type SKU struct {
	ID          int64
	Code        string
	SpecValues  []string
	Price       money.Fen
	MarketPrice money.Fen
	Enabled     bool
	OnHand      int64
	Reserved    int64
	LowAt       int64
	WeightG     int64 // grams; 0 if not known
	Picture     string
	Cost        money.Fen // what the merchant pays; 0 if not known
	Barcode     string
	VolumeCM3   int64 // 0 if not known
}

// Available is what can still be sold.
func (s SKU) Available() int64 { return s.OnHand - s.Reserved }

// Low tells whether the alarm level is reached.
func (s SKU) Low() bool { return s.Available() <= s.LowAt }

// StockMove is one movement of a product's stock.
type StockMove struct {
	At            time.Time
	SKU           string // spec values joined, or the code
	Kind          string
	OnHandDelta   int64
	ReservedDelta int64
	Document      string
	ActorKind     string
	ActorName     string
}

// Spec is one dimension of choice and its values.
type Spec struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// ProductDetail is one product with its SKUs and their latest movements.
type ProductDetail struct {
	ID         int64
	CategoryID int64
	Version    int32
	Title      string
	Subtitle   string
	Code       string // the merchant's own number
	Cover      string
	Pictures   []string
	Detail     string
	Category   string
	Status     string
	MinPrice   money.Fen
	MaxPrice   money.Fen
	Sales      int64
	CreatedAt  time.Time
	UpdatedAt  time.Time
	Specs      []Spec
	SKUs       []SKU
	Moves      []StockMove

	BrandID     int64
	FreightID   int64 // 0: the default template
	Brand       string
	Tags        []string
	Kind        string
	MinQty      int64
	MaxPerOrder int64
	MaxLifetime int64
	OnAt, OffAt *time.Time // when it comes and goes by itself
	RecycledAt  *time.Time
	// Of a voucher: what a piece is good for.
	VoucherUses, VoucherDays int64
	VoucherUntil             *time.Time
	VoucherRefunds           bool
	Params                   []Param // its sheet
	Requested                bool    // something of it waits to be approved, or was refused
}

// Param is a line of a product's sheet.
type Param struct{ Name, Value string }
