-- name: Reserve :many
-- The rows are locked in the order of the SKU ids, in every statement of this room, so
-- that no two of them can wait for each other. Nothing moves unless every line fits.
WITH want AS (
  SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@qtys::bigint[]) AS qty),
level AS (
  SELECT l.sku_id, l.on_hand, l.reserved, l.low_at, w.qty
  FROM stock_level l JOIN want w ON w.sku_id = l.sku_id
  ORDER BY l.sku_id
  FOR UPDATE OF l),
fits AS (
  SELECT count(*) = cardinality(@sku_ids::bigint[]) AND coalesce(bool_and(level.on_hand - level.reserved >= level.qty), false) AS whole FROM level),
moved AS (
  UPDATE stock_level s SET reserved = s.reserved + level.qty
  FROM level, fits WHERE fits.whole AND s.sku_id = level.sku_id),
held AS (
  INSERT INTO reservation (order_no, sku_id, qty, state, updated_at)
  SELECT @order_no::text, level.sku_id, level.qty, 'held', @at::timestamptz FROM level, fits WHERE fits.whole),
told AS (
  INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at)
  SELECT level.sku_id, 'reserve', 0, level.qty, @order_no::text, @actor::text, @at::timestamptz FROM level, fits WHERE fits.whole)
SELECT level.sku_id, level.qty::bigint AS qty, level.on_hand, level.reserved, level.low_at, fits.whole::boolean AS whole
FROM level, fits;

-- name: Settle :many
-- Ends what an order holds: to 'committed' (the goods leave the shelf) or 'released'.
-- Only lines still held are touched, so a repeat changes nothing.
WITH mine AS (
  SELECT r.sku_id, r.qty FROM reservation r
  WHERE r.order_no = @order_no AND r.state = 'held'
  ORDER BY r.sku_id
  FOR UPDATE),
level AS (
  SELECT l.sku_id, l.on_hand, l.reserved, l.low_at, mine.qty,
         CASE WHEN @to_state::text = 'committed' THEN mine.qty ELSE 0 END AS leaves
  FROM stock_level l JOIN mine ON mine.sku_id = l.sku_id
  ORDER BY l.sku_id
  FOR UPDATE OF l),
moved AS (
  UPDATE stock_level s SET on_hand = s.on_hand - level.leaves, reserved = s.reserved - level.qty
  FROM level WHERE s.sku_id = level.sku_id),
ended AS (
  UPDATE reservation r SET state = @to_state::text, updated_at = @at::timestamptz
  FROM level WHERE r.order_no = @order_no AND r.sku_id = level.sku_id),
told AS (
  INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at)
  SELECT level.sku_id, @kind::text, -level.leaves, -level.qty, @order_no::text, @actor::text, @at::timestamptz FROM level)
SELECT level.sku_id, level.qty, level.on_hand, level.reserved, level.low_at FROM level;

-- name: Receive :many
-- A document that was booked before changes nothing: received is 0 then. A SKU without a
-- level gives no row.
WITH want AS (
  SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@qtys::bigint[]) AS qty),
level AS (
  SELECT l.sku_id, l.on_hand, l.reserved, l.low_at, w.qty
  FROM stock_level l JOIN want w ON w.sku_id = l.sku_id
  ORDER BY l.sku_id
  FOR UPDATE OF l),
booked AS (
  INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at)
  SELECT level.sku_id, 'receive', level.qty, 0, @document::text, @actor::text, @at::timestamptz FROM level
  ON CONFLICT (document, kind, sku_id) DO NOTHING
  RETURNING sku_id, on_hand_delta),
moved AS (
  UPDATE stock_level s SET on_hand = s.on_hand + booked.on_hand_delta
  FROM booked WHERE s.sku_id = booked.sku_id)
SELECT level.sku_id, level.on_hand, level.reserved, level.low_at, coalesce(booked.on_hand_delta, 0)::bigint AS received
FROM level LEFT JOIN booked ON booked.sku_id = level.sku_id;

-- name: Adjust :many
-- Corrects what is on hand, whole or not at all: no line may leave less than is reserved. A
-- document that was booked before changes nothing: changed is 0 then.
WITH want AS (
  SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@deltas::bigint[]) AS delta),
level AS (
  SELECT l.sku_id, l.on_hand, l.reserved, l.low_at, w.delta
  FROM stock_level l JOIN want w ON w.sku_id = l.sku_id
  ORDER BY l.sku_id
  FOR UPDATE OF l),
fits AS (
  SELECT count(*) = cardinality(@sku_ids::bigint[]) AND coalesce(bool_and(level.on_hand + level.delta >= level.reserved), false) AS whole FROM level),
booked AS (
  INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at)
  SELECT level.sku_id, 'adjust', level.delta, 0, @document::text, @actor::text, @at::timestamptz FROM level, fits WHERE fits.whole
  ON CONFLICT (document, kind, sku_id) DO NOTHING
  RETURNING sku_id, on_hand_delta),
moved AS (
  UPDATE stock_level s SET on_hand = s.on_hand + booked.on_hand_delta
  FROM booked WHERE s.sku_id = booked.sku_id)
SELECT level.sku_id, level.on_hand, level.reserved, level.low_at, level.delta::bigint AS delta,
       coalesce(booked.on_hand_delta, 0)::bigint AS changed, fits.whole::boolean AS whole
FROM fits, level LEFT JOIN booked ON booked.sku_id = level.sku_id;

-- name: Tell :exec
SELECT pg_notify(@channel::text, @tenant_id::text);
