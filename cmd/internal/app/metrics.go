package app

import (
	"context"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"galleria/jobs"
	"galleria/payments"
	"galleria/tenant/pulse"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
	"galleria/web/middleware"
)

// metrics counts what one process does and shows what the platform owes. Labels are few
// and fixed: never a shop, a person, or an address.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	outcomes *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "galleria_http_requests_total", Help: "Requests answered, by class of route and status.",
		}, []string{"class", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "galleria_http_request_seconds", Help: "How long requests took.",
			Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15},
		}, []string{"class"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "galleria_callbacks_total", Help: "Provider callbacks, by outcome: ok, or the code of the refusal.",
		}, []string{"outcome"}),
	}
	for _, class := range middleware.Classes() { // so that a rate has a zero to begin with
		m.duration.WithLabelValues(string(class))
	}
	m.outcomes.WithLabelValues("ok")
	m.registry.MustRegister(
		m.requests, m.duration, m.outcomes, buildInfo(),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// observe counts one request.
func (m *metrics) observe(r middleware.Measured) {
	m.requests.WithLabelValues(string(r.Class), strconv.Itoa(r.Status)).Inc()
	m.duration.WithLabelValues(string(r.Class)).Observe(r.Took.Seconds())
	if r.Class != middleware.ClassCallback {
		return
	}
	outcome := r.Code // fault codes are constants of the source
	if outcome == "" {
		outcome = "ok"
	}
	m.outcomes.WithLabelValues(outcome).Inc()
}

// buildInfo is a gauge that is always 1; its labels tell which binary this is.
func buildInfo() prometheus.Collector {
	revision, goVersion := "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "galleria_build_info", Help: "The binary that runs.", ConstLabels: prometheus.Labels{"revision": revision, "go": goVersion},
	})
	g.Set(1)
	return g
}

// gaugeAge is how long a look at the platform is good: whoever scrapes, and how often, it
// costs one statement and one look at the queue in this time.
const gaugeAge = 15 * time.Second

// mostAlarms bounds how many open alarms of keys are counted.
const mostAlarms = 10_000

// platformGauges shows what is owed and late. Nothing is asked unless somebody scrapes.
type platformGauges struct {
	pools  func() []tenantdb.PoolStat
	look   func(ctx context.Context) (pulse.Reading, error)
	depths func() ([]jobs.Depth, error)
	lag    func() payments.Lag
	stats  func() payments.Stats
	places *middleware.Places // nil: this process answers no requests
	alarms func(ctx context.Context, limit int) ([]vault.Alarm, error)
	now    func() time.Time

	mu      sync.Mutex
	until   time.Time
	reading pulse.Reading
	looked  bool
	failed  int
	queues  []jobs.Depth
	keys    map[vault.AlarmKind]int // nil: could not be read
}

// refresh looks again if the last look is old. What cannot be read is left out of the
// answer, and galleria_scrape_error says so.
func (g *platformGauges) refresh() {
	if g.now().Before(g.until) {
		return
	}
	g.failed = 0
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var err error
	if g.reading, err = g.look(ctx); err != nil {
		g.failed++
	}
	g.looked = err == nil
	if g.queues, err = g.depths(); err != nil {
		g.failed++
	}
	g.keys = nil
	if open, err := g.alarms(ctx, mostAlarms); err != nil {
		g.failed++
	} else {
		g.keys = map[vault.AlarmKind]int{}
		for _, kind := range vault.AlarmKinds() {
			g.keys[kind] = 0
		}
		for _, a := range open {
			g.keys[a.Kind]++
		}
	}
	g.until = g.now().Add(gaugeAge) // a server that is away is not asked by every scrape, either
}

// Describe implements prometheus.Collector: what is collected is not fixed beforehand.
func (*platformGauges) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (g *platformGauges) Collect(ch chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := sink(ch)
	g.refresh()
	s.gauge("galleria_scrape_error", "How many parts of the last look failed.", float64(g.failed))
	if g.looked {
		g.collectReading(s)
	}
	for _, q := range g.queues {
		for state, n := range map[string]int{"pending": q.Pending, "active": q.Active, "scheduled": q.Scheduled, "retry": q.Retry} {
			s.gauge("galleria_queue_tasks", "Tasks in Redis.", float64(n), "queue", string(q.Queue), "state", state)
		}
	}
	for kind, n := range g.keys {
		s.gauge("galleria_key_alarms", "Merchants' keys that do not open, end within 60 days, or are used in an unusual way.", float64(n), "kind", string(kind))
	}
	g.collectPools(s)
	g.collectPayments(s)
	if g.places != nil {
		for _, p := range g.places.State() {
			class := string(p.Class)
			s.gauge("galleria_places", "Requests that may be worked on at once.", float64(p.Places), "class", class)
			s.gauge("galleria_places_taken", "Requests being worked on.", float64(p.Taken), "class", class)
			s.gauge("galleria_places_waiting", "Requests waiting for a place.", float64(p.Waiting), "class", class)
			s.counter("galleria_places_refused_total", "Requests sent away for want of a place.", float64(p.Refused), "class", class)
		}
	}
}

