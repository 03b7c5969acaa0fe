-- name: MoveLots :exec
UPDATE points_lot SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;

-- name: MoveEntries :exec
UPDATE points_entry SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;

-- name: DropAccount :exec
DELETE FROM points_account WHERE member_id = @member_id;

-- name: VoidFrozen :one
-- What a member who leaves would have earned.
WITH v AS (SELECT l.id, l.remaining FROM points_lot l WHERE l.member_id = @member_id AND l.available_at IS NULL AND l.remaining > 0),
u AS (UPDATE points_lot l SET taken = l.taken + v.remaining FROM v WHERE l.id = v.id RETURNING v.remaining)
SELECT coalesce(sum(remaining), 0)::bigint AS points FROM u;

-- name: ForgetReasons :exec
UPDATE points_entry SET reason = '' WHERE member_id = @member_id AND reason <> '';
