WITH taken AS (DELETE FROM figure_sold RETURNING order_id)
UPDATE spu SET sales = spu.sales + s.pieces
FROM (SELECT l.spu_id, sum(l.qty) AS pieces FROM taken JOIN order_line l ON l.order_id = taken.order_id WHERE NOT l.gift GROUP BY 1) s
WHERE spu.id = s.spu_id;
DROP TABLE figure_sold;
