package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Options says how much is measured. Every field is required.
type Options struct {
	Rounds   int           // 1 or more; odd numbers have a true median
	Duration time.Duration // of one point in one round
	Conns    int           // connections of the generator
	Only     string        // a part of the names of the works to measure, and nothing else then; "": all
	Binary   string        // the galleria that is measured
	Progress io.Writer     // one line per point and round
	Log      *slog.Logger
}

// Run starts a stack, measures, and ends it. It takes about Rounds × 42 × Duration, and a
// minute or two for the fleet. An error
// means that it could not go on. Missed bars and wrong answers are in the report.
func Run(ctx context.Context, opt Options) (report Report, err error) {
	s, err := openStack(ctx, opt.Log)
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if err != nil {
		return Report{}, err
	}
	began := time.Now()
	b, err := openShop(ctx, s)
	if err != nil {
		return Report{}, err
	}
	_, _ = fmt.Fprintf(opt.Progress, "shop of %d products and %d buyers made in %s\n", products, buyers, time.Since(began).Round(100*time.Millisecond))
	rules, err := openRules(ctx, s)
	if err != nil {
		return Report{}, err
	}
	many, err := openLarge(ctx, s)
	if err != nil {
		return Report{}, err
	}
	desk, err := deskPool(ctx, s.env["DATABASE_URL"], b.id.String())
	if err != nil {
		return Report{}, err
	}
	defer desk.Close()
	l := &lab{opt: opt, proc: procFS(), stack: s, shop: b, product: &product{shop: b, stack: s, desk: desk, rules: rules, large: many}}
	l.scripts = scripts(parseStatements(yardstickSQL), b)
	return l.report(ctx)
}

func (l *lab) report(ctx context.Context) (Report, error) {
	if l.opt.Only != "" {
		return l.reportOnly(ctx)
	}
	start, err := l.coldStart(ctx)
	if err != nil {
		return Report{}, err
	}
	if err := l.product.crawl(ctx); err != nil {
		return Report{}, err
	}
	if err := l.stack.startProcesses(ctx, l.opt.Binary, l.shop); err != nil {
		return Report{}, err
	}
	counts, err := l.countStatements(ctx)
	if err != nil {
		return Report{}, err
	}
	points := l.points()
	figures, err := l.rounds(ctx, points)
	if err != nil {
		return Report{}, err
	}
	busy, err := l.busyMemory(ctx)
	if err != nil {
		return Report{}, err
	}
	rushes, err := l.rushes(ctx)
	if err != nil {
		return Report{}, err
	}
	report := newReport(l.opt, points, figures, counts, start, busy, rushes)
	if report, err = l.withNeighbours(ctx, report); err != nil {
		return Report{}, err
	}
	fleet, err := l.fleet(ctx)
	if ctx.Err() != nil {
		return Report{}, ctx.Err()
	}
	if err != nil { // what was measured until now is told all the same
		report.Broken = append(report.Broken, err.Error())
		return report, nil
	}
	return report.withFleet(fleet), nil
}

// reportOnly measures the chosen works, without statements, start, memory and rushes.
func (l *lab) reportOnly(ctx context.Context) (report Report, err error) {
	points := slices.DeleteFunc(l.points(), func(p point) bool { return !strings.Contains(p.Work, l.opt.Only) })
	var figures [][]figure
	beside := strings.Contains(workNeighbour, l.opt.Only)
	if len(points) > 0 || beside {
		if err := l.stack.startProcesses(ctx, l.opt.Binary, l.shop); err != nil {
			return Report{}, err
		}
		if figures, err = l.rounds(ctx, points); err != nil {
			return Report{}, err
		}
	}
	report = newReport(l.opt, points, figures, nil, Start{}, 0, nil)
	if beside {
		if report, err = l.withNeighbours(ctx, report); err != nil {
			return report, err
		}
	}
	if !strings.Contains(workFleet, l.opt.Only) {
		return report, nil
	}
	fleet, err := l.fleet(ctx)
	return report.withFleet(fleet), err
}

// withNeighbours is the report with how neighbours of crowds fare. What breaks is told in it.
func (l *lab) withNeighbours(ctx context.Context, r Report) (Report, error) {
	found, err := l.neighbours(ctx)
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	if err != nil {
		r.Broken = append(r.Broken, err.Error())
		return r, nil
	}
	return r.beside(found), nil
}

// busyMemory is the most memory serve has had, after 64 connections at full speed, bytes.
func (l *lab) busyMemory(ctx context.Context) (int64, error) {
	stop := l.product.announce(ctx, l.shop.id)
	r := drive(ctx, l.stack.serve.addr, 64, min(l.opt.Duration, 2*time.Second), l.product.list(products))
	stop()
	if r.Wrong > 0 {
		return 0, fmt.Errorf("64 connections: %d wrong answers; the first: %w", r.Wrong, r.First)
	}
	return memory(l.proc, l.stack.serve.pid(), "VmHWM")
}

// deskPool logs in as the owner, in the shop's schema, and does not wait for the disk: it
// writes what the measured work takes for granted.
func deskPool(ctx context.Context, url, schema string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("desk: %w", err)
	}
	cfg.MaxConns = serverConns
	cfg.ConnConfig.RuntimeParams["search_path"] = schema
	cfg.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("desk: %w", err)
	}
	return pool, nil
}
