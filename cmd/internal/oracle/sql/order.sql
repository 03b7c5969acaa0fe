-- Orders: their arithmetic, their life, and the money that pays them.

-- O1 a line costs its price times its pieces
SELECT order_id || '/' || sku_id FROM order_line WHERE qty <= 0 OR price_fen < 0 OR goods_fen <> price_fen * qty OR payable_fen <> goods_fen - discount_fen + adjust_fen OR payable_fen < 0;

-- O2 an order is the sum of its lines
SELECT o.order_no FROM orders o LEFT JOIN (SELECT order_id, sum(goods_fen) AS goods, sum(discount_fen) AS discount, sum(adjust_fen) AS adjust
                                           FROM order_line GROUP BY order_id) l ON l.order_id = o.id
WHERE o.goods_fen <> coalesce(l.goods, 0) OR o.discount_fen <> coalesce(l.discount, 0) OR o.adjust_fen <> coalesce(l.adjust, 0);

-- O3 what is to be paid is goods, less discount, with freight and the shop's change, and never below zero
SELECT order_no FROM orders WHERE payable_fen <> goods_fen - discount_fen + freight_fen + adjust_fen OR payable_fen < 0 OR discount_fen > goods_fen;

-- O4 a paid order has one payment that counts, of exactly its price
SELECT o.order_no FROM orders o WHERE o.payable_fen > 0 AND o.paid_at IS NOT NULL AND NOT EXISTS
  (SELECT FROM payment_attempt a WHERE a.out_trade_no = o.paid_by AND a.business_no = o.order_no AND a.status = 'succeeded' AND NOT a.surplus AND a.amount_fen = o.payable_fen);

-- O5 money that counts has paid its order
SELECT a.out_trade_no FROM payment_attempt a LEFT JOIN orders o ON o.order_no = a.business_no
WHERE a.status = 'succeeded' AND NOT a.surplus AND a.updated_at < (SELECT rest FROM given) AND o.paid_by IS DISTINCT FROM a.out_trade_no;

-- O6 an order that nobody paid in time is closed
SELECT order_no FROM orders WHERE status IN ('pending_payment', 'closing') AND expires_at < (SELECT rest FROM given);

-- O7 an order is never both paid and closed, but for money that went back whole
SELECT order_no FROM orders WHERE (status = 'closed' AND paid_at IS NOT NULL AND (close_reason <> 'all_refunded' OR refunded_fen <> payable_fen))
  OR (close_reason = 'all_refunded' AND status <> 'closed')
  OR (paid_at IS NULL AND (paid_by IS NOT NULL OR refunded_fen <> 0 OR status IN ('paid', 'fulfilling', 'completed')))
  OR (paid_at IS NOT NULL AND status IN ('pending_payment', 'closing'));

-- O8 an order that costs nothing was never to be paid
SELECT o.order_no FROM orders o WHERE o.payable_fen = 0
  AND (o.status = 'pending_payment' OR EXISTS (SELECT FROM payment_attempt a WHERE a.business_no = o.order_no AND a.status = 'succeeded' AND NOT a.surplus));

-- O9 pieces in parcels are the pieces that were sent, and never more than were sold
SELECT l.order_id || '/' || l.sku_id FROM order_line l LEFT JOIN (SELECT x.line_id, sum(x.qty) AS n FROM order_parcel_line x JOIN order_parcel b ON b.id = x.parcel_id AND b.shipped_at IS NOT NULL AND b.resends IS NULL GROUP BY x.line_id) p ON p.line_id = l.id
WHERE l.sent <> coalesce(p.n, 0) OR l.sent > l.qty;

-- O10 an order is on its way when something was sent, and complete when all of it was that is not given back unsent
SELECT o.order_no FROM orders o JOIN (SELECT order_id, sum(sent) AS sent, sum(qty - dropped) AS qty FROM order_line GROUP BY order_id) l ON l.order_id = o.id
WHERE (o.status IN ('pending_payment', 'closing', 'paid') AND l.sent > 0) OR (o.status = 'fulfilling' AND l.sent = 0) OR (o.status = 'completed' AND l.sent < l.qty);

-- O11 the timeline of an order ends in its status
SELECT o.order_no FROM orders o LEFT JOIN LATERAL
  (SELECT e.to_status FROM order_event e WHERE e.order_id = o.id AND e.to_status IS NOT NULL ORDER BY e.id DESC LIMIT 1) e ON true
WHERE e.to_status IS DISTINCT FROM o.status;

-- O12 purchases that are limited for a lifetime are counted, those given up are not
SELECT coalesce(c.member_id, l.member_id) || '/' || coalesce(c.spu_id, l.spu_id) FROM purchase_count c
FULL JOIN (SELECT o.member_id, x.spu_id, sum(CASE WHEN o.status <> 'closed' THEN x.qty WHEN o.paid_at IS NULL THEN 0 ELSE x.sent END) AS n
           FROM orders o JOIN order_line x ON x.order_id = o.id WHERE x.counted GROUP BY 1, 2) l ON l.member_id = c.member_id AND l.spu_id = c.spu_id
WHERE coalesce(c.qty, 0) < coalesce(l.n, 0);
