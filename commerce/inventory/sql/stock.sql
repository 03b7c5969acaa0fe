-- name: Reserve :many
-- The rows are taken in the order of the SKU ids, in every statement of this room, so that no
-- two of them wait for each other. Each line is checked by the UPDATE itself, on the row as it
-- is after any wait: what a CTE has read under FOR UPDATE is not, once several rows have
-- changed meanwhile. Lines that do not fit are left alone, and all are if something of them
-- lies outside the main place: that is taken under locks of all of them (ReserveAway).
WITH want AS (
  SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@qtys::bigint[]) AS qty),
moved AS (
  UPDATE stock_level s SET reserved = s.reserved + w.qty
  FROM (SELECT want.sku_id, want.qty FROM want ORDER BY want.sku_id) w
  WHERE s.sku_id = w.sku_id AND s.on_hand - s.away_on_hand - (s.reserved - s.away_reserved) >= w.qty
    AND NOT EXISTS (SELECT FROM stock_level x JOIN want v ON v.sku_id = x.sku_id WHERE x.away_on_hand > 0)
  RETURNING s.sku_id, s.on_hand, s.reserved - w.qty AS reserved, s.low_at, w.qty),
held AS (
  INSERT INTO reservation (order_no, sku_id, qty, state, updated_at)
  SELECT @order_no::text, moved.sku_id, moved.qty, 'held', @at::timestamptz FROM moved),
told AS (
  INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at)
  SELECT moved.sku_id, 'reserve', 0, moved.qty, @order_no::text, @actor::text, @at::timestamptz FROM moved)
SELECT moved.sku_id, moved.qty::bigint AS qty, moved.on_hand, moved.reserved::bigint AS reserved, moved.low_at FROM moved ORDER BY moved.sku_id;

-- name: Settle :many
-- Ends what an order holds: to 'committed' (the goods leave the shelf) or 'released'.
-- Only lines still held are touched, so a repeat changes nothing. Lines that are spread over
-- several places are locked in their turn and left to SettleAway.
WITH mine AS (
  SELECT r.sku_id, r.qty, r.spread FROM reservation r
  WHERE r.order_no = @order_no AND r.state = 'held'
  ORDER BY r.sku_id
  FOR UPDATE),
level AS (
  SELECT l.sku_id, l.on_hand, l.reserved, l.low_at, mine.qty, mine.spread,
         CASE WHEN @to_state::text = 'committed' THEN mine.qty ELSE 0 END AS leaves
  FROM stock_level l JOIN mine ON mine.sku_id = l.sku_id
  ORDER BY l.sku_id
  FOR UPDATE OF l),
moved AS (
  UPDATE stock_level s SET on_hand = s.on_hand - level.leaves, reserved = s.reserved - level.qty
  FROM level WHERE s.sku_id = level.sku_id AND NOT level.spread
  RETURNING s.sku_id, s.on_hand + level.leaves AS on_hand, s.reserved + level.qty AS reserved),
ended AS (
  UPDATE reservation r SET state = @to_state::text, updated_at = @at::timestamptz
  FROM level WHERE r.order_no = @order_no AND r.sku_id = level.sku_id AND NOT level.spread),
told AS (
  INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at)
  SELECT level.sku_id, @kind::text, -level.leaves, -level.qty, @order_no::text, @actor::text, @at::timestamptz FROM level WHERE NOT level.spread)
SELECT level.sku_id, level.qty, coalesce(moved.on_hand, level.on_hand)::bigint AS on_hand, coalesce(moved.reserved, level.reserved)::bigint AS reserved, level.low_at, level.spread
FROM level LEFT JOIN moved ON moved.sku_id = level.sku_id;

-- name: Receive :many
-- Into one place (0: the main one), in which room was made. A document that was booked there
-- before changes nothing: received is 0 then. A SKU without a level gives no row.
WITH want AS (
  SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@qtys::bigint[]) AS qty),
level AS (
  SELECT l.sku_id, l.on_hand, l.reserved, l.low_at, w.qty
  FROM stock_level l JOIN want w ON w.sku_id = l.sku_id
  ORDER BY l.sku_id
  FOR UPDATE OF l),
