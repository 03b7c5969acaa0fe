-- name: Open :one
-- Locks a member account, which everything that changes lots begins with.
INSERT INTO points_account AS a (member_id) VALUES (@member_id) ON CONFLICT (member_id) DO UPDATE SET member_id = excluded.member_id
RETURNING available, frozen, held, debt, booked_fen, postings, signed_on, streak;

-- name: Lapse :one
-- Ends the lots whose time is over.
WITH due AS (SELECT l.id, l.remaining FROM points_lot l WHERE l.member_id = @member_id AND l.remaining > 0 AND l.available_at IS NOT NULL AND l.expires_at <= @now::timestamptz),
ended AS (UPDATE points_lot l SET lapsed = l.lapsed + d.remaining FROM due d WHERE l.id = d.id RETURNING d.remaining)
SELECT coalesce(sum(remaining), 0)::bigint AS points FROM ended;

-- name: Close :exec
-- Writes the account down, with the entries of what has happened to it.
WITH a AS (
  UPDATE points_account SET available = @available, frozen = @frozen, held = @held, debt = @debt, booked_fen = @booked_fen, postings = @postings,
    signed_on = @signed_on::date, streak = @streak WHERE member_id = @member_id)
INSERT INTO points_entry (member_id, at, kind, change, debt, balance, order_no, actor, reason, request_key)
SELECT @member_id, @now::timestamptz, e.kind, e.change, e.debt, e.balance, nullif(e.order_no, ''), @actor, e.reason, nullif(e.request_key, '')
FROM (SELECT unnest(@kinds::text[]) AS kind, unnest(@changes::bigint[]) AS change, unnest(@debts::bigint[]) AS debt, unnest(@balances::bigint[]) AS balance,
  unnest(@order_nos::text[]) AS order_no, unnest(@reasons::text[]) AS reason, unnest(@request_keys::text[]) AS request_key) e;

-- name: AddLot :one
-- taken of it pays a debt at once; frozen ones have no time yet. Nothing is given twice.
INSERT INTO points_lot (member_id, source, source_key, amount, taken, earned_at, available_at, expires_at)
VALUES (@member_id, @source, @source_key, @amount, @taken, @now::timestamptz, sqlc.narg(available_at), sqlc.narg(expires_at))
ON CONFLICT (source, source_key) DO NOTHING RETURNING id;

-- name: Hold :one
-- Holds points for an order: those first that end first.
WITH fifo AS (
  SELECT l.id, l.remaining, (sum(l.remaining) OVER (ORDER BY l.expires_at NULLS LAST, l.id) - l.remaining)::bigint AS before
  FROM points_lot l WHERE l.member_id = @member_id AND l.remaining > 0 AND l.available_at IS NOT NULL),
held AS (UPDATE points_lot l SET held = l.held + CASE WHEN f.before + f.remaining <= @points::bigint THEN f.remaining ELSE sqlc.arg(points)::bigint - f.before END
  FROM fifo f WHERE l.id = f.id AND f.before < @points RETURNING l.id, f.remaining - l.remaining AS n),
used AS (INSERT INTO points_use (order_no, lot_id, points) SELECT @order_no, h.id, h.n FROM held h RETURNING points)
SELECT coalesce(sum(points), 0)::bigint AS points FROM used;

-- name: HeldBy :one
-- Whose points an order holds, and whether it is an exchange of the mall.
SELECT l.member_id, EXISTS (SELECT FROM mall_exchange x WHERE x.order_no = u.order_no) AS exchange FROM points_use u JOIN points_lot l ON l.id = u.lot_id WHERE u.order_no = @order_no AND u.state = 'held' LIMIT 1;

-- name: Use :one
WITH u AS (UPDATE points_use SET state = 'used' WHERE order_no = @order_no AND state = 'held' RETURNING lot_id, points),
l AS (UPDATE points_lot l SET held = l.held - u.points, spent = l.spent + u.points FROM u WHERE l.id = u.lot_id RETURNING u.points)
SELECT coalesce(sum(points), 0)::bigint AS points FROM l;

-- name: Release :one
-- Gives back what an order holds; what is over meanwhile is over.
WITH u AS (UPDATE points_use SET state = 'released' WHERE order_no = @order_no AND state = 'held' RETURNING lot_id, points),
l AS (UPDATE points_lot l SET held = l.held - u.points, lapsed = l.lapsed + CASE WHEN l.expires_at <= @now::timestamptz THEN u.points ELSE 0 END
  FROM u WHERE l.id = u.lot_id RETURNING u.points, (CASE WHEN l.expires_at <= @now THEN u.points ELSE 0 END)::bigint AS lapsed)
