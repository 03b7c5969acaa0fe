-- What lies outside the main place. Whoever comes here holds the locks of the SKUs' levels,
-- taken by the statement before: rows read here are the newest.

-- name: ReserveAway :exec
-- Takes what the main place lacks from the others, in the order of their ids.
WITH want AS (
  SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@qtys::bigint[]) AS qty),
level AS (
  SELECT w.sku_id, w.qty, l.on_hand - l.away_on_hand - (l.reserved - l.away_reserved) AS here
  FROM stock_level l JOIN want w ON w.sku_id = l.sku_id),
free AS (
  SELECT a.sku_id, a.location_id, a.on_hand - a.reserved AS n, level.qty - level.here AS lack,
    sum(a.on_hand - a.reserved) OVER (PARTITION BY a.sku_id ORDER BY a.location_id) AS upto
  FROM stock_away a JOIN level ON level.sku_id = a.sku_id AND level.here < level.qty WHERE a.on_hand > a.reserved),
took AS (
  SELECT free.sku_id, free.location_id, least(free.n, free.lack - (free.upto - free.n))::bigint AS qty
  FROM free WHERE free.upto - free.n < free.lack),
away AS (
  SELECT took.sku_id, sum(took.qty)::bigint AS qty FROM took GROUP BY took.sku_id),
moved AS (
  UPDATE stock_level s SET reserved = s.reserved + level.qty, away_reserved = s.away_reserved + coalesce(away.qty, 0)
  FROM level LEFT JOIN away ON away.sku_id = level.sku_id WHERE s.sku_id = level.sku_id),
placed AS (
  UPDATE stock_away a SET reserved = a.reserved + took.qty
  FROM took WHERE a.sku_id = took.sku_id AND a.location_id = took.location_id),
held AS (
  INSERT INTO reservation (order_no, sku_id, qty, state, updated_at, spread)
  SELECT @order_no::text, level.sku_id, level.qty, 'held', @at::timestamptz, away.qty IS NOT NULL
  FROM level LEFT JOIN away ON away.sku_id = level.sku_id),
spread AS (
  INSERT INTO reservation_away (order_no, sku_id, location_id, qty)
  SELECT @order_no::text, took.sku_id, took.location_id, took.qty FROM took)
INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at, location_id)
  SELECT x.sku_id, 'reserve', 0, x.qty, @order_no::text, @actor::text, @at::timestamptz, x.location_id FROM (
    SELECT level.sku_id, level.qty - coalesce(away.qty, 0) AS qty, 0 AS location_id FROM level LEFT JOIN away ON away.sku_id = level.sku_id
    UNION ALL
    SELECT took.sku_id, took.qty, took.location_id FROM took) x WHERE x.qty > 0;

-- name: SettleAway :exec
-- Settle for the lines that lie in several places.
WITH mine AS (
  SELECT r.sku_id, r.qty FROM reservation r WHERE r.order_no = @order_no AND r.state = 'held' AND r.spread),
part AS (
  SELECT p.sku_id, p.location_id, p.qty FROM reservation_away p JOIN mine ON mine.sku_id = p.sku_id WHERE p.order_no = @order_no),
line AS (
  SELECT mine.sku_id, mine.qty, (SELECT sum(part.qty) FROM part WHERE part.sku_id = mine.sku_id)::bigint AS away FROM mine),
moved AS (
  UPDATE stock_level s SET reserved = s.reserved - line.qty, away_reserved = s.away_reserved - line.away,
    on_hand = s.on_hand - CASE WHEN @to_state::text = 'committed' THEN line.qty ELSE 0 END,
    away_on_hand = s.away_on_hand - CASE WHEN @to_state::text = 'committed' THEN line.away ELSE 0 END
  FROM line WHERE s.sku_id = line.sku_id),
placed AS (
  UPDATE stock_away a SET reserved = a.reserved - part.qty,
    on_hand = a.on_hand - CASE WHEN @to_state::text = 'committed' THEN part.qty ELSE 0 END
  FROM part WHERE a.sku_id = part.sku_id AND a.location_id = part.location_id),
ended AS (
  UPDATE reservation r SET state = @to_state::text, updated_at = @at::timestamptz
  FROM mine WHERE r.order_no = @order_no AND r.sku_id = mine.sku_id)
INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at, location_id)
SELECT x.sku_id, @kind::text, CASE WHEN @to_state::text = 'committed' THEN -x.qty ELSE 0 END, -x.qty, @order_no::text, @actor::text, @at::timestamptz, x.location_id
FROM (SELECT line.sku_id, line.qty - line.away AS qty, 0 AS location_id FROM line
      UNION ALL SELECT part.sku_id, part.qty, part.location_id FROM part) x WHERE x.qty > 0;

-- name: OpenAway :exec
-- A row for each SKU in a place, before anything is put there.
INSERT INTO stock_away (sku_id, location_id)
SELECT l.sku_id, p.id FROM stock_level l, stock_location p WHERE l.sku_id = ANY(@sku_ids::bigint[]) AND p.id = @location_id AND p.closed_at IS NULL
ORDER BY l.sku_id ON CONFLICT (sku_id, location_id) DO NOTHING;

-- name: LockLevels :many
-- carded is a SKU whose stock are virtual cards.
SELECT EXISTS (SELECT FROM sku k JOIN spu p ON p.id = k.spu_id WHERE k.id = l.sku_id AND p.kind = 'virtual_card') AS carded, l.sku_id, (l.on_hand - l.away_on_hand)::bigint AS main_on_hand, (l.reserved - l.away_reserved)::bigint AS main_reserved, l.on_hand, l.reserved, l.low_at
FROM stock_level l WHERE l.sku_id = ANY(@sku_ids::bigint[]) ORDER BY l.sku_id FOR UPDATE;

