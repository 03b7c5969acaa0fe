-- name: SMSAccount :one
SELECT provider, key_id, secret_sealed, secret_last4, sign_name, per_day, unreached, enabled, updated_at, piece_fen, month_fen FROM sms_account;

-- name: PutSMSAccount :exec
INSERT INTO sms_account (provider, key_id, secret_sealed, secret_last4, sign_name, per_day, unreached, piece_fen, month_fen, updated_at)
VALUES (@provider, @key_id, @secret_sealed, @secret_last4, @sign_name, @per_day, @unreached, @piece_fen, @month_fen, @now)
ON CONFLICT (one) DO UPDATE SET provider = excluded.provider, key_id = excluded.key_id, secret_sealed = excluded.secret_sealed, secret_last4 = excluded.secret_last4,
  sign_name = excluded.sign_name, per_day = excluded.per_day, unreached = excluded.unreached, piece_fen = excluded.piece_fen, month_fen = excluded.month_fen, enabled = true, updated_at = excluded.updated_at;

-- name: SwitchSMS :execrows
UPDATE sms_account SET enabled = @enabled, updated_at = @now WHERE enabled <> @enabled;

-- name: SealedSMS :many
SELECT one, secret_sealed FROM sms_account;

-- name: ResealSMS :execrows
UPDATE sms_account SET secret_sealed = @sealed WHERE secret_sealed = @old_sealed;

-- name: SMSTemplates :many
SELECT event, code, fields, words FROM sms_template ORDER BY event;

-- name: PutSMSTemplate :exec
INSERT INTO sms_template (event, code, fields, words) VALUES (@event, @code, @fields, @words)
ON CONFLICT (event) DO UPDATE SET code = excluded.code, fields = excluded.fields, words = excluded.words;

-- name: DropSMSTemplate :execrows
DELETE FROM sms_template WHERE event = @event;

-- name: BeginSMS :one
-- Logs a text message, once, with its template and whether the Mini Program's own message of
-- the same event reached the buyer, as far as is known.
WITH t AS (SELECT code, fields, words FROM sms_template WHERE event = @event::text),
logged AS (
  INSERT INTO message_log (event_id, channel, member_id, event, state, at)
  SELECT @event_id::uuid, 'sms', @member_id::bigint, @event::text, 'sending', @now::timestamptz FROM t
  ON CONFLICT (event_id, channel) DO NOTHING RETURNING event_id)
SELECT t.code, t.fields, t.words, EXISTS (SELECT FROM logged)::boolean AS fresh,
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

-- name: SpendSMS :one
-- Spends so many pieces of the month, all or none: no row where the budget has not that much
-- left. Whoever spends at the same time waits for the row.
WITH a AS (SELECT piece_fen::bigint * @pieces::bigint AS cost, month_fen FROM sms_account)
INSERT INTO sms_spend AS s (month, pieces, spent_fen)
SELECT @month::date, @pieces::bigint, a.cost FROM a WHERE a.month_fen = 0 OR a.cost <= a.month_fen
ON CONFLICT (month) DO UPDATE SET pieces = s.pieces + excluded.pieces, spent_fen = s.spent_fen + excluded.spent_fen
  WHERE (SELECT a.month_fen = 0 OR s.spent_fen + a.cost <= a.month_fen FROM a)
RETURNING s.spent_fen, (SELECT a.cost FROM a)::bigint AS cost_fen, (SELECT a.month_fen FROM a)::bigint AS month_fen;

-- name: UnspendSMS :exec
UPDATE sms_spend SET pieces = pieces - @pieces, spent_fen = spent_fen - @cost_fen WHERE month = @month AND pieces >= @pieces AND spent_fen >= @cost_fen;

-- name: SMSSpent :one
SELECT pieces, spent_fen FROM sms_spend WHERE month = @month;

-- name: SMSTemplate :one
SELECT code, fields, words FROM sms_template WHERE event = @event;

-- name: Tested :one
SELECT count(*) FROM message_log WHERE test AND at > @since::timestamptz;

-- name: LogSMSTest :exec
INSERT INTO message_log (event_id, channel, account_id, event, state, test, at) VALUES (@event_id, 'sms', @account_id::bigint, @event, 'sending', true, @now);

-- name: PurgeSMSSpend :execrows
DELETE FROM sms_spend WHERE month < @older;
