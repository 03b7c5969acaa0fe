-- name: Lines :many
SELECT sku_id, qty, selected FROM cart_line WHERE member_id = @member_id ORDER BY added_at DESC, sku_id DESC;

-- name: SelectedLines :many
SELECT sku_id, qty, selected FROM cart_line WHERE member_id = @member_id AND selected ORDER BY added_at DESC, sku_id DESC;

-- name: Put :many
-- Writes the line and gives the whole cart as it is then. A statement does not see its
-- own writes in the table, so the written row is joined from RETURNING.
WITH put AS (
  INSERT INTO cart_line AS c (member_id, sku_id, qty, selected, added_at)
  VALUES (@member_id, @sku_id, @qty, @selected::boolean, @at)
  ON CONFLICT (member_id, sku_id) DO UPDATE
    SET qty = CASE WHEN @add::boolean THEN c.qty + excluded.qty ELSE excluded.qty END,
        selected = CASE WHEN @keep_selected::boolean THEN c.selected ELSE excluded.selected END
  RETURNING c.sku_id, c.qty, c.selected, c.added_at)
SELECT w.sku_id, w.qty, w.selected FROM (
  SELECT p.sku_id, p.qty, p.selected, p.added_at FROM put p
  UNION ALL
  SELECT c.sku_id, c.qty, c.selected, c.added_at FROM cart_line c WHERE c.member_id = @member_id AND c.sku_id <> @sku_id) w
ORDER BY w.added_at DESC, w.sku_id DESC;

-- name: Delete :execrows
DELETE FROM cart_line WHERE member_id = @member_id AND sku_id = ANY(@sku_ids::bigint[]);

-- name: SelectLines :execrows
UPDATE cart_line SET selected = @selected WHERE member_id = @member_id AND sku_id = ANY(@sku_ids::bigint[]);

-- name: SelectAll :exec
UPDATE cart_line SET selected = @selected WHERE member_id = @member_id AND selected <> @selected;
