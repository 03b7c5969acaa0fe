package view_test

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/console/i18n"
	"galleria/console/readmodel"
	"galleria/console/view"
)

var rect = regexp.MustCompile(`<rect class="[^"]*" x="(-?\d+)" y="(-?\d+)" width="(-?\d+)" height="(-?\d+)"`)

func TestChartStaysInItsBox(t *testing.T) {
	t.Parallel()
	catalog, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name    string
		revenue []money.Fen
		tallest int64
	}{
		{"nothing sold", []money.Fen{0, 0, 0}, 2},
		{"one fen", []money.Fen{0, 1, 0}, 2},
		{"usual days", []money.Fen{10_000, 20_000, 5_000}, 160},
		{"more than there is", []money.Fen{math.MaxInt64, math.MaxInt64, 1}, 160},
		{"one day", []money.Fen{500_000}, 160},
		{"no days", nil, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var o readmodel.Overview
			for i, r := range tc.revenue {
				o.Days = append(o.Days, readmodel.Day{Start: time.Date(2026, 11, i+1, 0, 0, 0, 0, time.UTC), Revenue: r, Orders: int64(r), Paid: int64(r)})
			}
			p := view.Page{Text: catalog.Printer(i18n.En), Asset: func(string) string { return "/x" }, Shop: &view.Shop{Handle: "a"}}
			var page bytes.Buffer
			if err := view.DashboardPage(p, view.Dashboard{Overview: o}).Render(t.Context(), &page); err != nil {
				t.Fatal(err)
			}
			found := rect.FindAllStringSubmatch(page.String(), -1)
			if len(found) != len(tc.revenue) {
				t.Fatalf("%d bars for %d days", len(found), len(tc.revenue))
			}
			var tallest int64
			for _, m := range found {
				x, y, width, height := num(t, m[1]), num(t, m[2]), num(t, m[3]), num(t, m[4])
				if x < 0 || y < 0 || width <= 0 || x+width > 700 || y+height != 160 {
					t.Errorf("bar x=%d y=%d width=%d height=%d leaves the box", x, y, width, height)
				}
				tallest = max(tallest, height)
			}
			if tallest != tc.tallest {
				t.Errorf("tallest bar %d, want %d", tallest, tc.tallest)
			}
		})
	}
}

func num(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
