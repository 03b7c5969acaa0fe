-- name: Adjust :exec
-- What rules took off the lines of an order that was just placed; SKU 0 is its freight.
INSERT INTO order_adjustment (order_id, line_id, kind, rule_id, rule_version, title, funder, off_fen)
SELECT o.id, l.id, a.kind, a.rule_id, a.version, a.title, a.funder, a.off_fen
FROM orders o
CROSS JOIN (SELECT unnest(@sku_ids::bigint[]) AS sku_id, unnest(@kinds::text[]) AS kind, unnest(@rule_ids::bigint[]) AS rule_id,
  unnest(@versions::bigint[]) AS version, unnest(@titles::text[]) AS title, unnest(@funders::text[]) AS funder, unnest(@offs_fen::bigint[]) AS off_fen) a
LEFT JOIN order_line l ON l.order_id = o.id AND l.sku_id = a.sku_id
WHERE o.order_no = @order_no;
