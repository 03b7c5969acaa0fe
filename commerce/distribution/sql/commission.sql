-- name: Concerns :one
-- Whether anybody might be owed something for an order.
SELECT EXISTS (SELECT FROM orders o JOIN distribution_bond b ON b.member_id = o.member_id AND b.since <= o.placed_at WHERE o.order_no = @order_no AND NOT o.test) AS concerns;

-- name: LockOrder :one
-- Before the entries, as whoever moves an order does.
SELECT o.id, o.order_no, o.member_id, o.status, o.settlement, o.placed_at, o.paid_at, o.refunded_fen, o.freight_fen, o.payable_fen
FROM orders o WHERE o.order_no = @order_no AND NOT o.test FOR NO KEY UPDATE;

-- name: Lines :many
-- What was paid for each line, and what went back of it by cases that say of which.
SELECT l.id, l.spu_id, l.sku_id, l.payable_fen,
  coalesce((SELECT sum(a.refund_fen) FROM aftersale_line a JOIN aftersale_case c ON c.id = a.case_id WHERE a.line_id = l.id AND c.status = 'refunded'), 0)::bigint AS returned_fen
FROM order_line l WHERE l.order_id = @order_id ORDER BY l.id;

-- name: CaseMoney :one
-- What went back of an order by cases, freight included.
SELECT coalesce(sum(c.amount_fen), 0)::bigint AS fen FROM aftersale_case c WHERE c.order_id = @order_id AND c.status = 'refunded';

-- name: AddOrder :execrows
INSERT INTO commission_order (order_id, order_no, member_id, bond_id, plan) VALUES (@order_id, @order_no, @member_id, @bond_id, @plan) ON CONFLICT DO NOTHING;

-- name: AddEntries :exec
INSERT INTO commission (order_id, line_id, distributor_id, tier, status, base_fen, rate_bps, amount_fen, created_at, moved_at)
SELECT @order_id, unnest(@line_ids::bigint[]), unnest(@distributor_ids::bigint[]), unnest(@tiers::integer[]), 'estimated', unnest(@bases::bigint[]), unnest(@rates::bigint[]),
  unnest(@amounts::bigint[]), @now::timestamptz, @now;

-- name: Entries :many
SELECT c.id, c.line_id, c.distributor_id, c.tier, c.status, c.base_fen, c.rate_bps, c.amount_fen, c.reversed_fen
FROM commission c WHERE c.order_id = @order_id ORDER BY c.id;

-- name: OwesOrder :one
SELECT EXISTS (SELECT FROM commission_order c WHERE c.order_id = @order_id) AS owed;

-- name: MoveEntries :exec
UPDATE commission c SET status = u.status, reversed_fen = u.reversed, moved_at = @now::timestamptz,
  available_at = CASE WHEN u.status = 'available' THEN coalesce(c.available_at, @now) ELSE c.available_at END
FROM (SELECT unnest(@ids::bigint[]) AS id, unnest(@statuses::text[]) AS status, unnest(@reversed::bigint[]) AS reversed) u WHERE c.id = u.id;

-- name: NextPosting :one
UPDATE commission_order SET postings = postings + 1 WHERE order_id = @order_id RETURNING postings;

-- name: MarkWithdrawn :exec
-- What was paid out covers the oldest entries first.
UPDATE commission c SET status = 'withdrawn', moved_at = @now::timestamptz
FROM (SELECT e.id, e.status, sum(e.amount_fen - e.reversed_fen) OVER (ORDER BY e.available_at, e.id) AS upto
      FROM commission e WHERE e.distributor_id = @distributor_id AND e.status IN ('available', 'withdrawn')) w
WHERE c.id = w.id AND w.status = 'available' AND w.upto <= (SELECT d.withdrawn_fen FROM distributor d WHERE d.member_id = @distributor_id);

-- name: Owed :one
-- What is on its way to a distributor, by how far it is.
SELECT coalesce(sum(c.amount_fen) FILTER (WHERE c.status = 'estimated'), 0)::bigint AS estimated_fen,
  coalesce(sum(c.amount_fen - c.reversed_fen) FILTER (WHERE c.status = 'confirmed'), 0)::bigint AS confirmed_fen,
  coalesce(sum(c.amount_fen - c.reversed_fen) FILTER (WHERE c.status = 'pending'), 0)::bigint AS pending_fen,
  coalesce(sum(c.amount_fen - c.reversed_fen) FILTER (WHERE c.status IN ('available', 'withdrawn')), 0)::bigint AS earned_fen
FROM commission c WHERE c.distributor_id = @distributor_id;

-- name: List :many
SELECT c.id, o.order_no, c.tier, c.status, c.base_fen, c.rate_bps, c.amount_fen, c.reversed_fen, c.created_at, c.moved_at, l.title, l.spec, l.qty, c.distributor_id,
  d.nickname AS distributor, b.nickname AS buyer, o.member_id AS buyer_id
FROM commission c JOIN commission_order o ON o.order_id = c.order_id JOIN order_line l ON l.id = c.line_id JOIN member d ON d.id = c.distributor_id JOIN member b ON b.id = o.member_id
WHERE (@distributor_id::bigint = 0 OR c.distributor_id = @distributor_id) AND (@status::text = '' OR c.status = @status) AND (@order_no::text = '' OR o.order_no = @order_no)
  AND c.id < @before::bigint ORDER BY c.id DESC LIMIT @most;

-- name: Ranking :many
-- Who has earned most since a time: what is final, less what went back.
SELECT c.distributor_id, m.nickname, m.avatar, sum(c.amount_fen - c.reversed_fen)::bigint AS fen, count(DISTINCT c.order_id) AS orders
FROM commission c JOIN member m ON m.id = c.distributor_id
WHERE c.available_at >= @since::timestamptz AND c.available_at < @until::timestamptz AND c.status IN ('available', 'withdrawn')
GROUP BY c.distributor_id, m.nickname, m.avatar ORDER BY 4 DESC, 1 LIMIT @most;

-- name: Sums :many
-- What is owed to all, by how far it is.
SELECT c.status, count(*) AS n, sum(c.amount_fen - c.reversed_fen)::bigint AS fen FROM commission c GROUP BY c.status;
