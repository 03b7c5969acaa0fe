-- The statements of the yardsticks: the thin Fiber handlers and pgbench run these very texts.
-- `:name` is a variable of pgbench and a parameter of the handlers, in order of appearance.
-- Rows for the outbox are written as done, so that no worker acts on an order of a yardstick.

-- name: list
SELECT p.id, p.title, p.subtitle, p.cover, p.min_price_fen, p.max_price_fen, p.sales,
  (SELECT json_agg(json_build_object('id', s.id, 'spec_values', s.spec_values, 'price_fen', s.price_fen, 'stock', l.on_hand - l.reserved) ORDER BY s.id)
   FROM sku s JOIN stock_level l ON l.sku_id = s.id WHERE s.spu_id = p.id) AS skus
FROM (SELECT id, title, subtitle, cover, min_price_fen, max_price_fen, sales, sort FROM spu
      WHERE status = 'on_shelf' AND (sort, id) < (:place::integer, 9000000000000000000) ORDER BY sort DESC, id DESC LIMIT 20) p
ORDER BY p.sort DESC, p.id DESC;

-- name: detail
SELECT p.id, p.title, p.subtitle, p.cover, p.min_price_fen, p.max_price_fen, p.sales, p.detail,
  (SELECT json_agg(json_build_object('id', s.id, 'spec_values', s.spec_values, 'price_fen', s.price_fen, 'stock', l.on_hand - l.reserved) ORDER BY s.id)
   FROM sku s JOIN stock_level l ON l.sku_id = s.id WHERE s.spu_id = p.id) AS skus
FROM spu p WHERE p.id = :product::bigint AND p.status = 'on_shelf';

-- name: search
SELECT p.id, p.title, p.subtitle, p.cover, p.min_price_fen, p.max_price_fen, p.sales,
  (SELECT json_agg(json_build_object('id', s.id, 'spec_values', s.spec_values, 'price_fen', s.price_fen, 'stock', l.on_hand - l.reserved) ORDER BY s.id)
   FROM sku s JOIN stock_level l ON l.sku_id = s.id WHERE s.spu_id = p.id) AS skus
FROM (SELECT id, title, subtitle, cover, min_price_fen, max_price_fen, sales, sort FROM spu
      WHERE status = 'on_shelf' AND title ILIKE '%' || :word::text || '%' ORDER BY sort DESC, id DESC LIMIT 20) p
ORDER BY p.sort DESC, p.id DESC;

-- name: sellables
SELECT s.id, s.spu_id, p.title, s.spec_values, s.price_fen, l.on_hand - l.reserved AS available
FROM sku s JOIN spu p ON p.id = s.spu_id JOIN stock_level l ON l.sku_id = s.id
WHERE s.id IN (:a::bigint, :b::bigint) ORDER BY s.id;

-- name: address
SELECT name, phone, province, city, district, detail FROM address WHERE member_id = :member::bigint ORDER BY id LIMIT 1;

-- name: cart_put
INSERT INTO cart_line (member_id, sku_id, qty, selected, added_at)
SELECT :member::bigint, l.sku_id, 1, true, now() FROM stock_level l WHERE l.sku_id = :sku::bigint AND l.on_hand - l.reserved >= 1
ON CONFLICT (member_id, sku_id) DO UPDATE SET qty = excluded.qty;

-- name: reserve
UPDATE stock_level l SET reserved = reserved + 1 WHERE l.sku_id = :sku::bigint AND l.on_hand - l.reserved >= 1
RETURNING (SELECT s.price_fen::bigint FROM sku s WHERE s.id = l.sku_id) AS price;

-- name: order_insert
INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, payable_fen, address, expires_at, placed_at)
VALUES (:no::text, :member::bigint, 'wxbench', 'pending_payment', :total::bigint, :total::bigint,
        '{"name":"李","phone":"13800000000","province":"浙江省","city":"杭州市","detail":"文一西路 1 号"}', now() + interval '30 minutes', now())
RETURNING id;

-- name: order_lines
INSERT INTO order_line (order_id, spu_id, sku_id, title, spec, price_fen, qty, goods_fen, payable_fen)
VALUES (:order::bigint, 1, :a::bigint, 'product a', 'S', :a_price::bigint, 1, :a_price::bigint, :a_price::bigint),
       (:order::bigint, 2, :b::bigint, 'product b', 'M', :b_price::bigint, 1, :b_price::bigint, :b_price::bigint);

-- name: attempt_insert
INSERT INTO payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, expires_at, created_at, updated_at)
VALUES (:no::text, :no::text, (SELECT min(id) FROM payment_account), 'wechat', 'wxbench', 'openid', 'product a', :total::bigint, 'prepaid', now() + interval '30 minutes', now(), now());

-- name: event_insert
INSERT INTO platform.outbox (id, tenant_id, topic, key, payload, done_at)
VALUES (gen_random_uuid(), current_schema, 'bench.yardstick', :no::text, json_build_object('order_no', :no::text), now());

-- name: attempt_paid
-- No guard on the old status: a number that is drawn twice must cost as much as the first time.
UPDATE payment_attempt SET status = 'succeeded', transaction_id = 'WX' || :no::text, paid_at = now(), updated_at = now() WHERE out_trade_no = :no::text;

-- name: order_paid
UPDATE orders SET status = 'paid', paid_at = now(), paid_by = :no::text WHERE order_no = :no::text;
