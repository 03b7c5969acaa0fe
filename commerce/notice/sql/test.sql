-- name: LockTests :one
-- Tests of a shop are asked for one after the other: their number in an hour is limited.
SELECT quiet_from FROM message_hours FOR UPDATE;

-- name: TestOf :one
-- Whether a member may be sent an event's message as a test.
SELECT t.template_id, coalesce(i.openid, '')::text AS openid, coalesce(c.remaining, 0)::integer AS remaining,
       CASE WHEN EXISTS (SELECT FROM platform.app a WHERE a.app_id = t.app_id AND a.provider = 'alipay') THEN 'alipay_template' ELSE 'wechat_subscribe' END::text AS channel,
       (SELECT count(*) FROM message_log l WHERE l.test AND l.at > @since::timestamptz)::bigint AS tested
FROM subscribe_template t
LEFT JOIN member_identity i ON i.app_id = t.app_id AND i.member_id = @member_id::bigint
LEFT JOIN subscribe_consent c ON c.app_id = t.app_id AND c.openid = i.openid AND c.template_id = t.template_id
WHERE t.app_id = @app_id AND t.event = @event AND t.kind = @kind ORDER BY c.remaining DESC NULLS LAST LIMIT 1;

-- name: AskTest :exec
INSERT INTO message_log (event_id, channel, member_id, event, state, reason, test, at)
VALUES (@event_id, @channel, @member_id::bigint, @event, 'sending', 'asked', true, @now);

-- name: BeginTest :one
-- Takes a test into work, once.
UPDATE message_log l SET reason = '' FROM subscribe_template t
WHERE l.event_id = @event_id AND l.state = 'sending' AND l.reason = 'asked' AND t.app_id = @app_id AND t.event = l.event AND t.kind = @kind
RETURNING l.event, l.channel, t.template_id, t.page, t.fields;

-- name: ReopenTest :exec
UPDATE message_log SET reason = 'asked' WHERE event_id = @event_id AND channel = @channel AND state = 'sending';

-- name: EndTest :exec
-- Its sender died, or the template is gone: it is not sent again.
UPDATE message_log SET state = 'failed', reason = 'outcome unknown' WHERE event_id = @event_id AND test AND state = 'sending';
