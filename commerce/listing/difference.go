package listing

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
)

// Difference is a field of a product that a change gives another value. What is too long to stand
// in a line has neither From nor To.
type Difference struct {
	Field    string // "title", "price" …
	SKU      string // the variant's values; empty for what is the product's
	From, To string // money in yuan, moments as RFC 3339, kinds by their word
}

// differences are what a change would do to a product, in the order of its form.
func differences(now catalog.Entered, in SaveInput, names catalog.Names) (out []Difference) {
	tell := func(field, sku, from, to string) {
		if from != to {
			out = append(out, Difference{Field: field, SKU: sku, From: from, To: to})
		}
	}
	a, b := now.ProductInput, in.ProductInput
	tell("title", "", a.Title, b.Title)
	tell("subtitle", "", a.Subtitle, b.Subtitle)
	if in.Code != nil {
		tell("code", "", now.Code, *in.Code)
	}
	tell("kind", "", string(a.Kind), string(b.Kind))
	tell("tags", "", strings.Join(a.Tags, " "), strings.Join(b.Tags, " "))
	limits := func(l catalog.Limits) [3]string {
		return [3]string{count(max(l.MinQty, 1)), count(l.MaxPerOrder), count(l.MaxLifetime)}
	}
	for i, field := range []string{"min_qty", "max_per_order", "max_lifetime"} {
		tell(field, "", limits(a.Limits)[i], limits(b.Limits)[i])
	}
	tell("on_at", "", moment(a.OnAt), moment(b.OnAt))
	tell("off_at", "", moment(a.OffAt), moment(b.OffAt))
	from, to := names.Categories[a.CategoryID], cmp.Or(in.NewCategory, names.Categories[b.CategoryID])
	if from == to && a.CategoryID != b.CategoryID && in.NewCategory == "" { // unlike brands and templates, two may have one name
		from, to = from+" #"+strconv.FormatInt(a.CategoryID, 10), to+" #"+strconv.FormatInt(b.CategoryID, 10)
	}
	tell("category", "", from, to)
	tell("brand", "", names.Brands[a.BrandID], cmp.Or(in.NewBrand, names.Brands[b.BrandID]))
	tell("freight", "", names.Freights[a.FreightID], names.Freights[b.FreightID])
	for _, wide := range []struct {
		field string
		same  bool
	}{
		{"pictures", a.Cover == b.Cover && slices.Equal(a.Pictures, b.Pictures)},
		{"detail", a.Detail == b.Detail},
		{"params", slices.Equal(a.Params, b.Params)},
		{"voucher", sameVoucher(a, b)},
	} {
		if !wide.same {
			out = append(out, Difference{Field: wide.field})
		}
	}
	return append(out, variants(a, in)...)
}

// variants are what a change would do to a product's SKUs.
func variants(now catalog.ProductInput, in SaveInput) (out []Difference) {
	seen := map[int64]bool{}
	for i, k := range in.SKUs {
		name := strings.Join(k.SpecValues, " / ")
		seen[k.ID] = true
		at := slices.IndexFunc(now.SKUs, func(o catalog.SKUInput) bool { return o.ID == k.ID && k.ID != 0 })
		if at < 0 {
			out = append(out, Difference{Field: "sku_new", SKU: name, To: k.PriceFen.Yuan()})
			continue
		}
		was := now.SKUs[at]
		tell := func(field, from, to string) {
			if from != to {
				out = append(out, Difference{Field: field, SKU: name, From: from, To: to})
			}
		}
		tell("price", was.PriceFen.Yuan(), k.PriceFen.Yuan())
		tell("market_price", some(was.MarketPriceFen), some(k.MarketPriceFen))
		tell("cost", some(was.CostFen), some(k.CostFen))
		tell("sku_name", strings.Join(was.SpecValues, " / "), name)
		tell("sku_code", was.Code, k.Code)
		tell("barcode", was.Barcode, k.Barcode)
		tell("weight", count(was.WeightG), count(k.WeightG))
		tell("volume", count(was.VolumeCM3), count(k.VolumeCM3))
		tell("enabled", strconv.FormatBool(!was.Disabled), strconv.FormatBool(!k.Disabled))
		if was.Picture != k.Picture {
			out = append(out, Difference{Field: "sku_picture", SKU: name})
		}
		if n := in.Stock[i]; n.Was != n.Want {
			tell("stock", strconv.FormatInt(n.Was, 10), strconv.FormatInt(n.Want, 10))
		}
	}
	for _, was := range now.SKUs {
		if !seen[was.ID] && !was.Disabled {
			out = append(out, Difference{Field: "sku_gone", SKU: strings.Join(was.SpecValues, " / "), From: was.PriceFen.Yuan()})
		}
	}
	return out
}

func sameVoucher(a, b catalog.ProductInput) bool {
	if a.Kind != catalog.Voucher || b.Kind != catalog.Voucher {
		return true
	}
	return a.Voucher.Uses == b.Voucher.Uses && a.Voucher.Days == b.Voucher.Days && a.Voucher.Refunds == b.Voucher.Refunds && moment(a.Voucher.Until) == moment(b.Voucher.Until)
}

func count(n int32) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}

func some(fen money.Fen) string {
	if fen == 0 {
		return ""
	}
	return fen.Yuan()
}

func moment(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
