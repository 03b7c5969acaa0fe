-- name: Terms :one
-- What an order needs of the shop's settings, and whether its member may order: a session is
-- remembered for seconds. followed: somebody brought the member and is owed for it. A shop without a row has the defaults. Two orders of a buyer wait for
-- each other from here on, so that the one that counts (Place) sees all.
SELECT coalesce(s.unpaid_ttl_seconds, 1800)::bigint AS unpaid_ttl_seconds, coalesce(s.max_open_orders, 20)::bigint AS max_open_orders,
  coalesce(s.max_open_pieces, 0)::bigint AS max_open_pieces,
  coalesce((SELECT CASE WHEN m.leave_at IS NOT NULL AND m.status = 'active' THEN 'leaving' ELSE m.status END FROM member m WHERE m.id = @member_id), '')::text AS member_status,
  EXISTS (SELECT FROM distribution_bond b WHERE b.member_id = @member_id) AS followed,
  (pg_advisory_xact_lock(hashtextextended(@buyer::text, 0)) IS NULL)::boolean AS waited
FROM (SELECT 1) one LEFT JOIN shop s ON true;

-- name: Place :execrows
-- Writes nothing if the buyer has too much unpaid already. Pieces are counted only where the shop
-- limits them: what an aggregate is of is worked out whether or not a CASE around it wants it.
WITH held AS (
  SELECT count(*) AS orders,
    coalesce(sum(CASE WHEN @max_open_pieces::bigint = 0 THEN 0 ELSE (SELECT sum(l.qty) FROM order_line l WHERE l.order_id = x.id) END), 0) AS pieces
  FROM orders x WHERE x.member_id = @member_id AND x.status IN ('pending_payment', 'closing')),
o AS (
  INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, discount_fen, freight_fen, payable_fen, address, remark, expires_at, placed_at, test, delivery, store_id, pickup_code, receiver, receiver_index, group_state, slot_from, slot_until)
  SELECT @order_no, @member_id, @app_id, @status::text, @goods_fen, @discount_fen, @freight_fen, @payable_fen, @address, @remark, @expires_at, @placed_at::timestamptz, @test, @delivery, sqlc.narg(store_id), sqlc.narg(pickup_code), sqlc.narg(receiver)::bytea, sqlc.narg(receiver_index)::bytea[], sqlc.narg(group_state), sqlc.narg(slot_from), sqlc.narg(slot_until)
  FROM held WHERE held.orders < @max_open_orders::bigint AND (@max_open_pieces::bigint = 0 OR held.pieces + @pieces::bigint <= @max_open_pieces::bigint)
  RETURNING id),
line AS (
  SELECT unnest(@spu_ids::bigint[]) AS spu_id, unnest(@sku_ids::bigint[]) AS sku_id, unnest(@titles::text[]) AS title,
         unnest(@specs::text[]) AS spec, unnest(@pictures::text[]) AS picture, unnest(@prices_fen::bigint[]) AS price_fen,
         unnest(@qtys::bigint[]) AS qty, unnest(@lines_goods_fen::bigint[]) AS goods_fen,
         unnest(@lines_discount_fen::bigint[]) AS discount_fen, unnest(@lines_payable_fen::bigint[]) AS payable_fen,
         unnest(@snapshots::text[]) AS snapshot, unnest(@counted::boolean[]) AS counted, unnest(@gifts::boolean[]) AS gift),
lines AS (
  INSERT INTO order_line (order_id, spu_id, sku_id, title, spec, picture, price_fen, qty, goods_fen, discount_fen, payable_fen,
    snapshot, counted, gift)
  SELECT o.id, l.spu_id, l.sku_id, l.title, l.spec, l.picture, l.price_fen, l.qty, l.goods_fen, l.discount_fen, l.payable_fen, l.snapshot, l.counted, l.gift
  FROM o, line l)
INSERT INTO order_event (order_id, at, event, to_status, actor)
SELECT o.id, @placed_at::timestamptz, @event::text, @status::text, @actor::text FROM o;

