package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"galleria/migrations"
)

// ErrUnsafe is a production installation that stands on something it must not: a database
// that may lose what it acknowledged, a login that may do everything, a queue that drops
// tasks in silence.
var ErrUnsafe = errors.New("refused in production")

// guard refuses, in production, what serve and worker must not stand on. What the
// configuration alone tells is refused earlier, by LoadConfig. A Redis that is away is no
// reason: it may be away at any time.
func (g *Ground) guard(ctx context.Context) error {
	if !g.Config.Production() {
		return nil
	}
	state, err := g.Runner.Server(ctx)
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	found := unsafeDatabase(state)
	queue, err := lookAtRedis(ctx, g.Config.RedisURL)
	if err != nil {
		g.Log.WarnContext(ctx, "redis is away; whether it keeps its tasks could not be seen", "error", err)
	} else {
		found = append(found, unsafeQueue(queue)...)
	}
	return errors.Join(found...)
}

// unsafeDatabase names each setting and how to mend it.
func unsafeDatabase(s migrations.Server) (found []error) {
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		if s.Settings[name] == "off" {
			found = append(found, fmt.Errorf("%w: Postgres has %s=off and may lose orders it has acknowledged; run ALTER SYSTEM SET %s = on; SELECT pg_reload_conf()", ErrUnsafe, name, name))
		}
	}
	for _, role := range s.Roles {
		if role.Superuser {
			found = append(found, fmt.Errorf("%w: %s logs in as the superuser %q; run ALTER ROLE %s NOSUPERUSER (the owner needs CREATEROLE, and CREATE on the database)", ErrUnsafe, role.Setting(), role.Name, role.Name))
		}
		if role.BypassRLS {
			found = append(found, fmt.Errorf("%w: the role %q passes row policies; run ALTER ROLE %s NOBYPASSRLS", ErrUnsafe, role.Name, role.Name))
		}
	}
	return found
}

func unsafeQueue(q redisState) (found []error) {
	if q.policy != "" && q.policy != "noeviction" {
		found = append(found, fmt.Errorf("%w: Redis (REDIS_URL) has maxmemory-policy %s and drops tasks when it is full; set maxmemory-policy noeviction", ErrUnsafe, q.policy))
	}
	return found
}

// redisState is what a Redis tells about itself; empty for what it hides, as managed
// services do.
type redisState struct {
	version, policy, appendOnly string
	offset                      clockOffset
}

func lookAtRedis(ctx context.Context, address string) (s redisState, err error) {
	opt, err := redis.ParseURL(address)
	if err != nil {
		return s, fmt.Errorf("REDIS_URL: %w", err)
	}
	client := redis.NewClient(opt)
	defer func() { _ = client.Close() }()
	if err := client.Ping(ctx).Err(); err != nil {
		return s, err
	}
	if got, err := client.ConfigGet(ctx, "maxmemory-policy").Result(); err == nil {
		s.policy = got["maxmemory-policy"]
	}
	if got, err := client.ConfigGet(ctx, "appendonly").Result(); err == nil {
		s.appendOnly = got["appendonly"]
	}
	if info, err := client.Info(ctx, "server", "memory", "persistence").Result(); err == nil {
		fields := infoFields(info)
		s.version = fields["redis_version"]
		if s.policy == "" {
			s.policy = fields["maxmemory_policy"]
		}
		if s.appendOnly == "" {
			s.appendOnly = map[string]string{"1": "yes", "0": "no"}[fields["aof_enabled"]]
		}
	}
	s.offset = measureOffset(func() (at int64, err error) {
		t, err := client.Time(ctx).Result()
		return t.UnixNano(), err
	})
	return s, nil
}

// infoFields reads the answer to INFO.
func infoFields(info string) map[string]string {
	fields := make(map[string]string)
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
}
