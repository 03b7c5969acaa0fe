package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"time"
)

// Report is what a run has shown.
type Report struct {
	Rounds     int           `json:"rounds"`
	Duration   time.Duration `json:"duration_ns"`
	Conns      int           `json:"connections"`
	CPUs       int           `json:"cpus"`
	Rows       []Row         `json:"rows"`
	Counts     []Count       `json:"statements,omitempty"`
	Start      Start         `json:"start"`
	Busy       int64         `json:"busy_bytes"` // the most memory serve ever had
	Rushes     []Rush        `json:"rushes"`
	Neighbours []Neighbour   `json:"neighbours,omitempty"` // none: not measured
	Fleet      *Fleet        `json:"fleet,omitempty"`      // nil: not measured
	Bars       []Bar         `json:"bars"`
	Broken     []string      `json:"broken,omitempty"` // points that gave wrong answers, once per round
}

// Row is one point: the medians of its rounds.
type Row struct {
	Work      string  `json:"work"`
	Subject   string  `json:"subject"`
	Ops       int     `json:"ops"` // in all rounds
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	AppCPU    float64 `json:"app_cpu_ms"` // per operation
	DBCPU     float64 `json:"db_cpu_ms"`
	CatchUp   float64 `json:"catch_up_ms,omitempty"` // of whole purchases: from the last answer to the last paid order
	Missed    float64 `json:"missed,omitempty"`      // of uncached pages: the share of requests that read the database
	// OfThin and OfPgbench are this rate as a share of theirs at the same work, the median of
	// the rounds' shares; CPUOfThin is CPU time as a multiple of the thin handler's. 0 where
	// there is nothing to compare with.
	OfThin    float64 `json:"of_thin,omitempty"`
	OfPgbench float64 `json:"of_pgbench,omitempty"`
	CPUOfThin float64 `json:"cpu_of_thin,omitempty"`
}

// CPU is the time of server and database together, ms per operation.
func (r Row) CPU() float64 { return r.AppCPU + r.DBCPU }

func newReport(opt Options, points []point, figures [][]figure, counts []Count, start Start, busy int64, rushes []Rush) Report {
	r := Report{
		Rounds: opt.Rounds, Duration: opt.Duration, Conns: opt.Conns, CPUs: runtime.NumCPU(),
		Counts: counts, Start: start, Busy: busy, Rushes: rushes,
	}
	find := func(work, subject string) []figure {
		for i, p := range points {
			if p.Work == work && p.Subject == subject {
				return figures[i]
			}
		}
		return nil
	}
	rate := func(f figure) float64 { return f.PerSecond }
	cpu := func(f figure) float64 { return milliseconds(f.AppCPU + f.DBCPU) }
	for i, p := range points {
		for _, f := range figures[i] {
			if f.Broken != nil {
				r.Broken = append(r.Broken, f.Broken.Error())
			}
		}
		mine, thin, db := figures[i], find(counterpart(p.Work), subjectThin), find(counterpart(p.Work), subjectPgbench)
		row := rowOf(p, mine)
		if p.Subject != subjectThin || p.Work != counterpart(p.Work) {
			row.OfThin, row.CPUOfThin = shares(mine, thin, rate), shares(mine, thin, cpu)
		}
		if p.Subject != subjectPgbench {
			row.OfPgbench = shares(mine, db, rate)
		}
		r.Rows = append(r.Rows, row)
	}
	r.Bars = bars(r)
	return r
}

// withFleet is the report with what concerns many shops.
func (r Report) withFleet(f Fleet) Report {
	r.Fleet = &f
	r.Bars = bars(r)
	return r
}

// beside is the report with how neighbours of crowds fare.
func (r Report) beside(found []Neighbour) Report {
	for _, n := range found {
		if !n.Exact() {
			r.Broken = append(r.Broken, fmt.Sprintf("crowd in %s lane: %+v", n.Lane, n))
		}
	}
	r.Neighbours = found
	r.Bars = bars(r)
	return r
}

