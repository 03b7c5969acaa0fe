-- name: FavouriteRoom :one
-- Whether the product is on the shelf, and how many the member has kept besides it.
SELECT EXISTS (SELECT 1 FROM spu WHERE spu.id = @spu_id AND spu.status = 'on_shelf')::boolean AS known,
  (SELECT count(*) FROM member_favourite f WHERE f.member_id = @member_id AND f.spu_id <> @spu_id) AS others;

-- name: AddFavourite :exec
INSERT INTO member_favourite (member_id, spu_id, at) VALUES (@member_id, @spu_id, @at) ON CONFLICT DO NOTHING;

-- name: RemoveFavourites :exec
DELETE FROM member_favourite WHERE member_id = @member_id AND spu_id = ANY (@spu_ids::bigint[]);

-- name: Favourites :many
SELECT p.id, p.title, p.cover, p.min_price_fen, (p.status = 'on_shelf')::boolean AS on_sale, f.at
FROM member_favourite f JOIN spu p ON p.id = f.spu_id
WHERE f.member_id = @member_id AND p.status IN ('on_shelf', 'off_shelf')
  AND (f.at < @before_at::timestamptz OR (f.at = @before_at::timestamptz AND f.spu_id < @before_id::bigint))
ORDER BY f.at DESC, f.spu_id DESC LIMIT @most;

-- name: AddFootprints :exec
-- Unknown products are left out.
INSERT INTO member_footprint AS f (member_id, spu_id, at)
SELECT @member_id::bigint, x.spu_id, x.at
FROM (SELECT unnest(@spu_ids::bigint[]) AS spu_id, unnest(@ats::timestamptz[]) AS at) x JOIN spu p ON p.id = x.spu_id AND p.status = 'on_shelf'
ON CONFLICT (member_id, spu_id) DO UPDATE SET at = greatest(f.at, excluded.at);

-- name: TrimFootprints :exec
DELETE FROM member_footprint f WHERE f.member_id = @member_id AND f.at < (
  SELECT x.at FROM member_footprint x WHERE x.member_id = @member_id ORDER BY x.at DESC, x.spu_id DESC OFFSET @most - 1 LIMIT 1);

-- name: Footprints :many
SELECT p.id, p.title, p.cover, p.min_price_fen, (p.status = 'on_shelf')::boolean AS on_sale, f.at
FROM member_footprint f JOIN spu p ON p.id = f.spu_id
WHERE f.member_id = @member_id AND p.status IN ('on_shelf', 'off_shelf')
  AND (f.at < @before_at::timestamptz OR (f.at = @before_at::timestamptz AND f.spu_id < @before_id::bigint))
ORDER BY f.at DESC, f.spu_id DESC LIMIT @most;

-- name: ClearFootprints :exec
DELETE FROM member_footprint WHERE member_id = @member_id;
