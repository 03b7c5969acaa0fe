-- name: MoveBuyer :exec
UPDATE commission_order SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;

-- name: EndOwnBonds :exec
-- A member cannot have brought himself: of two who become one, what bound one to the other ends.
UPDATE distribution_bond SET ended_at = least(@at::timestamptz, coalesce(until, @at)) WHERE ended_at IS NULL
  AND ((member_id = @from_id::bigint AND distributor_id = @to_id::bigint) OR (member_id = @to_id AND distributor_id = @from_id));

-- name: EndSecondBond :exec
-- Who brought the one that stays counts.
UPDATE distribution_bond b SET ended_at = least(@at::timestamptz, coalesce(b.until, @at)) WHERE b.member_id = @from_id::bigint AND b.ended_at IS NULL
  AND EXISTS (SELECT FROM distribution_bond o WHERE o.member_id = @to_id::bigint AND o.ended_at IS NULL);

-- name: MoveBonds :exec
UPDATE distribution_bond SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;

-- name: TakeOver :one
-- A distributor becomes another, who may be one: accounts add up.
INSERT INTO distributor AS d (member_id, status, level_id, code, statement, reason, available_fen, locked_fen, withdrawn_fen, applied_at, decided_at)
SELECT @to_id::bigint, o.status, o.level_id, @code, o.statement, o.reason, o.available_fen, o.locked_fen, o.withdrawn_fen, o.applied_at, o.decided_at
FROM distributor o WHERE o.member_id = @from_id::bigint
ON CONFLICT (member_id) DO UPDATE SET available_fen = d.available_fen + excluded.available_fen, locked_fen = d.locked_fen + excluded.locked_fen,
  withdrawn_fen = d.withdrawn_fen + excluded.withdrawn_fen,
  status = CASE WHEN 'frozen' IN (d.status, excluded.status) THEN 'frozen' WHEN 'active' IN (d.status, excluded.status) THEN 'active' ELSE d.status END
RETURNING (d.xmax = 0)::boolean AS fresh;

-- name: Drop :one
-- Nothing names it any more.
DELETE FROM distributor WHERE member_id = @from_id RETURNING code;

-- name: SetCode :exec
UPDATE distributor SET code = @code WHERE member_id = @member_id;

-- name: MoveTeam :exec
UPDATE distribution_bond SET distributor_id = @to_id::bigint WHERE distributor_id = @from_id::bigint;

-- name: MoveCommission :exec
UPDATE commission SET distributor_id = @to_id::bigint WHERE distributor_id = @from_id::bigint;

-- name: MoveWithdrawals :exec
UPDATE withdrawal SET distributor_id = @to_id::bigint, request_key = CASE WHEN EXISTS (SELECT FROM withdrawal o WHERE o.distributor_id = @to_id AND o.request_key = withdrawal.request_key)
  THEN withdrawal.withdrawal_no || ' ' || withdrawal.request_key ELSE withdrawal.request_key END WHERE distributor_id = @from_id::bigint;

-- name: OwnOrders :many
-- Orders for which a member is owed commission of what he bought himself.
SELECT DISTINCT o.order_no FROM commission_order o JOIN commission c ON c.order_id = o.order_id
WHERE o.member_id = @member_id AND c.distributor_id = @member_id AND c.status NOT IN ('void', 'reversed') ORDER BY o.order_no;

-- name: ForgetBonds :exec
-- Whom a member who has left had brought, and who had brought him.
UPDATE distribution_bond SET ended_at = least(@at::timestamptz, coalesce(until, @at)), evidence = CASE WHEN member_id = @member_id::bigint THEN '{}' ELSE evidence END
WHERE (member_id = @member_id OR distributor_id = @member_id) AND ended_at IS NULL;

-- name: ForgetDistributor :exec
UPDATE distributor SET status = 'left', statement = '' WHERE member_id = @member_id;

-- name: ForgetEvidence :exec
UPDATE distribution_bond SET evidence = '{}' WHERE member_id = @member_id AND evidence <> '{}';
