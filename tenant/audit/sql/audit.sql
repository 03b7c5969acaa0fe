-- name: AddRow :exec
-- The trigger of the table gives the row its place in the chain and locks the head of the
-- chain until the transaction ends.
INSERT INTO platform.audit_log (at, tenant_id, actor, actor_name, actor_role, action, object, changes, detail, request_id, client_ip, agent)
VALUES (@at, sqlc.narg(tenant_id), @actor, @actor_name, @actor_role, @action, @object, @changes, @detail, @request_id, @client_ip, @agent);

-- name: Page :many
-- Newest first. NULL filters match everything.
SELECT seq, at, actor, actor_name, actor_role, action, object, changes, detail, request_id, client_ip, agent, prev_hash, hash
FROM platform.audit_log
WHERE chain = @chain AND seq < @before
  AND (sqlc.narg(actor)::text IS NULL OR actor = sqlc.narg(actor))
  AND (sqlc.narg(action_group)::text IS NULL OR split_part(action, '.', 1) = sqlc.narg(action_group))
  AND (sqlc.narg(from_at)::timestamptz IS NULL OR at >= sqlc.narg(from_at))
  AND (sqlc.narg(until_at)::timestamptz IS NULL OR at < sqlc.narg(until_at))
  AND (sqlc.narg(object)::text IS NULL OR strpos(lower(object), lower(sqlc.narg(object))) > 0)
ORDER BY chain DESC, seq DESC LIMIT @max_rows;

-- name: One :one
SELECT seq, at, actor, actor_name, actor_role, action, object, changes, detail, request_id, client_ip, agent, prev_hash, hash
FROM platform.audit_log WHERE chain = @chain AND seq = @seq;

-- name: Facets :many
-- Who did which kinds of things lately: what a person may choose from.
SELECT r.actor, (array_agg(r.actor_name ORDER BY r.seq DESC))[1]::text AS actor_name, split_part(r.action, '.', 1)::text AS action_group
FROM (SELECT l.seq, l.actor, l.actor_name, l.action FROM platform.audit_log l WHERE l.chain = @chain ORDER BY l.chain DESC, l.seq DESC LIMIT @newest) r
GROUP BY r.actor, split_part(r.action, '.', 1) ORDER BY 1, 3;

-- name: NextChain :one
-- The next chain by name that left a row, a head or an anchor; empty when there is none.
SELECT coalesce(least(
  (SELECT min(h.chain) FROM platform.audit_head h WHERE h.chain > @after),
  (SELECT min(l.chain) FROM platform.audit_log l WHERE l.chain > @after),
  (SELECT min(a.chain) FROM platform.audit_anchor a WHERE a.chain > @after)), '')::text AS chain;

-- name: Links :many
-- The rows of a chain in order, with the anchors that were made of them.
SELECT l.seq, l.at, l.actor, l.actor_name, l.actor_role, l.action, l.object, l.changes, l.detail, l.request_id, l.client_ip, l.agent,
       l.prev_hash, l.hash, a.hash AS anchored
FROM platform.audit_log l LEFT JOIN platform.audit_anchor a ON a.chain = l.chain AND a.seq = l.seq
WHERE l.chain = @chain AND l.seq > @after ORDER BY l.seq LIMIT @max_rows;

-- name: Head :one
SELECT seq, hash FROM platform.audit_head WHERE chain = @chain;

-- name: LastAnchor :one
SELECT coalesce(max(seq), 0)::bigint AS seq FROM platform.audit_anchor WHERE chain = @chain;

-- name: Follows :one
-- Whether a hash is that of some row of the chain.
SELECT EXISTS (SELECT 1 FROM platform.audit_log WHERE chain = @chain AND hash = @hash) AS found;

-- name: Anchored :one
SELECT EXISTS (SELECT 1 FROM platform.audit_anchor_day WHERE day >= CAST(@day::text AS date)) AS done;

-- name: Anchor :one
-- Anchors every head that moved since it was anchored last, in one statement.
WITH before AS (
  SELECT d.digest FROM platform.audit_anchor_day d ORDER BY d.day DESC LIMIT 1
), moved AS (
  INSERT INTO platform.audit_anchor (chain, seq, hash, day)
  SELECT h.chain, h.seq, h.hash, CAST(@day::text AS date) FROM platform.audit_head h
  WHERE h.seq > 0 AND NOT EXISTS (SELECT 1 FROM platform.audit_anchor a WHERE a.chain = h.chain AND a.seq = h.seq)
  RETURNING chain, seq, hash
)
INSERT INTO platform.audit_anchor_day (day, at, chains, digest)
SELECT CAST(@day::text AS date), @at, count(*), sha256(convert_to(
  'galleria.anchor.1' || E'\n' || @day::text || E'\n' || coalesce(encode((SELECT b.digest FROM before b), 'hex'), '')
  || coalesce(string_agg(E'\n' || m.chain || ' ' || m.seq || ' ' || encode(m.hash, 'hex'), '' ORDER BY m.chain COLLATE "C"), ''), 'UTF8'))
FROM moved m
RETURNING chains, digest;

-- name: AnchorDays :many
SELECT to_char(day, 'YYYY-MM-DD')::text AS day_text, chains, digest FROM platform.audit_anchor_day WHERE day > CAST(@after::text AS date) ORDER BY 1 LIMIT @max_rows;

-- name: AnchorsOf :many
SELECT chain, seq, hash FROM platform.audit_anchor WHERE day = CAST(@day::text AS date) AND chain COLLATE "C" > @after ORDER BY chain COLLATE "C" LIMIT @max_rows;

-- name: NewestAnchorDay :one
SELECT to_char(day, 'YYYY-MM-DD')::text AS day_text, chains, digest FROM platform.audit_anchor_day ORDER BY day DESC LIMIT 1;
