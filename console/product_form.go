package console

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"galleria/commerce/catalog"
	"galleria/commerce/listing"
	"galleria/commerce/money"
	"galleria/console/i18n"
	"galleria/console/readmodel"
	"galleria/console/view"
)

const (
	// moreSlots is how many empty places a dimension offers beyond those in use.
	moreSlots = 2
	fewSlots  = 4
	maxSlots  = 50
	maxSpec   = 20 // characters of a dimension's name
	maxValue  = 30
	// uploadBytes is what a form with files may weigh, below what the server cuts off.
	uploadBytes = 7 << 20
)

// productForm reads the form, without judging it.
type productForm struct {
	view.ProductForm
	do     string
	values map[string][]string
}

func (f *productForm) get(name string) string {
	if list := f.values[name]; len(list) > 0 {
		return strings.TrimSpace(list[0])
	}
	return ""
}

// readProductForm is the form as it was sent, with the rows that its dimensions make.
func readProductForm(values map[string][]string) *productForm {
	f := &productForm{values: values}
	version, _ := strconv.ParseInt(f.get("version"), 10, 32)
	f.Version, f.Key, f.do = int32(version), f.get("key"), f.get("do")
	f.Brand, f.NewBrand, f.Tags, f.Kind = f.get("brand"), f.get("new_brand"), f.get("tags"), f.get("kind")
	f.Freight = f.get("freight")
	f.MinQty, f.MaxPerOrder, f.MaxLifetime = f.get("min_qty"), f.get("max_per_order"), f.get("max_lifetime")
	f.OnAt, f.OffAt = f.get("on_at"), f.get("off_at")
	for i := range catalog.MaxParams {
		row := view.ParamField{Name: f.get("param_name_" + strconv.Itoa(i)), Value: f.get("param_value_" + strconv.Itoa(i))}
		if row != (view.ParamField{}) {
			f.Params = append(f.Params, row)
		}
	}
	f.VoucherUses, f.VoucherDays, f.VoucherUntil, f.VoucherRefunds = f.get("voucher_uses"), f.get("voucher_days"), f.get("voucher_until"), f.get("voucher_refunds") == "1"
	f.Title, f.Subtitle, f.Code, f.Category, f.NewCategory = f.get("title"), f.get("subtitle"), f.get("spu_code"), f.get("category"), f.get("new_category")
	f.Detail = strings.ReplaceAll(f.get("detail"), "\r\n", "\n")
	f.Pictures, f.OnShelf, f.Dirty = values["picture"], f.get("shelf") == "on", true
	for d := range catalog.MaxSpecs {
		spec := view.SpecField{Name: f.get("dim_" + strconv.Itoa(d))}
		for i := range maxSlots {
			value, there := f.values[fmt.Sprintf("val_%d_%d", d, i)]
			if !there {
				break
			}
			spec.Values = append(spec.Values, strings.TrimSpace(strings.Join(value, "")))
		}
		spec.Values = spread(spec.Values)
		f.Specs = append(f.Specs, spec)
	}
	f.All = f.row("all")
	f.layOut()
	return f
}

// spread gives a place to each value of a list that was typed into one ("红、蓝、绿"). The first
// stays where it was typed, so that it keeps its SKUs; the others come after all that are there.
func spread(values []string) []string {
	var more []string
	for i, value := range values {
		list := strings.FieldsFunc(value, func(r rune) bool { return r == '、' || r == '，' || r == '\n' || r == '\t' })
		if len(list) < 2 {
			continue
		}
		values[i] = strings.TrimSpace(list[0])
		for _, one := range list[1:] {
			if one = strings.TrimSpace(one); one != "" {
				more = append(more, one)
			}
		}
	}
	for len(more) > 0 && len(values) > 0 && values[len(values)-1] == "" {
		values = values[:len(values)-1] // empty places in the middle stay: a slot is a SKU's name
	}
	values = append(values, more...)
	return values[:min(len(values), maxSlots)]
}

func (f *productForm) row(slot string) view.SKUField {
	_, single := f.values["on_"+slot]
	return view.SKUField{
		Slot: slot, ID: f.get("sku_" + slot), Price: f.get("price_" + slot), Market: f.get("market_" + slot), Stock: f.get("stock_" + slot),
		Cost: f.get("cost_" + slot), Volume: f.get("volume_" + slot), Barcode: f.get("barcode_" + slot),
		Was: f.get("was_" + slot), Weight: f.get("weight_" + slot), Code: f.get("code_" + slot), Picture: f.get("pic_" + slot), Off: !single,
	}
}

// used reports a dimension that the product has.
func used(spec view.SpecField) bool {
	return spec.Name != "" || strings.Join(spec.Values, "") != ""
}

// slots are the places of a dimension that hold a value; one that is not in use has the
// first, so that a product that gets its first dimension keeps its SKU as the first value.
func slots(spec view.SpecField) []int {
	if !used(spec) {
		return []int{0}
	}
	var at []int
	for i, value := range spec.Values {
		if value != "" {
			at = append(at, i)
		}
	}
	return at
}

