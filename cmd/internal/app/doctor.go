package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/migrations"
	"galleria/tenant/pulse"
)

// Level is how bad a finding is.
type Level string

// The levels.
const (
	Fine    Level = "ok"
	Warning Level = "warning" // it works, and it should not stay so
	Failure Level = "error"   // it does not work, or work may be lost or seen
)

// Finding is one thing that was looked at. What to say about it, and how to mend it, is
// Text's, in two languages.
type Finding struct {
	Code  string
	Level Level
	args  []any
}

// doctor collects findings.
type doctor struct {
	cfg      Config
	findings []Finding
}

func (d *doctor) note(level Level, code string, args ...any) {
	d.findings = append(d.findings, Finding{Code: code, Level: level, args: args})
}

// strict is the level of what production refuses and development may do.
func (d *doctor) strict() Level {
	if d.cfg.Production() {
		return Failure
	}
	return Warning
}

const (
	oldestPostgres = 150000
	oldestRedis    = 6
	// clockLimit is far below the five minutes after which WeChat Pay refuses a signature,
	// and far above what a machine with a time service is off.
	clockLimit = 2 * time.Second
	// certificateWarning is when a certificate is said to end soon.
	certificateWarning = 30 * 24 * time.Hour
	lagWarning         = 5 * time.Minute
	examineTime        = 60 * time.Second
)

// Examine looks at everything an installation stands on and changes nothing. configFault
// is what LoadConfig said; nothing else is looked at then.
func Examine(ctx context.Context, cfg Config, configFault error) []Finding {
	ctx, cancel := context.WithTimeout(ctx, examineTime)
	defer cancel()
	d := &doctor{cfg: cfg}
	if configFault != nil {
		for line := range strings.Lines(configFault.Error()) {
			d.note(Failure, "config.bad", strings.TrimSpace(line))
		}
		return d.findings
	}
	d.configuration()
	d.disk()
	ground, err := NewGround(ctx, cfg, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		d.note(Failure, "config.bad", err.Error())
		return d.findings
	}
	defer ground.Close()
	if server, err := ground.Runner.Server(ctx); err != nil {
		d.note(Failure, "db.away", err.Error())
	} else {
		d.server(server)
		d.clock("Postgres", measureOffset(func() (int64, error) {
			var at time.Time
			err := ground.DB.Platform().QueryRow(ctx, "SELECT clock_timestamp()").Scan(&at)
			return at.UnixNano(), err
		}))
		d.schemas(ctx, ground)
		d.keys(ctx, ground)
		d.business(ctx, ground)
	}
	d.queue(ctx)
	return d.findings
}

func (d *doctor) configuration() {
	public, err := url.Parse(d.cfg.PublicURL)
	if err == nil && public.Scheme == "http" {
		d.note(Warning, "config.http", d.cfg.PublicURL)
	}
	host := d.cfg.Addr
	if i := strings.LastIndex(host, ":"); i >= 0 {
		host = strings.Trim(host[:i], "[]")
	}
	if len(d.cfg.TrustedProxies) == 0 && loopbackHost(host) && err == nil && public.Scheme == "https" {
		d.note(Warning, "config.proxies")
	}
	for _, p := range d.cfg.TrustedProxies {
		if strings.HasSuffix(p, "/0") {
			d.note(Failure, "config.proxies_all", p)
		}
	}
	d.note(Fine, "config.ok", d.cfg.Environment)
}

func (d *doctor) server(s migrations.Server) {
	d.note(Fine, "db.ok", s.VersionText)
	if s.Version < oldestPostgres {
		d.note(Failure, "db.old", s.VersionText, oldestPostgres/10000)
	}
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		if s.Settings[name] == "off" {
			d.note(d.strict(), "db.setting", name)
		}
	}
	if !s.Encrypted && plainRemote(d.cfg.DatabaseURL) {
		d.note(d.strict(), "db.plain")
	}
	for _, r := range s.Roles {
		if r.Superuser {
			d.note(d.strict(), "db.superuser", r.Setting(), r.Name)
		}
		if r.Owner {
			continue
		}
		if r.BypassRLS || r.CreateRole || r.CreateDB {
			d.note(Failure, "db.powerful", r.Name)
		}
		if r.Owns > 0 {
			d.note(Failure, "db.owns", r.Name, r.Owns)
		}
	}
	d.connections(s)
}

// connections compares what one serve and one worker may open with what the server allows.
func (d *doctor) connections(s migrations.Server) {
	most, err := strconv.Atoi(s.Settings["max_connections"])
	if err != nil {
		return
	}
	kept, _ := strconv.Atoi(s.Settings["superuser_reserved_connections"])
	const reserve, listeners, owner = 9, 2, 2
	pools := 8*int(d.cfg.LaneConns) + int(d.cfg.PlatformConns)
	need := (pools + reserve + listeners) + (pools + owner)
	if free := most - kept; need > free {
		d.note(Failure, "db.connections", need, free)
	} else {
		d.note(Fine, "db.connections_ok", need, free)
	}
}

