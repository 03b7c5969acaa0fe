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
}

// Product is an Item with what only its own page shows.
type Product struct {
	Item
	Pictures []string
	Detail   string
}

// Sellable is a SKU as a cart or an order needs it. Available (pieces) is exact and may
// be zero or less than wanted; OnSale is false for what is off the shelf or disabled.
type Sellable struct {
	SKUID     int64
	SPUID     int64
	Title     string
	Spec      string // the spec values, such as "黑 / XL"; empty for a product without specs
	Picture   string
	PriceFen  money.Fen
	OnSale    bool
	Available int64
}

// stateOf is how buyers see a SKU with so many pieces available and such an alarm level.
func stateOf(available, lowAt int64) StockState {
	switch {
	case available <= 0:
		return SoldOut
	case available <= lowAt:
		return Low
	}
	return InStock
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
