package console

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// orderList shows the orders that match the filters. A filter that cannot be read is
// left out and said so; a status or cursor that no link of ours makes is left out.
func (s *Console) orderList(c *fiber.Ctx, v *visit) error {
	list := view.OrderList{
		Status: c.Query("status"), Flag: c.Query("flag"), From: c.Query("from"), To: c.Query("to"), Query: searchWords(c.Query("q")),
	}
	if v.look != nil {
		list.Query = guestSearch(list.Query)
	}
	if !slices.Contains(view.OrderStatuses(), list.Status) {
		list.Status = ""
	}
	if !slices.Contains(view.OrderFlags(), list.Flag) {
		list.Flag = ""
	}
	frozen, parcel := list.Flag, ""
	switch list.Flag {
	case "anomaly", "aftersale":
		frozen = ""
	case "packed", "lost":
		frozen, parcel = "", list.Flag
	}
	from, until, invalid := s.dateRange(list.From, list.To)
	list.Invalid = invalid
	before := cursor(c.Query("before"))
	list.OnFirst = before == 0
	page, err := s.pages.Orders(c.UserContext(), v.shop.ID, readmodel.OrderFilter{
		Status: list.Status, From: from, Until: until, Query: list.Query, Anomaly: list.Flag == "anomaly", InCase: list.Flag == "aftersale", Frozen: frozen, Parcel: parcel, Before: before,
	})
	if err != nil {
		return err
	}
	if v.look != nil {
		maskRows(page.Rows)
	}
	list.OrderPage, list.MayShip = page, v.granted[authz.OrderShip]
	return render(c, view.OrderListPage(s.page(c, v, v.text.T("order.title"), "nav.orders"), list))
}

// dateRange reads two days of Shanghai, both included, into a half-open range. invalid
// is the text that says what is wrong with them.
func (s *Console) dateRange(first, last string) (from, until time.Time, invalid string) {
	read := func(day string) time.Time {
		if day == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation(time.DateOnly, day, s.texts.Shanghai())
		if err != nil || t.Year() < 1970 || t.Year() > 9000 {
			invalid = "filter.bad_date"
			return time.Time{}
		}
		return t
	}
	from, until = read(first), read(last)
	if !until.IsZero() {
		until = until.AddDate(0, 0, 1)
	}
	if !from.IsZero() && !until.IsZero() && !from.Before(until) {
		invalid = "filter.bad_range"
	}
	return from, until, invalid
}
