-- name: Pack :one
-- The order's row is locked. CHECK order_line_packed is the wall: no piece is in two parcels.
WITH parcel AS (
  INSERT INTO order_parcel (order_id, parcel_no, kind, status, packed_at, actor)
  VALUES (@order_id, @parcel_no, @kind, @parcel_status::text, @at::timestamptz, @actor::text) RETURNING id),
mine AS (SELECT unnest(@line_ids::bigint[]) AS line_id, unnest(@qtys::bigint[]) AS qty),
held AS (
  UPDATE order_line l SET packed = l.packed + mine.qty FROM mine WHERE l.id = mine.line_id AND l.order_id = @order_id RETURNING l.id, mine.qty),
lines AS (
  INSERT INTO order_parcel_line (parcel_id, line_id, qty) SELECT parcel.id, held.id, held.qty FROM parcel, held RETURNING line_id),
told AS (
  INSERT INTO order_event (order_id, at, event, from_status, to_status, actor, detail)
  SELECT @order_id::bigint, @at::timestamptz, @event::text, @status::text, @status::text, @actor::text, @detail::jsonb)
SELECT count(*) FROM lines;

-- name: PackedOf :many
-- What lies in parcels of the order that have not left, newest parcel last.
SELECT p.id, p.parcel_no, x.line_id, x.qty FROM order_parcel p JOIN order_parcel_line x ON x.parcel_id = p.id
WHERE p.order_id = @order_id AND p.status = 'packed' AND x.qty > 0 ORDER BY p.id, x.line_id;

-- name: TakeOut :exec
-- Takes pieces out of packed parcels; one of which nothing is left is none any more. What was
-- in one that staff unpack stays written beside it.
WITH mine AS (
  SELECT unnest(@parcel_ids::bigint[]) AS parcel_id, unnest(@line_ids::bigint[]) AS line_id, unnest(@qtys::bigint[]) AS qty),
left_in AS (
  UPDATE order_parcel_line x SET qty = x.qty - mine.qty FROM mine
  WHERE x.parcel_id = mine.parcel_id AND x.line_id = mine.line_id AND NOT @whole::boolean),
lines AS (
  UPDATE order_line l SET packed = l.packed - m.qty FROM (SELECT mine.line_id, sum(mine.qty)::integer AS qty FROM mine GROUP BY mine.line_id) m
  WHERE l.id = m.line_id AND l.order_id = @order_id),
ended AS (
  UPDATE order_parcel p SET status = @cancelled::text WHERE p.id = ANY (@ended_ids::bigint[]) AND p.order_id = @order_id AND p.status = 'packed')
INSERT INTO order_event (order_id, at, event, from_status, to_status, actor, detail)
VALUES (@order_id, @at::timestamptz, @event::text, @status::text, @status::text, @actor::text, @detail::jsonb);

-- name: Lose :exec
WITH lost AS (
  UPDATE order_parcel SET status = @to_status::text, lost_at = @at::timestamptz, lost_reason = @reason::text WHERE order_parcel.id = @id RETURNING order_id)
INSERT INTO order_event (order_id, at, event, from_status, to_status, actor, detail)
SELECT lost.order_id, @at::timestamptz, @event::text, @order_status::text, @order_status::text, @actor::text, @detail::jsonb FROM lost;

-- name: LostLines :many
-- What a lost parcel held. free says that the order still owes the pieces: what cases claimed of
-- the line, and what was sent again, leaves so many of those that were sent. Parcels in another's
-- stead hold the same pieces, and count as one.
SELECT l.id, l.sku_id, x.qty,
       (l.claimed - l.dropped + CASE WHEN p.resends IS NULL THEN x.qty ELSE 0 END
        + coalesce((SELECT sum(y.qty) FROM order_parcel_line y JOIN order_parcel r ON r.id = y.parcel_id WHERE y.line_id = l.id AND r.remedy = 'resent' AND r.resends IS NULL), 0) <= l.sent)::boolean AS free
FROM order_parcel p JOIN order_parcel_line x ON x.parcel_id = p.id JOIN order_line l ON l.id = x.line_id WHERE p.id = @id AND x.qty > 0 ORDER BY l.id;

-- name: LostOf :many
-- The lost parcels of an order that nobody has made up for, and what they held.
SELECT p.id, p.parcel_no, x.line_id, x.qty FROM order_parcel p JOIN order_parcel_line x ON x.parcel_id = p.id
WHERE p.order_id = @order_id AND p.status = 'lost' AND p.remedy = '' ORDER BY p.id, x.line_id;

-- name: Resend :one
-- The pieces of a lost parcel leave once more; they were counted as sent before. What is sent
-- again is on its way from now.
WITH lost AS (
  UPDATE order_parcel SET remedy = 'resent' WHERE order_parcel.id = @lost_id AND order_parcel.status = 'lost' AND order_parcel.remedy = '' RETURNING id, order_id),
parcel AS (
  INSERT INTO order_parcel (order_id, parcel_no, kind, courier, tracking_no, status, shipped_at, actor, resends)
  SELECT lost.order_id, @parcel_no::text, @kind::text, @courier::text, @tracking_no::text, @parcel_status::text, @at::timestamptz, @actor::text, lost.id FROM lost RETURNING id, order_id),
lines AS (
  INSERT INTO order_parcel_line (parcel_id, line_id, qty)
  SELECT parcel.id, x.line_id, x.qty FROM parcel, order_parcel_line x WHERE x.parcel_id = @lost_id AND x.qty > 0),
moved AS (
  UPDATE orders o SET shipped_at = CASE WHEN o.shipped_at IS NOT NULL THEN @at::timestamptz END,
         receive_by = CASE WHEN o.receive_by IS NOT NULL THEN @receive_until::timestamptz END
  FROM parcel WHERE o.id = parcel.order_id),
told AS (
  INSERT INTO order_event (order_id, at, event, from_status, to_status, actor, detail)
  SELECT parcel.order_id, @at::timestamptz, @event::text, @order_status::text, @order_status::text, @actor::text, @detail::jsonb FROM parcel)
SELECT count(*) FROM parcel;
