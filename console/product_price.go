package console

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/catalog"
	"galleria/commerce/listing"
	"galleria/commerce/money"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// productPrices shows what would become of the prices of the ticked products, and changes them
// when that was confirmed.
func (s *Console) productPrices(c *fiber.Ctx, v *visit) error {
	back := view.Shop{Handle: v.shop.Handle}.URL("/products")
	out := view.Prices{Mode: form(c, "price_mode"), Value: strings.TrimSpace(form(c, "price_value")), Shelf: form(c, "shelf"), Done: form(c, "confirm") == "1"}
	in := listing.PriceInput{Change: readChange(out.Mode, out.Value), Dry: !out.Done, Versions: map[int64]int32{}, Editor: editor(v)}
	var ids []int64
	for _, text := range formAll(c, "id") {
		number, version, _ := strings.Cut(text, ":")
		id, err := strconv.ParseInt(number, 10, 64)
		if n, bad := strconv.ParseInt(version, 10, 32); bad == nil && out.Done {
			in.Versions[id] = int32(n)
		} else if err == nil && id > 0 && !out.Done {
			in.Versions[id] = 0
		}
		ids = append(ids, id)
	}
	rows, err := s.Products.Reprice(c.UserContext(), v.shop.ID, in)
	if errors.Is(err, fault.ErrValidation) {
		return c.Redirect(back+"?done=price_none", fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	titles, err := s.pages.ProductTitles(c.UserContext(), v.shop.ID, ids)
	if err != nil {
		return err
	}
	for _, row := range rows {
		shown := view.PriceRow{ID: row.ID, Version: int64(row.Version), Title: titles[row.ID], Problem: textOf(v, row.Err), From: priceRange(v, row.LowFen, row.HighFen), To: priceRange(v, row.ToLow, row.ToHigh)}
		if shown.Title == "" {
			shown.Title = "#" + itoa64(row.ID)
		}
		if row.Err == nil {
			out.Good++
		}
		out.Rows = append(out.Rows, shown)
	}
	return render(c, view.PricesPage(s.page(c, v, v.text.T("product.title"), "nav.products"), out))
}

// readChange reads an amount in yuan, or percent with up to two decimals; what cannot be read is a
// change that is refused.
func readChange(mode, value string) catalog.PriceChange {
	change := catalog.PriceChange{Mode: catalog.PriceMode(mode)}
	if change.Mode == catalog.PricePercent {
		change.Bps = number(strings.TrimSuffix(value, "%"), 2)
		return change
	}
	digits, minus := strings.CutPrefix(value, "-")
	fen, err := money.ParseYuan(strings.TrimPrefix(digits, "+"))
	if err != nil {
		return catalog.PriceChange{}
	}
	if change.Fen = fen; minus {
		change.Fen = -fen
	}
	return change
}

func priceRange(v *visit, low, high money.Fen) string {
	if low == high {
		return v.text.Money(low)
	}
	return v.text.Money(low) + "–" + v.text.Money(high)
}
