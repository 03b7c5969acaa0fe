package view

import (
	"strconv"
	"strings"
	"time"

	"galleria/commerce/money"
	"galleria/console/readmodel"
)

// FigureTabs are the pages of the figures, in their order; the first is the overview.
func FigureTabs() []string { return []string{"", "products", "members", "refunds", "funnel"} }

// FigurePresets are the periods that one press chooses.
func FigurePresets() []string { return []string{"today", "yesterday", "7", "30", "month"} }

// FigureCompares are what a period may be compared with; "" is nothing.
func FigureCompares() []string { return []string{"before", "year", "none"} }

// Figures is a page of the shop's figures.
type Figures struct {
	Tab      string
	Preset   string // "" for a range of one's own
	Compare  string
	Invalid  string // text key
	Now      readmodel.Figures
	Then     *readmodel.Figures // nil without a comparison
	Products []readmodel.FigureProduct
	// SeesProducts and SeesRefunds say whether the lists behind the numbers may be opened.
	SeesProducts, SeesRefunds, SeesMembers bool
}

func (f Figures) from() string { return f.Now.Span.From.Format(time.DateOnly) }
func (f Figures) to() string   { return f.Now.Span.To.Format(time.DateOnly) }

// address is the page with another tab, preset or comparison; a range of one's own stays.
func (f Figures) pairs(preset, compare string) []string {
	out := []string{"compare", compare}
	if preset != "" {
		return append(out, "period", preset)
	}
	return append(out, "from", f.from(), "to", f.to())
}

func figurePath(p Page, tab string) string {
	if tab == "" {
		return p.Shop.URL("/figures")
	}
	return p.Shop.URL("/figures/" + tab)
}

func tabKey(tab string) string {
	if tab == "" {
		return "overview"
	}
	return tab
}

// unit is how a number is written.
type unit int

const (
	unitCount unit = iota
	unitMoney
	unitRate // basis points
)

func (u unit) text(p Page, n int64) string {
	switch u {
	case unitMoney:
		return p.Text.Money(money.Fen(n))
	case unitRate:
		return strconv.FormatInt(n/100, 10) + "." + strconv.FormatInt(n%100/10, 10) + "%"
	case unitCount:
	}
	return p.Text.Count(n)
}

// figure is a number with its name; key.note says what exactly it counts.
type figure struct {
	key  string
	unit unit
	of   func(readmodel.Figures) int64
}

func ratio(part, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	return part * 10_000 / whole
}

func each(part, n int64) int64 {
	if n <= 0 {
		return 0
	}
	return part / n
}

// figuresOf are the numbers at the head of a page.
func figuresOf(tab string) []figure {
	switch tab {
	case "members":
		return []figure{
			{"members", unitCount, func(f readmodel.Figures) int64 { return f.Sum.Members }},
			{"people", unitCount, func(f readmodel.Figures) int64 { return f.People }},
			{"first", unitCount, func(f readmodel.Figures) int64 { return f.First }},
			{"again", unitRate, func(f readmodel.Figures) int64 { return ratio(f.Again, f.People) }},
		}
	case "refunds":
		return []figure{
			{"refund_fen", unitMoney, func(f readmodel.Figures) int64 { return int64(f.Sum.RefundFen) }},
			{"refunds", unitCount, func(f readmodel.Figures) int64 { return f.Sum.Refunds }},
			{"refund_rate", unitRate, func(f readmodel.Figures) int64 { return ratio(int64(f.Sum.RefundFen), int64(f.Sum.PaidFen)) }},
			{"cancelled", unitCount, func(f readmodel.Figures) int64 { return f.Sum.Cancelled }},
		}
	case "":
		return []figure{
			{"paid_fen", unitMoney, func(f readmodel.Figures) int64 { return int64(f.Sum.PaidFen) }},
			{"paid", unitCount, func(f readmodel.Figures) int64 { return f.Sum.Paid }},
			{"people", unitCount, func(f readmodel.Figures) int64 { return f.People }},
			{"average", unitMoney, func(f readmodel.Figures) int64 { return each(int64(f.Sum.PaidFen), f.Sum.Paid) }},
			{"placed", unitCount, func(f readmodel.Figures) int64 { return f.Sum.Placed }},
			{"cancelled", unitCount, func(f readmodel.Figures) int64 { return f.Sum.Cancelled }},
			{"refund_fen", unitMoney, func(f readmodel.Figures) int64 { return int64(f.Sum.RefundFen) }},
			{"net", unitMoney, func(f readmodel.Figures) int64 { return int64(f.Sum.PaidFen - f.Sum.RefundFen) }},
		}
	}
	return nil
}

// series is one number of every day.
type series struct {
	key  string
	unit unit
	of   func(readmodel.FigureDay) int64
}

