-- name: Open :one
-- Locks a member account, which everything that changes growth or level begins with.
INSERT INTO level_account AS a (member_id) VALUES (@member_id) ON CONFLICT (member_id) DO UPDATE SET member_id = excluded.member_id
RETURNING a.growth, a.level_id, a.since, a.review_at;

-- name: Close :exec
-- Writes the account down.
UPDATE level_account SET growth = @growth, level_id = sqlc.narg(level_id), since = sqlc.narg(since), review_at = sqlc.narg(review_at) WHERE member_id = @member_id;

-- name: AddEntry :execrows
-- Nothing with a key is written twice.
INSERT INTO level_entry (member_id, at, kind, change, balance, order_no, source_key, actor, reason)
VALUES (@member_id, @at, @kind, @change, @balance, nullif(@order_no::text, ''), nullif(@source_key::text, ''), @actor, @reason)
ON CONFLICT (source_key) DO NOTHING;

-- name: AddChange :exec
INSERT INTO level_change (member_id, at, from_id, to_id, reason, growth, until, actor)
VALUES (@member_id, @at, sqlc.narg(from_id), sqlc.narg(to_id), @reason, @growth, sqlc.narg(until), @actor);

-- name: MemberThere :one
SELECT EXISTS (SELECT FROM member m WHERE m.id = @member_id AND m.status NOT IN ('left', 'merged')) AS there;

-- name: Concerns :one
SELECT EXISTS (SELECT FROM level_terms) AS concerns;

-- name: LockOrder :one
-- Before the account, as whoever moves an order does.
SELECT o.id, o.order_no, o.member_id, o.placed_at, o.payable_fen, o.freight_fen, o.refunded_fen,
  (o.paid_at IS NOT NULL)::boolean AS paid, (o.settlement = 'settled')::boolean AS final, (o.status = 'closed')::boolean AS closed
FROM orders o WHERE o.order_no = @order_no AND NOT o.test FOR NO KEY UPDATE;

-- name: Grown :one
SELECT g.grown, g.reversed FROM level_order g WHERE g.order_id = @order_id;

-- name: AddOrder :exec
INSERT INTO level_order (order_id, grown) VALUES (@order_id, @grown);

-- name: Reverse :exec
UPDATE level_order SET reversed = reversed + @growth::bigint WHERE order_id = @order_id;

-- name: DueMembers :many
-- Whose level is to be reviewed, where the shop has levels.
SELECT a.member_id FROM level_account a WHERE a.review_at <= @now::timestamptz
  AND (SELECT t.enabled FROM level_terms t ORDER BY t.version DESC LIMIT 1)
ORDER BY a.review_at, a.member_id LIMIT @most;

-- name: Reviewed :one
-- Whether anybody's level will be reviewed some day.
SELECT EXISTS (SELECT FROM level_account a WHERE a.review_at IS NOT NULL) AS some;

-- name: Misplaced :many
-- Who has grown beyond a level, or stands on one that has ended.
SELECT a.member_id FROM level_account a LEFT JOIN level_version cur ON cur.level_id = a.level_id AND cur.until IS NULL
WHERE (a.level_id IS NOT NULL AND cur.level_id IS NULL)
  OR coalesce((SELECT max(v.threshold) FROM level_version v WHERE v.until IS NULL AND v.threshold <= a.growth), 0) > coalesce(cur.threshold, 0)
ORDER BY a.member_id LIMIT @most;

-- name: Account :one
SELECT a.growth, a.level_id, a.since, a.review_at FROM level_account a WHERE a.member_id = @member_id;

-- name: Entries :many
SELECT e.* FROM level_entry e WHERE e.member_id = @member_id AND e.id < @before::bigint ORDER BY e.id DESC LIMIT @most;

-- name: Changes :many
-- The history of a level; what it was called then.
SELECT sqlc.embed(c), coalesce(f.name, '')::text AS from_name, coalesce(t.name, '')::text AS to_name
FROM level_change c
LEFT JOIN LATERAL (SELECT v.name FROM level_version v WHERE v.level_id = c.from_id AND v.since <= c.at ORDER BY v.version DESC LIMIT 1) f ON true
LEFT JOIN LATERAL (SELECT v.name FROM level_version v WHERE v.level_id = c.to_id AND v.since <= c.at ORDER BY v.version DESC LIMIT 1) t ON true
WHERE c.member_id = @member_id ORDER BY c.id DESC LIMIT @most;

-- name: MoveEntries :exec
UPDATE level_entry SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;

-- name: MoveChanges :exec
UPDATE level_change SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;

-- name: DropAccount :exec
DELETE FROM level_account WHERE member_id = @member_id;

-- name: ForgetReasons :exec
UPDATE level_entry SET reason = '' WHERE member_id = @member_id AND reason <> '';
