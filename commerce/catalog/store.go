package catalog

import (
	"encoding/json"
	"fmt"
	"strings"

	"galleria/commerce/catalog/internal/catalogdb"
	"galleria/commerce/money"
)

// itemRow has the shape of every row of list.sql.
type itemRow = catalogdb.ListByPlaceRow

// skuRow is one element of the aggregate `skus`.
type skuRow struct {
	ID             int64      `json:"id"`
	SpecValues     []string   `json:"spec_values"`
	PriceFen       money.Fen  `json:"price_fen"`
	MarketPriceFen money.Fen  `json:"market_price_fen"`
	Picture        string     `json:"picture"`
	StockState     StockState `json:"stock_state"`
}

func itemFromRow(r itemRow) (Item, error) {
	item := Item{
		ID: r.ID, CategoryID: r.CategoryID, Title: r.Title, Subtitle: r.Subtitle, Cover: r.Cover,
		MinPriceFen: r.MinPriceFen, MaxPriceFen: r.MaxPriceFen, Sales: r.Sales,
	}
	if err := json.Unmarshal(r.Specs, &item.Specs); err != nil {
		return Item{}, fmt.Errorf("specs of product %d: %w", r.ID, err)
	}
	var skus []skuRow
	if err := json.Unmarshal(r.Skus, &skus); err != nil {
		return Item{}, fmt.Errorf("skus of product %d: %w", r.ID, err)
	}
	item.SKUs = make([]SKU, len(skus))
	for i, s := range skus {
		item.SKUs[i] = SKU(s)
	}
	item.StockState = stockOf(item.SKUs)
	return item, nil
}

func productFromRow(r catalogdb.FindOnShelfRow) (Product, error) {
	item, err := itemFromRow(itemRow{
		ID: r.ID, CategoryID: r.CategoryID, Title: r.Title, Subtitle: r.Subtitle, Cover: r.Cover, Specs: r.Specs, Sort: r.Sort,
		MinPriceFen: r.MinPriceFen, MaxPriceFen: r.MaxPriceFen, Sales: r.Sales, Skus: r.Skus,
	})
	return Product{Item: item, Pictures: r.Pictures, Detail: r.Detail}, err
}

func sellableFromRow(r catalogdb.SellablesRow) Sellable {
	picture := r.Picture
	if picture == "" {
		picture = r.Cover
	}
	return Sellable{
		SKUID: r.ID, SPUID: r.SpuID, Title: r.Title, Spec: strings.Join(r.SpecValues, " / "), Picture: picture,
		PriceFen: r.PriceFen, OnSale: r.OnSale, Available: r.Available,
	}
}

// itemRows gives the rows of any query of list.sql their common type; sqlc names one
// type per query, all of one shape.
func itemRows[R catalogdb.ListBranchByPlaceRow | catalogdb.ListByNewestRow | catalogdb.ListByPriceAscRow | catalogdb.ListByPriceDescRow | catalogdb.ListBySalesRow](rows []R, err error) ([]itemRow, error) {
	out := make([]itemRow, len(rows))
	for i, r := range rows {
		out[i] = itemRow(r)
	}
	return out, err
}
