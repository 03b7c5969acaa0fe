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

-- name: AppFor :one
-- By which of a member's Mini Programs an event is told: one whose message the member allows, or else
-- one that has a template for it, or else the newest.
SELECT i.app_id FROM member_identity i WHERE i.member_id = @member_id
ORDER BY EXISTS (SELECT FROM subscribe_template t JOIN subscribe_consent c ON c.app_id = t.app_id AND c.openid = i.openid AND c.template_id = t.template_id
    WHERE t.app_id = i.app_id AND t.event = @event AND t.kind = 'subscription' AND c.remaining > 0)
  OR EXISTS (SELECT FROM subscribe_template t JOIN message_form f ON f.app_id = t.app_id AND f.openid = i.openid AND f.kind = t.kind
    WHERE t.app_id = i.app_id AND t.event = @event AND f.void_at IS NULL AND f.expires_at > now()) DESC,
  EXISTS (SELECT FROM subscribe_template t WHERE t.app_id = i.app_id AND t.event = @event) DESC, i.created_at DESC, i.app_id LIMIT 1;