// layOut makes the rows that the dimensions ask for, from what was typed, and offers room
// for more values.
func (f *productForm) layOut() {
	f.Rows = nil
	f.combine(0, nil, nil)
	room := 0
	for d := range f.Specs {
		spec := &f.Specs[d]
		filled := 0
		for i, value := range spec.Values {
			if value != "" {
				filled = i + 1
			}
		}
		for len(spec.Values) < min(maxSlots, max(fewSlots, filled+moreSlots)) {
			spec.Values = append(spec.Values, "")
		}
		room = d + 1
		if !used(*spec) {
			break // one empty dimension is offered
		}
	}
	f.Specs = f.Specs[:room]
}

func (f *productForm) combine(d int, at []string, label []string) {
	if len(f.Rows) > catalog.MaxSKUs {
		return
	}
	if d == catalog.MaxSpecs {
		slot := strings.Join(at, "_")
		row := f.row(slot)
		row.Label = strings.Join(label, " / ")
		if _, known := f.values["price_"+slot]; !known {
			row.Off = false // a new one is for sale
		}
		f.fill(&row)
		f.Rows = append(f.Rows, row)
		return
	}
	for _, i := range slots(f.Specs[d]) {
		name := label
		if used(f.Specs[d]) {
			name = append(append([]string{}, label...), f.Specs[d].Values[i])
		}
		f.combine(d+1, append(append([]string{}, at...), strconv.Itoa(i)), name)
	}
}

// fill puts what is for all rows into the cells that are empty.
func (f *productForm) fill(row *view.SKUField) {
	for _, cell := range []struct{ of, to *string }{
		{&f.All.Price, &row.Price},
		{&f.All.Market, &row.Market},
		{&f.All.Stock, &row.Stock},
		{&f.All.Weight, &row.Weight},
		{&f.All.Cost, &row.Cost},
		{&f.All.Volume, &row.Volume},
		{&f.All.Picture, &row.Picture},
	} {
		if *cell.to == "" {
			*cell.to = *cell.of
		}
	}
}

// judged is the input that the form asks for, and what is wrong with it by field.
func (f *productForm) judged(text i18n.Printer) (in listing.SaveInput, problems map[string]string) {
	problems = map[string]string{}
	wrong := func(bad bool, field, key string, args ...any) {
		if bad && problems[field] == "" {
			problems[field] = text.T("product.problem."+key, args...)
		}
	}
	in.Version, in.Key, in.OnShelf = f.Version, f.Key, f.OnShelf
	in.Title, in.Subtitle, in.Code, in.Detail, in.NewCategory = f.Title, f.Subtitle, &f.Code, f.Detail, f.NewCategory
	in.CategoryID, _ = strconv.ParseInt(f.Category, 10, 64)
	wrong(f.Title == "", "title", "title")
	wrong(utf8.RuneCountInString(f.Title) > catalog.MaxTitle, "title", "long", catalog.MaxTitle)
	wrong(utf8.RuneCountInString(f.Subtitle) > catalog.MaxTitle, "subtitle", "long", catalog.MaxTitle)
	wrong(utf8.RuneCountInString(f.Code) > catalog.MaxCode, "spu_code", "long", catalog.MaxCode)
	wrong(utf8.RuneCountInString(f.NewCategory) > catalog.MaxTitle, "new_category", "long", catalog.MaxTitle)
	wrong(in.CategoryID <= 0 && f.NewCategory == "", "category", "category")
	wrong(utf8.RuneCountInString(f.Detail) > catalog.MaxDetail, "detail", "long", catalog.MaxDetail)
	if len(f.Pictures) > 0 {
		in.Cover, in.Pictures = f.Pictures[0], f.Pictures
	}
	f.judgeTerms(&in, wrong)
	f.judgeParams(&in, wrong)
	f.judgeSpecs(&in, wrong)
	f.judgeRows(&in, wrong)
	return in, problems
}

func (f *productForm) judgeSpecs(in *listing.SaveInput, wrong func(bad bool, field, key string, args ...any)) {
	names := map[string]bool{}
	for d, spec := range f.Specs {
		if !used(spec) {
			continue
		}
		field := "dim_" + strconv.Itoa(d)
		wrong(spec.Name == "", field, "spec_name")
		wrong(utf8.RuneCountInString(spec.Name) > maxSpec, field, "long", maxSpec)
		wrong(names[spec.Name], field, "spec_twice")
		names[spec.Name] = true
		values := map[string]bool{}
		out := catalog.Spec{Name: spec.Name}
		for i, value := range spec.Values {
			if value == "" {
				continue
			}
			slot := fmt.Sprintf("val_%d_%d", d, i)
			wrong(values[value], slot, "value_twice")
			wrong(utf8.RuneCountInString(value) > maxValue, slot, "long", maxValue)
			values[value] = true
			out.Values = append(out.Values, value)
		}
		wrong(len(out.Values) == 0, field, "spec_values")
		in.Specs = append(in.Specs, out)
	}
	wrong(len(f.Rows) > catalog.MaxSKUs, "specs", "too_many", catalog.MaxSKUs)
}

