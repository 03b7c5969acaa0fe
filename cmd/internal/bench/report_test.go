package bench_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"galleria/cmd/internal/bench"
)

func TestJudging(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		bar  bench.Bar
		want bench.Verdict
	}{
		{"below what it must be", bench.Bar{Measured: 0.69, Must: 0.70, Goal: 1}, bench.Miss},
		{"just what it must be", bench.Bar{Measured: 0.70, Must: 0.70, Goal: 1}, bench.Pass},
		{"the goal", bench.Bar{Measured: 1, Must: 0.70, Goal: 1}, bench.Goal},
		{"no further goal", bench.Bar{Measured: 2, Must: 1, Goal: 1}, bench.Pass},
		{"too much", bench.Bar{AtMost: true, Measured: 1.3, Must: 1.2, Goal: 1}, bench.Miss},
		{"little enough", bench.Bar{AtMost: true, Measured: 1.1, Must: 1.2, Goal: 1}, bench.Pass},
		{"less than the goal", bench.Bar{AtMost: true, Measured: 0.9, Must: 1.2, Goal: 1}, bench.Goal},
		{"nothing measured", bench.Bar{AtMost: true, Must: 1.2, Goal: 1}, bench.None},
	} {
		if got := bench.Judge(c.bar); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestRushesMustBeExact(t *testing.T) {
	t.Parallel()
	exact := bench.Rush{Buyers: 64, Pieces: 20, Sold: 20, Refused: 44, Reserved: 20, OnHand: 20, Orders: 20}
	for name, c := range map[string]struct {
		change func(r *bench.Rush)
		want   bool
	}{
		"all in order":             {func(*bench.Rush) {}, true},
		"fewer buyers than pieces": {func(r *bench.Rush) { r.Buyers, r.Sold, r.Refused, r.Orders, r.Reserved = 16, 16, 0, 16, 16 }, true},
		"one sold twice":           {func(r *bench.Rush) { r.Sold, r.Refused, r.Orders, r.Reserved = 21, 43, 21, 21 }, false},
		"one not sold":             {func(r *bench.Rush) { r.Sold, r.Refused, r.Orders, r.Reserved = 19, 45, 19, 19 }, false},
		"a lost update":            {func(r *bench.Rush) { r.Reserved = 19 }, false},
		"an order too many":        {func(r *bench.Rush) { r.Orders = 21 }, false},
		"an order without event":   {func(r *bench.Rush) { r.WithoutEvent = 1 }, false},
		"an answer lost":           {func(r *bench.Rush) { r.Refused = 43 }, false},
	} {
		r := exact
		c.change(&r)
		if r.Exact() != c.want {
			t.Errorf("%s: exact = %t, want %t", name, r.Exact(), c.want)
		}
	}
}

func sample() bench.Report {
	opt := bench.Options{Rounds: 3, Duration: 5 * time.Second, Conns: 32}
	seen := []bench.Observation{
		{"hello", "fiber+pgx", []float64{1000, 1000, 1000}, time.Millisecond, 0},
		{"product list, uncached", "galleria", []float64{80, 10, 95}, 2 * time.Millisecond, 0},
		{"product list, uncached", "fiber+pgx", []float64{100, 100, 100}, time.Millisecond, 0},
		{"product list behind the tenant guard", "fiber+pgx", []float64{96, 97, 98}, time.Millisecond, 0},
		{"product list, cached", "galleria", []float64{500, 600, 700}, time.Millisecond, 0},
		{"place order", "galleria", []float64{50, 50, 50}, time.Millisecond, 0},
		{"place order", "fiber+pgx", []float64{60, 60, 60}, time.Millisecond, 0},
		{"place order", "pgbench", []float64{100, 100, 100}, time.Millisecond, 0},
	}
	counts := []bench.Count{{Route: "GET /products", Statements: 1, Framing: 1}, {Route: "PUT /cart/lines/{sku_id}", Statements: 3.5}}
	rushes := []bench.Rush{{Buyers: 64, Pieces: 20, Sold: 20, Refused: 44, Reserved: 20, OnHand: 20, Orders: 20}, {Buyers: 16, Pieces: 20}}
	return bench.ReportOf(opt, seen, counts, bench.Start{FirstAnswer: 100 * time.Millisecond, IdleBytes: 50e6}, 90e6, rushes)
}

func TestRatiosAreMediansOfTheRounds(t *testing.T) {
	t.Parallel()
	rows := map[string]bench.Row{}
	for _, r := range sample().Rows {
		rows[r.Work+"/"+r.Subject] = r
	}
	list := rows["product list, uncached/galleria"]
	if list.PerSecond != 80 || list.OfThin != 0.80 || list.CPUOfThin != 2 || list.OfPgbench != 0 || list.Ops != 300 {
		t.Errorf("list: %+v; want 80/s, 0.80 and 2 x of thin, nothing of pgbench, 300 operations", list)
	}
	if own := rows["product list, uncached/fiber+pgx"]; own.OfThin != 0 {
		t.Errorf("the thin handler is compared with itself: %+v", own)
	}
	if guard := rows["product list behind the tenant guard/fiber+pgx"]; guard.OfThin != 0.97 {
		t.Errorf("guarded list: %+v; want 0.97 of the list without", guard)
	}
	if cached := rows["product list, cached/galleria"]; cached.OfThin != 0.6 {
		t.Errorf("cached list: %+v; want 0.6 of hello", cached)
	}
	if order := rows["place order/galleria"]; order.OfPgbench != 0.5 || order.OfThin != 50.0/60 {
		t.Errorf("order: %+v; want 0.5 of pgbench", order)
	}
}

func TestABrokenRoundLeavesTheOthersStanding(t *testing.T) {
	t.Parallel()
	report := bench.ReportOf(bench.Options{Rounds: 3}, []bench.Observation{
		{"quote", "galleria", []float64{50, 1, 70}, time.Millisecond, 2},
		{"quote", "fiber+pgx", []float64{100, 100, 100}, time.Millisecond, 1},
	}, nil, bench.Start{}, 0, nil)
	quote := report.Rows[0]
	if quote.PerSecond != 50 || quote.OfThin != 0.7 || quote.Ops != 200 {
		t.Errorf("%+v; want 50/s of the rounds that held, 0.7 from the only round where both did", quote)
	}
	if len(report.Broken) != 2 {
		t.Errorf("broken: %q, want two", report.Broken)
	}
	var md strings.Builder
	report.Markdown(&md)
	if !strings.Contains(md.String(), "BROKEN: quote broke") {
		t.Error("the report does not say what broke")
	}
}

func TestBarsOfAReport(t *testing.T) {
	t.Parallel()
	report := sample()
	verdicts := map[string]bench.Verdict{}
	missed := 0
	for _, b := range report.Bars {
		verdicts[b.Name+" "+b.What] = b.Verdict
		if b.Verdict == bench.Miss {
			missed++
		}
	}
	for what, want := range map[string]bench.Verdict{
		"G1 list, of fiber+pgx":                                                  bench.Pass,
		"G1 list, CPU of fiber+pgx":                                              bench.Miss,
		"G2 product list, uncached: times cheaper than Vendure (CPU)":            bench.Pass, // 242 / 2
		"G2 product list, uncached: times cheaper than newbee-mall, tuned (CPU)": bench.Miss, // 1.43 / 2
		"G3 detail, of fiber+pgx":                                                bench.None,
		"G6 place order, of pgbench":                                             bench.Miss,
		"G10 rushes that sold exactly what was there":                            bench.Miss, // one of two
		"G11 list behind the tenant guard, of the list without":                  bench.Goal,
		"G12 serve, memory idle":                                                 bench.Pass,
		"G12 serve, most memory under load":                                      bench.Pass,
		"G13 start to first answer from the database":                            bench.Goal,
		"G14 statements: GET /products":                                          bench.Pass,
		"G14 statements: PUT /cart/lines/{sku_id}":                               bench.Miss,
		"G14 statements: POST /orders":                                           bench.None,
		"cache cached list, of a bare hello":                                     bench.Goal,
	} {
		if verdicts[what] != want {
			t.Errorf("%s: %q, want %q", what, verdicts[what], want)
		}
	}
	if report.Missed() != missed || missed == 0 {
		t.Errorf("Missed() = %d, counted %d", report.Missed(), missed)
	}
}

func TestReportIsReadable(t *testing.T) {
	t.Parallel()
	var md, js strings.Builder
	report := sample()
	report.Markdown(&md)
	for _, want := range []string{
		"| product list, uncached | galleria | 80 | 1.00 / 2.00 | 2.000 (2.000 + 0.000) | 80 % | 2.00 x | - |",
		"| PUT /cart/lines/{sku_id} | 3.5 | 0 | 0 | 0 |",
		"| 64 | 20 | 20 | 44 | 20 | 20 | 0 | yes |",
		"| 16 | 20 | 0 | 0 | 0 | 0 | 0 | NO |",
		"| G12 | serve, memory idle | 50.0 MB | <= 60.0 MB | <= 60.0 MB | pass |",
	} {
		if !strings.Contains(md.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, md.String())
		}
	}
	if err := report.JSON(&js); err != nil {
		t.Fatal(err)
	}
	var back bench.Report
	if err := json.Unmarshal([]byte(js.String()), &back); err != nil || len(back.Bars) != len(report.Bars) || back.Rows[1] != report.Rows[1] {
		t.Errorf("JSON does not give the report back: %v", err)
	}
}
