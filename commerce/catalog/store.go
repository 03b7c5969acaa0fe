package catalog

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"galleria/commerce/catalog/internal/catalogdb"
	"galleria/commerce/money"
)

// itemRow has the shape of every row of list.sql: a product with its SKUs that are enabled.
type itemRow catalogdb.ListByPlaceRow

// skuColumns are the SKUs of a product that are enabled, a column each, in the order of their
// ids; see the tenants' migration sku_columns.
type skuColumns struct {
	ids, prices, markets    []int64
	specs, pictures, stocks []string
}

// specMark parts the values of a SKU in a column: no value has control characters.
const specMark = "\x1f"

func (c skuColumns) items() []SKU {
	skus := make([]SKU, len(c.ids))
	for i, id := range c.ids {
		skus[i] = SKU{
			ID: id, PriceFen: money.Fen(c.prices[i]), MarketPriceFen: money.Fen(c.markets[i]),
			Picture: c.pictures[i], StockState: SoldOut, SpecValues: []string{},
		}
		if len(c.stocks) == len(c.ids) { // else one has no level, and which is not told
			skus[i].StockState = StockState(c.stocks[i])
		}
		if c.specs[i] != "" {
			skus[i].SpecValues = strings.Split(c.specs[i], specMark)
		}
	}
	return skus
}

// gather makes an item of each row.
func gather[R listRow](rows []R, err error) ([]listed, error) {
	if err != nil {
		return nil, err
	}
	out := make([]listed, len(rows))
	for i, row := range rows {
		r := itemRow(row)
		out[i] = listed{sort: r.Sort, item: Item{
			ID: r.ID, CategoryID: r.CategoryID, Title: r.Title, Subtitle: r.Subtitle, Cover: r.Cover,
			MinPriceFen: r.MinPriceFen, MaxPriceFen: r.MaxPriceFen, Sales: r.Sales,
			Kind: Kind(r.Kind), BrandID: r.BrandID, Tags: r.Tags,
			SKUs: skuColumns{r.SkuIds, r.SkuPricesFen, r.SkuMarketsFen, r.SkuSpecs, r.SkuPictures, r.Stocks}.items(),
		}}
		if err := json.Unmarshal(r.Specs, &out[i].item.Specs); err != nil {
			return nil, fmt.Errorf("specs of product %d: %w", r.ID, err)
		}
		out[i].item.StockState = stockOf(out[i].item.SKUs)
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

func (s *Service) productFromRow(r catalogdb.FindOnShelfRow) (Product, error) {
	item := Item{
		ID: r.ID, CategoryID: r.CategoryID, Title: r.Title, Subtitle: r.Subtitle, Cover: r.Cover,
		MinPriceFen: r.MinPriceFen, MaxPriceFen: r.MaxPriceFen, Sales: r.Sales,
		Kind: Kind(r.Kind), BrandID: r.BrandID, Tags: r.Tags,
	}
	if err := json.Unmarshal(r.Specs, &item.Specs); err != nil {
		return Product{}, fmt.Errorf("specs of product %d: %w", r.ID, err)
	}
	params, err := readParams(r.Params)
	if err != nil {
		return Product{}, err
	}
	item.SKUs = skuColumns{r.SkuIds, r.SkuPricesFen, r.SkuMarketsFen, r.SkuSpecs, r.SkuPictures, r.Stocks}.items()
	for i := range item.SKUs {
		item.SKUs[i].Barcode, item.SKUs[i].WeightG, item.SKUs[i].VolumeCM3 = r.SkuBarcodes[i], int64(r.SkuWeightsG[i]), int64(r.SkuVolumesCm3[i])
	}
	item.StockState = stockOf(item.SKUs)
	return Product{
		Item: item, Pictures: r.Pictures, Detail: s.texts.Show(r.Detail), Brand: r.Brand,
		Limits:  Limits{MinQty: r.MinQty, MaxPerOrder: r.MaxPerOrder, MaxLifetime: r.MaxLifetime},
		Voucher: VoucherTerms{Uses: r.VoucherUses, Days: r.VoucherDays, Until: r.VoucherUntil, Refunds: r.VoucherRefunds},
		Params:  params,
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
