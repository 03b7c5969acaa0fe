-- name: Sessions :many
SELECT n.no, n.starts_at, n.ends_at FROM campaign_session n WHERE n.campaign_id = @campaign_id ORDER BY n.no;

-- name: DropSessions :exec
-- What is no session any more. What was sold of a SKU that left the sale stays known.
WITH gone AS (DELETE FROM flash_bucket b WHERE b.campaign_id = @campaign_id AND (b.no > @most::bigint OR b.sku_id <> ALL (@sku_ids::bigint[]))
  AND NOT EXISTS (SELECT FROM flash_take t WHERE t.bucket_id = b.id)),
closed AS (UPDATE flash_bucket b SET units = b.taken WHERE b.campaign_id = @campaign_id AND b.sku_id <> ALL (@sku_ids)
  AND EXISTS (SELECT FROM flash_take t WHERE t.bucket_id = b.id))
SELECT 1;

-- name: TrimSessions :exec
DELETE FROM campaign_session WHERE campaign_id = @campaign_id AND no > @most::bigint;

-- name: PutSessions :exec
INSERT INTO campaign_session (campaign_id, no, starts_at, ends_at)
SELECT @campaign_id, x.no, x.starts_at, x.ends_at
FROM (SELECT generate_subscripts(@starts::timestamptz[], 1) AS no, unnest(@starts::timestamptz[]) AS starts_at, unnest(@ends::timestamptz[]) AS ends_at) x
ON CONFLICT (campaign_id, no) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at
WHERE (campaign_session.starts_at, campaign_session.ends_at) IS DISTINCT FROM (excluded.starts_at, excluded.ends_at);

-- name: PutBuckets :exec
-- Fewer units than were sold: no more.
INSERT INTO flash_bucket (campaign_id, no, sku_id, units)
SELECT @campaign_id, n.no, x.sku_id, x.units
FROM campaign_session n CROSS JOIN (SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@units::bigint[]) AS units) x WHERE n.campaign_id = @campaign_id ORDER BY n.no, x.sku_id
ON CONFLICT (campaign_id, no, sku_id) DO UPDATE SET units = greatest(excluded.units, flash_bucket.taken);

-- name: Buckets :many
SELECT b.no, b.sku_id, b.units, b.taken,
  coalesce((SELECT sum(t.qty) FROM flash_take t JOIN orders o ON o.order_no = t.order_no WHERE t.bucket_id = b.id AND t.back_at IS NULL AND o.paid_at IS NOT NULL), 0)::bigint AS paid
FROM flash_bucket b WHERE b.campaign_id = @campaign_id ORDER BY b.no, b.sku_id;

-- name: Take :many
-- Units of the sessions that are running, for an order: each row waits for those before it no
-- longer than they take to commit. A limit of a member is measured over the member's orders,
-- which wait for each other since their terms were read.
WITH due AS (
  SELECT b.id, b.sku_id, w.qty, coalesce(w.qty + (SELECT sum(t.qty) FROM orders o JOIN flash_take t ON t.order_no = o.order_no
      WHERE o.member_id = @member_id::bigint AND t.bucket_id = b.id AND t.back_at IS NULL) > c.per_member, w.qty > c.per_member, false) AS over
  FROM (SELECT unnest(@campaign_ids::bigint[]) AS campaign_id, unnest(@sku_ids::bigint[]) AS sku_id, unnest(@qtys::bigint[]) AS qty) w
  JOIN campaign c ON c.id = w.campaign_id
  JOIN campaign_session n ON n.campaign_id = w.campaign_id AND n.starts_at <= @now::timestamptz AND n.ends_at > @now
  JOIN flash_bucket b ON b.campaign_id = w.campaign_id AND b.no = n.no AND b.sku_id = w.sku_id ORDER BY b.id FOR UPDATE OF b),
moved AS (
  UPDATE flash_bucket b SET taken = b.taken + due.qty FROM due WHERE b.id = due.id AND NOT due.over AND b.taken + due.qty <= b.units
  RETURNING b.id, due.qty, b.taken = b.units AS out),
kept AS (INSERT INTO flash_take (order_no, bucket_id, qty) SELECT @order_no::text, m.id, m.qty FROM moved m)
SELECT due.sku_id, due.over::boolean AS over, (m.id IS NOT NULL)::boolean AS taken, coalesce(m.out, false)::boolean AS out FROM due LEFT JOIN moved m ON m.id = due.id;

-- name: GiveBack :one
-- Whether something can be had again that was sold out or used up.
WITH due AS (
  SELECT b.id, t.qty, b.taken = b.units AS out FROM flash_take t JOIN flash_bucket b ON b.id = t.bucket_id
  WHERE t.order_no = @order_no::text AND t.back_at IS NULL ORDER BY b.id FOR UPDATE OF b, t),
back AS (UPDATE flash_take t SET back_at = @now::timestamptz FROM due WHERE t.order_no = @order_no AND t.bucket_id = due.id),
moved AS (UPDATE flash_bucket b SET taken = b.taken - due.qty FROM due WHERE b.id = due.id),
owed AS (
  SELECT g.campaign_id, s.fen, coalesce(g.spent_fen + g.least_fen > g.budget_fen, false) AS out, coalesce(g.spent_fen - s.fen + g.least_fen <= g.budget_fen, true) AS again
  FROM campaign_spend s JOIN campaign_budget g ON g.campaign_id = s.campaign_id WHERE s.order_no = @order_no AND s.back_at IS NULL ORDER BY g.campaign_id FOR UPDATE OF g, s),
