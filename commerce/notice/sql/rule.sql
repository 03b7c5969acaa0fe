-- name: Rules :many
SELECT event, audience, channel, enabled FROM message_rule;

-- name: Hours :one
SELECT quiet_from, quiet_until FROM message_hours;

-- name: PutRules :exec
INSERT INTO message_rule (event, audience, channel, enabled, changed_at)
SELECT unnest(@events::text[]), unnest(@audiences::text[]), unnest(@channels::text[]), unnest(@enabled::boolean[]), @now::timestamptz
ON CONFLICT (event, audience, channel) DO UPDATE SET enabled = excluded.enabled, changed_at = excluded.changed_at
WHERE message_rule.enabled <> excluded.enabled;

-- name: PutHours :exec
UPDATE message_hours SET quiet_from = @quiet_from, quiet_until = @quiet_until;

-- name: TemplatesOfShop :many
SELECT app_id, event, kind, template_id, page, fields FROM subscribe_template ORDER BY app_id, event, kind;
