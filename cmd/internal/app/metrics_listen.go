package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"galleria/jobs"
	"galleria/tenant/pulse"
)

// RunMetrics shows /metrics on the private listener until ctx ends. Without an address it
// does nothing.
func (s *Services) RunMetrics(ctx context.Context) error {
	if s.Config.MetricsAddr == "" {
		return nil
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", s.Config.MetricsAddr)
	if err != nil {
		return fmt.Errorf("GALLERIA_METRICS_ADDR: %w", err)
	}
	return s.serveMetrics(ctx, listener)
}

// WithMetrics runs run, and /metrics beside it, until run ends or either fails.
func (s *Services) WithMetrics(ctx context.Context, run func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	group.Go(func() error { return s.RunMetrics(ctx) })
	group.Go(func() error { defer cancel(); return run(ctx) })
	return group.Wait()
}

// serveMetrics is RunMetrics on a listener of the caller's.
func (s *Services) serveMetrics(ctx context.Context, listener net.Listener) error {
	opt, err := jobs.RedisOptions(s.Config.RedisURL)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	gauge := jobs.NewGauge(opt)
	defer func() { _ = gauge.Close() }()
	gauges := &platformGauges{
		pools: s.DB.Pools, look: pulse.New(s.DB).Look, depths: gauge.Depths, lag: s.Payments.Lag, stats: s.Payments.Stats,
		places: s.places, alarms: s.Vault.AllAlarms, now: time.Now,
	}
	if err := s.metrics.registry.Register(gauges); err != nil {
		return errors.Join(err, listener.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	front := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 15 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = front.Close() })
	defer stop()
	s.Log.InfoContext(ctx, "metrics", "addr", listener.Addr().String())
	if err := front.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}
