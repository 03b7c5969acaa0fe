package view

import (
	"math"
	"strconv"
	"strings"

	"galleria/commerce/money"
	"galleria/console/readmodel"
)

// The box of the bar chart, in user units; CSS stretches it to the card.
const (
	chartWidth  = 700
	chartHeight = 160
	barGap      = 14
	barRadius   = 4
)

// bar is one column of the revenue chart.
type bar struct {
	Day                 readmodel.Day
	X, Y, Width, Height int64
	Today               bool
}

// bars lays the days out. An empty day keeps a sliver, so that the axis is readable.
func bars(days []readmodel.Day) []bar {
	if len(days) == 0 {
		return nil
	}
	top := int64(1)
	for _, d := range days {
		top = max(top, int64(d.Revenue))
	}
	step := int64(chartWidth / len(days))
	out := make([]bar, 0, len(days))
	for i, d := range days {
		// Divided first, so that no amount of money overflows the product.
		height := max(2, int64(d.Revenue)/max(1, top/chartHeight))
		height = min(height, chartHeight)
		out = append(out, bar{
			Day: d, X: int64(i)*step + barGap/2, Y: chartHeight - height,
			Width: step - barGap, Height: height, Today: i == len(days)-1,
		})
	}
	return out
}

// sparkline returns the points of a polyline of n values in a 100 × 28 box.
func sparkline(values []int64) string {
	if len(values) < 2 {
		return ""
	}
	top := int64(1)
	for _, v := range values {
		top = max(top, v)
	}
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.FormatInt(int64(i)*100/int64(len(values)-1), 10))
		b.WriteByte(',')
		y := min(24, max(0, v)/max(1, top/24))
		b.WriteString(strconv.FormatInt(26-y, 10))
	}
	return b.String()
}

func orderSeries(days []readmodel.Day) []int64 {
	out := make([]int64, len(days))
	for i, d := range days {
		out[i] = d.Orders
	}
	return out
}

func paidSeries(days []readmodel.Day) []int64 {
	out := make([]int64, len(days))
	for i, d := range days {
		out[i] = d.Paid
	}
	return out
}

func revenueSeries(days []readmodel.Day) []int64 {
	out := make([]int64, len(days))
	for i, d := range days {
		out[i] = int64(d.Revenue)
	}
	return out
}

// delta compares today with yesterday: the rounded change in percent, and whether
// there is anything to compare with.
func delta(today, yesterday int64) (percent int64, comparable bool) {
	if yesterday <= 0 {
		return 0, false
	}
	change := today - yesterday
	if change > 1<<40 || change < -1<<40 {
		return change / max(1, yesterday/100), true
	}
	return (change*100 + sign(change)*yesterday/2) / yesterday, true
}

func sign(n int64) int64 {
	if n < 0 {
		return -1
	}
	return 1
}

// sumRevenue adds the days up; a sum beyond int64 fen shows as the largest amount.
func sumRevenue(days []readmodel.Day) money.Fen {
	var total money.Fen
	for _, d := range days {
		next, err := total.Add(d.Revenue)
		if err != nil {
			return math.MaxInt64
		}
		total = next
	}
	return total
}