func (g *platformGauges) collectReading(s sink) {
	r := g.reading
	s.gauge("galleria_outbox_owed", "Events that are neither done nor given up.", float64(r.EventsOwed))
	s.gauge("galleria_outbox_due", "Events whose time has come.", float64(r.EventsDue))
	s.gauge("galleria_outbox_lag_seconds", "How long the oldest due event has been due.", r.EventsLag.Seconds())
	s.gauge("galleria_outbox_dead", "Events given up, waiting for a person.", float64(r.EventsDead))
	s.gauge("galleria_timers_due", "Timers whose time has come.", float64(r.TimersDue))
	s.gauge("galleria_timers_lag_seconds", "How long the oldest due timer has been due.", r.TimersLag.Seconds())
	for status, n := range r.Tenants {
		s.gauge("galleria_tenants", "Schemas by state of their shop.", float64(n), "status", status)
	}
	s.gauge("galleria_tenants_behind", "Schemas below this binary's newest version.", float64(r.Behind))
	s.gauge("galleria_payment_anomalies", "Provider messages that did not fit, over all shops, by the statistics of Postgres.", float64(r.Anomalies))
}

func (g *platformGauges) collectPools(s sink) {
	for _, p := range g.pools() {
		s.gauge("galleria_pool_conns_max", "Connections the pool may open.", float64(p.Max), "pool", p.Name)
		s.gauge("galleria_pool_conns_open", "Connections that are open.", float64(p.Open), "pool", p.Name)
		s.gauge("galleria_pool_conns_acquired", "Connections at work.", float64(p.Acquired), "pool", p.Name)
		s.counter("galleria_pool_acquires_total", "Connections taken.", float64(p.Acquires), "pool", p.Name)
		s.counter("galleria_pool_waits_total", "Acquires that had to wait.", float64(p.Waits), "pool", p.Name)
		s.counter("galleria_pool_canceled_total", "Acquires given up.", float64(p.Canceled), "pool", p.Name)
		s.counter("galleria_pool_wait_seconds_total", "Time spent waiting for connections.", p.WaitTime.Seconds(), "pool", p.Name)
	}
}

func (g *platformGauges) collectPayments(s sink) {
	stats := g.stats()
	s.counter("galleria_payment_anomalies_total", "Verified messages that did not fit, since this process started.", float64(stats.Anomalies))
	s.counter("galleria_payment_surplus_total", "Payments that came late or twice and go back.", float64(stats.Surplus))
	s.counter("galleria_payment_surplus_overdue_total", "Times that such money was not on its way back after five minutes.", float64(stats.Overdue))
	s.counter("galleria_callback_signatures_refused_total", "Signatures that did not verify.", float64(stats.BadSignatures), "kind", "wrong")
	s.counter("galleria_callback_signatures_refused_total", "Signatures that did not verify.", float64(stats.Probes), "kind", "probe")
	lag := g.lag()
	buckets := make(map[float64]uint64, len(lag.Within))
	for bound, n := range lag.Within {
		buckets[bound.Seconds()] = n
	}
	desc := prometheus.NewDesc("galleria_callback_lag_seconds", "Time from the payment to its callback.", nil, nil)
	s <- prometheus.MustNewConstHistogram(desc, lag.Count, lag.Sum.Seconds(), buckets)
}

// sink takes metrics whose labels come as pairs of name and value.
type sink chan<- prometheus.Metric

func (s sink) gauge(name, help string, value float64, labels ...string) {
	s.send(prometheus.GaugeValue, name, help, value, labels)
}

func (s sink) counter(name, help string, value float64, labels ...string) {
	s.send(prometheus.CounterValue, name, help, value, labels)
}

func (s sink) send(kind prometheus.ValueType, name, help string, value float64, labels []string) {
	fixed := make(prometheus.Labels, len(labels)/2)
	for i := 0; i+1 < len(labels); i += 2 {
		fixed[labels[i]] = labels[i+1]
	}
	s <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, nil, fixed), kind, value)
}