repaid AS (UPDATE campaign_spend s SET back_at = @now FROM owed WHERE s.order_no = @order_no AND s.campaign_id = owed.campaign_id),
lowered AS (
  UPDATE campaign_budget g SET spent_fen = g.spent_fen - owed.fen, told_at = CASE WHEN owed.again THEN NULL ELSE g.told_at END FROM owed WHERE g.campaign_id = owed.campaign_id)
SELECT (coalesce((SELECT bool_or(due.out) FROM due), false) OR coalesce((SELECT bool_or(owed.out AND owed.again) FROM owed), false))::boolean AS again;

-- name: Shown :many
-- The sessions that are running or come soon, the first few of them, each with its SKUs.
WITH s AS (
  SELECT c.id, n.no, c.title, n.starts_at, n.ends_at, c.per_order, c.per_member FROM campaign c JOIN campaign_session n ON n.campaign_id = c.id
  WHERE c.kind = 'flash' AND c.status = 'live' AND n.ends_at > @now::timestamptz AND n.starts_at <= @soon::timestamptz AND (cardinality(c.apps) = 0 OR @app::text = ANY (c.apps))
  ORDER BY n.starts_at, c.id LIMIT 10)
SELECT s.id, s.no, s.title, s.starts_at, s.ends_at, s.per_order, s.per_member, k.sku_id, k.spu_id, k.price_fen, b.units, b.taken,
  p.title AS product, (CASE WHEN v.picture <> '' THEN v.picture ELSE coalesce(p.pictures[1], '') END)::text AS picture, v.price_fen AS regular_fen, array_to_string(v.spec_values, ' / ')::text AS spec
FROM s CROSS JOIN LATERAL (SELECT x.sku_id, x.spu_id, x.price_fen FROM campaign_sku x WHERE x.campaign_id = s.id ORDER BY x.spu_id, x.sku_id LIMIT 100) k
JOIN flash_bucket b ON b.campaign_id = s.id AND b.no = s.no AND b.sku_id = k.sku_id
JOIN sku v ON v.id = k.sku_id AND v.enabled JOIN spu p ON p.id = k.spu_id AND p.status = 'on_shelf'
ORDER BY s.starts_at, s.id, s.no, k.spu_id, k.sku_id;

-- name: Remind :one
-- Wants to be told before a session that has not begun; whether there is such a one.
WITH s AS (
  SELECT n.campaign_id, n.no FROM campaign_session n JOIN campaign c ON c.id = n.campaign_id
  WHERE n.campaign_id = @campaign_id::bigint AND n.no = @no::bigint AND c.status = 'live' AND n.starts_at > @now::timestamptz AND (cardinality(c.apps) = 0 OR @app::text = ANY (c.apps))),
kept AS (
  INSERT INTO flash_reminder (campaign_id, no, member_id, app_id, made_at) SELECT s.campaign_id, s.no, @member_id::bigint, @app, @now FROM s
  ON CONFLICT (campaign_id, no, member_id) DO UPDATE SET app_id = excluded.app_id)
SELECT count(*) FROM s;

-- name: Unremind :exec
DELETE FROM flash_reminder WHERE campaign_id = @campaign_id AND no = @no AND member_id = @member_id AND told_at IS NULL;

-- name: Reminders :many
-- What a member waits for.
SELECT r.campaign_id, r.no, c.title, n.starts_at FROM flash_reminder r JOIN campaign_session n ON n.campaign_id = r.campaign_id AND n.no = r.no JOIN campaign c ON c.id = r.campaign_id
WHERE r.member_id = @member_id AND c.status = 'live' AND n.ends_at > @now::timestamptz ORDER BY n.starts_at, r.campaign_id LIMIT 100;

-- name: Tell :many
-- A portion of those who are to be told of a session now.
WITH due AS (
  SELECT r.campaign_id, r.no, r.member_id, c.title, n.starts_at FROM flash_reminder r JOIN campaign_session n ON n.campaign_id = r.campaign_id AND n.no = r.no JOIN campaign c ON c.id = r.campaign_id
  WHERE r.campaign_id = @campaign_id AND r.no = @no AND r.told_at IS NULL AND c.status = 'live' AND n.starts_at <= @latest::timestamptz AND n.ends_at > @now::timestamptz
  ORDER BY r.member_id LIMIT @most FOR UPDATE OF r SKIP LOCKED)
UPDATE flash_reminder r SET told_at = @now::timestamptz FROM due WHERE r.campaign_id = due.campaign_id AND r.no = due.no AND r.member_id = due.member_id
RETURNING r.member_id, r.app_id, due.title, due.starts_at;

-- name: MoveReminders :exec
WITH old AS (DELETE FROM flash_reminder r WHERE r.member_id = @from_id::bigint RETURNING r.campaign_id, r.no, r.app_id, r.made_at, r.told_at)
INSERT INTO flash_reminder (campaign_id, no, member_id, app_id, made_at, told_at) SELECT o.campaign_id, o.no, @to_id::bigint, o.app_id, o.made_at, o.told_at FROM old o
ON CONFLICT (campaign_id, no, member_id) DO NOTHING;

-- name: ForgetReminders :exec
DELETE FROM flash_reminder WHERE member_id = @member_id;
