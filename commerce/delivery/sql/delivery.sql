-- name: Stores :many
SELECT id, name, phone, address, hours, coalesce(latitude::text, '')::text AS latitude, coalesce(longitude::text, '')::text AS longitude, open, version
FROM pickup_store WHERE open OR NOT @only_open::boolean ORDER BY id LIMIT 500;

-- name: StoreOpen :one
SELECT open FROM pickup_store WHERE id = @id;

-- name: AddStore :one
INSERT INTO pickup_store (name, phone, address, hours, latitude, longitude)
VALUES (@name, @phone, @address, @hours, (sqlc.narg(latitude)::text)::numeric, (sqlc.narg(longitude)::text)::numeric) RETURNING id;

-- name: SetStore :execrows
-- As it was seen; version 0 takes any.
UPDATE pickup_store SET name = @name, phone = @phone, address = @address, hours = @hours, latitude = (sqlc.narg(latitude)::text)::numeric,
       longitude = (sqlc.narg(longitude)::text)::numeric, open = @open, version = version + 1
WHERE id = @id AND (@version::integer = 0 OR version = @version);

-- name: BeginUpload :exec
-- A change of the parcels, or the first of them: what WeChat was told is not all any more.
INSERT INTO shipping_upload (order_no, app_id, out_trade_no, transaction_id, openid, amount_fen, state, updated_at)
VALUES (@order_no, @app_id, @out_trade_no, @transaction_id, @openid, @amount_fen, 'pending', @now::timestamptz)
ON CONFLICT (order_no) DO UPDATE SET version = shipping_upload.version + 1, state = 'pending', attempts = 0, error = '', updated_at = excluded.updated_at;

-- name: Upload :one
SELECT order_no, app_id, out_trade_no, transaction_id, openid, amount_fen, state, version, done_version, completions, attempts, error, uploaded_at, updated_at, looked_at, provider_state, mismatch, again
FROM shipping_upload WHERE order_no = @order_no;

-- name: FinishUpload :execrows
UPDATE shipping_upload SET state = CASE WHEN version = @version THEN @state::text ELSE 'pending' END, done_version = @version,
       completions = completions + @complete::integer, attempts = attempts + 1, error = '', uploaded_at = @now::timestamptz, updated_at = @now
WHERE order_no = @order_no AND done_version < @version;

-- name: FailUpload :execrows
UPDATE shipping_upload SET state = @state::text, attempts = attempts + 1, error = @error, updated_at = @now::timestamptz
WHERE order_no = @order_no AND version = @version AND done_version < @version;

-- name: NoteLook :exec
UPDATE shipping_upload SET looked_at = @now::timestamptz, provider_state = @provider_state, mismatch = @mismatch WHERE order_no = @order_no;

-- name: UploadAgain :execrows
-- WeChat does not have what it was told: it is told once more, as what it was told last.
UPDATE shipping_upload SET version = version + 1, state = 'pending', attempts = 0, error = '', again = again + 1, looked_at = @now::timestamptz, provider_state = @provider_state, mismatch = '', updated_at = @now
WHERE order_no = @order_no AND version = @version AND done_version = @version AND again < @most::integer;

-- name: RetryUpload :execrows
UPDATE shipping_upload SET state = 'pending', attempts = 0, error = '', updated_at = @now::timestamptz WHERE order_no = @order_no AND state = 'failed';

-- name: Frozen :one
SELECT coalesce(sum(amount_fen), 0)::bigint AS amount_fen, count(*) AS orders FROM shipping_upload WHERE state <> 'uploaded';

-- name: BeginTrack :exec
INSERT INTO parcel_track (parcel_no, courier, tracking_no, phone_tail, updated_at) VALUES (@parcel_no, @courier, @tracking_no, @phone_tail, @now::timestamptz)
ON CONFLICT (parcel_no) DO UPDATE SET courier = excluded.courier, tracking_no = excluded.tracking_no, phone_tail = excluded.phone_tail,
       state = 'none', subscribed_at = NULL, asked_at = NULL, told_at = NULL, error = '', updated_at = excluded.updated_at
WHERE (parcel_track.courier, parcel_track.tracking_no) <> (excluded.courier, excluded.tracking_no);

-- name: Track :one
SELECT parcel_no, courier, tracking_no, phone_tail, state, subscribed_at, asked_at, told_at, error, updated_at FROM parcel_track WHERE parcel_no = @parcel_no;

-- name: AddTrackEvents :exec
INSERT INTO parcel_track_event (courier, tracking_no, at, state, text, place, digest, told_at)
SELECT @courier, @tracking_no, unnest(@ats::timestamptz[]), unnest(@states::text[]), unnest(@texts::text[]), unnest(@places::text[]), unnest(@digests::bytea[]), @now::timestamptz
ON CONFLICT (courier, tracking_no, digest) DO NOTHING;

-- name: MoveTracks :many
-- A number may stand on several parcels: orders of one buyer in one box. Their rows are locked.
UPDATE parcel_track t SET state = e.state, told_at = @now::timestamptz, error = '', updated_at = @now
FROM (SELECT x.state, x.at FROM parcel_track_event x WHERE x.courier = @courier AND x.tracking_no = @tracking_no ORDER BY x.at DESC, x.id DESC LIMIT 1) e
WHERE t.courier = @courier AND t.tracking_no = @tracking_no
RETURNING t.parcel_no, t.state, e.at;

-- name: TrackEvents :many
SELECT t.parcel_no, t.state AS parcel_state, e.at, e.state, e.text, e.place
FROM parcel_track t JOIN parcel_track_event e ON e.courier = t.courier AND e.tracking_no = t.tracking_no
WHERE t.parcel_no = ANY (@parcel_nos::text[]) ORDER BY t.parcel_no, e.at DESC, e.id DESC LIMIT 500;

-- name: ForgetPayers :exec
UPDATE shipping_upload SET openid = '' WHERE order_no = ANY (@order_nos::text[]) AND state = 'uploaded' AND openid <> '';
