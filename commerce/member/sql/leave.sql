-- name: LeaveOf :one
SELECT status, leave_at, coalesce(leave_at <= now(), false)::boolean AS due FROM member WHERE id = @id FOR UPDATE;

-- name: SetLeave :exec
UPDATE member SET leave_at = sqlc.narg(leave_at) WHERE id = @id AND status = 'active';

-- name: EmptyLeft :many
-- Everything that says who it was. Gives the access tokens that ended with it.
WITH person AS (
  UPDATE member SET status = 'left', left_at = @at::timestamptz, leave_at = NULL, nickname = '', avatar = '', note = '', block_reason = '',
    phone_sealed = NULL, phone_index = NULL, phone_hint = '', phone_at = NULL
  WHERE member.id = @id::bigint RETURNING id),
identities AS (DELETE FROM member_identity i WHERE i.member_id = @id::bigint),
books AS (DELETE FROM address a WHERE a.member_id = @id::bigint),
tags AS (DELETE FROM member_tag t WHERE t.member_id = @id::bigint),
kept AS (DELETE FROM member_favourite f WHERE f.member_id = @id::bigint),
seen AS (DELETE FROM member_footprint f WHERE f.member_id = @id::bigint)
DELETE FROM member_session s WHERE s.member_id = @id::bigint RETURNING s.access_hash;

-- name: OpenIDsOf :many
SELECT app_id, openid FROM member_identity WHERE member_id = @member_id;