// counterpart is the work of the yardsticks that a work is compared with.
func counterpart(work string) string {
	switch work {
	case workListCached, workDetailCached:
		return workHello
	case workListGuarded:
		return workList
	default:
		return work
	}
}

func rowOf(p point, figures []figure) Row {
	row := Row{Work: p.Work, Subject: p.Subject}
	pick := func(value func(f figure) float64) float64 {
		var values []float64
		for _, f := range figures {
			if f.Broken == nil {
				values = append(values, value(f))
			}
		}
		return median(values)
	}
	for _, f := range figures {
		row.Ops += f.Ops
	}
	row.PerSecond = pick(func(f figure) float64 { return f.PerSecond })
	row.P50 = pick(func(f figure) float64 { return milliseconds(f.P50) })
	row.P99 = pick(func(f figure) float64 { return milliseconds(f.P99) })
	row.AppCPU = pick(func(f figure) float64 { return milliseconds(f.AppCPU) })
	row.DBCPU = pick(func(f figure) float64 { return milliseconds(f.DBCPU) })
	row.Missed = pick(func(f figure) float64 { return f.Missed })
	row.CatchUp = pick(func(f figure) float64 { return milliseconds(f.CatchUp) })
	return row
}

// shares is the median, over the rounds, of mine as a share of theirs; 0 without theirs.
func shares(mine, theirs []figure, value func(f figure) float64) float64 {
	var all []float64
	for i := range min(len(mine), len(theirs)) {
		if base := value(theirs[i]); base > 0 && mine[i].Broken == nil {
			all = append(all, value(mine[i])/base)
		}
	}
	return median(all)
}

// Missed is how many bars were missed.
func (r Report) Missed() (n int) {
	for _, b := range r.Bars {
		if b.Verdict == Miss {
			n++
		}
	}
	return n
}

