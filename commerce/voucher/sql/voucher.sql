-- name: Lines :many
-- What an order's vouchers are to be: the terms are those of the moment when it was placed.
SELECT l.id, l.qty, l.payable_fen, o.member_id,
  coalesce(s.body -> 'voucher', jsonb_build_object('uses', p.voucher_uses, 'days', p.voucher_days, 'until', p.voucher_until, 'refunds', p.voucher_refunds))::jsonb AS terms
FROM orders o JOIN order_line l ON l.order_id = o.id JOIN spu p ON p.id = l.spu_id LEFT JOIN product_snapshot s ON s.hash = l.snapshot
WHERE o.order_no = @order_no ORDER BY l.id;

-- name: Issue :exec
INSERT INTO voucher (code, order_no, line_id, member_id, uses, paid_fen, valid_until, refunds, issued_at)
SELECT x.code, @order_no, x.line_id, @member_id, x.uses, x.paid_fen, x.valid_until, x.refunds, @at::timestamptz
FROM (SELECT unnest(@codes::text[]) AS code, unnest(@line_ids::bigint[]) AS line_id, unnest(@uses::bigint[]) AS uses, unnest(@paids_fen::bigint[]) AS paid_fen,
             unnest(@valid_untils::timestamptz[]) AS valid_until, unnest(@refunds::boolean[]) AS refunds) x;

-- name: ByCode :one
SELECT v.id, v.code, v.order_no, v.line_id, v.uses, v.used, v.valid_until, v.refunds, v.state, v.held_for, v.issued_at, (v.valid_until <= now())::boolean AS over,
  l.sku_id, l.title, l.spec, l.picture
FROM voucher v JOIN order_line l ON l.id = v.line_id WHERE v.code = @code;

-- name: Use :one
-- CHECK voucher_uses is the wall: no use is had twice.
WITH u AS (
  UPDATE voucher v SET used = v.used + @uses::integer,
    state = CASE WHEN v.used + @uses::integer = v.uses THEN 'used' ELSE v.state END,
    ended_at = CASE WHEN v.used + @uses::integer = v.uses THEN @at::timestamptz END
  WHERE v.id = @id AND v.state = 'active' AND v.held_for IS NULL AND v.valid_until > now() AND v.used + @uses::integer <= v.uses
  RETURNING v.id, v.line_id, v.uses, v.used),
told AS (
  INSERT INTO voucher_use (voucher_id, uses, actor, store_id, at)
  SELECT u.id, @uses::integer, @actor::text, sqlc.narg(store_id)::bigint, @at::timestamptz FROM u)
SELECT u.line_id, u.uses, u.used FROM u;

-- name: OfOrder :many
SELECT v.id, v.code, v.order_no, v.line_id, v.uses, v.used, v.valid_until, v.refunds, v.state, v.held_for, v.issued_at, (v.valid_until <= now())::boolean AS over,
  l.sku_id, l.title, l.spec, l.picture
FROM voucher v JOIN order_line l ON l.id = v.line_id
WHERE v.order_no = @order_no AND v.id > @after ORDER BY v.id LIMIT @max_rows;

-- name: OfMember :many
-- Newest first; of test orders as well, for whoever tries the shop.
SELECT v.id, v.code, v.order_no, v.line_id, v.uses, v.used, v.valid_until, v.refunds, v.state, v.held_for, v.issued_at, (v.valid_until <= now())::boolean AS over,
  l.sku_id, l.title, l.spec, l.picture
FROM voucher v JOIN order_line l ON l.id = v.line_id
WHERE v.member_id = @member_id AND v.id < @before AND (@usable::boolean = false OR v.state = 'active') ORDER BY v.id DESC LIMIT @max_rows;

-- name: UsesOf :many
SELECT u.voucher_id, u.uses, u.actor, coalesce(s.name, '')::text AS store, u.at
FROM voucher_use u JOIN voucher v ON v.id = u.voucher_id LEFT JOIN pickup_store s ON s.id = u.store_id
WHERE v.order_no = @order_no ORDER BY u.id LIMIT 1000;

-- name: MoveVouchers :exec
UPDATE voucher SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;

-- name: Free :many
-- What of an order can go back: untouched pieces first. The order's row is locked.
SELECT id, line_id, uses, used, paid_fen FROM voucher
WHERE order_no = @order_no AND line_id = ANY(@line_ids::bigint[]) AND state = 'active' AND held_for IS NULL AND (valid_until > now() OR refunds)
ORDER BY line_id, used, id;

-- name: Hold :execrows
UPDATE voucher SET held_for = @holder::text WHERE id = ANY(@ids::bigint[]) AND state = 'active' AND held_for IS NULL;

-- name: PayBack :exec
UPDATE voucher SET state = 'refunded', ended_at = @at::timestamptz WHERE order_no = @order_no AND held_for = @holder::text AND state = 'active';

-- name: Release :exec
-- With lapse, what is over by now ends without money.
UPDATE voucher SET held_for = NULL,
  state = CASE WHEN @lapse::boolean AND valid_until <= now() THEN 'expired' ELSE state END,
  ended_at = CASE WHEN @lapse::boolean AND valid_until <= now() THEN @at::timestamptz END
WHERE order_no = @order_no AND held_for = @holder::text AND state = 'active';

-- name: Void :exec
-- All the order's money went back.
UPDATE voucher SET state = 'refunded', ended_at = @at::timestamptz WHERE order_no = @order_no AND state = 'active';

-- name: Expire :exec
-- What is over and gives no money back.
UPDATE voucher SET state = 'expired', ended_at = @at::timestamptz
WHERE order_no = @order_no AND state = 'active' AND held_for IS NULL AND valid_until <= now() AND (NOT refunds OR paid_fen * (uses - used) / uses = 0);

-- name: Over :many
-- What is over and gives money back, in pieces by line.
SELECT line_id, count(*) AS pieces, sum(paid_fen * (uses - used) / uses)::bigint AS worth_fen FROM voucher
WHERE order_no = @order_no AND state = 'active' AND held_for IS NULL AND valid_until <= now() GROUP BY line_id ORDER BY line_id;

-- name: Outlook :one
-- How many have not ended, and when the first of those ends that nothing holds.
SELECT count(*) AS active, min(valid_until) FILTER (WHERE held_for IS NULL) AS next_end FROM voucher WHERE order_no = @order_no AND state = 'active';
