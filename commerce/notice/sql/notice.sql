-- name: PutTemplate :exec
INSERT INTO subscribe_template (app_id, event, kind, template_id, page, fields) VALUES (@app_id, @event, @kind, @template_id, @page, @fields)
ON CONFLICT (app_id, event, kind) DO UPDATE SET template_id = excluded.template_id, page = excluded.page, fields = excluded.fields;

-- name: TemplatesOf :many
SELECT event, kind, template_id, page, fields FROM subscribe_template WHERE app_id = @app_id ORDER BY event, kind;

-- name: Accept :execrows
-- Only templates that the shop uses are counted; the cap keeps a client from running up the counter.
INSERT INTO subscribe_consent (app_id, openid, template_id, remaining)
SELECT @app_id, @openid, t.template_id, 1 FROM subscribe_template t WHERE t.app_id = @app_id AND t.template_id = @template_id AND t.kind = 'subscription' LIMIT 1
ON CONFLICT (app_id, openid, template_id) DO UPDATE SET remaining = least(subscribe_consent.remaining + 1, 100), updated_at = now();

-- name: Refuse :execrows
UPDATE subscribe_consent SET remaining = 0, updated_at = now() WHERE app_id = @app_id AND openid = @openid AND template_id = @template_id;

-- name: Begin :one
-- Tells an event, once: into the buyer's inbox and onto the staff's board where the shop
-- wants it, and the message that needs a template is logged. Gives the event's templates, none
-- if the shop wants no such message.
WITH r AS (SELECT audience, channel, enabled FROM message_rule WHERE event = @event::text),
c AS (SELECT CASE WHEN EXISTS (SELECT FROM platform.app a WHERE a.app_id = @app_id AND a.provider = 'alipay') THEN 'alipay_template' ELSE 'wechat_subscribe' END AS channel),
t AS (
  SELECT s.kind, s.template_id, s.page, s.fields FROM subscribe_template s, c
  WHERE s.app_id = @app_id AND s.event = @event::text
    AND coalesce((SELECT r.enabled FROM r WHERE r.audience = 'buyer' AND r.channel = c.channel), @by_template::boolean)),
logged AS (
  INSERT INTO message_log (event_id, channel, member_id, event, state, reason)
  SELECT @event_id::uuid, c.channel, @member_id::bigint, @event::text,
         CASE WHEN EXISTS (SELECT FROM t) THEN 'sending' ELSE 'skipped' END, CASE WHEN EXISTS (SELECT FROM t) THEN '' ELSE 'no template' END
  FROM c
  ON CONFLICT (event_id, channel) DO NOTHING
  RETURNING event_id),
boxed AS (
  INSERT INTO inbox_message (event_id, member_id, event, facts, created_at)
  SELECT @event_id::uuid, @member_id::bigint, @event::text, @facts::jsonb, @now::timestamptz
  WHERE coalesce((SELECT enabled FROM r WHERE audience = 'buyer' AND channel = 'inbox'), @by_inbox::boolean)
  ON CONFLICT (event_id) DO NOTHING),
board AS (
  INSERT INTO staff_notice (event_id, event, facts, created_at)
  SELECT @event_id::uuid, @event::text, @facts::jsonb, @now::timestamptz
  WHERE NOT @buyer_only::boolean AND coalesce((SELECT enabled FROM r WHERE audience = 'staff' AND channel = 'inbox'), @by_board::boolean)
  ON CONFLICT (event_id) DO NOTHING
  RETURNING event_id),
m AS (SELECT EXISTS (SELECT FROM mail_account WHERE enabled) AS bound)
SELECT EXISTS (SELECT FROM logged)::boolean AS fresh,
       coalesce((SELECT jsonb_agg(jsonb_build_object('kind', t.kind, 'template_id', t.template_id, 'page', t.page, 'fields', t.fields) ORDER BY t.kind) FROM t), '[]')::jsonb AS templates,
       c.channel::text AS channel, h.quiet_from, h.quiet_until,
       (coalesce((SELECT enabled FROM r WHERE audience = 'buyer' AND channel = 'sms'), false)
        AND EXISTS (SELECT FROM sms_account WHERE enabled) AND EXISTS (SELECT FROM sms_template WHERE sms_template.event = @event::text))::boolean AS sms,
       (m.bound AND coalesce((SELECT enabled FROM r WHERE audience = 'buyer' AND channel = 'email'), @by_mail::boolean))::boolean AS buyer_mail,
       (m.bound AND EXISTS (SELECT FROM board) AND EXISTS (SELECT FROM mail_reader WHERE @event::text = ANY (events)))::boolean AS staff_mail
FROM message_hours h CROSS JOIN c CROSS JOIN m;

-- name: SpendConsent :execrows
UPDATE subscribe_consent SET remaining = remaining - 1, updated_at = now()
WHERE app_id = @app_id AND openid = @openid AND template_id = @template_id AND remaining > 0;

