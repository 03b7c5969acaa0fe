-- name: Terms :one
-- A shop without a row has the defaults.
SELECT coalesce((SELECT answer_hours FROM shop), 48)::bigint AS answer_hours,
       coalesce((SELECT send_back_days FROM shop), 7)::bigint AS send_back_days,
       coalesce((SELECT inspect_days FROM shop), 10)::bigint AS inspect_days,
       coalesce((SELECT receive_days FROM shop), 10)::bigint AS receive_days;

-- name: SetTerms :execrows
UPDATE shop SET answer_hours = @answer_hours, send_back_days = @send_back_days, inspect_days = @inspect_days, updated_at = now();

-- name: Open :one
WITH c AS (
  INSERT INTO aftersale_case (case_no, order_id, order_no, member_id, app_id, kind, status, reason, share_fen, freight_fen, amount_fen, unsent, test,
    opened_by, due_at, opened_at)
  VALUES (@case_no, @order_id, @order_no, @member_id, @app_id, @kind, @status, @reason, @share_fen, @freight_fen, @amount_fen, @unsent, @test,
    @opened_by::text, sqlc.narg(due_at), @opened_at::timestamptz)
  RETURNING id, status),
mine AS (
  SELECT unnest(@line_ids::bigint[]) AS line_id, unnest(@sku_ids::bigint[]) AS sku_id, unnest(@titles::text[]) AS title, unnest(@specs::text[]) AS spec,
         unnest(@line_pictures::text[]) AS picture, unnest(@qtys::bigint[]) AS qty, unnest(@dropped::bigint[]) AS dropped, unnest(@shares_fen::bigint[]) AS share_fen),
lines AS (
  INSERT INTO aftersale_line (case_id, line_id, sku_id, title, spec, picture, qty, dropped, share_fen)
  SELECT c.id, m.line_id, m.sku_id, m.title, m.spec, m.picture, m.qty, m.dropped, m.share_fen FROM c, mine m),
told AS (
  INSERT INTO aftersale_message (case_id, at, actor, event, to_status, body, pictures)
  SELECT c.id, @opened_at::timestamptz, @opened_by::text, 'apply', c.status, @body::text, @pictures::text[] FROM c)
SELECT c.id FROM c;

-- name: OpenedSince :one
-- How many cases a member opened since then; those that staff opened for him do not count.
SELECT count(*) FROM aftersale_case WHERE member_id = @member_id AND opened_at > @since AND opened_by LIKE 'member:%';

-- name: OrderOf :one
-- Which order a case is of. The order's row is locked before the case's, always.
SELECT order_no FROM aftersale_case WHERE case_no = @case_no;

-- name: Lock :one
SELECT id, case_no, order_id, order_no, member_id, app_id, kind, status, reason, share_fen, freight_fen, amount_fen, unsent, test, opened_by, due_at,
       return_to, back_courier, back_number, out_courier, out_number, out_refund_no, refund_asks, opened_at,
       coalesce(due_at <= now(), false)::boolean AS due
FROM aftersale_case WHERE case_no = @case_no FOR UPDATE;

-- name: Lines :many
SELECT line_id, sku_id, title, spec, picture, qty, dropped, share_fen, refund_fen, sellable, damaged, missing
FROM aftersale_line WHERE case_id = @case_id ORDER BY line_id;

-- name: Move :one
-- The case's row is locked; the status is compared all the same.
WITH moved AS (
  UPDATE aftersale_case SET status = @to_status::text, due_at = sqlc.narg(due_at), closed_at = sqlc.narg(closed_at),
    amount_fen = @amount_fen, return_to = sqlc.narg(return_to), back_courier = @back_courier, back_number = @back_number,
    out_courier = @out_courier, out_number = @out_number, out_refund_no = sqlc.narg(out_refund_no), refund_asks = @refund_asks
  WHERE aftersale_case.id = @id AND aftersale_case.status = @from_status::text RETURNING aftersale_case.id),
told AS (
  INSERT INTO aftersale_message (case_id, at, actor, event, to_status, body, pictures)
  SELECT moved.id, @at::timestamptz, @actor::text, @event::text, @to_status::text, @body::text, @pictures::text[] FROM moved)
SELECT count(*) FROM moved;