func (d *doctor) schemas(ctx context.Context, g *Ground) {
	if err := pulse.New(g.DB).Served(ctx); err != nil {
		d.note(Failure, "schema.platform", err.Error())
		return
	}
	list := func(code string, level Level, found []string, err error) {
		switch {
		case err != nil:
			d.note(Failure, "schema.unread", err.Error())
		case len(found) > 0:
			d.note(level, code, len(found), strings.Join(found[:min(3, len(found))], "; "))
		}
	}
	grants, err := g.Runner.Grants(ctx)
	list("db.grants", Failure, grants, err)
	counts, err := g.Runner.Status(ctx)
	if err != nil {
		d.note(Failure, "schema.unread", err.Error())
		return
	}
	latest, err := migrations.Latest("tenant")
	if err != nil {
		d.note(Failure, "schema.unread", err.Error())
		return
	}
	byVersion, failed, behind := map[int64]int64{}, int64(0), int64(0)
	for _, c := range counts {
		byVersion[c.SchemaVersion] += c.Schemas
		failed += c.Failed
		if c.SchemaVersion < latest && c.Status != "building" {
			behind += c.Schemas
		}
	}
	var parts []string
	for v, n := range byVersion {
		parts = append(parts, fmt.Sprintf("v%d: %d", v, n))
	}
	slices.Sort(parts)
	d.note(Fine, "schema.ok", strings.Join(parts, ", "))
	if behind > 0 {
		d.note(Failure, "schema.behind", behind, latest)
	}
	if failed > 0 {
		d.note(Failure, "schema.failed", failed)
	}
	if behind > 0 {
		return // what is behind differs, of course
	}
	drift, err := g.Runner.TemplateDrift(ctx)
	list("schema.template_drift", Failure, drift, err)
	shops, err := g.Runner.SchemaDrift(ctx, 20)
	list("schema.drift", Warning, shops, err)
}

func (d *doctor) keys(ctx context.Context, g *Ground) {
	kek, _, err := d.cfg.keks()
	if err != nil {
		d.note(Failure, "keys.bad", err.Error())
		return
	}
	others, err := g.ForeignKeys(ctx)
	if err != nil {
		d.note(Failure, "schema.unread", err.Error())
		return
	}
	if err := g.Vault.Check(ctx); others > 0 {
		d.note(Failure, "keys.other", others, kek.ID())
	} else if err != nil {
		d.note(Failure, "keys.bad", err.Error())
	} else {
		d.note(Fine, "keys.ok", kek.ID())
	}
	ends, err := g.Runner.CertificatesEnd(ctx)
	if err != nil {
		d.note(Failure, "schema.unread", err.Error())
		return
	}
	for shop, end := range ends {
		switch left := time.Until(end); {
		case left <= 0:
			d.note(Failure, "certificate.ended", shop, end.Format(time.DateOnly))
		case left < certificateWarning:
			d.note(Warning, "certificate.soon", shop, end.Format(time.DateOnly))
		}
	}
}

func (d *doctor) business(ctx context.Context, g *Ground) {
	r, err := pulse.New(g.DB).Look(ctx)
	if err != nil {
		d.note(Failure, "db.app", err.Error())
		return
	}
	if r.EventsDead > 0 {
		d.note(Warning, "work.dead", r.EventsDead)
	}
	if r.EventsLag > lagWarning || r.TimersLag > lagWarning {
		d.note(Warning, "work.late", max(r.EventsLag, r.TimersLag).Round(time.Second))
	}
	open, err := g.Runner.OpenAnomalies(ctx)
	if err != nil {
		d.note(Failure, "schema.unread", err.Error())
	}
	for shop, n := range open {
		d.note(Warning, "work.anomalies", shop, n)
	}
}

func (d *doctor) queue(ctx context.Context) {
	q, err := lookAtRedis(ctx, d.cfg.RedisURL)
	if err != nil {
		d.note(Warning, "redis.away", err.Error())
		return
	}
	d.note(Fine, "redis.ok", q.version)
	major, _, _ := strings.Cut(q.version, ".")
	if n, err := strconv.Atoi(major); err == nil && n < oldestRedis {
		d.note(Warning, "redis.old", q.version, oldestRedis)
	}
	if len(unsafeQueue(q)) > 0 {
		d.note(d.strict(), "redis.policy", q.policy)
	}
	if q.appendOnly == "no" {
		d.note(Warning, "redis.aof")
	}
	d.clock("Redis", q.offset)
}

func (d *doctor) clock(whose string, o clockOffset) {
	if o.off(clockLimit) {
		d.note(Warning, "clock.off", whose, o.ahead.Round(100*time.Millisecond))
	}
}

func (d *doctor) disk() {
	free, total, err := diskSpace(".")
	switch {
	case errors.Is(err, errors.ErrUnsupported):
	case err != nil:
		d.note(Warning, "disk.unread", err.Error())
	case free < 1<<30 || free*20 < total:
		d.note(Warning, "disk.low", free>>20, total>>20)
	default:
		d.note(Fine, "disk.ok", free>>20)
	}
}
