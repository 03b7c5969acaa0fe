-- name: Lock :exec
-- Counting and sending must be one step, or parallel requests all see the same count.
SELECT pg_advisory_xact_lock(hashtextextended(@scope::text, 0));

-- name: Sends :one
SELECT count(*) AS sends, coalesce(min(at), 'epoch')::timestamptz AS oldest, coalesce(max(at), 'epoch')::timestamptz AS newest
FROM platform.verification_send WHERE scope = @scope AND at > @since;

-- name: RecordSend :exec
INSERT INTO platform.verification_send (scope, at) VALUES (@scope, @at);

-- name: Put :exec
INSERT INTO platform.verification (visitor, purpose, way, address, code_mac, tries, sent_at, expires_at)
VALUES (@visitor, @purpose, @way, @address, @code_mac, 0, @sent_at, @expires_at)
ON CONFLICT (visitor, purpose) DO UPDATE SET way = excluded.way, address = excluded.address, code_mac = excluded.code_mac, tries = 0,
  sent_at = excluded.sent_at, expires_at = excluded.expires_at, proved_at = NULL;

-- name: Find :one
SELECT way, address, tries, sent_at, expires_at, proved_at FROM platform.verification WHERE visitor = @visitor AND purpose = @purpose;

-- name: Try :one
-- A try is counted before the code is looked at, so that parallel guesses are counted, too.
UPDATE platform.verification SET tries = tries + 1
WHERE visitor = @visitor AND purpose = @purpose AND proved_at IS NULL AND expires_at > @now AND tries < @most
RETURNING code_mac, tries;

-- name: Prove :execrows
UPDATE platform.verification SET proved_at = @now, expires_at = @expires_at WHERE visitor = @visitor AND purpose = @purpose AND code_mac = @code_mac AND proved_at IS NULL;

-- name: Forget :exec
DELETE FROM platform.verification WHERE visitor = @visitor AND purpose = @purpose;

-- name: SweepVerifications :exec
DELETE FROM platform.verification WHERE sent_at < now() - interval '1 day';

-- name: SweepSends :exec
DELETE FROM platform.verification_send WHERE at < now() - interval '2 days';
