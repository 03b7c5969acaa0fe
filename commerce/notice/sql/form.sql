-- name: PutTrade :exec
-- A trade counts from when it was paid, and only in an Alipay app. What a client handed in under
-- its number gives way.
INSERT INTO message_form (app_id, openid, kind, form_id, given_at, expires_at)
SELECT @app_id::text, @openid::text, 'trade', @form_id::text, @given_at::timestamptz, @expires_at::timestamptz
WHERE EXISTS (SELECT FROM platform.app a WHERE a.app_id = @app_id::text AND a.provider = 'alipay')
ON CONFLICT (app_id, form_id) DO UPDATE SET openid = excluded.openid, kind = 'trade', given_at = excluded.given_at, expires_at = excluded.expires_at
WHERE message_form.kind <> 'trade';

-- name: HandInForm :one
-- Only an Alipay app has forms, and the cap keeps a client from filling the table. Whose number
-- is known already stays.
WITH put AS (
  INSERT INTO message_form (app_id, openid, kind, form_id, given_at, expires_at)
  SELECT @app_id::text, @openid::text, 'form', @form_id::text, @given_at::timestamptz, @expires_at::timestamptz
  WHERE EXISTS (SELECT FROM platform.app a WHERE a.app_id = @app_id::text AND a.provider = 'alipay')
    AND (SELECT count(*) FROM message_form f WHERE f.app_id = @app_id::text AND f.openid = @openid::text AND f.void_at IS NULL AND f.expires_at > @given_at::timestamptz) < @most::bigint
  ON CONFLICT (app_id, form_id) DO NOTHING)
SELECT EXISTS (SELECT FROM platform.app a WHERE a.app_id = @app_id::text AND a.provider = 'alipay')::boolean AS alipay;

-- name: LockForms :many
-- Messages to one buyer choose one after the other: SpendForm must see what others have used.
SELECT id FROM message_form WHERE app_id = @app_id AND openid = @openid AND void_at IS NULL AND expires_at > @now ORDER BY id FOR UPDATE;

-- name: SpendForm :one
-- Of the numbers with uses left, the one that ends first.
WITH f AS (
  SELECT f.id, f.kind, f.form_id, (
    SELECT min(n) FROM generate_series(1, 3) n
    WHERE NOT EXISTS (SELECT FROM message_form_use u WHERE u.message_form_id = f.id AND u.nth = n)) AS nth
  FROM message_form f
  WHERE f.app_id = @app_id AND f.openid = @openid AND f.kind = ANY (@kinds::text[]) AND f.void_at IS NULL AND f.expires_at > @now::timestamptz
    AND (SELECT count(*) FROM message_form_use u WHERE u.message_form_id = f.id) < 3
  ORDER BY f.expires_at, f.id LIMIT 1),
used AS (
  INSERT INTO message_form_use (message_form_id, nth, event_id, used_at)
  SELECT f.id, f.nth, @event_id::uuid, @now::timestamptz FROM f
  RETURNING message_form_id)
SELECT f.kind, f.form_id FROM f JOIN used ON used.message_form_id = f.id;

-- name: ReturnForm :exec
DELETE FROM message_form_use WHERE event_id = @event_id;

-- name: VoidForm :exec
-- The provider does not take the number that a message used.
WITH used AS (DELETE FROM message_form_use WHERE event_id = @event_id RETURNING message_form_id)
UPDATE message_form SET void_at = @now::timestamptz WHERE id IN (SELECT message_form_id FROM used);

-- name: FormsLeft :one
-- How many messages a buyer's numbers of a kind still allow.
SELECT coalesce(sum(3 - (SELECT count(*) FROM message_form_use u WHERE u.message_form_id = f.id)), 0)::bigint AS remaining
FROM message_form f WHERE f.app_id = @app_id AND f.openid = @openid AND f.kind = @kind AND f.void_at IS NULL AND f.expires_at > @now::timestamptz;

-- name: PurgeForms :execrows
DELETE FROM message_form WHERE id IN (SELECT f.id FROM message_form f WHERE f.expires_at < @older ORDER BY f.expires_at LIMIT @most);

-- name: ForgetForms :exec
DELETE FROM message_form f USING member_identity i
WHERE i.member_id = @member_id AND f.app_id = i.app_id AND f.openid = i.openid;
