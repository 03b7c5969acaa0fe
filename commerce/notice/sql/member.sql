-- name: MoveMessages :exec
UPDATE message_log SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;

-- name: ForgetConsents :exec
-- The log stays: it names no one but the member's number.
DELETE FROM subscribe_consent c USING member_identity i
WHERE i.member_id = @member_id AND c.app_id = i.app_id AND c.openid = i.openid;

-- name: MoveInbox :exec
UPDATE inbox_message SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;

-- name: ForgetInbox :exec
DELETE FROM inbox_message WHERE member_id = @member_id;
