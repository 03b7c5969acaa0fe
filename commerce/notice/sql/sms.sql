-- name: SMSAccount :one
SELECT provider, key_id, secret_sealed, secret_last4, sign_name, per_day, unreached, enabled, updated_at FROM sms_account;

-- name: PutSMSAccount :exec
INSERT INTO sms_account (provider, key_id, secret_sealed, secret_last4, sign_name, per_day, unreached, updated_at)
VALUES (@provider, @key_id, @secret_sealed, @secret_last4, @sign_name, @per_day, @unreached, @now)
ON CONFLICT (one) DO UPDATE SET provider = excluded.provider, key_id = excluded.key_id, secret_sealed = excluded.secret_sealed, secret_last4 = excluded.secret_last4,
  sign_name = excluded.sign_name, per_day = excluded.per_day, unreached = excluded.unreached, enabled = true, updated_at = excluded.updated_at;

-- name: SwitchSMS :execrows
UPDATE sms_account SET enabled = @enabled, updated_at = @now WHERE enabled <> @enabled;

-- name: SealedSMS :many
SELECT one, secret_sealed FROM sms_account;

-- name: ResealSMS :execrows
UPDATE sms_account SET secret_sealed = @sealed WHERE secret_sealed = @old_sealed;

-- name: SMSTemplates :many
SELECT event, code, fields FROM sms_template ORDER BY event;

-- name: PutSMSTemplate :exec
INSERT INTO sms_template (event, code, fields) VALUES (@event, @code, @fields)
ON CONFLICT (event) DO UPDATE SET code = excluded.code, fields = excluded.fields;

-- name: DropSMSTemplate :execrows
DELETE FROM sms_template WHERE event = @event;

-- name: BeginSMS :one
-- Logs a text message, once, with its template and whether the Mini Program's own message of
-- the same event reached the buyer, as far as is known.
WITH t AS (SELECT code, fields FROM sms_template WHERE event = @event::text),
logged AS (
  INSERT INTO message_log (event_id, channel, member_id, event, state, at)
  SELECT @event_id::uuid, 'sms', @member_id::bigint, @event::text, 'sending', @now::timestamptz FROM t
  ON CONFLICT (event_id, channel) DO NOTHING RETURNING event_id)
SELECT t.code, t.fields, EXISTS (SELECT FROM logged)::boolean AS fresh,
       EXISTS (SELECT FROM message_log l WHERE l.event_id = @event_id::uuid AND l.channel <> 'sms' AND l.state IN ('sending', 'sent', 'delivered'))::boolean AS reached
FROM t;

-- name: CountSMS :execrows
-- One more to a phone: so many a day, and one a minute.
INSERT INTO sms_count (phone_index, day, sent, last_at) VALUES (@phone_index, @day, 1, @now)
ON CONFLICT (phone_index, day) DO UPDATE SET sent = sms_count.sent + 1, last_at = excluded.last_at
WHERE sms_count.sent < @per_day::smallint AND sms_count.last_at <= excluded.last_at - interval '1 minute';

-- name: UncountSMS :exec
UPDATE sms_count SET sent = sent - 1, last_at = last_at - interval '1 minute' WHERE phone_index = @phone_index AND day = @day AND sent > 0;

-- name: PurgeSMSCounts :execrows
DELETE FROM sms_count WHERE (phone_index, day) IN (SELECT c.phone_index, c.day FROM sms_count c WHERE c.day < @older LIMIT @most);
