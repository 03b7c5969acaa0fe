-- name: AddCards :many
-- A card that the shop has, or had, is left out.
INSERT INTO virtual_card (ref, sku_id, batch, digest, hint, sealed, added_at, added_by)
SELECT x.ref, @sku_id, @batch, x.digest, x.hint, x.sealed, @at::timestamptz, @added_by
FROM (SELECT unnest(@refs::text[]) AS ref, unnest(@digests::bytea[]) AS digest, unnest(@hints::text[]) AS hint, unnest(@sealeds::bytea[]) AS sealed) x
ORDER BY x.digest
ON CONFLICT (digest) DO NOTHING RETURNING digest;

-- name: LockFree :many
-- The oldest free cards of each line's SKU, held until the transaction ends.
SELECT c.id, w.line_id::bigint AS line_id
FROM (SELECT unnest(@line_ids::bigint[]) AS line_id, unnest(@sku_ids::bigint[]) AS sku_id, unnest(@qtys::bigint[]) AS qty) w
CROSS JOIN LATERAL (SELECT x.id FROM virtual_card x WHERE x.sku_id = w.sku_id AND x.state = 'free' ORDER BY x.id LIMIT w.qty FOR UPDATE) c;

-- name: Sell :execrows
UPDATE virtual_card v SET state = 'sold', order_no = @order_no::text, line_id = x.line_id, ended_at = @at::timestamptz
FROM (SELECT unnest(@ids::bigint[]) AS id, unnest(@line_ids::bigint[]) AS line_id) x WHERE v.id = x.id AND v.state = 'free';

-- name: OfOrder :many
SELECT v.id, v.ref, v.sku_id, v.line_id, v.sealed FROM virtual_card v
WHERE v.order_no = @order_no::text AND v.id > @after ORDER BY v.id LIMIT @max_rows;

-- name: CountFree :one
SELECT count(*) FROM virtual_card WHERE sku_id = @sku_id AND batch = @batch AND state = 'free';

-- name: VoidFree :execrows
UPDATE virtual_card SET state = 'void', ended_at = @at::timestamptz WHERE sku_id = @sku_id AND batch = @batch AND state = 'free';

-- name: Batches :many
-- What came when, newest first.
SELECT v.sku_id, v.batch, min(v.added_at)::timestamptz AS added_at, min(v.added_by)::text AS added_by, count(*) AS cards,
  count(*) FILTER (WHERE v.state = 'free') AS free, count(*) FILTER (WHERE v.state = 'sold') AS sold, count(*) FILTER (WHERE v.state = 'void') AS void
FROM virtual_card v WHERE v.sku_id = ANY (@sku_ids::bigint[]) GROUP BY v.sku_id, v.batch ORDER BY min(v.id) DESC LIMIT @max_rows;

-- name: Counts :many
SELECT v.sku_id, count(*) FILTER (WHERE v.state = 'free') AS free, count(*) FILTER (WHERE v.state = 'sold') AS sold
FROM virtual_card v WHERE v.sku_id = ANY (@sku_ids::bigint[]) GROUP BY v.sku_id;

-- name: CardKey :one
SELECT key_sealed FROM virtual_card_key;

-- name: PutCardKey :exec
-- The first one stays.
INSERT INTO virtual_card_key (key_sealed) VALUES (@key_sealed) ON CONFLICT DO NOTHING;

-- name: SealedCards :many
-- Rows that begin with the primary key's prefix are left out; so are all if none is given.
SELECT v.id, v.ref, substring(v.sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(v.sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN v.sealed END, '')::bytea AS sealed
FROM virtual_card v WHERE v.id > @after ORDER BY v.id LIMIT 200;

-- name: ResealCard :execrows
UPDATE virtual_card SET sealed = @sealed WHERE id = @id AND sealed = @old_sealed;

-- name: ResealCardKey :execrows
UPDATE virtual_card_key SET key_sealed = @sealed WHERE key_sealed = @old_sealed;
