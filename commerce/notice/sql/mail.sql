-- name: MailAccount :one
SELECT provider, host, port, security, username, password_sealed, sender_name, sender_address, enabled, updated_at FROM mail_account;

-- name: PutMailAccount :exec
INSERT INTO mail_account (provider, host, port, security, username, password_sealed, sender_name, sender_address, updated_at)
VALUES (@provider, @host, @port, @security, @username, @password_sealed, @sender_name, @sender_address, @now)
ON CONFLICT (one) DO UPDATE SET provider = excluded.provider, host = excluded.host, port = excluded.port, security = excluded.security, username = excluded.username,
  password_sealed = excluded.password_sealed, sender_name = excluded.sender_name, sender_address = excluded.sender_address, enabled = true, updated_at = excluded.updated_at;

-- name: SwitchMail :execrows
UPDATE mail_account SET enabled = @enabled, updated_at = @now WHERE enabled <> @enabled;

-- name: SealedMail :many
SELECT one, password_sealed FROM mail_account;

-- name: ResealMail :execrows
UPDATE mail_account SET password_sealed = @sealed WHERE password_sealed = @old_sealed;

-- name: MailTemplates :many
SELECT event, audience, subject, body FROM mail_template ORDER BY event, audience;

-- name: MailTemplate :one
SELECT subject, body FROM mail_template WHERE event = @event AND audience = @audience;

-- name: PutMailTemplate :exec
INSERT INTO mail_template (event, audience, subject, body) VALUES (@event, @audience, @subject, @body)
ON CONFLICT (event, audience) DO UPDATE SET subject = excluded.subject, body = excluded.body;

-- name: DropMailTemplate :execrows
DELETE FROM mail_template WHERE event = @event AND audience = @audience;

-- name: MailReader :one
SELECT events FROM mail_reader WHERE account_id = @account_id;

-- name: PutMailReader :exec
INSERT INTO mail_reader (account_id, locale, events, updated_at) VALUES (@account_id, @locale, @events, @now)
ON CONFLICT (account_id) DO UPDATE SET locale = excluded.locale, events = excluded.events, updated_at = excluded.updated_at;

-- name: DropMailReader :execrows
DELETE FROM mail_reader WHERE account_id = @account_id;

-- name: MailReaders :many
SELECT account_id, locale FROM mail_reader WHERE @event::text = ANY (events) AND EXISTS (SELECT FROM mail_account WHERE enabled) ORDER BY account_id;

-- name: BeginMail :one
-- Logs a mail, once; one that its server did not take yet is begun again. With the shop's own
-- words, empty without any.
WITH logged AS (
  INSERT INTO message_log (event_id, channel, member_id, account_id, event, state, at)
  VALUES (@event_id::uuid, 'email', nullif(@member_id::bigint, 0), nullif(@account_id::bigint, 0), @event::text, 'sending', @now::timestamptz)
  ON CONFLICT (event_id, channel) DO UPDATE SET reason = '', at = excluded.at WHERE message_log.state = 'sending' AND message_log.reason = 'later'
  RETURNING event_id)
SELECT EXISTS (SELECT FROM logged)::boolean AS fresh, coalesce(t.subject, '')::text AS subject, coalesce(t.body, '')::text AS body
FROM (VALUES (1)) one(x) LEFT JOIN mail_template t ON t.event = @event::text AND t.audience = @audience::text;

-- name: MailLater :exec
UPDATE message_log SET reason = 'later', code = @code WHERE event_id = @event_id AND channel = 'email' AND state = 'sending';

-- name: LogMailTest :exec
INSERT INTO message_log (event_id, channel, account_id, event, state, test, at) VALUES (@event_id, 'email', @account_id::bigint, @event, 'sending', true, @now);