// JSON writes the report for machines.
func (r Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// Markdown writes the report for people.
func (r Report) Markdown(w io.Writer) {
	out := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
	out("# Galleria, measured\n\n%d rounds of %s, %d connections, %d CPUs shared by everything; medians. Ratios count, rates do not.\n\n", r.Rounds, r.Duration, r.Conns, r.CPUs)
	out("| work | subject | ops/s | p50 / p99 ms | CPU ms/op (server + database) | ops of fiber+pgx | CPU of fiber+pgx | ops of pgbench |\n|---|---|---:|---:|---:|---:|---:|---:|\n")
	for _, row := range r.Rows {
		out("| %s | %s | %.0f | %.2f / %.2f | %.3f (%.3f + %.3f) | %s | %s | %s |\n", row.Work, row.Subject, row.PerSecond, row.P50, row.P99,
			row.CPU(), row.AppCPU, row.DBCPU, percent(row.OfThin), times(row.CPUOfThin), percent(row.OfPgbench))
	}
	out("\nCached pages are compared with a bare `hello`. The worker is paused while single routes are measured; whole purchases count until the last order is paid, which was %.1f s after the last answer.\n\n",
		table{r}.row(workPurchase, subjectProduct).CatchUp/1000)
	for _, row := range r.Rows {
		if row.Missed > 0 {
			out("%s: %s of the requests read the database.\n\n", row.Work, percent(row.Missed))
		}
	}
	r.writeCounts(out)
	out("## Start and memory\n\n| first answer from the database | CPU until then | memory idle | memory at most | binary |\n|---:|---:|---:|---:|---:|\n| %.0f ms | %.0f ms | %s | %s | %s |\n\n",
		milliseconds(r.Start.FirstAnswer), milliseconds(r.Start.CPU), megabytes(r.Start.IdleBytes), megabytes(r.Busy), megabytes(r.Start.BinaryBytes))
	out("## The last pieces\n\n| buyers | pieces | sold | refused | orders | reserved | without event | exact |\n|---:|---:|---:|---:|---:|---:|---:|---|\n")
	for _, x := range r.Rushes {
		out("| %d | %d | %d | %d | %d | %d | %d | %s |\n", x.Buyers, x.Pieces, x.Sold, x.Refused, x.Orders, x.Reserved, x.WithoutEvent, yes(x.Exact()))
	}
	r.writeNeighbours(out)
	r.writeFleet(out)
	out("\n## Bars\n\n| bar | what | measured | must | goal | verdict |\n|---|---|---:|---:|---:|---|\n")
	for _, b := range r.Bars {
		out("| %s | %s | %s | %s | %s | %s |\n", b.Name, b.What, b.show(b.Measured), b.limit(b.Must), b.limit(b.Goal), b.Verdict)
	}
	out("\n%d of %d bars missed.\n", r.Missed(), len(r.Bars))
	for _, b := range r.Broken {
		out("\nBROKEN: %s\n", b)
	}
}

func (r Report) writeNeighbours(out func(string, ...any)) {
	if len(r.Neighbours) == 0 {
		return
	}
	out("\n## The neighbour of a flash crowd\n\n%d crowds of %d want %d pieces each, after one that warms the server up; the neighbour's buyers ask %d times a second.\n\n", crowdTimes-1, crowdPeople, crowdUnits, calmRate)
	out("| lane of connections | crowds took | neighbour's p50 / p99 before | during | p99, times before | exact |\n|---|---:|---:|---:|---:|---|\n")
	for _, n := range r.Neighbours {
		out("| %s | %.1f s | %.2f / %.2f ms | %.2f / %.2f ms | %.2f x | %s |\n", n.Lane, n.CrowdSeconds, n.Before50, n.Before99, n.During50, n.During99, n.Ratio(), yes(n.Exact()))
	}
}

func (r Report) writeFleet(out func(string, ...any)) {
	if r.Fleet == nil {
		return
	}
	f := *r.Fleet
	out("\n## %d shops more\n\n", f.Shops)
	out("| work | measured |\n|---|---:|\n")
	out("| making a spare schema, %d at a time | %.1f/s, %.0f ms CPU of the database each |\n", fleetMakers, f.MadePerSecond, f.MadeCPU)
	out("| claiming a spare, p50 / p95 | %.1f / %.1f ms |\n", f.ClaimP50, f.ClaimP95)
	out("| opening a shop out of the stock, p50 / p95 | %.1f / %.1f ms |\n", f.OpenP50, f.OpenP95)
	out("| opening a shop without a stock | %.0f ms |\n", f.OpenEmpty)
	out("| upgrading by %s, %d at a time | %.0f/s, %.1f ms CPU of the database each |\n", f.Migration, fleetWorkers, f.UpgradedPerSecond, f.UpgradeCPU)
	out("| memory per shop met, in each connection that has worked for it | %.0f kB |\n", float64(f.BackendBytes)/1e3)
	out("| memory per shop met, in the server | %.0f kB |\n", float64(f.ProcessBytes)/1e3)
}

func (r Report) writeCounts(out func(string, ...any)) {
	out("## SQL statements per request\n\n")
	if len(r.Counts) == 0 {
		out("Not counted: this server has no pg_stat_statements (Debian: postgresql-contrib).\n\n")
		return
	}
	out("| route | statements | framing (BEGIN, COMMIT, role, path) | session look-ups (remembered for seconds) | of relay and worker on the platform |\n|---|---:|---:|---:|---:|\n")
	for _, c := range r.Counts {
		out("| %s | %s | %s | %s | %s |\n", c.Route, number(c.Statements), number(c.Framing), number(c.Sessions), number(c.Platform))
	}
	out("\nRelay and worker are counted for whole purchases only, with their own framing and whatever ticked meanwhile.\n\n")
}

func percent(share float64) string {
	if share == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", share*100)
}

func times(multiple float64) string {
	if multiple == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f x", multiple)
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// number shows a whole number as one.
func number(v float64) string {
	if v == float64(int64(v)) {
		return fmt.Sprintf("%d", int64(v)) //nolint:perfsprint // beside its sibling
	}
	return fmt.Sprintf("%.1f", v)
}

func yes(ok bool) string {
	if ok {
		return "yes"
	}
	return "NO"
}
