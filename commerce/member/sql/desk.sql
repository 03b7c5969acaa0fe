-- name: SetNote :execrows
UPDATE member SET note = @note WHERE id = @id AND status IN ('active', 'blocked');

-- name: NoteOf :one
SELECT note, status, block_reason FROM member WHERE id = @id FOR UPDATE;

-- name: SetBlocked :execrows
UPDATE member SET status = @to_status, block_reason = @block_reason WHERE id = @id AND status = @from_status;

-- name: SessionHashes :many
SELECT access_hash FROM member_session WHERE member_id = @member_id AND revoked_at IS NULL;

-- name: TagsOf :many
SELECT tag FROM member_tag WHERE member_id = @member_id ORDER BY tag;

-- name: SetTags :exec
-- Exactly these, those that stay keep their time.
WITH gone AS (DELETE FROM member_tag t WHERE t.member_id = @member_id::bigint AND NOT t.tag = ANY (@tags::text[]))
INSERT INTO member_tag (tag, member_id, at) SELECT unnest(@tags::text[]), @member_id::bigint, @at::timestamptz ON CONFLICT DO NOTHING;

-- name: CountTags :one
SELECT count(DISTINCT tag) FROM member_tag;
