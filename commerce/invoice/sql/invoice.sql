-- name: Subject :one
-- What an order is to an invoice; locked, it neither moves nor loses money meanwhile.
SELECT o.id, o.order_no, o.member_id, o.app_id, o.status, o.test, o.payable_fen, o.refunded_fen, o.paid_at, o.settled_at,
  coalesce((SELECT s.invoices_offered FROM shop s), true)::boolean AS offered FROM orders o WHERE o.order_no = @order_no;

-- name: LockSubject :one
SELECT o.id, o.order_no, o.member_id, o.app_id, o.status, o.test, o.payable_fen, o.refunded_fen, o.paid_at, o.settled_at,
  coalesce((SELECT s.invoices_offered FROM shop s), true)::boolean AS offered FROM orders o
WHERE o.order_no = @order_no FOR SHARE;

-- name: LockSubjectOf :one
SELECT o.id, o.order_no, o.member_id, o.app_id, o.status, o.test, o.payable_fen, o.refunded_fen, o.paid_at, o.settled_at,
  coalesce((SELECT s.invoices_offered FROM shop s), true)::boolean AS offered FROM orders o
WHERE o.id = (SELECT i.order_id FROM invoice i WHERE i.id = @id) FOR SHARE;

-- name: Ask :execrows
INSERT INTO invoice (order_id, member_id, kind, sealed, seal_key, asked_at, ready_at, moved_at, actor)
VALUES (@order_id, @member_id, @kind, @sealed, @seal_key, @now::timestamptz, sqlc.narg('ready_at')::timestamptz, @now, @actor)
ON CONFLICT (order_id) WHERE status IN ('asked', 'issued') DO NOTHING;

-- name: AskPlaced :one
-- With its order: nothing where there is nothing to pay, and for a test. Says whether the shop takes requests.
WITH asked AS (
  INSERT INTO invoice (order_id, member_id, kind, sealed, seal_key, asked_at, moved_at, actor)
  SELECT o.id, o.member_id, @kind, @sealed::bytea, @seal_key::text, @now::timestamptz, @now, @actor FROM orders o
  WHERE o.order_no = @order_no AND o.payable_fen > 0 AND NOT o.test)
SELECT coalesce((SELECT s.invoices_offered FROM shop s), true)::boolean AS offered;

-- name: OfferedHere :one
SELECT coalesce((SELECT s.invoices_offered FROM shop s), true)::boolean AS offered;

-- name: SetOffered :execrows
UPDATE shop SET invoices_offered = @offered, updated_at = now();

-- name: LatestOf :one
SELECT sqlc.embed(i), o.order_no, o.app_id, o.payable_fen, o.refunded_fen FROM invoice i JOIN orders o ON o.id = i.order_id
WHERE o.order_no = @order_no ORDER BY i.id DESC LIMIT 1;

-- name: Latest :one
SELECT i.* FROM invoice i WHERE i.order_id = @order_id ORDER BY i.id DESC LIMIT 1;

-- name: LockLive :one
SELECT i.* FROM invoice i WHERE i.order_id = @order_id AND i.status IN ('asked', 'issued') FOR NO KEY UPDATE;

-- name: Lock :one
SELECT i.* FROM invoice i WHERE i.id = @id FOR NO KEY UPDATE;

-- name: AnyLive :one
SELECT EXISTS (SELECT FROM invoice i JOIN orders o ON o.id = i.order_id WHERE o.order_no = @order_no AND i.status IN ('asked', 'issued'));

-- name: Ready :exec
UPDATE invoice SET ready_at = @now::timestamptz WHERE id = @id AND ready_at IS NULL;

-- name: RedDue :exec
UPDATE invoice SET red_due_at = @now::timestamptz WHERE id = @id AND red_due_at IS NULL;

-- name: Move :execrows
UPDATE invoice SET status = @to_status, reason = @reason, actor = @actor, moved_at = @now::timestamptz WHERE id = @id AND status = @from_status;

