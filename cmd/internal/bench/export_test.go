package bench

import (
	"errors"
	"time"
)

// What the tests look at from outside.
var (
	ParseStat    = parseStat
	TreeCPU      = treeCPU
	Memory       = memory
	Percentile   = percentile
	MedianOf     = median[float64]
	ParseTPS     = parseTPS
	ParseLatency = parseLatency
	Yardstick    = func() map[string][]string {
		params := map[string][]string{}
		for name, s := range parseStatements(yardstickSQL) {
			params[name] = s.params
		}
		return params
	}
)

// ParseStatement gives the positional text of a statement and its parameters, after renaming.
func ParseStatement(text string, rename ...string) (named, positional string, params []string) {
	s := newStatement(text).rename(rename...)
	return s.named, s.positional, s.params
}

// CPUOf is the time of a parsed stat line.
func CPUOf(line string) (pid, parent int, cpu time.Duration, err error) {
	p, err := parseStat(line)
	return p.pid, p.parent, p.cpu, err
}

// Scripts are the pgbench scripts of a small shop.
func Scripts() map[string]string {
	b := &shop{buyers: make([]buyer, buyers), firstSPU: 1, firstSKU: 1}
	for i := range b.buyers {
		b.buyers[i].id = int64(i + 1)
	}
	b.prices = append(b.prices, 1, 2, 3, 4)
	return scripts(parseStatements(yardstickSQL), b)
}

// Observation is one figure of one point, for building a report.
type Observation struct {
	Work, Subject string
	PerSecond     []float64
	CPU           time.Duration
	BrokenRound   int // from 1; 0 for none
}

// ReportOf builds a report from observations.
func ReportOf(opt Options, seen []Observation, counts []Count, start Start, busy int64, rushes []Rush) Report {
	var points []point
	var figures [][]figure
	for _, o := range seen {
		points = append(points, point{Work: o.Work, Subject: o.Subject})
		var list []figure
		for i, rate := range o.PerSecond {
			if i+1 == o.BrokenRound {
				list = append(list, figure{Broken: errors.New(o.Work + " broke")})
				continue
			}
			list = append(list, figure{Ops: 100, PerSecond: rate, P50: time.Millisecond, P99: 2 * time.Millisecond, AppCPU: o.CPU})
		}
		figures = append(figures, list)
	}
	return newReport(opt, points, figures, counts, start, busy, rushes)
}

// Judge gives a bar its verdict.
func Judge(b Bar) Verdict { return b.judge().Verdict }

// WithFleet is the report with what concerns many shops.
func WithFleet(r Report, f Fleet) Report { return r.withFleet(f) }

// NewestMigration is what the fleet is upgraded by: the names of its files, and the version
// before it.
func NewestMigration() (up, down string, before int64, err error) {
	u, d, before, err := newestMigration()
	return u.name, d.name, before, err
}

// WithNeighbours is the report with how neighbours of crowds fare.
func WithNeighbours(r Report, found ...Neighbour) Report { return r.beside(found) }

// CrowdOrder is what a crowd's process reads first, CrowdTold what it writes for each line after that.
type (
	CrowdOrder = crowdOrder
	CrowdTold  = crowdTold
	Person     = person
)
