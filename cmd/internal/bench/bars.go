package bench

import "fmt"

// Verdict is how a measurement stands to its bar.
type Verdict string

// The verdicts.
const (
	Goal Verdict = "goal"
	Pass Verdict = "pass"
	Miss Verdict = "MISS"
	None Verdict = "not measured"
)

// unit says how a bar's numbers are shown.
type unit string

const (
	share    unit = "%"
	multiple unit = "x"
	millis   unit = "ms"
	megabyte unit = "MB"
	kilobyte unit = "kB"
	rate     unit = "/s"
	count    unit = "n"
)

// Bar is one thing the platform must reach, and what it would like to.
type Bar struct {
	Name     string  `json:"name"`
	What     string  `json:"what"`
	Unit     unit    `json:"unit"`
	AtMost   bool    `json:"at_most"` // less is better
	Measured float64 `json:"measured"`
	Must     float64 `json:"must"`
	Goal     float64 `json:"goal"` // as Must where there is no further goal
	Verdict  Verdict `json:"verdict"`
}

// judge sets the verdict. A measurement of 0 is none.
func (b Bar) judge() Bar {
	reached := func(limit float64) bool {
		if b.AtMost {
			return b.Measured <= limit
		}
		return b.Measured >= limit
	}
	switch {
	case b.Measured == 0:
		b.Verdict = None
	case !reached(b.Must):
		b.Verdict = Miss
	case b.Goal != b.Must && reached(b.Goal):
		b.Verdict = Goal
	default:
		b.Verdict = Pass
	}
	return b
}

func (b Bar) show(v float64) string {
	switch b.Unit {
	case share:
		return fmt.Sprintf("%.0f %%", v*100)
	case multiple:
		return fmt.Sprintf("%.2f x", v)
	case millis:
		return fmt.Sprintf("%.2f ms", v)
	case megabyte:
		return fmt.Sprintf("%.1f MB", v)
	case kilobyte:
		return fmt.Sprintf("%.0f kB", v)
	case rate:
		return fmt.Sprintf("%.1f/s", v)
	case count:
	}
	return number(v)
}

func (b Bar) limit(v float64) string {
	sign := ">= "
	if b.AtMost {
		sign = "<= "
	}
	return sign + b.show(v)
}

// peer is another shop's cost of a work, as a multiple of the thin handler's CPU time on the
// same machine. They were measured once, side by side with the thin handler; with this run's
// thin handler as the common measure they give our distance to them.
type peer struct {
	name       string
	ofThin     float64 // its CPU per operation / the thin handler's
	must, goal float64 // how many times cheaper than it we have to be
}

