-- name: LockWhole :many
-- The order's row, held until the transaction ends, with a row for each of its lines. The
-- lines are locked, too: only so are they read anew after a wait for the order's row.
SELECT o.id, o.order_no, o.member_id, o.app_id, o.status, o.delivery, o.settlement, o.hidden, o.goods_fen, o.discount_fen, o.freight_fen,
       o.adjust_fen, o.payable_fen, o.address, o.paid_by, o.test, o.group_state, o.placed_at, o.refunded_fen, o.claimed_freight_fen, o.open_cases, o.paused_at, o.shipped_at, o.receive_by, o.received_at, o.settle_by, coalesce(o.receive_by <= now(), false)::boolean AS receive_due,
       coalesce(o.settle_by <= now(), false)::boolean AS settle_due,
       l.id AS line_id, l.spu_id, l.sku_id, l.title, l.spec, l.picture, l.qty, l.sent, l.dropped, l.packed, l.claimed, l.claimed_fen, l.payable_fen AS line_payable_fen, l.adjust_fen AS line_adjust_fen, l.gift,
       EXISTS (SELECT 1 FROM order_parcel p WHERE p.order_id = o.id AND p.status = 'lost' AND p.remedy = '') AS lost
FROM orders o JOIN order_line l ON l.order_id = o.id WHERE o.order_no = @order_no
ORDER BY l.id FOR UPDATE OF o, l;

-- name: DeliveryTerms :one
SELECT coalesce((SELECT receive_days FROM shop), 10)::bigint AS receive_days,
       coalesce((SELECT finish_days FROM shop), 7)::bigint AS finish_days;

-- name: SetDeliveryTerms :execrows
-- As they were seen; version 0 takes any.
UPDATE shop SET receive_days = @receive_days, signed_days = @signed_days, finish_days = @finish_days, unpaid_ttl_seconds = @unpaid_ttl_seconds,
  max_open_orders = @max_open_orders, max_open_pieces = @max_open_pieces, updated_at = now(), terms_version = terms_version + 1
WHERE @version::integer = 0 OR terms_version = @version;

-- name: Ship :one
-- The order's row is locked. A count other than the lines' means that something was sent twice.
-- What was packed before leaves in its own parcel.
WITH fresh AS (
  INSERT INTO order_parcel (order_id, parcel_no, kind, courier, tracking_no, status, shipped_at, delivered_at, actor)
  SELECT @order_id::bigint, @parcel_no::text, @kind::text, @courier::text, @tracking_no::text, @parcel_status::text, @at::timestamptz, sqlc.narg(delivered_at)::timestamptz, @actor::text
  WHERE sqlc.narg(packed_id)::bigint IS NULL RETURNING id),
filled AS (
  UPDATE order_parcel SET courier = @courier::text, tracking_no = @tracking_no::text, status = @parcel_status::text, shipped_at = @at::timestamptz
  WHERE order_parcel.id = sqlc.narg(packed_id)::bigint AND order_parcel.order_id = @order_id::bigint AND order_parcel.status = 'packed' RETURNING id),
parcel AS (SELECT fresh.id FROM fresh UNION ALL SELECT filled.id FROM filled),
sent AS (SELECT unnest(@line_ids::bigint[]) AS line_id, unnest(@qtys::bigint[]) AS qty),
held AS (
  UPDATE order_line l SET sent = l.sent + sent.qty, packed = l.packed - CASE WHEN sqlc.narg(packed_id)::bigint IS NULL THEN 0 ELSE sent.qty END
  FROM sent, parcel WHERE l.id = sent.line_id AND l.order_id = @order_id RETURNING l.id, sent.qty),
lines AS (
  INSERT INTO order_parcel_line (parcel_id, line_id, qty) SELECT fresh.id, held.id, held.qty FROM fresh, held),
moved AS (
  UPDATE orders SET status = @to_status::text, settlement = @settlement::text, shipped_at = sqlc.narg(all_sent_at)::timestamptz,
         receive_by = sqlc.narg(receive_until)::timestamptz, received_at = sqlc.narg(handed_at)::timestamptz,
         settle_by = sqlc.narg(settle_until)::timestamptz
  WHERE orders.id = @order_id AND orders.status = @from_status::text RETURNING orders.id),
