-- name: OpenGroup :execrows
-- A group begins with its first order, and its seat.
WITH g AS (
  INSERT INTO buy_group (group_no, campaign_id, spu_id, seats, taken, fill_hours, placed_at)
  SELECT @group_no, c.id, k.spu_id, c.seats, 1, c.fill_hours, @now::timestamptz FROM campaign c JOIN campaign_sku k ON k.campaign_id = c.id AND k.sku_id = @sku_id
  WHERE c.id = @campaign_id AND c.kind = 'group' AND c.status = 'live' RETURNING id)
INSERT INTO group_seat (order_no, group_id, member_id, taken_at) SELECT @order_no, g.id, @member_id, @now FROM g;

-- name: TakeSeat :execrows
-- The row of the group decides who has its last seat.
WITH g AS (
  UPDATE buy_group g SET taken = g.taken + 1 FROM campaign c
  WHERE g.group_no = @group_no AND g.campaign_id = @campaign_id AND c.id = g.campaign_id AND c.status = 'live' AND g.status = 'open' AND g.taken < g.seats AND g.deadline_at > @now::timestamptz
    AND EXISTS (SELECT FROM campaign_sku k WHERE k.campaign_id = g.campaign_id AND k.sku_id = @sku_id AND k.spu_id = g.spu_id)
  RETURNING g.id)
INSERT INTO group_seat (order_no, group_id, member_id, taken_at) SELECT @order_no, g.id, @member_id, @now FROM g;

-- name: LockGroupOfOrder :one
SELECT g.id, g.group_no, g.campaign_id, g.status, g.seats, g.taken, g.paid, g.fill_hours, g.deadline_at, c.ends_at, c.status AS campaign_status, (s.paid_at IS NOT NULL)::boolean AS seat_paid, (s.back_at IS NOT NULL)::boolean AS seat_back
FROM group_seat s JOIN buy_group g ON g.id = s.group_id JOIN campaign c ON c.id = g.campaign_id WHERE s.order_no = @order_no FOR UPDATE OF g, s;

-- name: LockGroup :one
SELECT g.id, g.group_no, g.campaign_id, g.status, g.seats, g.taken, g.paid, g.deadline_at FROM buy_group g WHERE g.group_no = @group_no FOR UPDATE;

-- name: LockGroupsOf :many
-- A portion of a stopped campaign's groups that go on.
SELECT g.id, g.group_no, g.status, g.paid FROM buy_group g WHERE g.campaign_id = @campaign_id AND g.status IN ('pending', 'open') ORDER BY g.id LIMIT @most FOR UPDATE;

-- name: MoveGroup :execrows
UPDATE buy_group SET status = @to_status, taken = @taken, paid = @paid, deadline_at = sqlc.narg(deadline_at), ended_at = sqlc.narg(ended_at) WHERE id = @id AND status = @from_status;

-- name: PaySeat :exec
UPDATE group_seat SET paid_at = @now::timestamptz WHERE order_no = @order_no AND paid_at IS NULL;

-- name: LeaveSeat :exec
UPDATE group_seat SET back_at = @now::timestamptz WHERE order_no = @order_no AND back_at IS NULL;

-- name: SeatsOf :many
-- Who is in a group, in the order in which they came.
SELECT s.order_no, s.member_id, o.app_id, m.nickname, m.avatar, l.title, l.qty, s.taken_at, s.paid_at, s.back_at
FROM group_seat s JOIN buy_group g ON g.id = s.group_id JOIN orders o ON o.order_no = s.order_no JOIN member m ON m.id = s.member_id
JOIN LATERAL (SELECT x.title, x.qty FROM order_line x WHERE x.order_id = o.id ORDER BY x.id LIMIT 1) l ON true
WHERE g.group_no = @group_no ORDER BY s.taken_at, s.order_no;

-- name: AskSeats :many
-- A portion of the paid seats of a group that failed whose money nobody has asked back yet.
WITH due AS (
  SELECT s.order_no FROM group_seat s JOIN buy_group g ON g.id = s.group_id
  WHERE g.group_no = @group_no AND g.status IN ('refunding', 'failed', 'abandoned') AND s.paid_at IS NOT NULL AND s.back_at IS NULL AND s.asked_at IS NULL
  ORDER BY s.order_no LIMIT @most FOR UPDATE OF s)
