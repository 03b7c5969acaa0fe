-- name: MoveTransfers :exec
UPDATE transfer SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;

-- name: OpenTransfers :one
SELECT count(*) FROM transfer WHERE member_id = @member_id::bigint AND finished_at IS NULL;
