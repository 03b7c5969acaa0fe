-- The cart shows its lines as the catalogue has them now. Its statements read the
-- catalogue's tables for that, as catalog's own Sellables does; only the catalogue writes them.

-- name: Lines :many
-- The selected lines are for an order: only then freight templates come along, each with the
-- first line that it is for.
SELECT c.sku_id, c.qty, c.selected, s.spu_id, p.category_id, p.title, array_to_string(s.spec_values, ' / ')::text AS spec,
  (CASE WHEN s.picture = '' THEN p.cover ELSE s.picture END)::text AS picture, s.price_fen,
  p.status, s.enabled, (l.on_hand - l.reserved)::bigint AS available, (p.kind = 'voucher' AND coalesce(p.voucher_until <= now(), false))::boolean AS over,
  p.kind, p.min_qty, p.max_per_order, p.max_lifetime, p.snapshot, s.weight_g, s.volume_cm3, coalesce(t.id, 0)::bigint AS freight_id,
  (CASE WHEN row_number() OVER (PARTITION BY t.id ORDER BY c.sku_id) = 1 THEN t.rules || jsonb_build_object('name', t.name, 'unit', t.unit) END)::jsonb AS freight
FROM cart_line c JOIN sku s ON s.id = c.sku_id JOIN spu p ON p.id = s.spu_id JOIN stock_level l ON l.sku_id = s.id
LEFT JOIN freight_template t ON @only_selected::boolean AND p.kind = 'physical' AND t.id = coalesce(p.freight_id, (SELECT d.id FROM freight_template d WHERE d.is_default))
WHERE c.member_id = @member_id AND (c.selected OR NOT @only_selected::boolean)
ORDER BY c.added_at DESC, c.sku_id DESC;

-- name: Put :many
-- Writes the line, if the SKU is on sale and the cart has a place for it, and gives the whole
-- cart as it is then. If it was not written, the SKU stands there as a line of no pieces; one
-- that does not exist is missing. A statement does not see its own writes in the table, so
-- the written row is joined from RETURNING.
WITH mine AS (
  SELECT c.sku_id, c.qty, c.selected, c.added_at FROM cart_line c WHERE c.member_id = @member_id),
put AS (
  INSERT INTO cart_line AS c (member_id, sku_id, qty, selected, added_at)
  SELECT @member_id, s.id, @qty, @selected::boolean, @at::timestamptz
  FROM sku s JOIN spu p ON p.id = s.spu_id
  WHERE s.id = @sku_id AND s.enabled AND p.status = 'on_shelf'
    AND (EXISTS (SELECT FROM mine m WHERE m.sku_id = @sku_id) OR (SELECT count(*) FROM mine) < @max_lines::bigint)
  ON CONFLICT (member_id, sku_id) DO UPDATE
    SET qty = CASE WHEN @add::boolean THEN c.qty + excluded.qty ELSE excluded.qty END,
        selected = CASE WHEN @keep_selected::boolean THEN c.selected ELSE excluded.selected END
  RETURNING c.sku_id, c.qty, c.selected, c.added_at),
line AS (
  SELECT put.sku_id, put.qty, put.selected, put.added_at FROM put
  UNION ALL
  SELECT m.sku_id, m.qty, m.selected, m.added_at FROM mine m WHERE m.sku_id <> @sku_id
  UNION ALL
  SELECT @sku_id, 0, false, @at::timestamptz WHERE NOT EXISTS (SELECT FROM put))
SELECT w.sku_id, w.qty, w.selected, s.spu_id, p.category_id, p.title, array_to_string(s.spec_values, ' / ')::text AS spec,
  (CASE WHEN s.picture = '' THEN p.cover ELSE s.picture END)::text AS picture, s.price_fen,
  p.status, s.enabled, (l.on_hand - l.reserved)::bigint AS available, (p.kind = 'voucher' AND coalesce(p.voucher_until <= now(), false))::boolean AS over,
  p.kind, p.min_qty, p.max_per_order, p.max_lifetime, p.snapshot, s.weight_g, s.volume_cm3, 0::bigint AS freight_id, NULL::jsonb AS freight
FROM line w JOIN sku s ON s.id = w.sku_id JOIN spu p ON p.id = s.spu_id JOIN stock_level l ON l.sku_id = s.id
ORDER BY w.added_at DESC, w.sku_id DESC;

-- name: Delete :execrows
DELETE FROM cart_line WHERE member_id = @member_id AND sku_id = ANY(@sku_ids::bigint[]);

-- name: SelectLines :execrows
UPDATE cart_line SET selected = @selected WHERE member_id = @member_id AND sku_id = ANY(@sku_ids::bigint[]);

-- name: SelectAll :exec
UPDATE cart_line SET selected = @selected WHERE member_id = @member_id AND selected <> @selected;

-- name: SwitchSKU :execrows
-- Puts one variant of a product in the place of another: pieces of a line that is there
-- already are added, up to the most that a line may have.
WITH gone AS (
  DELETE FROM cart_line c USING sku f, sku t, spu p
  WHERE c.member_id = @member_id AND c.sku_id = @from_id AND f.id = c.sku_id AND t.id = @to_id AND t.spu_id = f.spu_id AND t.id <> f.id
    AND p.id = t.spu_id AND t.enabled AND p.status = 'on_shelf'
  RETURNING c.qty, c.selected, c.added_at)
INSERT INTO cart_line AS l (member_id, sku_id, qty, selected, added_at)
SELECT @member_id, @to_id, coalesce(nullif(@qty::integer, 0), gone.qty), gone.selected, gone.added_at FROM gone
ON CONFLICT (member_id, sku_id) DO UPDATE SET qty = least(l.qty + excluded.qty, @max_qty::integer), selected = l.selected OR excluded.selected;

-- name: Switchable :one
-- Why nothing was switched: whether the line is there, and whether both are of one product.
SELECT EXISTS (SELECT FROM cart_line c WHERE c.member_id = @member_id AND c.sku_id = @from_id) AS there,
  EXISTS (SELECT FROM sku f JOIN sku t ON t.spu_id = f.spu_id WHERE f.id = @from_id AND t.id = @to_id) AS related;