told AS (
  INSERT INTO order_event (order_id, at, event, from_status, to_status, actor, detail)
  SELECT moved.id, @at::timestamptz, @event::text, @from_status, @to_status, @actor, @detail::jsonb FROM moved)
SELECT CASE WHEN EXISTS (SELECT 1 FROM moved) THEN (SELECT count(*) FROM held) ELSE 0 END::bigint AS lines;

-- name: ParcelKnown :one
SELECT EXISTS (SELECT 1 FROM order_parcel WHERE order_id = @order_id AND courier = @courier AND tracking_no = @tracking_no);

-- name: LockParcel :one
SELECT p.id, p.order_id, o.order_no, o.member_id, o.app_id, o.status AS order_status, p.kind, p.courier, p.tracking_no, p.status, p.remedy, p.changes, o.address
FROM order_parcel p JOIN orders o ON o.id = p.order_id WHERE p.parcel_no = @parcel_no FOR UPDATE OF o, p;

-- name: RetrackParcel :exec
WITH changed AS (
  UPDATE order_parcel SET courier = @courier, tracking_no = @tracking_no, changes = changes + 1, status = 'shipped', delivered_at = NULL
  WHERE order_parcel.id = @id RETURNING order_id)
INSERT INTO order_event (order_id, at, event, from_status, to_status, actor, detail)
SELECT changed.order_id, @at::timestamptz, @event::text, @status::text, @status::text, @actor::text, @detail::jsonb FROM changed;

-- name: MoveParcel :exec
WITH moved AS (
  UPDATE order_parcel SET status = @to_status::text, delivered_at = CASE WHEN @to_status = 'delivered' THEN @at::timestamptz END
  WHERE order_parcel.id = @id RETURNING order_id)
INSERT INTO order_event (order_id, at, event, from_status, to_status, actor, detail)
SELECT moved.order_id, @told_at::timestamptz, @event::text, @order_status::text, @order_status::text, @actor::text, @detail::jsonb FROM moved;

-- name: HastenReceipt :one
-- The order's row is locked. A later time than the one that stands changes nothing.
UPDATE orders o SET receive_by = x.by
FROM (SELECT greatest(@earliest::timestamptz, max(p.delivered_at) + (SELECT coalesce((SELECT signed_days FROM shop), 7)) * interval '24 hours')::timestamptz AS by
      FROM order_parcel p WHERE p.order_id = @id AND p.shipped_at IS NOT NULL AND p.remedy = '' HAVING bool_and(p.status = @delivered::text)) x
WHERE o.id = @id AND o.status = @status::text AND o.receive_by > x.by AND o.open_cases = 0 AND o.paused_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.sent + l.dropped < l.qty)
RETURNING x.by::timestamptz AS receive_by;

-- name: AfreshReceipt :one
-- What was signed for was another parcel: the time of the sending counts again.
UPDATE orders o SET receive_by = greatest(o.receive_by, o.shipped_at + (SELECT coalesce((SELECT receive_days FROM shop), 10)) * interval '24 hours', @earliest::timestamptz)
WHERE o.id = @id AND o.status = @status::text AND o.receive_by IS NOT NULL AND o.open_cases = 0 AND o.paused_at IS NULL
RETURNING o.receive_by::timestamptz AS receive_by;

-- name: Astray :one
-- A parcel comes back, or is lost and nobody has made up for it.
SELECT EXISTS (SELECT 1 FROM order_parcel WHERE order_id = @id AND (status = @returned::text OR (status = @lost::text AND remedy = '')));

-- name: Parcels :many
-- One that was unpacked again is none.
SELECT p.parcel_no, p.kind, p.courier, p.tracking_no, p.status, p.packed_at, p.shipped_at, p.delivered_at, p.lost_at, p.remedy, p.changes,
       coalesce((SELECT f.parcel_no FROM order_parcel f WHERE f.id = p.resends), '')::text AS resends,
       coalesce((SELECT json_agg(json_build_object('line_id', l.id, 'sku_id', l.sku_id, 'title', l.title, 'spec', l.spec, 'picture', l.picture, 'qty', x.qty) ORDER BY l.id)
        FROM order_parcel_line x JOIN order_line l ON l.id = x.line_id WHERE x.parcel_id = p.id AND x.qty > 0), '[]')::jsonb AS lines