func (f *productForm) judgeRows(in *listing.SaveInput, wrong func(bad bool, field, key string, args ...any)) {
	selling := 0
	for _, row := range f.Rows {
		id, _ := strconv.ParseInt(row.ID, 10, 64)
		if row.Off && id == 0 {
			continue // it never was for sale
		}
		if !row.Off {
			selling++
		}
		sku := catalog.SKUInput{ID: id, Code: row.Code, SpecValues: f.valuesOf(row), Picture: row.Picture, Disabled: row.Off}
		var err error
		sku.PriceFen, err = yuan(row.Price)
		wrong(err != nil || sku.PriceFen <= 0, "price_"+row.Slot, "price")
		wrong(sku.PriceFen > catalog.MaxPriceFen, "price_"+row.Slot, "price_most")
		if row.Market != "" {
			sku.MarketPriceFen, err = yuan(row.Market)
			wrong(err != nil, "market_"+row.Slot, "price")
			wrong(err == nil && sku.MarketPriceFen != 0 && sku.MarketPriceFen <= sku.PriceFen, "market_"+row.Slot, "market")
			wrong(sku.MarketPriceFen > catalog.MaxPriceFen, "market_"+row.Slot, "price_most")
		}
		if row.Cost != "" {
			sku.CostFen, err = yuan(row.Cost)
			wrong(err != nil, "cost_"+row.Slot, "price")
			wrong(sku.CostFen > catalog.MaxPriceFen, "cost_"+row.Slot, "price_most")
		}
		sku.Barcode = row.Barcode
		wrong(utf8.RuneCountInString(row.Barcode) > catalog.MaxTitle, "barcode_"+row.Slot, "long", catalog.MaxTitle)
		volume, ok := whole(row.Volume, catalog.MaxVolume)
		wrong(!ok, "volume_"+row.Slot, "volume")
		sku.VolumeCM3 = int32(volume)
		want, ok := whole(row.Stock, listing.MaxStock)
		wrong(!ok, "stock_"+row.Slot, "stock")
		was, _ := whole(row.Was, listing.MaxStock)
		grams, ok := whole(row.Weight, catalog.MaxWeightG)
		wrong(!ok, "weight_"+row.Slot, "weight")
		wrong(utf8.RuneCountInString(row.Code) > catalog.MaxTitle, "code_"+row.Slot, "long", catalog.MaxTitle)
		sku.WeightG = int32(grams)
		in.SKUs = append(in.SKUs, sku)
		in.Stock = append(in.Stock, listing.Stock{Was: was, Want: want})
	}
	wrong(selling == 0, "skus", "none")
}

// valuesOf are the values that a row's slots name.
func (f *productForm) valuesOf(row view.SKUField) []string {
	out := []string{}
	for d, slot := range strings.Split(row.Slot, "_") {
		if d < len(f.Specs) && used(f.Specs[d]) {
			i, _ := strconv.Atoi(slot)
			out = append(out, f.Specs[d].Values[i])
		}
	}
	return out
}

// yuanSign is the word that people write behind an amount.
const yuanSign = "\u5143"

// yuan reads an amount as people type it.
func yuan(s string) (money.Fen, error) {
	return money.ParseYuan(strings.TrimSpace(strings.TrimSuffix(strings.TrimLeft(s, "¥￥ "), yuanSign)))
}

// whole reads a number of 0 to most; nothing typed is 0.
func whole(s string, most int64) (int64, bool) {
	if s == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, false
	}
	return n, true
}

// formOf shows a product as it is.
func formOf(p readmodel.ProductDetail) *productForm {
	values := map[string][]string{}
	set := func(name, value string) { values[name] = []string{value} }
	for d, spec := range p.Specs {
		set("dim_"+strconv.Itoa(d), spec.Name)
		for i, value := range spec.Values {
			set(fmt.Sprintf("val_%d_%d", d, i), value)
		}
	}
	f := readProductForm(values)
	for i := range f.Rows {
		row := &f.Rows[i]
		row.Off = true
		for _, k := range p.SKUs {
			if strings.Join(k.SpecValues, "\x00") != strings.Join(f.valuesOf(*row), "\x00") {
				continue
			}
			row.ID, row.Code, row.Off = strconv.FormatInt(k.ID, 10), k.Code, !k.Enabled
			row.Price, row.Stock = k.Price.Yuan(), strconv.FormatInt(k.OnHand, 10)
			row.Was = row.Stock
			if k.MarketPrice > 0 {
				row.Market = k.MarketPrice.Yuan()
			}
			row.Weight, row.Volume, row.Barcode, row.Picture = some(k.WeightG), some(k.VolumeCM3), k.Barcode, k.Picture
			if k.Cost > 0 {
				row.Cost = k.Cost.Yuan()
			}
		}
	}
	f.showTerms(p)
	f.ID, f.Version, f.Title, f.Subtitle, f.Code = p.ID, p.Version, p.Title, p.Subtitle, p.Code
	f.Category, f.Pictures, f.Dirty = strconv.FormatInt(p.CategoryID, 10), p.Pictures, false
	if len(f.Pictures) == 0 && p.Cover != "" {
		f.Pictures = []string{p.Cover}
	}
	return f
}
