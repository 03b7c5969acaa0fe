-- name: LocalTerms :one
-- The shop's terms, and of one slot on one day what it has and holds; a shop without terms has no row.
SELECT (d.active AND p.open)::boolean AS active, d.version, d.store_id, d.radius_m, d.divisions, d.min_fen, d.base_fen, d.base_m, d.per_km_fen, d.free_fen, d.lead_minutes,
  d.days_ahead, d.weekdays, coalesce(p.latitude::text, '')::text AS latitude, coalesce(p.longitude::text, '')::text AS longitude,
  coalesce(s.starts_min, -1)::integer AS starts_min, coalesce(s.ends_min, -1)::integer AS ends_min, coalesce(s.capacity, 0)::integer AS capacity,
  coalesce((SELECT l.taken FROM local_load l WHERE l.slot_id = s.id AND l.day = @day::date), 0)::integer AS taken
FROM local_delivery d JOIN pickup_store p ON p.id = d.store_id LEFT JOIN local_slot s ON s.id = @slot_id AND s.active;

-- name: LocalSlots :many
-- With what the days from @first on have of each.
SELECT s.id, s.starts_min, s.ends_min, s.capacity,
  coalesce((SELECT jsonb_object_agg(l.day, l.taken) FROM local_load l WHERE l.slot_id = s.id AND l.day BETWEEN @first::date AND @last::date), '{}')::jsonb AS taken
FROM local_slot s WHERE s.active ORDER BY s.starts_min, s.ends_min;

-- name: SetLocal :execrows
-- As it was seen; version 0 takes any, -1 is terms that nobody had set.
INSERT INTO local_delivery (active, store_id, radius_m, divisions, min_fen, base_fen, base_m, per_km_fen, free_fen, lead_minutes, days_ahead, weekdays, updated_at)
VALUES (@active, @store_id, @radius_m, @divisions, @min_fen, @base_fen, @base_m, @per_km_fen, @free_fen, @lead_minutes, @days_ahead, @weekdays, @now)
ON CONFLICT (only_row) DO UPDATE SET active = excluded.active, store_id = excluded.store_id, radius_m = excluded.radius_m, divisions = excluded.divisions,
  min_fen = excluded.min_fen, base_fen = excluded.base_fen, base_m = excluded.base_m, per_km_fen = excluded.per_km_fen, free_fen = excluded.free_fen,
  lead_minutes = excluded.lead_minutes, days_ahead = excluded.days_ahead, weekdays = excluded.weekdays, updated_at = excluded.updated_at,
  version = local_delivery.version + 1
WHERE @version::integer = 0 OR local_delivery.version = @version;

-- name: SetLocalSlots :exec
-- Those that are not named are gone for new orders.
WITH wanted AS (SELECT unnest(@starts::integer[]) AS starts_min, unnest(@ends::integer[]) AS ends_min, unnest(@capacities::integer[]) AS capacity),
kept AS (
  INSERT INTO local_slot (starts_min, ends_min, capacity) SELECT w.starts_min, w.ends_min, w.capacity FROM wanted w
  ON CONFLICT (starts_min, ends_min) DO UPDATE SET capacity = excluded.capacity, active = true)
UPDATE local_slot s SET active = false
WHERE s.active AND NOT EXISTS (SELECT FROM wanted w WHERE w.starts_min = s.starts_min AND w.ends_min = s.ends_min);

-- name: StorePosition :one
SELECT open, (latitude IS NOT NULL)::boolean AS placed FROM pickup_store WHERE id = @id;

-- name: BookSlot :execrows
-- No row: the slot is full, or gone. Orders of one slot wait for each other here.
WITH taken AS (
  INSERT INTO local_load (slot_id, day, taken) SELECT s.id, @day::date, 1 FROM local_slot s WHERE s.id = @slot_id AND s.active
  ON CONFLICT (slot_id, day) DO UPDATE SET taken = local_load.taken + 1
  WHERE local_load.taken < (SELECT s.capacity FROM local_slot s WHERE s.id = excluded.slot_id)
  RETURNING slot_id, day)
INSERT INTO local_booking (order_no, slot_id, day) SELECT @order_no, taken.slot_id, taken.day FROM taken;

-- name: ReleaseSlot :exec
WITH freed AS (
  UPDATE local_booking SET released_at = @now::timestamptz WHERE order_no = @order_no AND released_at IS NULL RETURNING slot_id, day)
UPDATE local_load l SET taken = l.taken - 1 FROM freed WHERE l.slot_id = freed.slot_id AND l.day = freed.day;

-- name: SetRider :exec
INSERT INTO local_rider (order_no, sealed, updated_at) VALUES (@order_no, @sealed, @now)
ON CONFLICT (order_no) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at;

-- name: Rider :one
SELECT sealed FROM local_rider WHERE order_no = @order_no;

-- name: SealedRiders :many
-- Rows that begin with the primary key's prefix are left out; so are all if none is given.
SELECT r.id, r.order_no, substring(r.sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(r.sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN r.sealed END, '')::bytea AS sealed
FROM local_rider r WHERE r.id > @after ORDER BY r.id LIMIT 200;

-- name: ResealRider :execrows
UPDATE local_rider SET sealed = @sealed WHERE id = @id AND sealed = @old_sealed;