FROM order_parcel p JOIN orders o ON o.id = p.order_id
WHERE o.order_no = @order_no AND p.status <> 'cancelled' AND (@member_id::bigint = 0 OR o.member_id = @member_id)
ORDER BY p.id;

-- name: Owned :one
SELECT EXISTS (SELECT 1 FROM orders WHERE order_no = @order_no AND member_id = @member_id);

-- name: Receive :one
WITH moved AS (
  UPDATE orders SET status = @to_status, settlement = @settlement::text, received_at = @at::timestamptz, settle_by = @settle_by::timestamptz
  WHERE orders.id = @id AND orders.status = @from_status RETURNING id),
told AS (
  INSERT INTO order_event (order_id, at, event, from_status, to_status, actor)
  SELECT moved.id, @at::timestamptz, @event::text, @from_status, @to_status, @actor::text FROM moved)
SELECT count(*) FROM moved;

-- name: Settle :one
WITH moved AS (
  UPDATE orders SET settlement = @to_settlement::text, settled_at = @at::timestamptz
  WHERE orders.id = @id AND orders.settlement = @from_settlement::text AND orders.status = @status::text RETURNING id),
told AS (
  INSERT INTO order_event (order_id, at, event, from_status, to_status, actor)
  SELECT moved.id, @at::timestamptz, @event::text, @status, @status, @actor::text FROM moved)
SELECT count(*) FROM moved;

-- name: Reprice :one
WITH lines AS (
  UPDATE order_line l SET adjust_fen = x.adjust_fen, payable_fen = l.goods_fen - l.discount_fen + x.adjust_fen
  FROM (SELECT unnest(@line_ids::bigint[]) AS id, unnest(@adjusts_fen::bigint[]) AS adjust_fen) x WHERE l.id = x.id AND l.order_id = @id),
moved AS (
  UPDATE orders SET adjust_fen = @adjust_fen, freight_fen = @freight_fen, payable_fen = @payable_fen, repriced = true
  WHERE orders.id = @id AND orders.status = @status::text RETURNING id),
told AS (
  INSERT INTO order_event (order_id, at, event, from_status, to_status, actor, detail)
  SELECT moved.id, @at::timestamptz, @event::text, @status, @status, @actor::text, @detail::jsonb FROM moved)
SELECT count(*) FROM moved;

-- name: Readdress :one
WITH moved AS (
  UPDATE orders SET address = @address::jsonb, receiver = sqlc.narg(receiver)::bytea, receiver_index = sqlc.narg(receiver_index)::bytea[] WHERE orders.id = @id AND orders.status = @status::text RETURNING id),
told AS (
  INSERT INTO order_event (order_id, at, event, from_status, to_status, actor)
  SELECT moved.id, @at::timestamptz, @event::text, @status, @status, @actor::text FROM moved)
SELECT count(*) FROM moved;

-- name: KeepNote :one
WITH moved AS (
  UPDATE orders SET staff_note = @note WHERE orders.id = @id RETURNING id, status),
told AS (
  INSERT INTO order_event (order_id, at, event, from_status, to_status, actor)
  SELECT moved.id, @at::timestamptz, @event::text, moved.status, moved.status, @actor::text FROM moved)
SELECT count(*) FROM moved;

-- name: Hide :exec
WITH moved AS (
  UPDATE orders SET hidden = true WHERE orders.id = @id AND NOT hidden RETURNING id, status)
INSERT INTO order_event (order_id, at, event, from_status, to_status, actor)
SELECT moved.id, @at::timestamptz, @event::text, moved.status, moved.status, @actor::text FROM moved;

-- name: ByPickupCode :one
SELECT order_no FROM orders WHERE pickup_code = @code;

-- name: Goods :one
SELECT o.address, NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.sent + l.dropped < l.qty) AS complete
FROM orders o WHERE o.order_no = @order_no;

-- name: StatusOf :one
SELECT status FROM orders WHERE order_no = @order_no;

-- name: LocalParcel :one
SELECT parcel_no FROM order_parcel WHERE order_id = @order_id AND kind = @kind::text;