-- name: Lock :one
-- The order's row, held until the transaction ends: whoever changes an order comes here
-- first. due is decided by the database's clock.
SELECT id, member_id, app_id, status, close_reason, payable_fen, expires_at, paid_by, group_state, delivery, (expires_at <= now())::boolean AS due,
  (EXISTS (SELECT FROM order_adjustment a WHERE a.order_id = orders.id) OR EXISTS (SELECT FROM order_gift g WHERE g.order_id = orders.id))::boolean AS offered
FROM orders WHERE order_no = @order_no FOR UPDATE;

-- name: LockWithLines :many
-- Lock, with the order's lines: one row for each.
SELECT o.id, o.member_id, o.app_id, o.status, o.payable_fen, o.paid_by, o.test, o.repriced, o.delivery, o.group_state, l.title,
  (l.gift OR EXISTS (SELECT FROM order_adjustment a WHERE a.order_id = o.id) OR EXISTS (SELECT FROM order_gift g WHERE g.order_id = o.id))::boolean AS offered
FROM orders o JOIN order_line l ON l.order_id = o.id WHERE o.order_no = @order_no
ORDER BY l.id FOR UPDATE OF o;

-- name: ToPaid :one
WITH moved AS (
  UPDATE orders SET status = @to_status, paid_at = @paid_at::timestamptz, paid_by = sqlc.narg(paid_by), close_reason = NULL
  WHERE orders.id = @id AND orders.status = @from_status RETURNING id),
told AS (
  INSERT INTO order_event (order_id, at, event, from_status, to_status, actor, detail)
  SELECT moved.id, @at::timestamptz, @event::text, @from_status, @to_status, @actor::text, @detail::jsonb FROM moved)
SELECT count(*) FROM moved;

-- name: ToClosing :one
WITH moved AS (
  UPDATE orders SET status = @to_status, close_reason = @close_reason::text
  WHERE orders.id = @id AND orders.status = @from_status RETURNING id),
told AS (
  INSERT INTO order_event (order_id, at, event, from_status, to_status, actor)
  SELECT moved.id, @at::timestamptz, @event::text, @from_status, @to_status, @actor::text FROM moved)
SELECT count(*) FROM moved;

-- name: ToClosed :one
-- A closed order does not count against its buyer's limits.
WITH moved AS (
  UPDATE orders SET status = @to_status, closed_at = @at::timestamptz
  WHERE orders.id = @id AND orders.status = @from_status RETURNING id, member_id),
freed AS (
  UPDATE purchase_count c SET qty = c.qty - l.qty
  FROM (SELECT moved.member_id, x.spu_id, sum(x.qty) AS qty FROM moved JOIN order_line x ON x.order_id = moved.id WHERE x.counted GROUP BY 1, 2) l
  WHERE c.member_id = l.member_id AND c.spu_id = l.spu_id),
told AS (
  INSERT INTO order_event (order_id, at, event, from_status, to_status, actor)
  SELECT moved.id, @at::timestamptz, @event::text, @from_status, @to_status, @actor::text FROM moved)
SELECT count(*) FROM moved;

-- name: Bill :one
SELECT o.member_id, o.app_id, o.status, o.payable_fen, o.expires_at, (o.expires_at <= now())::boolean AS due,
       (SELECT l.title FROM order_line l WHERE l.order_id = o.id ORDER BY l.id LIMIT 1)::text AS first_title,
       (SELECT count(*) FROM order_line l WHERE l.order_id = o.id) AS kinds
FROM orders o WHERE o.order_no = @order_no FOR SHARE OF o;

