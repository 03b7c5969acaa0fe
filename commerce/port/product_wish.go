package port

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"galleria/commerce/catalog"
	"galleria/commerce/listing"
	"galleria/commerce/money"
)

// wish is a product as its rows want it.
type wish struct {
	rows []*Row
	have *shelves
	was  *catalog.Entered // nil for a new one

	in       catalog.ProductInput
	stock    []listing.Stock
	rowOf    []int // of each SKU, -1 for one that no row names
	code     string
	category []string // its path; nil: as it is
	brand    string
	shelf    catalog.ShelfStatus
}

// part and joined read and write a list in a cell, parted by "/"; one in a text is written "\/".
func part(cell string) (out []string) {
	if cell == "" {
		return nil
	}
	var b strings.Builder
	escaped := false
	for _, r := range cell {
		switch {
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '/':
			out = append(out, strings.TrimSpace(b.String()))
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	return append(out, strings.TrimSpace(b.String()))
}

func joined(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.NewReplacer(`\`, `\\`, `/`, `\/`).Replace(s)
	}
	return strings.Join(out, "/")
}

// lines are the lines of a cell.
func lines(cell string) (out []string) {
	for line := range strings.SplitSeq(cell, "\n") {
		if line = strings.TrimSpace(line); line != "" && !isClear(line) {
			out = append(out, line)
		}
	}
	return out
}

// same compares texts as a file keeps them.
func same(a, b string) bool {
	as := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return as(a) == as(b)
}

func (w *wish) build() {
	if w.was != nil {
		w.in = w.was.ProductInput
		w.in.SKUs = slices.Clone(w.was.SKUs)
	} else {
		w.rows[0].Changes = append(w.rows[0].Changes, Change{What: "new"})
	}
	w.shared()
	w.buildSKUs()
}

func (w *wish) bad() bool {
	return slices.ContainsFunc(w.rows, func(r *Row) bool { return r.State == RowBad })
}

func (w *wish) same() bool {
	return !slices.ContainsFunc(w.rows, func(r *Row) bool { return len(r.Changes) > 0 })
}

func (w *wish) stocked() bool {
	return slices.ContainsFunc(w.stock, func(n listing.Stock) bool { return n.Want > 0 })
}

// cell is what the rows say in a column that is the product's, not a variant's.
func (w *wish) cell(key string) (value string, at *Row) {
	for _, r := range w.rows {
		switch c := r.Cells[key]; {
		case c == "":
		case at == nil:
			value, at = c, r
		case c != value:
			r.fail(about(Products, key, ErrDiffers))
		}
	}
	return value, at
}

func (w *wish) changed(r *Row, key, from, to string) {
	const longest = 200
	cut := func(s string) string {
		if chars := []rune(s); len(chars) > longest {
			return string(chars[:longest]) + "…"
		}
		return s
	}
	if w.was == nil {
		from = ""
	}
	r.Changes = append(r.Changes, Change{What: key, From: cut(from), To: cut(to)})
}

// text takes over a text; it is left alone where the cell is empty or says the same.
func (w *wish) text(key string, into *string) {
	value, r := w.cell(key)
	if r == nil || same(value, *into) {
		return
	}
	if isClear(value) {
		value = ""
	}
	if *into != value {
		w.changed(r, key, *into, value)
		*into = value
	}
}

// shared takes over what is the product's.
func (w *wish) shared() {
	w.text("title", &w.in.Title)
	w.text("subtitle", &w.in.Subtitle)
	w.text("detail", &w.in.Detail)
	code := ""
	if w.was != nil {
		code = w.was.Code
	}
	if w.was == nil && w.rows[0].Cells["id"] == "" && w.rows[0].Cells["code"] == "" {
		code, w.code = w.rows[0].Cells["sku_code"], w.rows[0].Cells["sku_code"] // named by its variant
	}
	if value, r := w.cell("code"); r != nil && value != code {
		if len([]rune(value)) > catalog.MaxCode {
			r.fail(about(Products, "code", ErrBadCell))
		}
		w.code = value
		w.changed(r, "code", code, value)
	}
	w.shelves()
	w.list("tags", &w.in.Tags)
	w.picture("cover", &w.in.Cover, w.rows)
	if value, r := w.cell("pictures"); r != nil {
		list := []string{}
		for _, name := range lines(value) {
			address, ok := w.address(r, "pictures", name)
			if ok {
				list = append(list, address)
			}
		}
		if !slices.Equal(list, w.in.Pictures) {
			w.changed(r, "pictures", strconv.Itoa(len(w.in.Pictures)), strconv.Itoa(len(list)))
			w.in.Pictures = list
		}
	}
	w.params()
	w.terms()
	w.specs()
}

// params takes over the product's sheet.
func (w *wish) params() {
	value, r := w.cell("params")
	if r == nil || value == sheetText(w.in.Params) {
		return
	}
	list := []catalog.Param{}
	for _, line := range lines(value) {
		at := strings.IndexAny(line, ":：")
		if at < 0 {
			r.fail(about(Products, "params", ErrBadCell))
			return
		}
		_, width := utf8.DecodeRuneInString(line[at:])
		list = append(list, catalog.Param{Name: strings.TrimSpace(line[:at]), Value: strings.TrimSpace(line[at+width:])})
	}
	w.changed(r, "params", sheetText(w.in.Params), sheetText(list))
	w.in.Params = list
}

// shelves takes over category, brand and shelf.
func (w *wish) shelves() {
	now := pathOf(w.have.tree, w.in.CategoryID)
	if value, r := w.cell("category"); r != nil && !slices.Equal(part(value), now) {
		w.category = part(value)
		w.changed(r, "category", joined(now), value)
	} else if r == nil && w.was == nil {
		w.rows[0].fail(about(Products, "category", ErrMissing))
	}
	if w.was == nil && w.in.Title == "" {
		w.rows[0].fail(about(Products, "title", ErrMissing))
	}
	w.ofBrand()
	w.onShelf()
}

func (w *wish) ofBrand() {
	brand := ""
	if i := slices.IndexFunc(w.have.brands, func(b catalog.Brand) bool { return b.ID == w.in.BrandID }); i >= 0 {
		brand = w.have.brands[i].Name
	}
	if value, r := w.cell("brand"); r != nil && value != brand {
		if w.brand = value; isClear(value) {
			w.brand, w.in.BrandID = "", 0
		}
		w.changed(r, "brand", brand, w.brand)
	}
}

func (w *wish) onShelf() {
	value, r := w.cell("shelf")
	if r == nil {
		return
	}
	to, ok := map[string]catalog.ShelfStatus{"on": catalog.OnShelf, "off": catalog.OffShelf, "draft": catalog.Draft}[words()[strings.ToLower(value)]]
	is := catalog.Draft
	if w.was != nil {
		is = w.was.Status
	}
	switch {
	case !ok:
		r.fail(about(Products, "shelf", ErrBadChoice))
	case to == is, to != catalog.OnShelf && is == catalog.Draft: // a draft is off the shelf, too
	case to == catalog.Draft:
		r.fail(about(Products, "shelf", catalog.ErrShelfState))
	default:
		w.shelf = to
		w.changed(r, "shelf", string(is), string(to))
	}
}

func (w *wish) list(key string, into *[]string) {
	value, r := w.cell(key)
	if r == nil {
		return
	}
	list := part(value)
	if isClear(value) {
		list = []string{}
	}
	if !slices.Equal(list, *into) {
		w.changed(r, key, joined(*into), joined(list))
		*into = list
	}
}

// picture takes over one picture.
func (w *wish) picture(key string, into *string, rows []*Row) {
	one := wish{rows: rows, have: w.have, was: w.was}
	value, r := one.cell(key)
	if r == nil || value == *into {
		return
	}
	address := ""
	if !isClear(value) {
		var ok bool
		if address, ok = w.address(r, key, value); !ok || address == *into {
			return
		}
	}
	w.changed(r, key, *into, value)
	*into = address
}

// address finds a picture of the library.
func (w *wish) address(r *Row, key, name string) (string, bool) {
	if w.have.known[name] {
		return name, true
	}
	switch list := w.have.pictures[name]; len(list) {
	case 0:
		r.fail(about(Products, key, ErrNoPicture))
	case 1:
		return list[0], true
	default:
		r.fail(about(Products, key, ErrTwoPictures))
	}
	return "", false
}

// specs takes over the names of what variants differ in.
func (w *wish) specs() {
	value, r := w.cell("spec_names")
	if r == nil {
		return
	}
	names := part(value)
	if w.was != nil {
		now := make([]string, len(w.in.Specs))
		for i, s := range w.in.Specs {
			now[i] = s.Name
		}
		if !slices.Equal(names, now) {
			r.fail(about(Products, "spec_names", ErrBadCell)) // the variants of a product keep their shape
		}
		return
	}
	for _, name := range names {
		w.in.Specs = append(w.in.Specs, catalog.Spec{Name: name, Values: []string{}})
	}
}

// buildSKUs takes over the variants.
func (w *wish) buildSKUs() {
	w.in.Specs = slices.Clone(w.in.Specs)
	w.stock, w.rowOf = make([]listing.Stock, len(w.in.SKUs)), make([]int, len(w.in.SKUs))
	for i := range w.rowOf {
		w.rowOf[i] = -1
	}
	for i, r := range w.rows {
		values := part(r.Cells["spec_values"])
		at := w.variant(r, values)
		if at < 0 {
			continue
		}
		if w.rowOf[at] >= 0 {
			r.fail(about(Products, "spec_values", ErrDiffers))
			continue
		}
		w.rowOf[at] = i
		w.sku(r, at)
	}
}

// variant is the place of the SKU that a row is about, a new one if there is none.
func (w *wish) variant(r *Row, values []string) int {
	if len(values) > 0 || len(w.in.Specs) == 0 {
		if len(values) != len(w.in.Specs) {
			r.fail(about(Products, "spec_values", ErrNoVariant))
			return -1
		}
		if at := slices.IndexFunc(w.in.SKUs, func(k catalog.SKUInput) bool { return slices.Equal(k.SpecValues, values) }); at >= 0 {
			return at
		}
	} else {
		code := r.Cells["sku_code"]
		if at := slices.IndexFunc(w.in.SKUs, func(k catalog.SKUInput) bool { return k.Code == code && code != "" }); at >= 0 {
			return at
		}
		r.fail(about(Products, "spec_values", ErrMissing))
		return -1
	}
	for i, v := range values {
		if !slices.Contains(w.in.Specs[i].Values, v) {
			w.in.Specs[i].Values = append(slices.Clone(w.in.Specs[i].Values), v)
		}
	}
	w.in.SKUs = append(w.in.SKUs, catalog.SKUInput{SpecValues: values})
	w.stock, w.rowOf = append(w.stock, listing.Stock{}), append(w.rowOf, -1)
	if w.was != nil {
		w.changed(r, "spec_values", "", joined(values))
	}
	return len(w.in.SKUs) - 1
}

// sku takes over what a row says of its variant.
func (w *wish) sku(r *Row, at int) {
	k := &w.in.SKUs[at]
	one := wish{rows: []*Row{r}, have: w.have, was: w.was}
	one.text("sku_code", &k.Code)
	one.text("barcode", &k.Barcode)
	w.picture("sku_picture", &k.Picture, []*Row{r})
	if r.Cells["price"] == "" && k.ID == 0 {
		r.fail(about(Products, "price", ErrMissing))
	}
	for key, into := range map[string]*money.Fen{"price": &k.PriceFen, "market_price": &k.MarketPriceFen, "cost": &k.CostFen} {
		cell := strings.TrimLeft(strings.ReplaceAll(r.Cells[key], ",", ""), "¥￥")
		if cell == "" {
			continue
		}
		fen, err := money.ParseYuan(cell)
		if err != nil || fen < 0 {
			r.fail(about(Products, key, ErrBadMoney))
		} else if fen != *into {
			w.changed(r, key, into.Yuan(), fen.Yuan())
			*into = fen
		}
	}
	w.measures(r, at)
}

// measures takes over the numbers of a variant, and whether it is on sale.
func (w *wish) measures(r *Row, at int) {
	k := &w.in.SKUs[at]
	if n, ok := wholeNumber(r, "weight_g", catalog.MaxWeightG); ok && int32(n) != k.WeightG {
		w.changed(r, "weight_g", strconv.Itoa(int(k.WeightG)), strconv.FormatInt(n, 10))
		k.WeightG = int32(n)
	}
	if n, ok := wholeNumber(r, "volume_cm3", catalog.MaxVolume); ok && int32(n) != k.VolumeCM3 {
		w.changed(r, "volume_cm3", strconv.Itoa(int(k.VolumeCM3)), strconv.FormatInt(n, 10))
		k.VolumeCM3 = int32(n)
	}
	if n, ok := wholeNumber(r, "opening_stock", listing.MaxStock); ok && k.ID == 0 {
		w.stock[at].Want = n
	}
	if cell := r.Cells["enabled"]; cell != "" {
		choice := words()[strings.ToLower(cell)]
		if choice != "yes" && choice != "no" {
			r.fail(about(Products, "enabled", ErrBadChoice))
		} else if off := choice == "no"; off != k.Disabled {
			w.changed(r, "enabled", "", choice)
			k.Disabled = off
		}
	}
}

// wholeNumber reads a number of a row; ok is false where there is none.
func wholeNumber(r *Row, key string, most int64) (n int64, ok bool) {
	cell := strings.ReplaceAll(r.Cells[key], ",", "")
	if cell == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(cell, 10, 64)
	if err != nil || n < 0 || n > most {
		r.fail(about(Products, key, ErrBadCount))
		return 0, false
	}
	return n, true
}

// place finds the row and the column that a refused field stands in.
func (w *wish) place(path string) (int, Problem) {
	key, row := path, 0
	if rest, ok := strings.CutPrefix(path, "skus["); ok {
		number, field, _ := strings.Cut(rest, "].")
		key = field
		if at, err := strconv.Atoi(number); err == nil && at < len(w.rowOf) && w.rowOf[at] >= 0 {
			row = w.rowOf[at]
		}
	}
	key, _, _ = strings.Cut(key, "[")
	if column, ok := map[string]string{
		"category_id": "category", "parent_id": "category", "brand_id": "brand", "name": "category", "specs": "spec_names", "price_fen": "price", "market_price_fen": "market_price",
		"cost_fen": "cost", "picture": "sku_picture", "stock": "opening_stock", "skus": "spec_values",
		"freight_id": "freight", "voucher.uses": "voucher_uses", "voucher.days": "voucher_days",
	}[key]; ok {
		key = column
	} else if strings.HasPrefix(path, "skus[") && key == "code" {
		key = "sku_code"
	}
	return row, about(Products, key, ErrBadCell)
}