-- name: Levels :many
SELECT l.sku_id, l.on_hand, l.reserved, l.away_on_hand FROM stock_level l WHERE l.sku_id = ANY(@sku_ids::bigint[]);

-- name: Away :many
SELECT a.sku_id, a.on_hand, a.reserved FROM stock_away a WHERE a.location_id = @location_id AND a.sku_id = ANY(@sku_ids::bigint[]) ORDER BY a.sku_id;

-- name: Transfer :execrows
-- A document that was booked before changes nothing.
WITH want AS (
  SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@qtys::bigint[]) AS qty),
step AS (
  SELECT want.sku_id, x.location_id, x.sign * want.qty AS delta
  FROM want, (SELECT unnest(ARRAY[@from_id::bigint, @to_id::bigint]) AS location_id, unnest(ARRAY[-1, 1]) AS sign) x
  WHERE NOT EXISTS (SELECT FROM stock_movement m WHERE m.document = @document::text AND m.kind = 'transfer' AND m.sku_id = want.sku_id)),
booked AS (
  INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at, location_id, note)
  SELECT step.sku_id, 'transfer', step.delta, 0, @document::text, @actor::text, @at::timestamptz, step.location_id, @note::text FROM step),
placed AS (
  UPDATE stock_away a SET on_hand = a.on_hand + step.delta
  FROM step WHERE a.sku_id = step.sku_id AND a.location_id = step.location_id)
UPDATE stock_level s SET version = s.version + 1, away_on_hand = s.away_on_hand + step.delta
FROM (SELECT step.sku_id, sum(step.delta) FILTER (WHERE step.location_id <> 0) AS delta FROM step GROUP BY step.sku_id) step
WHERE s.sku_id = step.sku_id;

-- name: Since :many
-- What people changed of a SKU, newest first: a correction that came too late is told.
SELECT m.kind, m.on_hand_delta, m.actor, m.at, m.reason FROM stock_movement m
WHERE m.sku_id = @sku_id AND m.kind IN ('receive', 'adjust', 'restock', 'transfer')
ORDER BY m.id DESC LIMIT @max_rows;

-- name: Locations :many
SELECT p.id, p.name, (p.closed_at IS NOT NULL)::boolean AS closed FROM stock_location p ORDER BY p.id LIMIT 100;

-- name: MainPlace :one
SELECT coalesce((SELECT main_place FROM shop), '')::text AS name;

-- name: InsertLocation :one
INSERT INTO stock_location (name)
SELECT @name::text WHERE (SELECT count(*) FROM stock_location WHERE closed_at IS NULL) < @most::bigint RETURNING id;

-- name: RenameLocation :execrows
UPDATE stock_location SET name = @name WHERE id = @id;

-- name: RenameMain :execrows
UPDATE shop SET main_place = @name;

-- name: LockLocation :one
SELECT p.name, (p.closed_at IS NOT NULL)::boolean AS closed, coalesce((SELECT sum(a.on_hand) FROM stock_away a WHERE a.location_id = p.id), 0)::bigint AS on_hand
FROM stock_location p WHERE p.id = @id FOR UPDATE;

-- name: KeepLocation :one
-- It cannot be closed until the transaction ends; others may use it, too.
SELECT p.name, (p.closed_at IS NOT NULL)::boolean AS closed, coalesce((SELECT sum(a.on_hand) FROM stock_away a WHERE a.location_id = p.id), 0)::bigint AS on_hand
FROM stock_location p WHERE p.id = @id FOR SHARE;

-- name: CloseLocation :exec
UPDATE stock_location SET closed_at = CASE WHEN @closed::boolean THEN @at::timestamptz END WHERE id = @id;

-- name: SetLowAt :one
UPDATE stock_level SET low_at = @low_at WHERE sku_id = @sku_id
RETURNING on_hand, reserved;

-- name: SeeAlarm :execrows
UPDATE stock_alarm SET seen_by = @actor, seen_at = @at::timestamptz WHERE sku_id = ANY(@sku_ids::bigint[]) AND seen_by = '';

-- name: FindCodes :many
-- The SKUs of codes or barcodes as people write them; one code may stand on several.
WITH s AS (
  SELECT k.id, k.spu_id, k.spec_values, k.code AS called FROM sku k WHERE k.code = ANY(@codes::text[])
  UNION
  SELECT k.id, k.spu_id, k.spec_values, k.barcode AS called FROM sku k WHERE k.barcode = ANY(@codes::text[]))
SELECT s.called::text AS code, s.id, p.title, array_to_string(s.spec_values, ' / ')::text AS spec,
  l.version, (l.on_hand - l.away_on_hand)::bigint AS main_on_hand, coalesce(a.on_hand, 0)::bigint AS away_on_hand
FROM s JOIN spu p ON p.id = s.spu_id AND p.status NOT IN ('recycled', 'purged') JOIN stock_level l ON l.sku_id = s.id
LEFT JOIN stock_away a ON a.sku_id = s.id AND a.location_id = @location_id
ORDER BY s.called, s.id LIMIT 2000;

-- name: TransferredBy :many
SELECT DISTINCT m.sku_id FROM stock_movement m WHERE m.document = @document AND m.kind = 'transfer' AND m.sku_id = ANY(@sku_ids::bigint[]);