// bars holds a report against the bars. The names are those of the performance plan.
func bars(r Report) []Bar {
	t := table{r}
	var all []Bar
	add := func(b Bar) { all = append(all, b.judge()) }
	least := func(name, what string, measured, must, goal float64) {
		add(Bar{Name: name, What: what, Unit: share, Measured: measured, Must: must, Goal: goal})
	}
	most := func(u unit, name, what string, measured, must, goal float64) {
		add(Bar{Name: name, What: what, Unit: u, AtMost: true, Measured: measured, Must: must, Goal: goal})
	}
	peers := func(name, work string, list ...peer) {
		own := t.row(work, subjectProduct).CPUOfThin
		for _, p := range list {
			b := Bar{Name: name, What: work + ": times cheaper than " + p.name + " (CPU)", Unit: multiple, Must: p.must, Goal: p.goal}
			if own > 0 {
				b.Measured = p.ofThin / own
			}
			add(b)
		}
	}
	list := t.row(workList, subjectProduct)
	least("G1", "list, of fiber+pgx", list.OfThin, 0.70, 1.00)
	most(multiple, "G1", "list, CPU of fiber+pgx", list.CPUOfThin, 1.4, 1.0)
	peers("G2", workList, peer{"Vendure", 242, 100, 200}, peer{"Vendure's search index", 31.7, 15, 25}, peer{"Medusa", 147, 80, 150}, peer{"newbee-mall, tuned", 1.43, 1.0, 1.4})
	least("G3", "detail, of fiber+pgx", t.row(workDetail, subjectProduct).OfThin, 0.65, 0.80)
	peers("G3", workDetail, peer{"Vendure", 77.5, 40, 40}, peer{"Medusa", 218, 120, 120}, peer{"newbee-mall, tuned", 2.54, 1.5, 1.5})
	least("G4", "search, of fiber+pgx", t.row(workSearch, subjectProduct).OfThin, 0.70, 2.00)
	peers("G4", workSearch, peer{"newbee-mall, tuned", 2.61, 1.5, 1.5}, peer{"Medusa", 167, 100, 100}, peer{"Vendure", 1040, 500, 500})
	if few, many := t.row(workSearch, subjectProduct), t.row(workSearchLarge, subjectProduct); few.PerSecond > 0 {
		least("G4", "search in 100,000 SKUs, of its rate in 3,000", many.PerSecond/few.PerSecond, 0.50, 0.50)
	}
	least("G5", "put cart line, of fiber+pgx", t.row(workCart, subjectProduct).OfThin, 0.60, 0.80)
	peers("G5", workCart, peer{"newbee-mall, tuned", 9.23, 5, 5}, peer{"Vendure", 206, 100, 100}, peer{"Medusa", 816, 400, 400})
	least("G6", "place order, of pgbench", t.row(workOrder, subjectProduct).OfPgbench, 0.70, 1.00)
	most(millis, "G6", "place order, CPU", t.row(workOrder, subjectProduct).CPU(), 1.2, 1.2)
	least("G7", "whole purchase, of fiber+pgx", t.row(workPurchase, subjectProduct).OfThin, 0.55, 0.75)
	peers("G7", workPurchase, peer{"newbee-mall, tuned", 7.03, 3.5, 3.5}, peer{"Vendure", 129, 60, 60}, peer{"Medusa", 872, 400, 400})
	most(millis, "G8", "prepay, CPU of the server (two signatures, a call, two transactions)", t.row(workPrepay, subjectProduct).AppCPU, 2.2, 2.2)
	least("G9", "callback, of fiber+pgx", t.row(workCallback, subjectProduct).OfThin, 0.80, 0.80)
	most(millis, "G9", "callback, CPU", t.row(workCallback, subjectProduct).CPU(), 0.5, 0.5)
	least("G10", "rushes that sold exactly what was there", t.exact(), 1, 1)
	least("G10", "one hot SKU, of pgbench with the hot row last", t.row(workHot, subjectProduct).OfPgbench, 0, 0.70)
	guard := t.row(workListGuarded, subjectThin).OfThin
	least("G11", "list behind the tenant guard, of the list without", guard, 0.90, 0.95)
	most(megabyte, "G12", "serve, memory idle", float64(r.Start.IdleBytes)/1e6, 60, 60)
	most(megabyte, "G12", "serve, most memory under load", float64(r.Busy)/1e6, 150, 80)
	most(megabyte, "G12", "binary", float64(r.Start.BinaryBytes)/1e6, 40, 40)
	most(millis, "G13", "start to first answer from the database", milliseconds(r.Start.FirstAnswer), 1000, 200)
	most(millis, "G13", "CPU until then", milliseconds(r.Start.CPU), 300, 300)
	for _, c := range []struct {
		route string
		must  float64
	}{{routeList, 2}, {routeDetail, 2}, {routeSearch, 1}, {routeCart, 3}, {routeOrder, 16}, {routeCallback, 6}, {routePurchase, 26}} {
		most(count, "G14", "statements: "+c.route, t.statements(c.route), c.must, c.must)
	}
	least("cache", "cached list, of a bare hello", t.row(workListCached, subjectProduct).OfThin, 0, 0.50)
	least("cache", "cached detail, of a bare hello", t.row(workDetailCached, subjectProduct).OfThin, 0, 0.50)
	for _, n := range r.Neighbours {
		most(multiple, "neighbour", "p99 during a flash crowd in "+n.Lane+" lane, of before", n.Ratio(), 2, 2)
	}
	if r.Fleet != nil {
		all = append(all, fleetBars(*r.Fleet)...)
	}
	return all
}

// fleetBars are those of the plan for many shops on one database. What the process may
// remember of a shop is our own: a thousand shops at once in a tenth of a gigabyte.
func fleetBars(f Fleet) []Bar {
	upgrades := Bar{What: "upgrade by " + f.Migration, Unit: rate, Measured: f.UpgradedPerSecond, Must: 250, Goal: 250}
	if f.MakesTables {
		upgrades.Must, upgrades.Goal = 100, 100
	}
	list := []Bar{
		{What: "claim a spare schema, p50", Unit: millis, AtMost: true, Measured: f.ClaimP50, Must: 10, Goal: 1},
		{What: "open a shop out of the stock, p95", Unit: millis, AtMost: true, Measured: f.OpenP95, Must: 50, Goal: 50},
		{What: "open a shop without a stock", Unit: millis, AtMost: true, Measured: f.OpenEmpty, Must: 3000, Goal: 1000},
		{What: "spare schemas made", Unit: rate, Measured: f.MadePerSecond, Must: 6, Goal: 6},
		{What: "a spare schema, CPU of the database", Unit: millis, AtMost: true, Measured: f.MadeCPU, Must: 160, Goal: 110},
		upgrades,
		{What: "a shop more, in a connection's process", Unit: kilobyte, AtMost: true, Measured: float64(f.BackendBytes) / 1e3, Must: 400, Goal: 300},
		{What: "a shop more, in the server's memory", Unit: kilobyte, AtMost: true, Measured: float64(f.ProcessBytes) / 1e3, Must: 100, Goal: 50},
	}
	for i := range list {
		list[i].Name = "fleet"
		list[i] = list[i].judge()
	}
	return list
}

// table looks things up in a report.
type table struct{ r Report }

func (t table) row(work, subject string) Row {
	for _, row := range t.r.Rows {
		if row.Work == work && row.Subject == subject {
			return row
		}
	}
	return Row{}
}

func (t table) statements(route string) float64 {
	for _, c := range t.r.Counts {
		if c.Route == route {
			return c.Statements
		}
	}
	return 0
}

// exact is the share of rushes that came out right; 0 if there was none.
func (t table) exact() float64 {
	if len(t.r.Rushes) == 0 {
		return 0
	}
	right := 0
	for _, x := range t.r.Rushes {
		if x.Exact() {
			right++
		}
	}
	if right == 0 {
		return 1e-9 // measured, and all wrong
	}
	return float64(right) / float64(len(t.r.Rushes))
}
