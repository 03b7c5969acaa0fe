-- name: Holders :many
-- Who has a coupon, the latest first.
SELECT g.id, g.member_id, m.nickname, g.status, g.source, g.granted_at, g.valid_until, coalesce(g.order_no, '')::text AS order_no, g.off_fen
FROM coupon_grant g JOIN member m ON m.id = g.member_id
WHERE g.coupon_id = @coupon_id AND (@status::text = '' OR g.status = @status) AND g.id < @before::bigint ORDER BY g.id DESC LIMIT @most;

-- name: Stats :many
-- What became of a coupon's grants, and what was sold with those that were used.
SELECT g.status, count(*) AS n, coalesce(sum(o.payable_fen - o.refunded_fen), 0)::bigint AS sold_fen
FROM coupon_grant g LEFT JOIN orders o ON g.status = 'used' AND o.order_no = g.order_no WHERE g.coupon_id = @coupon_id GROUP BY g.status;

-- name: CountByStatus :many
SELECT c.status, count(*) AS n FROM coupon c GROUP BY c.status;
