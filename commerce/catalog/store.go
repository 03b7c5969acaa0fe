package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"galleria/commerce/catalog/internal/catalogdb"
	"galleria/commerce/money"
)

// itemRow has the shape of every row of list.sql: a product with one of its SKUs, or with
// SkuID 0 if it has none that is enabled.
type itemRow catalogdb.ListByPlaceRow

// skuRow is one element of the aggregate `skus`.
type skuRow struct {
	ID             int64     `json:"id"`
	SpecValues     []string  `json:"spec_values"`
	PriceFen       money.Fen `json:"price_fen"`
	MarketPriceFen money.Fen `json:"market_price_fen"`
	Picture        string    `json:"picture"`
	Barcode        string    `json:"barcode"`
	WeightG        int64     `json:"weight_g"`
	VolumeCM3      int64     `json:"volume_cm3"`
	Available      int64     `json:"available"` // pieces
	LowAt          int64     `json:"low_at"`    // pieces
}

// gather makes one item of the rows of each product, which follow one another.
func gather[R listRow](rows []R, err error) ([]listed, error) {
	if err != nil {
		return nil, err
	}
	var out []listed
	for _, row := range rows {
		r := itemRow(row)
		if n := len(out); n == 0 || out[n-1].item.ID != r.ID {
			item := Item{
				ID: r.ID, CategoryID: r.CategoryID, Title: r.Title, Subtitle: r.Subtitle, Cover: r.Cover,
				MinPriceFen: r.MinPriceFen, MaxPriceFen: r.MaxPriceFen, Sales: r.Sales, SKUs: []SKU{},
				Kind: Kind(r.Kind), BrandID: r.BrandID, Tags: r.Tags,
			}
			if err := json.Unmarshal(r.Specs, &item.Specs); err != nil {
				return nil, fmt.Errorf("specs of product %d: %w", r.ID, err)
			}
			out = append(out, listed{item: item, sort: r.Sort})
		}
		if r.SkuID != 0 {
			item := &out[len(out)-1].item
			item.SKUs = append(item.SKUs, SKU{
				ID: r.SkuID, SpecValues: r.SpecValues, PriceFen: money.Fen(r.PriceFen), MarketPriceFen: money.Fen(r.MarketPriceFen),
				Picture: r.Picture, StockState: stateOf(r.Available, r.LowAt),
			})
		}
	}
	for i := range out {
		out[i].item.settle()
	}
	return out, nil
}

// listRow is a row of any query of list.sql; sqlc names one type per query, all of one shape.
type listRow interface {
	catalogdb.ListByPlaceRow | catalogdb.ListBranchByPlaceRow | catalogdb.ListByNewestRow |
		catalogdb.ListByPriceAscRow | catalogdb.ListByPriceDescRow | catalogdb.ListBySalesRow
}

// listed is an item with the merchant's place for it.
type listed struct {
	item Item
	sort int32
}

// settle puts the SKUs in the order of their ids, which is cheaper here than in SQL, and
// derives the product's stock from theirs.
func (item *Item) settle() {
	slices.SortFunc(item.SKUs, func(a, b SKU) int { return cmp.Compare(a.ID, b.ID) })
	item.StockState = stockOf(item.SKUs)
}

func (s *Service) productFromRow(r catalogdb.FindOnShelfRow) (Product, error) {
	item := Item{
		ID: r.ID, CategoryID: r.CategoryID, Title: r.Title, Subtitle: r.Subtitle, Cover: r.Cover,
		MinPriceFen: r.MinPriceFen, MaxPriceFen: r.MaxPriceFen, Sales: r.Sales,
		Kind: Kind(r.Kind), BrandID: r.BrandID, Tags: r.Tags,
	}
	if err := json.Unmarshal(r.Specs, &item.Specs); err != nil {
		return Product{}, fmt.Errorf("specs of product %d: %w", r.ID, err)
	}
	var skus []skuRow
	if err := json.Unmarshal(r.Skus, &skus); err != nil {
		return Product{}, fmt.Errorf("skus of product %d: %w", r.ID, err)
	}
	item.SKUs = make([]SKU, len(skus))
	for i, k := range skus {
		item.SKUs[i] = SKU{
			ID: k.ID, SpecValues: k.SpecValues, PriceFen: k.PriceFen, MarketPriceFen: k.MarketPriceFen,
			Picture: k.Picture, StockState: stateOf(k.Available, k.LowAt), Barcode: k.Barcode, WeightG: k.WeightG, VolumeCM3: k.VolumeCM3,
		}
	}
	item.settle()
	return Product{
		Item: item, Pictures: r.Pictures, Detail: s.texts.Show(r.Detail), Brand: r.Brand,
		Limits:  Limits{MinQty: r.MinQty, MaxPerOrder: r.MaxPerOrder, MaxLifetime: r.MaxLifetime},
		Voucher: VoucherTerms{Uses: r.VoucherUses, Days: r.VoucherDays, Until: r.VoucherUntil, Refunds: r.VoucherRefunds},
		Reviews: Reviews{Total: r.Reviewed, Scores: [5]int64{r.Score1, r.Score2, r.Score3, r.Score4, r.Score5}, Pictured: r.Pictured, Followed: r.Followed},
	}, nil
}

func sellableFromRow(r catalogdb.SellablesRow) Sellable {
	picture := r.Picture
	if picture == "" {
		picture = r.Cover
	}
	unsold := WhyUnsold(ShelfStatus(r.Status), r.Enabled)
	if unsold == "" && r.Over {
		unsold = OffTheShelf
	}
	return Sellable{
		SKUID: r.ID, SPUID: r.SpuID, Category: r.CategoryID, Title: r.Title, Spec: strings.Join(r.SpecValues, " / "), Picture: picture,
		PriceFen: r.PriceFen, OnSale: unsold == "", Unsold: unsold, Available: r.Available, Kind: Kind(r.Kind),
		Limits: Limits{MinQty: r.MinQty, MaxPerOrder: r.MaxPerOrder, MaxLifetime: r.MaxLifetime}, Snapshot: r.Snapshot,
		WeightG: int64(r.WeightG), VolumeCM3: int64(r.VolumeCm3), FreightID: r.FreightID, Freight: string(r.Freight),
	}
}
