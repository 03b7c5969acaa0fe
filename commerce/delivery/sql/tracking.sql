-- name: TrackingAccount :one
SELECT provider, route_key, api_base, customer, key_last4, enabled, error, updated_at FROM tracking_account;

-- name: TrackingReach :one
-- What the service tells of now, and when it last did.
SELECT count(*) FILTER (WHERE subscribed_at IS NOT NULL) AS followed, coalesce(max(told_at), 'epoch')::timestamptz AS told_at
FROM parcel_track WHERE state NOT IN ('delivered', 'returned');

-- name: TrackingKey :one
SELECT route_key, api_base, customer, key_sealed, salt_sealed, enabled, error, updated_at FROM tracking_account;

-- name: TrackingOn :one
SELECT EXISTS (SELECT 1 FROM tracking_account WHERE enabled);

-- name: PutTracking :exec
-- The way of the callbacks and their salt stay: numbers under way were subscribed with them.
INSERT INTO tracking_account (provider, route_key, api_base, customer, key_sealed, key_last4, salt_sealed, updated_at)
VALUES (@provider, @route_key, @api_base, @customer, @key_sealed, @key_last4, @salt_sealed, @now::timestamptz)
ON CONFLICT (only_row) DO UPDATE SET provider = excluded.provider, api_base = excluded.api_base, customer = excluded.customer,
       key_sealed = excluded.key_sealed, key_last4 = excluded.key_last4, enabled = true, error = '', updated_at = excluded.updated_at;

-- name: SwitchTracking :execrows
UPDATE tracking_account SET enabled = @enabled, error = '', updated_at = @now::timestamptz WHERE enabled <> @enabled;

-- name: FailTracking :exec
UPDATE tracking_account SET error = @error WHERE error <> @error AND updated_at <= @seen::timestamptz;

-- name: SealedTracking :many
SELECT route_key, key_sealed, salt_sealed FROM tracking_account;

-- name: ResealTrackingKey :execrows
UPDATE tracking_account SET key_sealed = @sealed WHERE route_key = @route_key AND key_sealed = @old_sealed;

-- name: ResealTrackingSalt :execrows
UPDATE tracking_account SET salt_sealed = @sealed WHERE route_key = @route_key AND salt_sealed = @old_sealed;

-- name: LockTracks :many
-- Locked before anything is written: the newest word is then chosen among all that others
-- have told meanwhile.
SELECT parcel_no, state FROM parcel_track WHERE courier = @courier AND tracking_no = @tracking_no ORDER BY parcel_no FOR UPDATE;

-- name: FollowTrack :exec
UPDATE parcel_track SET subscribed_at = @now::timestamptz, error = '', updated_at = @now
WHERE parcel_no = @parcel_no AND courier = @courier AND tracking_no = @tracking_no;

-- name: FailTrack :exec
UPDATE parcel_track SET error = @error, updated_at = @now::timestamptz WHERE courier = @courier AND tracking_no = @tracking_no;

-- name: EndTrack :exec
-- The service follows the number no longer; the next asking subscribes anew.
UPDATE parcel_track SET subscribed_at = NULL, error = @error, updated_at = @now::timestamptz WHERE courier = @courier AND tracking_no = @tracking_no;

-- name: BeginAsk :execrows
-- One question about a number in a while: the service locks numbers that are asked about too often.
UPDATE parcel_track SET asked_at = @now::timestamptz WHERE parcel_no = @parcel_no AND (asked_at IS NULL OR asked_at <= @not_after::timestamptz);

-- name: OpenTracks :many
-- Parcels that nobody follows yet, in portions.
SELECT parcel_no FROM parcel_track
WHERE state NOT IN ('delivered', 'returned') AND subscribed_at IS NULL AND updated_at > @since::timestamptz AND parcel_no > @after
ORDER BY parcel_no LIMIT @most;