-- name: Say :exec
INSERT INTO aftersale_message (case_id, at, actor, event, to_status, body, pictures)
VALUES (@case_id, @at, @actor, 'say', @to_status, @body, @pictures);

-- name: CountSaid :one
SELECT count(*) FROM aftersale_message WHERE case_id = @case_id;

-- name: Found :exec
UPDATE aftersale_line l SET sellable = x.sellable, damaged = x.damaged, missing = x.missing
FROM (SELECT unnest(@line_ids::bigint[]) AS line_id, unnest(@sellables::bigint[]) AS sellable, unnest(@damageds::bigint[]) AS damaged,
             unnest(@missings::bigint[]) AS missing) x
WHERE l.case_id = @case_id AND l.line_id = x.line_id;

-- name: Refunded :exec
UPDATE aftersale_line l SET refund_fen = x.refund_fen
FROM (SELECT unnest(@line_ids::bigint[]) AS line_id, unnest(@refunds_fen::bigint[]) AS refund_fen) x
WHERE l.case_id = @case_id AND l.line_id = x.line_id;

-- name: Find :one
SELECT c.id, c.case_no, c.order_no, c.member_id, c.kind, c.status, c.reason, c.share_fen, c.freight_fen, c.amount_fen, c.unsent, c.opened_by, c.due_at,
       c.return_to, c.back_courier, c.back_number, c.out_courier, c.out_number, c.out_refund_no, c.opened_at, c.closed_at,
       (SELECT json_agg(json_build_object('line_id', l.line_id, 'sku_id', l.sku_id, 'title', l.title, 'spec', l.spec, 'picture', l.picture, 'qty', l.qty,
               'unsent', l.dropped, 'share_fen', l.share_fen, 'refund_fen', l.refund_fen, 'sellable', l.sellable, 'damaged', l.damaged, 'missing', l.missing) ORDER BY l.line_id)
        FROM aftersale_line l WHERE l.case_id = c.id)::jsonb AS lines,
       (SELECT json_agg(json_build_object('at', m.at, 'actor', m.actor, 'event', m.event, 'to', m.to_status, 'body', m.body, 'pictures', m.pictures) ORDER BY m.id)
        FROM aftersale_message m WHERE m.case_id = c.id)::jsonb AS messages
FROM aftersale_case c WHERE c.case_no = @case_no AND (@member_id::bigint = 0 OR c.member_id = @member_id);

-- name: Page :many
SELECT c.id, c.case_no, c.order_no, c.member_id, c.kind, c.status, c.reason, c.share_fen, c.freight_fen, c.amount_fen, c.unsent, c.opened_by, c.due_at,
       c.return_to, c.back_courier, c.back_number, c.out_courier, c.out_number, c.out_refund_no, c.opened_at, c.closed_at,
       (SELECT json_agg(json_build_object('line_id', l.line_id, 'sku_id', l.sku_id, 'title', l.title, 'spec', l.spec, 'picture', l.picture, 'qty', l.qty,
               'unsent', l.dropped, 'share_fen', l.share_fen, 'refund_fen', l.refund_fen, 'sellable', l.sellable, 'damaged', l.damaged, 'missing', l.missing) ORDER BY l.line_id)
        FROM aftersale_line l WHERE l.case_id = c.id)::jsonb AS lines
FROM aftersale_case c
WHERE c.member_id = @member_id AND c.id < @before_id AND (@only_open::boolean = false OR c.closed_at IS NULL)
ORDER BY c.id DESC LIMIT @max_rows;

-- name: OfOrder :many
-- By the member's index: a member has few cases.
SELECT case_no, kind, status, amount_fen, opened_at, closed_at FROM aftersale_case WHERE member_id = @member_id AND order_no = @order_no ORDER BY id DESC LIMIT 50;

-- name: ReturnAddresses :many
SELECT id, name, phone, address FROM return_address ORDER BY id;

-- name: ReturnAddress :one
SELECT id, name, phone, address FROM return_address WHERE id = @id;

-- name: AddReturnAddress :one
INSERT INTO return_address (name, phone, address, created_at) VALUES (@name, @phone, @address, @at) RETURNING id;

-- name: RemoveReturnAddress :execrows
DELETE FROM return_address WHERE id = @id;