booked AS (
  INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at, location_id)
  SELECT level.sku_id, 'receive', level.qty, 0, @document::text, @actor::text, @at::timestamptz, @location_id::bigint FROM level
  ON CONFLICT (document, kind, sku_id, location_id) DO NOTHING
  RETURNING sku_id, on_hand_delta),
moved AS (
  UPDATE stock_level s SET on_hand = s.on_hand + booked.on_hand_delta, version = s.version + 1,
    away_on_hand = s.away_on_hand + CASE WHEN @location_id::bigint = 0 THEN 0 ELSE booked.on_hand_delta END
  FROM booked WHERE s.sku_id = booked.sku_id
  RETURNING s.sku_id, s.on_hand - booked.on_hand_delta AS on_hand, s.reserved),
placed AS (
  UPDATE stock_away a SET on_hand = a.on_hand + booked.on_hand_delta
  FROM booked WHERE a.sku_id = booked.sku_id AND a.location_id = @location_id::bigint)
SELECT level.sku_id, coalesce(moved.on_hand, level.on_hand)::bigint AS on_hand, coalesce(moved.reserved, level.reserved)::bigint AS reserved, level.low_at,
  coalesce(booked.on_hand_delta, 0)::bigint AS received
FROM level LEFT JOIN booked ON booked.sku_id = level.sku_id LEFT JOIN moved ON moved.sku_id = level.sku_id;

-- name: LeftFrom :many
-- The open place from which most pieces of a SKU went to an order; the main one where none did more.
SELECT DISTINCT ON (r.sku_id) r.sku_id, a.location_id, a.qty AS away, (r.qty - sum(a.qty) OVER (PARTITION BY r.sku_id))::bigint AS main
FROM reservation r JOIN reservation_away a ON a.order_no = r.order_no AND a.sku_id = r.sku_id
WHERE r.order_no = @order_no AND r.sku_id = ANY (@sku_ids::bigint[])
  AND EXISTS (SELECT FROM stock_location p WHERE p.id = a.location_id AND p.closed_at IS NULL)
ORDER BY r.sku_id, a.qty DESC, a.location_id;

-- name: Adjust :many
-- Corrects what is on hand in one place (0: the main one). A line fits if it leaves what is
-- reserved there and, where a version is given, nobody has corrected the SKU since. Either all
-- lines or, with @single, each that fits by itself. A document that was booked before changes
-- nothing: known is true and changed is 0 then.
WITH want AS (
  SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@deltas::bigint[]) AS delta, unnest(@versions::bigint[]) AS version),
level AS (
  SELECT l.sku_id, l.on_hand, l.reserved, l.low_at, l.away_on_hand, l.away_reserved, l.version, w.delta, w.version AS seen
  FROM stock_level l JOIN want w ON w.sku_id = l.sku_id
  ORDER BY l.sku_id
  FOR UPDATE OF l),
away AS (
  SELECT a.sku_id, a.on_hand, a.reserved FROM stock_away a JOIN level ON level.sku_id = a.sku_id
  WHERE a.location_id = @location_id::bigint
  ORDER BY a.sku_id
  FOR UPDATE OF a),
judged AS (
  SELECT level.sku_id, level.on_hand, level.reserved, level.low_at, level.version, level.delta,
    (CASE WHEN @location_id::bigint = 0 THEN level.on_hand - level.away_on_hand ELSE coalesce(away.on_hand, 0) END)::bigint AS here,
    (CASE WHEN @location_id::bigint = 0 THEN level.reserved - level.away_reserved ELSE coalesce(away.reserved, 0) END)::bigint AS held,
    level.seen <> 0 AND level.seen <> level.version AS stale,
    EXISTS (SELECT FROM stock_movement m WHERE m.document = @document::text AND m.kind = @kind::text AND m.sku_id = level.sku_id
      AND m.location_id = @location_id::bigint) AS known
  FROM level LEFT JOIN away ON away.sku_id = level.sku_id),
