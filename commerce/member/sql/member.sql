-- name: FindIdentity :one
SELECT i.member_id, m.status, i.unionid FROM member_identity i JOIN member m ON m.id = i.member_id
WHERE i.app_id = @app_id AND i.openid = @openid;

-- name: InsertMember :one
INSERT INTO member (created_at) VALUES (@at) RETURNING id;

-- name: InsertIdentity :execrows
-- Waits for a first login of the same buyer that is under way; zero rows if it won.
INSERT INTO member_identity (app_id, openid, unionid, member_id, created_at)
VALUES (@app_id, @openid, sqlc.narg(unionid), @member_id, @at) ON CONFLICT DO NOTHING;

-- name: SetUnionID :exec
UPDATE member_identity SET unionid = @unionid::text WHERE app_id = @app_id AND openid = @openid;

-- name: FindMember :one
SELECT id, nickname, avatar, status, phone_hint, created_at, leave_at FROM member WHERE id = @id;

-- name: FindOpenID :one
SELECT openid FROM member_identity WHERE member_id = @member_id AND app_id = @app_id ORDER BY created_at LIMIT 1;

-- name: SetNickname :execrows
UPDATE member SET nickname = @nickname WHERE id = @id;
