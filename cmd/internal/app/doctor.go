package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"galleria/migrations"
	"galleria/tenant/tenantdb"
)

// Finding is one thing that was looked at. Problem is empty if it is in order; else it
// says what is wrong and what to do.
type Finding struct {
	What    string
	Problem string
}

// Examine looks at the database, the queue and the schemas of an installation.
func Examine(ctx context.Context, cfg Config) []Finding {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	findings := []Finding{{What: "configuration"}}
	note := func(what string, err error, mend string) {
		f := Finding{What: what}
		if err != nil {
			f.Problem = err.Error() + mend
		}
		findings = append(findings, f)
	}
	ground, err := NewGround(ctx, cfg, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		note("build", err, "")
		return findings
	}
	defer ground.Close()
	note("database", ground.DB.Ping(ctx), "; check DATABASE_URL, then run `galleria migrate up`, which creates the login roles")
	note("durability", ground.durable(ctx), "; acknowledged orders could be lost: set it to on")
	note("schemas", ground.current(ctx), "; run `galleria migrate up`")
	note("keys", ground.Vault.Check(ctx), "; `galleria keys status` shows which key is in use")
	note("queue", redisFit(ctx, cfg.RedisURL), "; the queue may be lost without loss of work, but it should not be lost silently")
	return findings
}

// Ready waits, for at most ten seconds, until the database answers and its schema is one
// this binary can serve.
func (g *Ground) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		err := g.DB.Ping(ctx)
		if err == nil {
			// A wrong key is found out here, before anything is sealed by it.
			return errors.Join(g.durable(ctx), g.Vault.Check(ctx))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the database does not answer: %w; check DATABASE_URL and run `galleria migrate up`", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

var errVolatile = errors.New("the database may lose acknowledged work")

// durable refuses, in production, a database that may lose what it acknowledged.
func (g *Ground) durable(ctx context.Context) error {
	if !g.Config.Production() {
		return nil
	}
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		err := g.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
			return tx.QueryRow(ctx, "SELECT current_setting($1)", setting).Scan(&value)
		})
		if err != nil {
			return err
		}
		if value == "off" {
			return fmt.Errorf("%w: %s is off", errVolatile, setting)
		}
	}
	return nil
}

// current reports schemas that are behind or failed.
func (g *Ground) current(ctx context.Context) error {
	plan, err := g.Runner.Plan(ctx, nil)
	if err != nil || len(plan) == 0 {
		return err
	}
	latest, err := migrations.Latest("tenant")
	if err != nil {
		return err
	}
	return fmt.Errorf("%d schemas are behind version %d, the first is %s at %d", len(plan), latest, plan[0].TenantID, plan[0].SchemaVersion) //nolint:err113 // a sentence for a person
}

// redisFit checks what makes a Redis lose tasks without an error.
func redisFit(ctx context.Context, address string) error {
	opt, err := redis.ParseURL(address)
	if err != nil {
		return err
	}
	client := redis.NewClient(opt)
	defer func() { _ = client.Close() }()
	if err := client.Ping(ctx).Err(); err != nil {
		return err
	}
	var wrong []string
	for name, want := range map[string]string{"maxmemory-policy": "noeviction", "appendonly": "yes"} {
		got, err := client.ConfigGet(ctx, name).Result()
		if err != nil || got[name] == "" {
			continue // managed services hide CONFIG, the embedded one has none
		}
		if got[name] != want {
			wrong = append(wrong, fmt.Sprintf("%s is %s, want %s", name, got[name], want))
		}
	}
	if wrong != nil {
		return errors.New(strings.Join(wrong, "; ")) //nolint:err113 // a sentence for a person
	}
	return nil
}
