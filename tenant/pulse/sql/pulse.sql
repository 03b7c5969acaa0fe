-- name: Look :one
-- Everything that the platform's own tables tell about its health, in one statement. The
-- anomalies are what Postgres has counted of all shops' tables: an estimate that needs to
-- look into none of them, resolved ones included.
SELECT
  (SELECT count(*) FROM platform.outbox o WHERE o.done_at IS NULL AND o.dead_at IS NULL) AS events_owed,
  (SELECT count(*) FROM platform.outbox o WHERE o.done_at IS NULL AND o.dead_at IS NULL AND o.next_at <= now()) AS events_due,
  (SELECT coalesce(extract(epoch FROM now() - min(o.next_at)), 0)::double precision
     FROM platform.outbox o WHERE o.done_at IS NULL AND o.dead_at IS NULL AND o.next_at <= now()) AS events_lag,
  (SELECT count(*) FROM platform.outbox o WHERE o.dead_at IS NOT NULL) AS events_dead,
  (SELECT count(*) FROM platform.timer t WHERE t.due_at <= now()) AS timers_due,
  (SELECT coalesce(extract(epoch FROM now() - min(t.due_at)), 0)::double precision FROM platform.timer t WHERE t.due_at <= now()) AS timers_lag,
  (SELECT coalesce(jsonb_object_agg(s.status, s.n), '{}')::jsonb
     FROM (SELECT t.status, count(*) AS n FROM platform.tenant t GROUP BY t.status) s) AS tenants,
  (SELECT count(*) FROM platform.tenant t WHERE t.schema_version < @latest::bigint AND t.status <> 'building') AS tenants_behind,
  (SELECT coalesce(sum(pg_stat_get_live_tuples(c.oid)), 0)::bigint
     FROM pg_catalog.pg_class c WHERE c.relname = 'payment_anomaly' AND c.relkind = 'r') AS anomalies;

-- name: PlatformVersion :one
-- platform.schema_version is made by the migration runner, not by a migration.
SELECT v.version::bigint FROM platform.schema_version v;