UPDATE group_seat s SET asked_at = @now::timestamptz FROM due, orders o WHERE s.order_no = due.order_no AND o.order_no = s.order_no RETURNING s.order_no, s.member_id, o.app_id;

-- name: GroupOffers :many
-- What groups of a product are for, in a Mini Program now.
SELECT c.id, c.title, c.ends_at, c.seats, c.fill_hours, c.per_order, c.per_member, k.sku_id, k.price_fen, v.price_fen AS regular_fen, array_to_string(v.spec_values, ' / ')::text AS spec
FROM campaign_sku k JOIN campaign c ON c.id = k.campaign_id JOIN sku v ON v.id = k.sku_id AND v.enabled
WHERE k.spu_id = @spu_id AND k.live AND c.kind = 'group' AND c.status = 'live' AND c.starts_at <= @now::timestamptz AND c.ends_at > @now AND (cardinality(c.apps) = 0 OR @app::text = ANY (c.apps))
  AND NOT EXISTS (SELECT FROM campaign_budget g WHERE g.campaign_id = c.id AND g.spent_fen + g.least_fen > g.budget_fen)
ORDER BY c.id, k.sku_id LIMIT 200;

-- name: OpenGroups :many
-- The groups of a product that have seats left, those that end first at the top.
SELECT g.group_no, g.campaign_id, g.seats, g.taken, g.paid, g.deadline_at,
  (SELECT coalesce(array_agg(m.nickname ORDER BY s.taken_at), '{}') FROM group_seat s JOIN member m ON m.id = s.member_id WHERE s.group_id = g.id AND s.paid_at IS NOT NULL AND s.back_at IS NULL)::text[] AS nicknames
FROM buy_group g JOIN campaign c ON c.id = g.campaign_id
WHERE g.spu_id = @spu_id AND g.status = 'open' AND g.taken < g.seats AND g.deadline_at > @now::timestamptz AND c.status = 'live' AND (cardinality(c.apps) = 0 OR @app::text = ANY (c.apps))
ORDER BY g.deadline_at, g.id LIMIT 20;

-- name: GroupByNo :one
SELECT g.id, g.group_no, g.campaign_id, c.title, c.status AS campaign_status, g.spu_id, p.title AS product, p.cover, g.status, g.seats, g.taken, g.paid, g.placed_at, g.deadline_at, g.ended_at
FROM buy_group g JOIN campaign c ON c.id = g.campaign_id JOIN spu p ON p.id = g.spu_id WHERE g.group_no = @group_no;

-- name: GroupsOfMember :many
SELECT g.group_no, g.campaign_id, c.title, g.spu_id, p.title AS product, p.cover, g.status, g.seats, g.taken, g.paid, g.placed_at, g.deadline_at, g.ended_at, s.order_no
FROM group_seat s JOIN buy_group g ON g.id = s.group_id JOIN campaign c ON c.id = g.campaign_id JOIN spu p ON p.id = g.spu_id
WHERE s.member_id = @member_id ORDER BY s.taken_at DESC, s.order_no LIMIT 50;

-- name: GroupsOfCampaign :many
SELECT g.id, g.group_no, g.spu_id, p.title AS product, g.status, g.seats, g.taken, g.paid, g.placed_at, g.deadline_at, g.ended_at
FROM buy_group g JOIN spu p ON p.id = g.spu_id WHERE g.campaign_id = @campaign_id AND g.id < @before::bigint ORDER BY g.id DESC LIMIT @most;

-- name: CountGroups :many
SELECT g.status, count(*) AS n FROM buy_group g WHERE g.campaign_id = @campaign_id GROUP BY g.status ORDER BY g.status;

-- name: MoveSeats :exec
UPDATE group_seat s SET member_id = @to_id::bigint WHERE s.member_id = @from_id::bigint
  AND NOT EXISTS (SELECT FROM group_seat o WHERE o.group_id = s.group_id AND o.member_id = @to_id AND o.back_at IS NULL AND s.back_at IS NULL);