-- name: Finish :exec
-- Under the provider's id its receipt is found, whichever of the two comes first.
WITH r AS (
  INSERT INTO message_receipt (channel, account, provider_id, event_id, at)
  SELECT @channel::text, @account::text, @provider_id::text, @event_id::uuid, @now::timestamptz
  WHERE @provider_id::text <> '' AND EXISTS (SELECT FROM message_log WHERE event_id = @event_id::uuid AND channel = @channel::text AND state = 'sending')
  ON CONFLICT (channel, account, provider_id) DO UPDATE SET event_id = coalesce(message_receipt.event_id, excluded.event_id)
  RETURNING delivered, code, reason)
UPDATE message_log l SET
  state = CASE WHEN r.delivered THEN 'delivered' WHEN NOT r.delivered THEN 'failed' ELSE @state::text END,
  code = CASE WHEN r.delivered IS NULL THEN @code::text ELSE r.code END,
  reason = CASE WHEN r.delivered IS NULL THEN @reason::text ELSE r.reason END, at = @now::timestamptz
FROM (VALUES (1)) one(x) LEFT JOIN r ON true
WHERE l.event_id = @event_id::uuid AND l.channel = @channel::text AND l.state = 'sending';

-- name: Receipt :execrows
-- A receipt counts once. The message may be in the hands of Finish at this moment: its old
-- state is taken along, so that the row is waited for and looked at again.
WITH r AS (
  INSERT INTO message_receipt (channel, account, provider_id, delivered, code, reason, at)
  VALUES (@channel::text, @account::text, @provider_id::text, @delivered::boolean, @code::text, @reason::text, @now::timestamptz)
  ON CONFLICT (channel, account, provider_id) DO UPDATE SET delivered = excluded.delivered, code = excluded.code, reason = excluded.reason, at = excluded.at
    WHERE message_receipt.delivered IS NULL
  RETURNING event_id)
UPDATE message_log l SET state = CASE WHEN @delivered::boolean THEN 'delivered' ELSE 'failed' END, code = @code::text, reason = @reason::text, at = @now::timestamptz
FROM r WHERE l.event_id = r.event_id AND l.channel = @channel::text AND l.state IN ('sending', 'sent');

-- name: PurgeReceipts :execrows
-- Receipts of messages that nobody here has sent; the others go with their message.
DELETE FROM message_receipt WHERE (channel, account, provider_id) IN (
  SELECT r.channel, r.account, r.provider_id FROM message_receipt r WHERE r.event_id IS NULL AND r.at < @older ORDER BY r.at LIMIT @most);

-- name: Allow :exec
-- The provider says that the buyer accepted; the Mini Program may have said so before.
INSERT INTO subscribe_consent (app_id, openid, template_id, remaining)
SELECT @app_id, @openid, t.template_id, 1 FROM subscribe_template t WHERE t.app_id = @app_id AND t.template_id = @template_id AND t.kind = 'subscription' LIMIT 1
ON CONFLICT (app_id, openid, template_id) DO UPDATE SET remaining = greatest(subscribe_consent.remaining, 1), updated_at = now();

-- name: Reopen :exec
DELETE FROM message_log WHERE event_id = @event_id AND channel = @channel AND state = 'sending';

-- name: ReturnConsent :exec
UPDATE subscribe_consent SET remaining = remaining + 1, updated_at = now()
WHERE app_id = @app_id AND openid = @openid AND template_id = @template_id;

-- name: Board :one
-- Onto the staff's board alone. Says whether somebody wants it by mail, too.
WITH board AS (
  INSERT INTO staff_notice (event_id, event, facts, created_at)
  SELECT @event_id::uuid, @event::text, @facts::jsonb, @now::timestamptz
  WHERE coalesce((SELECT enabled FROM message_rule WHERE event = @event::text AND audience = 'staff' AND channel = 'inbox'), true)
  ON CONFLICT (event_id) DO NOTHING
  RETURNING event_id)
SELECT (EXISTS (SELECT FROM board) AND EXISTS (SELECT FROM mail_account WHERE enabled) AND EXISTS (SELECT FROM mail_reader WHERE @event::text = ANY (events)))::boolean AS mailed;

-- name: Box :exec
-- Into a member's inbox alone.
INSERT INTO inbox_message (event_id, member_id, event, facts, created_at)
SELECT @event_id::uuid, @member_id::bigint, @event::text, @facts::jsonb, @now::timestamptz
WHERE coalesce((SELECT enabled FROM message_rule WHERE event = @event::text AND audience = 'buyer' AND channel = 'inbox'), true)
ON CONFLICT (event_id) DO NOTHING;

-- name: DropTemplate :execrows
DELETE FROM subscribe_template WHERE app_id = @app_id AND event = @event AND kind = @kind;

-- name: Log :many
-- What became of messages that need a template, the newest first.
SELECT id, event_id, channel, coalesce(member_id, 0)::bigint AS member_id, coalesce(account_id, 0)::bigint AS account_id, event, state, code, reason, at, test FROM message_log
WHERE id < @before AND (@state::text = '' OR state = @state) ORDER BY id DESC LIMIT @page_size;

-- name: PurgeLog :execrows
DELETE FROM message_log WHERE id IN (SELECT l.id FROM message_log l WHERE l.at < @older ORDER BY l.at LIMIT @most);
