package console

import (
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"galleria/commerce/catalog"
	"galleria/commerce/listing"
	"galleria/commerce/richtext"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// clockForm is how a browser's field for a moment writes it.
const clockForm = "2006-01-02T15:04"

// shanghai is where merchants read the clock. China has had no summer time since 1991.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// judgeTerms reads what is not about variants.
func (f *productForm) judgeTerms(in *listing.SaveInput, wrong func(bad bool, field, key string, args ...any)) {
	in.BrandID, _ = strconv.ParseInt(f.Brand, 10, 64)
	in.FreightID, _ = strconv.ParseInt(f.Freight, 10, 64)
	in.NewBrand = f.NewBrand
	wrong(utf8.RuneCountInString(f.NewBrand) > catalog.MaxTitle, "new_brand", "long", catalog.MaxTitle)
	for tag := range strings.FieldsFuncSeq(f.Tags, func(r rune) bool { return strings.ContainsRune(",，、;；\n", r) }) {
		if tag = strings.TrimSpace(tag); tag != "" {
			in.Tags = append(in.Tags, tag)
			wrong(utf8.RuneCountInString(tag) > catalog.MaxTag, "tags", "tag_long", catalog.MaxTag)
		}
	}
	wrong(len(in.Tags) > catalog.MaxTags, "tags", "tags", catalog.MaxTags)
	in.Kind = catalog.Kind(f.Kind)
	least, ok := whole(f.MinQty, catalog.MaxPieces)
	wrong(!ok, "min_qty", "limit", catalog.MaxPieces)
	perOrder, ok := whole(f.MaxPerOrder, catalog.MaxPieces)
	wrong(!ok, "max_per_order", "limit", catalog.MaxPieces)
	lifetime, ok := whole(f.MaxLifetime, catalog.MaxLifetime)
	wrong(!ok, "max_lifetime", "limit", catalog.MaxLifetime)
	least = max(least, 1)
	wrong(perOrder != 0 && perOrder < least, "max_per_order", "limit_order")
	wrong(lifetime != 0 && lifetime < least, "max_lifetime", "limit_order")
	in.Limits = catalog.Limits{MinQty: int32(least), MaxPerOrder: int32(perOrder), MaxLifetime: int32(lifetime)}
	if in.Kind == catalog.Voucher {
		f.judgeVoucher(in, wrong)
	}
	in.OnAt, ok = moment(f.OnAt)
	wrong(!ok, "on_at", "moment")
	in.OffAt, ok = moment(f.OffAt)
	wrong(!ok, "off_at", "moment")
	wrong(in.OnAt != nil && in.OffAt != nil && !in.OffAt.After(*in.OnAt), "off_at", "moment_order")
}

// moreParams is how many empty lines a sheet offers.
const moreParams = 3

// judgeParams reads the sheet. A line without a value is one that was asked for and not answered.
func (f *productForm) judgeParams(in *listing.SaveInput, wrong func(bad bool, field, key string, args ...any)) {
	in.Params = []catalog.Param{}
	seen := map[string]bool{}
	for i, row := range f.Params {
		if row.Value == "" {
			continue
		}
		n := strconv.Itoa(i)
		wrong(row.Name == "", "param_name_"+n, "param_name")
		wrong(seen[row.Name], "param_name_"+n, "param_twice")
		wrong(utf8.RuneCountInString(row.Name) > catalog.MaxParamName, "param_name_"+n, "long", catalog.MaxParamName)
		wrong(utf8.RuneCountInString(row.Value) > catalog.MaxParamValue, "param_value_"+n, "long", catalog.MaxParamValue)
		seen[row.Name] = true
		in.Params = append(in.Params, catalog.Param(row))
	}
}

// askParams offers a line for everything that the category asks for, and some more.
func (f *productForm) askParams(categories []readmodel.Category) {
	f.Asks = map[string]string{}
	known := map[string]bool{}
	for _, row := range f.Params {
		known[row.Name] = true
	}
	for _, c := range categories {
		id := itoa64(c.ID)
		f.Asks[id] = strings.Join(c.Params, "|")
		if id != f.Category {
			continue
		}
		for _, name := range c.Params {
			if !known[name] && len(f.Params) < catalog.MaxParams {
				known[name] = true
				f.Params = append(f.Params, view.ParamField{Name: name})
			}
		}
	}
	for range min(moreParams, catalog.MaxParams-len(f.Params)) {
		f.Params = append(f.Params, view.ParamField{})
	}
}

// judgeVoucher reads what a voucher is good for: days, or a last day.
func (f *productForm) judgeVoucher(in *listing.SaveInput, wrong func(bad bool, field, key string, args ...any)) {
	t := catalog.VoucherTerms{Refunds: f.VoucherRefunds}
	uses, ok := whole(f.VoucherUses, catalog.MaxVoucherUses)
	wrong(!ok || uses < 1, "voucher_uses", "voucher_range", catalog.MaxVoucherUses)
	t.Uses = int32(uses)
	if f.VoucherUntil != "" {
		last, err := time.ParseInLocation(time.DateOnly, f.VoucherUntil, shanghai())
		wrong(err != nil || last.Year() < 2020 || last.Year() > 2100, "voucher_until", "voucher_until")
		t.Until = new(last.AddDate(0, 0, 1).UTC()) // to the end of that day
	} else {
		days, ok := whole(f.VoucherDays, catalog.MaxVoucherDays)
		wrong(!ok || days < 1, "voucher_days", "voucher_range", catalog.MaxVoucherDays)
		t.Days = int32(days)
	}
	in.Voucher = t
}

// showVoucher writes a product's terms as a voucher into the form; those of another kind are the
// usual ones.
func (f *productForm) showVoucher(p readmodel.ProductDetail) {
	f.VoucherUses, f.VoucherDays, f.VoucherRefunds = strconv.FormatInt(p.VoucherUses, 10), some(p.VoucherDays), p.VoucherRefunds
	if p.VoucherUntil != nil {
		f.VoucherUntil = p.VoucherUntil.Add(-time.Second).In(shanghai()).Format(time.DateOnly)
	}
}

// moment reads a field for a moment; nothing typed is none.
func moment(s string) (*time.Time, bool) {
	if s == "" {
		return nil, true
	}
	at, err := time.ParseInLocation(clockForm, s, shanghai())
	if err != nil || at.Year() < 2020 || at.Year() > 2100 {
		return nil, false
	}
	at = at.UTC()
	return &at, true
}

// showTerms writes a product's terms into the form. A description of paragraphs alone is
// shown as it was typed.
func (f *productForm) showTerms(p readmodel.ProductDetail) {
	f.Tags, f.Kind = strings.Join(p.Tags, "，"), p.Kind
	if p.BrandID != 0 {
		f.Brand = strconv.FormatInt(p.BrandID, 10)
	}
	if p.FreightID != 0 {
		f.Freight = strconv.FormatInt(p.FreightID, 10)
	}
	if p.MinQty > 1 {
		f.MinQty = strconv.FormatInt(p.MinQty, 10)
	}
	f.MaxPerOrder, f.MaxLifetime = some(p.MaxPerOrder), some(p.MaxLifetime)
	f.showVoucher(p)
	for _, c := range []struct {
		at   *time.Time
		into *string
	}{{p.OnAt, &f.OnAt}, {p.OffAt, &f.OffAt}} {
		if c.at != nil {
			*c.into = c.at.In(shanghai()).Format(clockForm)
		}
	}
	f.Detail = p.Detail
	for _, row := range p.Params {
		f.Params = append(f.Params, view.ParamField(row))
	}
}

// harmless holds the rules of descriptions.
var harmless = sync.OnceValue(richtext.New) //nolint:gochecknoglobals // the rules never change

// shownDetail is a description as the form shows it: cleaned, because the editor makes a page of
// it, and as it was typed if it holds paragraphs alone.
func shownDetail(stored string) string {
	cleaned := harmless().Clean(stored)
	if text, ok := richtext.Plain(cleaned); ok {
		return text
	}
	return cleaned
}

// some is a number as its field shows it; 0 is an empty field.
func some(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