// seriesOf are the charts of a page.
func seriesOf(tab string) []series {
	buyers := series{"buyers", unitCount, func(d readmodel.FigureDay) int64 { return d.Buyers }}
	switch tab {
	case "":
		return []series{
			{"paid_fen", unitMoney, func(d readmodel.FigureDay) int64 { return int64(d.PaidFen) }},
			{"paid", unitCount, func(d readmodel.FigureDay) int64 { return d.Paid }},
		}
	case "members":
		return []series{{"members", unitCount, func(d readmodel.FigureDay) int64 { return d.Members }}, buyers}
	case "refunds":
		return []series{
			{"refund_fen", unitMoney, func(d readmodel.FigureDay) int64 { return int64(d.RefundFen) }},
			{"refunds", unitCount, func(d readmodel.FigureDay) int64 { return d.Refunds }},
		}
	case "funnel":
		return []series{{"viewers", unitCount, func(d readmodel.FigureDay) int64 { return d.Viewers }}, buyers}
	}
	return nil
}

// figureBar is a day's column.
type figureBar struct {
	Day              time.Time
	Value            int64
	X, Width, Height int64
}

// top is the greatest value of both periods, at least one.
func (f Figures) top(s series) int64 {
	top := int64(1)
	for _, d := range f.Now.Days {
		top = max(top, s.of(d))
	}
	if f.Then != nil {
		for _, d := range f.Then.Days {
			top = max(top, s.of(d))
		}
	}
	return top
}

func barHeight(n, top int64) int64 {
	if n <= 0 {
		return 0
	}
	if top < 1<<40 {
		return max(2, n*chartHeight/top)
	}
	return min(chartHeight, max(2, n/(top/chartHeight))) // divided first: no overflow
}

// figureBars lays the days out.
func (f Figures) bars(s series) []figureBar {
	if len(f.Now.Days) == 0 {
		return nil
	}
	top, step := f.top(s), int64(flowWidth/len(f.Now.Days))
	gap := max(2, step/4)
	out := make([]figureBar, len(f.Now.Days))
	for i, d := range f.Now.Days {
		n := s.of(d)
		out[i] = figureBar{Day: d.Day, Value: n, X: int64(i)*step + gap/2, Width: max(1, step-gap), Height: barHeight(n, top)}
	}
	return out
}

// line is the compared period over the same days: the points of a polyline.
func (f Figures) line(s series) string {
	if f.Then == nil || len(f.Then.Days) < 2 {
		return ""
	}
	top, step := f.top(s), int64(flowWidth/len(f.Now.Days))
	var b strings.Builder
	for i, d := range f.Then.Days {
		if i >= len(f.Now.Days) {
			break
		}
		b.WriteString(strconv.FormatInt(int64(i)*step+step/2, 10) + "," + strconv.FormatInt(chartHeight-barHeight(s.of(d), top), 10) + " ")
	}
	return strings.TrimSuffix(b.String(), " ")
}

// labels are the days that stand under the chart: as many as there is room for.
func (f Figures) labels() []time.Time {
	const room = 8
	every := (len(f.Now.Days) + room - 1) / room
	var out []time.Time
	for i := 0; i < len(f.Now.Days); i += max(1, every) {
		out = append(out, f.Now.Days[i].Day)
	}
	return out
}

// then is the value of the compared day, and whether there is one.
func (f Figures) then(i int, s series) (int64, bool) {
	if f.Then == nil || i >= len(f.Then.Days) {
		return 0, false
	}
	return s.of(f.Then.Days[i]), true
}

func (f Figures) total(s series, of readmodel.Figures) (n int64) {
	for _, d := range of.Days {
		n += s.of(d)
	}
	return n
}

// funnelStep is one step: how many people came so far.
type funnelStep struct {
	Key         string
	Now, Before int64
	Share       int64 // percent of the first step
	Kept        int64 // basis points of the step before
}

func (f Figures) funnel() []funnelStep {
	steps := func(d readmodel.FigureDay) []int64 { return []int64{d.Viewers, d.Carters, d.Orderers, d.Buyers} }
	now := steps(f.Now.Sum)
	var then []int64
	if f.Then != nil {
		then = steps(f.Then.Sum)
	}
	most := max(now[0], now[1], now[2], now[3], 1)
	out := make([]funnelStep, len(now))
	for i, key := range []string{"viewers", "carters", "orderers", "buyers"} {
		out[i] = funnelStep{Key: key, Now: now[i], Share: now[i] * 100 / most}
		if i > 0 {
			out[i].Kept = ratio(now[i], now[i-1])
		}
		if then != nil {
			out[i].Before = then[i]
		}
	}
	return out
}

// share is a product's part of the best one, in percent.
func (f Figures) share(p readmodel.FigureProduct) int64 {
	if len(f.Products) == 0 || f.Products[0].PaidFen <= 0 {
		return 0
	}
	return each(int64(p.PaidFen), max(1, int64(f.Products[0].PaidFen)/100))
}

// noonOf is an hour of the business day that every time zone of the texts shows as that day.
func noonOf(day time.Time) time.Time { return day.Add(4 * time.Hour) }
