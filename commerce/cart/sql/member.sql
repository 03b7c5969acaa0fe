-- name: MoveCart :exec
-- Lines of both add up, within what a line may hold; a full cart takes what fits.
WITH gone AS (DELETE FROM cart_line g WHERE g.member_id = @from_id::bigint RETURNING g.sku_id, g.qty, g.selected, g.added_at),
mine AS (SELECT m.sku_id FROM cart_line m WHERE m.member_id = @to_id::bigint),
ranked AS (
  SELECT gone.sku_id, gone.qty, gone.selected, gone.added_at, gone.sku_id IN (SELECT mine.sku_id FROM mine) AS there,
    row_number() OVER (PARTITION BY gone.sku_id IN (SELECT mine.sku_id FROM mine) ORDER BY gone.added_at DESC, gone.sku_id) AS n
  FROM gone)
INSERT INTO cart_line AS c (member_id, sku_id, qty, selected, added_at)
SELECT @to_id::bigint, ranked.sku_id, ranked.qty, ranked.selected, ranked.added_at FROM ranked
WHERE ranked.there OR ranked.n + (SELECT count(*) FROM mine) <= @most::bigint
ON CONFLICT (member_id, sku_id) DO UPDATE SET qty = least(c.qty + excluded.qty, 999), selected = c.selected OR excluded.selected;

-- name: ForgetCart :exec
DELETE FROM cart_line WHERE member_id = @member_id;