SELECT coalesce(sum(points), 0)::bigint AS points, coalesce(sum(lapsed), 0)::bigint AS lapsed FROM l;

-- name: Uses :many
SELECT u.lot_id, u.points, u.returned, l.member_id FROM points_use u JOIN points_lot l ON l.id = u.lot_id WHERE u.order_no = @order_no AND u.state = 'used' ORDER BY u.lot_id;

-- name: GiveBack :one
-- Gives lots back what an order has used of them. What is over is valid again until the given
-- time, or not at all.
WITH r AS (SELECT unnest(@lot_ids::bigint[]) AS lot_id, unnest(@points::bigint[]) AS points),
u AS (UPDATE points_use u SET returned = u.returned + r.points FROM r WHERE u.order_no = @order_no AND u.lot_id = r.lot_id RETURNING u.lot_id),
l AS (UPDATE points_lot l SET spent = l.spent - r.points, told = CASE WHEN l.expires_at <= @now::timestamptz THEN NULL ELSE l.told END,
    lapsed = l.lapsed + CASE WHEN l.expires_at <= @now AND sqlc.narg(again)::timestamptz IS NULL THEN r.points ELSE 0 END,
    expires_at = CASE WHEN l.expires_at <= @now THEN coalesce(sqlc.narg(again), l.expires_at) ELSE l.expires_at END
  FROM r WHERE l.id = r.lot_id RETURNING r.points, (CASE WHEN l.expires_at <= @now THEN r.points ELSE 0 END)::bigint AS lapsed, coalesce(l.expires_at = sqlc.narg(again), false)::boolean AS again)
SELECT coalesce(sum(points), 0)::bigint AS points, coalesce(sum(lapsed), 0)::bigint AS lapsed, coalesce(bool_or(again), false)::boolean AS again FROM l;

-- name: Take :one
-- Takes points: of one lot first, then of those that end first.
WITH fifo AS (
  SELECT l.id, l.remaining, (sum(l.remaining) OVER (ORDER BY (l.id = @first_id::bigint) DESC, l.expires_at NULLS LAST, l.id) - l.remaining)::bigint AS before
  FROM points_lot l WHERE l.member_id = @member_id AND l.remaining > 0 AND l.available_at IS NOT NULL),
took AS (UPDATE points_lot l SET taken = l.taken + CASE WHEN f.before + f.remaining <= @points::bigint THEN f.remaining ELSE sqlc.arg(points)::bigint - f.before END
  FROM fifo f WHERE l.id = f.id AND f.before < @points RETURNING f.remaining - l.remaining AS n)
SELECT coalesce(sum(n), 0)::bigint AS points FROM took;

-- name: Shrink :exec
-- Takes back what was never free.
UPDATE points_lot SET taken = taken + @points::bigint WHERE id = @id;

-- name: Thaw :execrows
-- Frees a lot; taken of it pays a debt.
UPDATE points_lot SET available_at = @now::timestamptz, expires_at = sqlc.narg(expires_at), taken = taken + @taken::bigint WHERE id = @id AND available_at IS NULL;

-- name: Usable :one
-- What a member can pay with, whether or not the job has been there.
SELECT coalesce(sum(l.remaining), 0)::bigint AS points FROM points_lot l
WHERE l.member_id = @member_id AND l.remaining > 0 AND l.available_at IS NOT NULL AND coalesce(l.expires_at > @now::timestamptz, true);

-- name: Payable :one
-- On what terms a member may pay with points, and how many there are.
SELECT sqlc.embed(t), (SELECT coalesce(sum(l.remaining), 0) FROM points_lot l
  WHERE l.member_id = @member_id AND l.remaining > 0 AND l.available_at IS NOT NULL AND coalesce(l.expires_at > @now::timestamptz, true))::bigint AS have
FROM points_terms t ORDER BY t.version DESC LIMIT 1;

-- name: Taken :one
SELECT EXISTS (SELECT FROM points_entry e WHERE e.request_key = @request_key::text) AS done;

-- name: MemberThere :one
SELECT EXISTS (SELECT FROM member m WHERE m.id = @member_id AND m.status NOT IN ('left', 'merged')) AS there;
