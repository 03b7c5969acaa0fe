-- name: BySum :one
SELECT p.key FROM picture p WHERE p.sum = @sum;

-- name: Insert :one
INSERT INTO picture (key, sum, name, bytes, width, height, uploaded_by, uploaded_at)
VALUES (@key, @sum, @name, @bytes, @width, @height, @uploaded_by, @uploaded_at)
ON CONFLICT (sum) DO NOTHING RETURNING id;

-- name: ThumbMade :execrows
UPDATE picture SET thumb = true, bytes = bytes + @bytes WHERE key = @key AND NOT thumb;

-- name: WantsThumb :one
SELECT (NOT p.thumb)::boolean FROM picture p WHERE p.key = @key;

-- name: Lock :one
-- Whether anything shows it: the catalogue's present text, or what orders keep of its past. The
-- catalogue's tables are read here, and only the catalogue writes them.
SELECT p.key, p.bytes,
  (EXISTS (SELECT FROM spu s WHERE s.cover = @address::text OR @address = ANY(s.pictures) OR s.detail LIKE '%' || p.key || '%')
   OR EXISTS (SELECT FROM sku k WHERE k.picture = @address)
   OR EXISTS (SELECT FROM category c WHERE c.picture = @address) OR EXISTS (SELECT FROM brand b WHERE b.logo = @address)
   OR EXISTS (SELECT FROM shop h WHERE h.logo = @address)
   OR EXISTS (SELECT FROM aftersale_message m WHERE m.pictures @> ARRAY[@address::text])
   OR EXISTS (SELECT FROM review v WHERE v.pictures @> ARRAY[@address::text] OR v.follow_pictures @> ARRAY[@address::text])
   OR EXISTS (SELECT FROM product_snapshot o WHERE o.body::text LIKE '%' || p.key || '%'))::boolean AS used
FROM picture p WHERE p.id = @id FOR UPDATE OF p;

-- name: KeyOf :one
SELECT key FROM picture WHERE id = @id;

-- name: Delete :exec
DELETE FROM picture WHERE id = @id;

-- name: Known :many
SELECT p.key FROM picture p WHERE p.key = ANY(@keys::text[]);

-- name: TakenSince :one
SELECT count(*) FROM picture WHERE uploaded_by = @uploaded_by AND uploaded_at > @since;

-- name: Unattached :many
-- What buyers uploaded before then, and nothing shows: Lock looks again, one by one.
SELECT p.id FROM picture p
WHERE p.uploaded_by LIKE 'member:%' AND p.uploaded_at < @before
  AND NOT EXISTS (SELECT FROM aftersale_message m WHERE m.pictures @> ARRAY['/media/shop/' || p.key])
  AND NOT EXISTS (SELECT FROM review v WHERE v.pictures @> ARRAY['/media/shop/' || p.key] OR v.follow_pictures @> ARRAY['/media/shop/' || p.key])
ORDER BY p.id LIMIT @max_rows;

-- name: Touch :exec
-- A buyer who uploads what is known already has the usual time to attach it.
UPDATE picture SET uploaded_at = @at WHERE sum = @sum AND uploaded_by LIKE 'member:%';

-- name: IDOf :one
SELECT id FROM picture WHERE key = @key;
