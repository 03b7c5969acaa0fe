-- name: LockUnionID :exec
-- Two apps that hear of one unionid at once would not see each other.
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || @unionid::text, 0));

-- name: MemberByUnionID :one
-- The member that an app of the same provider knows under this unionid; a unionid means
-- something only among the apps of one provider. The first login decides if there are several.
SELECT i.member_id, m.status FROM member_identity i JOIN member m ON m.id = i.member_id
JOIN app_credential c ON c.app_id = i.app_id
WHERE i.unionid = @unionid::text AND c.provider = (SELECT x.provider FROM app_credential x WHERE x.app_id = @app_id)
  AND i.app_id <> @app_id
ORDER BY i.created_at, i.member_id LIMIT 1;

-- name: MemberByPhone :one
-- Who has a number, and whether that was proved lately, by the database's clock.
SELECT id, (phone_at > now() - make_interval(days => @days::integer))::boolean AS fresh FROM member
WHERE phone_index = @phone_index AND id <> @except_id;

-- name: LockPair :many
-- Both members of a merge, in the order of their ids: two merges at once cannot wait for
-- each other.
SELECT id, status, merged_into, block_reason, note, nickname, avatar, leave_at, (phone_sealed IS NOT NULL)::boolean AS has_phone
FROM member WHERE id IN (@one::bigint, @other::bigint) ORDER BY id FOR UPDATE;

-- name: SharedApps :one
SELECT count(*) FROM member_identity a JOIN member_identity b ON b.app_id = a.app_id
WHERE a.member_id = @one::bigint AND b.member_id = @other::bigint;

-- name: MoveIdentities :exec
UPDATE member_identity SET member_id = @to_id WHERE member_id = @from_id;

-- name: MoveSessions :many
UPDATE member_session SET member_id = @to_id WHERE member_id = @from_id RETURNING access_hash;

-- name: MoveAddresses :exec
-- The address book of the survivor keeps its default.
UPDATE address AS a SET member_id = @to_id::bigint, is_default = a.is_default AND NOT EXISTS (SELECT FROM address o WHERE o.member_id = @to_id::bigint AND o.is_default)
WHERE a.member_id = @from_id::bigint;

-- name: MoveTags :exec
WITH gone AS (DELETE FROM member_tag WHERE member_id = @from_id::bigint RETURNING tag, at)
INSERT INTO member_tag (tag, member_id, at) SELECT gone.tag, @to_id::bigint, gone.at FROM gone ON CONFLICT DO NOTHING;

-- name: MoveFavourites :exec
WITH gone AS (DELETE FROM member_favourite WHERE member_id = @from_id::bigint RETURNING spu_id, at)
INSERT INTO member_favourite (member_id, spu_id, at) SELECT @to_id::bigint, gone.spu_id, gone.at FROM gone ON CONFLICT DO NOTHING;

-- name: MoveFootprints :exec
WITH gone AS (DELETE FROM member_footprint WHERE member_id = @from_id::bigint RETURNING spu_id, at)
INSERT INTO member_footprint AS f (member_id, spu_id, at) SELECT @to_id::bigint, gone.spu_id, gone.at FROM gone
ON CONFLICT (member_id, spu_id) DO UPDATE SET at = greatest(f.at, excluded.at);

-- name: EmptyMerged :exec
-- The row stays for what names it; its phone is sealed for its id and goes.
UPDATE member SET status = 'merged', merged_into = @to_id::bigint, phone_sealed = NULL, phone_index = NULL, phone_hint = '', phone_at = NULL,
  nickname = '', avatar = '', note = '', block_reason = '', leave_at = NULL
WHERE id = @from_id AND status <> 'merged';

-- name: TakeOver :exec
UPDATE member SET nickname = @nickname, avatar = @avatar, note = @note, status = @status, block_reason = @block_reason, leave_at = NULL WHERE id = @id;

-- name: DropPhone :execrows
UPDATE member SET phone_sealed = NULL, phone_index = NULL, phone_hint = '', phone_at = NULL WHERE id = @id AND phone_index = @phone_index;