-- name: Page :many
SELECT o.id, o.order_no, o.member_id, o.app_id, o.status, o.close_reason, o.goods_fen, o.discount_fen, o.freight_fen, o.payable_fen,
       o.address, o.receiver, o.remark, o.expires_at, o.placed_at, o.paid_at, o.closed_at, o.adjust_fen, o.delivery, o.store_id, o.pickup_code, o.settlement,
       o.shipped_at, o.receive_by, o.received_at, o.hidden, o.refunded_fen, o.slot_from, o.slot_until, o.group_state,
       EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.sent + l.dropped < l.qty) AS unsent,
       (SELECT json_agg(json_build_object('spu_id', l.spu_id, 'sku_id', l.sku_id, 'title', l.title, 'spec', l.spec, 'picture', l.picture, 'snapshot', l.snapshot,
               'price_fen', l.price_fen, 'qty', l.qty, 'goods_fen', l.goods_fen, 'discount_fen', l.discount_fen, 'payable_fen', l.payable_fen, 'line_id', l.id, 'adjust_fen', l.adjust_fen, 'sent', l.sent, 'gift', l.gift) ORDER BY l.id)
        FROM order_line l WHERE l.order_id = o.id)::jsonb AS lines
FROM orders o
WHERE o.member_id = @member_id AND NOT o.hidden AND o.id < @before_id AND (@status::text = '' OR o.status = @status::text)
ORDER BY o.id DESC
LIMIT @max_rows;

-- name: Find :one
SELECT o.id, o.order_no, o.member_id, o.app_id, o.status, o.close_reason, o.goods_fen, o.discount_fen, o.freight_fen, o.payable_fen,
       o.address, o.receiver, o.remark, o.expires_at, o.placed_at, o.paid_at, o.closed_at, o.adjust_fen, o.delivery, o.store_id, o.pickup_code, o.settlement,
       o.shipped_at, o.receive_by, o.received_at, o.hidden, o.refunded_fen, o.slot_from, o.slot_until, o.group_state,
       EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.sent + l.dropped < l.qty) AS unsent,
       (SELECT json_agg(json_build_object('spu_id', l.spu_id, 'sku_id', l.sku_id, 'title', l.title, 'spec', l.spec, 'picture', l.picture, 'snapshot', l.snapshot,
               'price_fen', l.price_fen, 'qty', l.qty, 'goods_fen', l.goods_fen, 'discount_fen', l.discount_fen, 'payable_fen', l.payable_fen, 'line_id', l.id, 'adjust_fen', l.adjust_fen, 'sent', l.sent, 'gift', l.gift) ORDER BY l.id)
        FROM order_line l WHERE l.order_id = o.id)::jsonb AS lines,
       (SELECT json_agg(json_build_object('at', e.at, 'event', e.event, 'from', e.from_status, 'to', e.to_status, 'actor', e.actor) ORDER BY e.id)
        FROM order_event e WHERE e.order_id = o.id)::jsonb AS timeline,
       (SELECT json_agg(json_build_object('campaign_id', g.campaign_id, 'title', g.title, 'line_id', g.line_id, 'value_fen', g.value_fen, 'need_fen', g.need_fen, 'need_qty', g.need_qty, 'stays', g.stays) ORDER BY g.line_id)
        FROM order_gift g WHERE g.order_id = o.id)::jsonb AS gifts,
       (SELECT json_agg(json_build_object('kind', a.kind, 'id', a.rule_id, 'title', a.title, 'line_id', a.line_id, 'off_fen', a.off_fen) ORDER BY a.id)
        FROM order_adjustment a WHERE a.order_id = o.id)::jsonb AS offs
FROM orders o
WHERE o.member_id = @member_id AND o.order_no = @order_no;

-- name: CountUnfinished :one
SELECT count(*) FROM orders WHERE status IN ('pending_payment', 'closing', 'paid', 'fulfilling');

-- name: MarkTest :execrows
-- Before the money only: what was sold stays sold.
UPDATE orders SET test = true WHERE order_no = @order_no AND (status = 'pending_payment' OR test);

-- name: Buyer :one
SELECT o.member_id, o.app_id, (SELECT l.title FROM order_line l WHERE l.order_id = o.id ORDER BY l.id LIMIT 1)::text AS first_title,
       (SELECT count(*) FROM order_line l WHERE l.order_id = o.id) AS kinds
FROM orders o WHERE o.order_no = @order_no;
