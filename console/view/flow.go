package view

import (
	"time"

	"galleria/console/readmodel"
)

// flowWidth is the width of the settlement chart in user units: fine enough for a year of
// days.
const flowWidth = 7000

// flowBar is a day's pair of columns: what came in, and what went back or was kept.
type flowBar struct {
	Day      readmodel.FlowDay
	X, Width int64
	In, Out  int64 // heights
}

// flowBars lays the days out. A day on which more went back than came in has no column
// below the axis: the table beside has its sign.
func flowBars(days []readmodel.FlowDay) []flowBar {
	if len(days) == 0 {
		return nil
	}
	top := int64(1)
	for _, d := range days {
		top = max(top, int64(d.Received), int64(d.Refunded+d.Fees))
	}
	height := func(fen int64) int64 {
		switch { // divided first, so that no amount of money overflows the product
		case fen <= 0:
			return 0
		case top < 1<<40:
			return max(2, fen*chartHeight/top)
		}
		return min(chartHeight, max(2, fen/(top/chartHeight)))
	}
	step := int64(flowWidth / len(days))
	gap := max(2, step/5)
	out := make([]flowBar, 0, len(days))
	for i, d := range days {
		out = append(out, flowBar{
			Day: d, X: int64(i)*step + gap/2, Width: max(1, (step-gap)/2), In: height(int64(d.Received)), Out: height(int64(d.Refunded + d.Fees)),
		})
	}
	return out
}

// flowLabels are the days that stand under the chart: as many as there is room for.
func flowLabels(days []readmodel.FlowDay) []time.Time {
	const room = 8
	every := (len(days) + room - 1) / room
	var out []time.Time
	for i := 0; i < len(days); i += max(1, every) {
		out = append(out, days[i].Day)
	}
	return out
}
