-- name: ArrivedLines :many
-- What of an order its buyer has got. Test orders are nobody's.
SELECT l.id, l.spu_id, l.sku_id, l.title, l.spec, l.picture, o.member_id, o.received_at
FROM orders o JOIN order_line l ON l.order_id = o.id
WHERE o.order_no = @order_no AND o.received_at IS NOT NULL AND NOT o.test AND l.dropped < l.qty ORDER BY l.id;
