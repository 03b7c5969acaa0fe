package console

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/sheet"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
)

const (
	// figureDays is the period that is shown unless another one is asked for.
	figureDays = 30
	// mostFigureDays is the longest period that a page shows.
	mostFigureDays = 366
	// shownProducts are those on the page; an export has more.
	shownProducts, exportedProducts = 50, 50_000
)

// figurePeriod reads a preset, or a range of one's own. preset is "" for the latter;
// invalid is the text key of what was refused or cut.
func (s *Console) figurePeriod(period, first, last string) (p readmodel.FigureSpan, preset, invalid string) {
	today := tenant.BusinessDay(s.Now())
	lately := func(days int) readmodel.FigureSpan {
		return readmodel.FigureSpan{From: today.AddDate(0, 0, 1-days), To: today}
	}
	if first == "" && last == "" {
		switch {
		case !slices.Contains(view.FigurePresets(), period):
		case period == "today":
			return lately(1), period, ""
		case period == "yesterday":
			yesterday := today.AddDate(0, 0, -1)
			return readmodel.FigureSpan{From: yesterday, To: yesterday}, period, ""
		case period == "month":
			return readmodel.FigureSpan{From: today.AddDate(0, 0, 1-today.Day()), To: today}, period, ""
		default:
			if days, err := strconv.Atoi(period); err == nil {
				return lately(days), period, ""
			}
		}
		return lately(figureDays), strconv.Itoa(figureDays), ""
	}
	from, until, invalid := s.dateRange(first, last)
	if invalid != "" {
		return lately(figureDays), strconv.Itoa(figureDays), invalid
	}
	p = lately(figureDays)
	if !until.IsZero() {
		p.To = tenant.BusinessDay(until.AddDate(0, 0, -1))
		p.From = p.To.AddDate(0, 0, 1-figureDays)
	}
	if !from.IsZero() {
		p.From = tenant.BusinessDay(from)
	}
	switch {
	case p.To.Before(p.From):
		return lately(figureDays), strconv.Itoa(figureDays), "filter.bad_range"
	case p.Days() > mostFigureDays:
		p.From = p.To.AddDate(0, 0, 1-mostFigureDays)
		return p, "", "settlement.too_long"
	}
	return p, "", ""
}

// comparedWith is the period that p is compared with, as long as p.
func comparedWith(p readmodel.FigureSpan, compare string) (readmodel.FigureSpan, bool) {
	switch compare {
	case "before":
		return readmodel.FigureSpan{From: p.From.AddDate(0, 0, -p.Days()), To: p.From.AddDate(0, 0, -1)}, true
	case "year":
		from := p.From.AddDate(-1, 0, 0)
		return readmodel.FigureSpan{From: from, To: from.AddDate(0, 0, p.Days()-1)}, true
	}
	return readmodel.FigureSpan{}, false
}

// figuresShow shows a page of the shop's figures of a period, next to another one.
func (s *Console) figuresShow(tab string) func(c *fiber.Ctx, v *visit) error {
	return func(c *fiber.Ctx, v *visit) error {
		span, preset, invalid := s.figurePeriod(c.Query("period"), c.Query("from"), c.Query("to"))
		page := view.Figures{
			Tab: tab, Preset: preset, Compare: c.Query("compare"), Invalid: invalid,
			SeesProducts: v.granted[authz.ProductRead], SeesRefunds: v.granted[authz.RefundRead], SeesMembers: v.granted[authz.MemberRead],
		}
		if !slices.Contains(view.FigureCompares(), page.Compare) {
			page.Compare = view.FigureCompares()[0]
		}
		spans := []readmodel.FigureSpan{span}
		if then, ok := comparedWith(span, page.Compare); ok {
			spans = append(spans, then)
		}
		list, err := s.pages.Figures(c.UserContext(), v.shop.ID, spans...)
		if err != nil {
			return err
		}
		page.Now = list[0]
		if len(list) > 1 {
			page.Then = &list[1]
		}
		if tab == "products" {
			if page.Products, err = s.pages.FigureProducts(c.UserContext(), v.shop.ID, span, shownProducts); err != nil {
				return err
			}
		}
		return render(c, view.FiguresPage(s.page(c, v, v.text.T("figures.title"), "nav.figures"), page))
	}
}

// figuresExport sends the days of a period, or its products.
func (s *Console) figuresExport(tab string) func(c *fiber.Ctx, v *visit) error {
	return func(c *fiber.Ctx, v *visit) error {
		span, _, _ := s.figurePeriod("", form(c, "from"), form(c, "to"))
		out := table{
			name: "figures", title: v.text.T("figures.title"), action: "figures.exported",
			detail: map[string]any{"from": span.From.Format(time.DateOnly), "to": span.To.Format(time.DateOnly)},
		}
		if tab == "products" {
			s.productFigures(&out, v, span)
			return s.export(c, v, out)
		}
		list, err := s.pages.Figures(c.UserContext(), v.shop.ID, span)
		if err != nil {
			return err
		}
		t := v.text
		out.head = []string{t.T("dashboard.day")}
		for _, key := range []string{"placed", "paid", "paid_fen", "cancelled", "refunds", "refund_fen", "members", "viewers", "carters", "orderers", "buyers"} {
			out.head = append(out.head, t.T("figures.of."+key))
		}
		out.rows = func(row func(...sheet.Cell) error) error {
			for _, d := range list[0].Days {
				err := row(sheet.Day(d.Day), sheet.Count(d.Placed), sheet.Count(d.Paid), sheet.Yuan(d.PaidFen), sheet.Count(d.Cancelled), sheet.Count(d.Refunds), sheet.Yuan(d.RefundFen),
					sheet.Count(d.Members), sheet.Count(d.Viewers), sheet.Count(d.Carters), sheet.Count(d.Orderers), sheet.Count(d.Buyers))
				if err != nil {
					return err
				}
			}
			return nil
		}
		return s.export(c, v, out)
	}
}

// productFigures makes out the table of a period's products.
func (s *Console) productFigures(out *table, v *visit, span readmodel.FigureSpan) {
	t, shop := v.text, v.shop.ID
	out.name, out.title = "figures-products", t.T("figures.products")
	out.head = []string{
		t.T("figures.product"), t.T("figures.product.paid_fen"), t.T("figures.product.units"), t.T("figures.product.orders"),
		t.T("figures.product.refund_units"), t.T("figures.product.refund_fen"), t.T("figures.product.views"),
	}
	out.stream = func(ctx context.Context, row func(...sheet.Cell) error) error {
		list, err := s.pages.FigureProducts(ctx, shop, span, exportedProducts)
		if err != nil {
			return err
		}
		for _, p := range list {
			title := p.Title
			if title == "" {
				title = t.T("figures.product.gone", strconv.FormatInt(p.ID, 10))
			}
			err := row(sheet.Text(title), sheet.Yuan(p.PaidFen), sheet.Count(p.Units), sheet.Count(p.Orders), sheet.Count(p.RefundUnits), sheet.Yuan(p.RefundFen), sheet.Count(p.Views))
			if err != nil {
				return err
			}
		}
		return nil
	}
}
