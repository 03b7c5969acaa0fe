package viewtest

import (
	"time"

	"galleria/commerce/money"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// figurePages are the pages of the shop's figures.
func (f Frame) figurePages() []Sample {
	page := func(g view.Figures) Sample {
		name := "figures"
		if g.Tab != "" {
			name += "_" + g.Tab
		}
		return Sample{name, view.FiguresPage(f.page("nav.figures", f.Text.T("figures.title")), g)}
	}
	to := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	now, then := figuresUpTo(to, 1), figuresUpTo(to.AddDate(0, 0, -30), 2)
	month := view.Figures{Preset: "30", Compare: "before", Now: now, Then: &then, SeesProducts: true}
	products, members, refunds, funnel := month, month, month, month
	products.Tab, products.Then, products.Compare = "products", nil, "none"
	products.Products = []readmodel.FigureProduct{
		{ID: 1, Title: "云南小粒咖啡豆 454g", Orders: 120, Units: 164, PaidFen: 967600, RefundUnits: 3, RefundFen: 17700, Views: 2210},
		{ID: 2, Title: "挂耳咖啡 <10 包>", Orders: 88, Units: 131, PaidFen: 510900, Views: 1804},
		{ID: 9, Orders: 1, Units: 1, PaidFen: 5900},
		{ID: 7, Title: "手冲壶", Views: 96},
	}
	members.Tab, refunds.Tab, funnel.Tab, refunds.Compare = "members", "refunds", "funnel", "year"
	none := view.Figures{Compare: "before", Invalid: "filter.bad_range", Now: readmodel.Figures{Span: now.Span}, Then: &readmodel.Figures{}}
	empty := page(none)
	empty.Name = "figures_none"
	return []Sample{page(month), page(products), page(members), page(refunds), page(funnel), empty}
}

// figuresUpTo are thirty days that end with to.
func figuresUpTo(to time.Time, salt int) readmodel.Figures {
	f := readmodel.Figures{Span: readmodel.FigureSpan{From: to.AddDate(0, 0, -29), To: to}, People: 412, Again: 57, First: 203}
	for i := range 30 {
		n := int64(8 + (i*i*7*salt+i*3)%23)
		d := readmodel.FigureDay{
			Day: f.Span.From.AddDate(0, 0, i), Placed: n + 3, Paid: n, PaidFen: money.Fen(n * 6120), Cancelled: 2, Refunds: n % 3, RefundFen: money.Fen(n % 3 * 5900),
			Members: n / 2, Orderers: n + 1, Buyers: n - 1, Viewers: n * 9, Carters: n * 2,
		}
		f.Days = append(f.Days, d)
		f.Sum.Placed, f.Sum.Paid, f.Sum.PaidFen, f.Sum.Cancelled = f.Sum.Placed+d.Placed, f.Sum.Paid+d.Paid, f.Sum.PaidFen+d.PaidFen, f.Sum.Cancelled+d.Cancelled
		f.Sum.Refunds, f.Sum.RefundFen, f.Sum.Members = f.Sum.Refunds+d.Refunds, f.Sum.RefundFen+d.RefundFen, f.Sum.Members+d.Members
		f.Sum.Orderers, f.Sum.Buyers, f.Sum.Viewers, f.Sum.Carters = f.Sum.Orderers+d.Orderers, f.Sum.Buyers+d.Buyers, f.Sum.Viewers+d.Viewers, f.Sum.Carters+d.Carters
	}
	return f
}
