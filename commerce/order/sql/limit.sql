-- name: CountPurchases :many
-- Adds to what the member has bought of products with a limit for a lifetime, and names those
-- that it would exceed: their rows are as they were. Rows in the order of the products, so that
-- two orders of the same member cannot wait for each other.
WITH want AS (
  SELECT x.spu_id, x.qty, x.most FROM (
    SELECT unnest(@spu_ids::bigint[]) AS spu_id, unnest(@qtys::bigint[]) AS qty, unnest(@mosts::bigint[]) AS most) x),
took AS (
  INSERT INTO purchase_count AS c (member_id, spu_id, qty)
  SELECT @member_id::bigint, want.spu_id, want.qty FROM want WHERE want.qty <= want.most ORDER BY want.spu_id
  ON CONFLICT (member_id, spu_id) DO UPDATE SET qty = c.qty + excluded.qty
    WHERE c.qty + excluded.qty <= (SELECT want.most FROM want WHERE want.spu_id = excluded.spu_id)
  RETURNING c.spu_id)
SELECT want.spu_id, want.most::bigint AS most, coalesce(p.qty, 0)::bigint AS bought
FROM want LEFT JOIN purchase_count p ON p.member_id = @member_id::bigint AND p.spu_id = want.spu_id
WHERE want.spu_id NOT IN (SELECT took.spu_id FROM took) ORDER BY want.spu_id;
