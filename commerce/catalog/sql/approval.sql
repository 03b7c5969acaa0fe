-- name: ApprovalNeeded :one
-- A shop without a row needs none.
SELECT coalesce((SELECT product_approval FROM shop), false)::boolean AS needed;

-- name: SetApprovalNeeded :execrows
UPDATE shop SET product_approval = @needed, updated_at = now() WHERE product_approval <> @needed;

-- name: LockGate :one
SELECT coalesce((SELECT s.product_approval FROM shop s), false)::boolean AS needed, p.status, p.approved,
  EXISTS (SELECT FROM product_approval a WHERE a.spu_id = p.id AND a.state = 'waiting' AND a.change IS NOT NULL)::boolean AS waiting
FROM spu p WHERE p.id = @id FOR UPDATE OF p;

-- name: Unapprove :exec
UPDATE spu SET approved = false WHERE id = @id AND approved;

-- name: AskApproval :exec
-- What waits already waits on, as something new to look at: a change is not lost because the
-- product is to come on the shelf, too.
INSERT INTO product_approval AS a (spu_id, state, change, base, put_up, asked_by, asked_at)
VALUES (@spu_id, 'waiting', sqlc.narg(change), @base, @put_up, @asked_by, @asked_at)
ON CONFLICT (spu_id) DO UPDATE SET rev = a.rev + 1, state = 'waiting',
  change = CASE WHEN excluded.change IS NULL AND a.state = 'waiting' THEN a.change ELSE excluded.change END,
  base = CASE WHEN excluded.change IS NULL AND a.state = 'waiting' THEN a.base ELSE excluded.base END,
  put_up = excluded.put_up OR (a.put_up AND a.state = 'waiting'),
  asked_by = CASE WHEN excluded.asked_by = 'system' AND a.state = 'waiting' THEN a.asked_by ELSE excluded.asked_by END, asked_at = excluded.asked_at, decided_by = '', decided_at = NULL, reason = '';

-- name: TouchApproval :exec
-- The product that waits was changed.
UPDATE product_approval SET rev = rev + 1 WHERE spu_id = @spu_id AND state = 'waiting';

-- name: Approval :one
SELECT spu_id, rev, state, change, base, put_up, asked_by, asked_at, decided_by, decided_at, reason FROM product_approval WHERE spu_id = @spu_id;

-- name: LockApproval :one
-- The product's row is locked before.
SELECT spu_id, rev, state, change, base, put_up, asked_by, asked_at, decided_by, decided_at, reason FROM product_approval WHERE spu_id = @spu_id FOR UPDATE;

-- name: DropApproval :exec
DELETE FROM product_approval WHERE spu_id = @spu_id;

-- name: RejectApproval :exec
UPDATE product_approval SET state = 'rejected', decided_by = @decided_by, decided_at = @decided_at, reason = @reason, put_up = false WHERE spu_id = @spu_id;

-- name: Approve :exec
UPDATE spu SET approved = true WHERE id = @id AND NOT approved;

-- name: Called :many
-- What categories (with those above them), brands and freight templates are called; those that are
-- gone are missing.
SELECT 'category'::text AS what, c.id, concat_ws(' / ', g.name, p.name, c.name)::text AS name
FROM category c LEFT JOIN category p ON p.id = c.parent_id LEFT JOIN category g ON g.id = p.parent_id WHERE c.id = ANY (@categories::bigint[])
UNION ALL SELECT 'brand', b.id, b.name FROM brand b WHERE b.id = ANY (@brands::bigint[])
UNION ALL SELECT 'freight', t.id, t.name FROM freight_template t WHERE t.id = ANY (@freights::bigint[]);