fits AS (
  SELECT judged.sku_id, judged.known OR (NOT judged.stale AND judged.here + judged.delta >= judged.held) AS ok FROM judged),
whole AS (
  SELECT @single::boolean OR (count(*) = cardinality(@sku_ids::bigint[]) AND coalesce(bool_and(fits.ok), false)) AS ok FROM fits),
booked AS (
  INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at, location_id, reason, note)
  SELECT j.sku_id, @kind::text, j.delta, 0, @document::text, @actor::text, @at::timestamptz, @location_id::bigint, @reason::text, @note::text
  FROM judged j JOIN fits ON fits.sku_id = j.sku_id, whole WHERE whole.ok AND fits.ok AND NOT j.known AND j.delta <> 0
  ON CONFLICT (document, kind, sku_id, location_id) DO NOTHING
  RETURNING sku_id, on_hand_delta),
moved AS (
  UPDATE stock_level s SET on_hand = s.on_hand + booked.on_hand_delta, version = s.version + 1,
    away_on_hand = s.away_on_hand + CASE WHEN @location_id::bigint = 0 THEN 0 ELSE booked.on_hand_delta END
  FROM booked WHERE s.sku_id = booked.sku_id),
placed AS (
  UPDATE stock_away a SET on_hand = a.on_hand + booked.on_hand_delta
  FROM booked WHERE a.sku_id = booked.sku_id AND a.location_id = @location_id::bigint)
SELECT j.sku_id, j.on_hand, j.reserved, j.low_at, j.version, j.delta::bigint AS delta, j.here, j.held, j.stale::boolean AS stale, j.known::boolean AS known,
       coalesce(booked.on_hand_delta, 0)::bigint AS changed, fits.ok::boolean AS ok
FROM judged j JOIN fits ON fits.sku_id = j.sku_id LEFT JOIN booked ON booked.sku_id = j.sku_id ORDER BY j.sku_id;

-- name: Tell :one
-- Tells the shelf of this shop, and the staff of what became scarce or ran out. An alarm is
-- raised once per crossing, again when what was scarce is gone, and over when there is enough.
-- Returns what was raised.
WITH was AS (SELECT a.sku_id, a.state FROM stock_alarm a WHERE a.sku_id = ANY (@sku_ids::bigint[])),
crossed AS (
  SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@states::text[]) AS state),
over AS (
  DELETE FROM stock_alarm a USING crossed WHERE a.sku_id = crossed.sku_id AND crossed.state = ''),
raised AS (
  INSERT INTO stock_alarm AS a (sku_id, state, raised_at)
  SELECT crossed.sku_id, crossed.state, @at::timestamptz FROM crossed WHERE crossed.state <> ''
  ON CONFLICT (sku_id) DO UPDATE SET state = excluded.state,
    raised_at = CASE WHEN excluded.state = 'out' THEN excluded.raised_at ELSE a.raised_at END,
    seen_by = CASE WHEN excluded.state = 'out' THEN '' ELSE a.seen_by END,
    seen_at = CASE WHEN excluded.state = 'out' THEN NULL ELSE a.seen_at END
  RETURNING a.sku_id, a.state)
SELECT coalesce((SELECT array_agg(r.sku_id ORDER BY r.sku_id) FROM raised r WHERE NOT EXISTS (SELECT FROM was WHERE was.sku_id = r.sku_id AND r.state IN (was.state, 'low'))), '{}')::bigint[] AS news
FROM pg_notify(@channel::text, @tenant_id::text);

-- name: Scarce :many
-- Which of them an alarm still stands for, as staff are told of them.
SELECT a.sku_id, p.title, array_to_string(k.spec_values, ' / ')::text AS spec, greatest(l.on_hand - l.reserved, 0)::bigint AS available
FROM stock_alarm a JOIN stock_level l ON l.sku_id = a.sku_id JOIN sku k ON k.id = a.sku_id JOIN spu p ON p.id = k.spu_id
WHERE a.sku_id = ANY (@sku_ids::bigint[]) AND k.enabled AND p.status = 'on_shelf' ORDER BY a.sku_id;