-- name: Issue :execrows
UPDATE invoice SET status = 'issued', amount_fen = @amount_fen::bigint, number = @number::text, issued_on = @issued_on::date, link = @link,
  file_key = sqlc.narg('file_key')::text, file_name = @file_name, file_kind = sqlc.narg('file_kind')::text, actor = @actor, moved_at = @now::timestamptz
WHERE id = @id AND status = 'asked';

-- name: Void :execrows
UPDATE invoice SET status = 'voided', red_number = @red_number::text, red_on = @red_on::date, actor = @actor, moved_at = @now::timestamptz
WHERE id = @id AND status = 'issued';

-- name: OfMember :many
SELECT sqlc.embed(i), o.order_no, o.payable_fen, o.refunded_fen FROM invoice i JOIN orders o ON o.id = i.order_id
WHERE i.member_id = @member_id AND i.id < @before::bigint ORDER BY i.id DESC LIMIT @most;

-- name: Shown :one
SELECT sqlc.embed(i), o.order_no, o.app_id, o.payable_fen, o.refunded_fen FROM invoice i JOIN orders o ON o.id = i.order_id WHERE i.id = @id;

-- name: Desk :many
SELECT sqlc.embed(i), o.order_no, o.payable_fen, o.refunded_fen FROM invoice i JOIN orders o ON o.id = i.order_id
WHERE i.status = @status::text AND (i.status <> 'asked' OR i.ready_at IS NOT NULL) AND (NOT @red::boolean OR i.red_due_at IS NOT NULL)
  AND (@order_no::text = '' OR o.order_no = @order_no) AND i.id < @before::bigint
ORDER BY i.id DESC LIMIT @most;

-- name: Counts :one
SELECT
  (SELECT count(*) FROM (SELECT 1 FROM invoice i WHERE i.status = 'asked' AND i.ready_at IS NOT NULL LIMIT @most::int) c) AS asked,
  (SELECT count(*) FROM (SELECT 1 FROM invoice i WHERE i.status = 'issued' AND i.red_due_at IS NOT NULL LIMIT @most) c) AS red;

-- name: MoveInvoices :exec
UPDATE invoice SET member_id = @to_member WHERE member_id = @from_member;

-- name: ForgetInvoices :exec
-- What was issued has to be kept; of the rest nobody needs to know to whom.
UPDATE invoice SET status = CASE status WHEN 'asked' THEN 'withdrawn' ELSE status END, sealed = NULL
WHERE member_id = @member_id AND status IN ('asked', 'refused', 'withdrawn');

-- name: KnownFiles :many
SELECT i.file_key::text FROM invoice i WHERE i.file_key = ANY (@keys::text[]);

-- name: SealedInvoices :many
-- Rows that begin with the primary key's prefix are left out; so are all if none is given.
SELECT i.id, i.seal_key, substring(i.sealed FROM 1 FOR 5)::bytea AS prefix,
  coalesce(CASE WHEN @primary_prefix::bytea <> '' AND substring(i.sealed FROM 1 FOR 5) <> @primary_prefix::bytea THEN i.sealed END, '')::bytea AS sealed
FROM invoice i WHERE i.id > @after AND i.sealed IS NOT NULL ORDER BY i.id LIMIT 200;

-- name: ResealInvoice :execrows
UPDATE invoice SET sealed = @sealed WHERE id = @id AND sealed = @old_sealed;

-- name: NewestOfMember :one
SELECT i.* FROM invoice i WHERE i.member_id = @member_id AND i.sealed IS NOT NULL AND i.status IN ('asked', 'issued', 'voided') ORDER BY i.id DESC LIMIT 1;

-- name: NewestOfOrder :one
SELECT i.* FROM invoice i WHERE i.order_id = (SELECT o.id FROM orders o WHERE o.order_no = @order_no) ORDER BY i.id DESC LIMIT 1;
