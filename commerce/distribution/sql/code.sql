-- name: Code :one
SELECT c.file_key FROM code_picture c WHERE c.app_id = @app_id AND c.scene = @scene AND c.page = @page AND c.env = @env;

-- name: AddCode :execrows
INSERT INTO code_picture (distributor_id, app_id, scene, page, env, file_key, bytes, fetched_at)
VALUES (@distributor_id, @app_id, @scene, @page, @env, @file_key, @bytes, @fetched_at) ON CONFLICT (app_id, scene, page, env) DO NOTHING;

-- name: KnownCodes :many
SELECT c.file_key FROM code_picture c WHERE c.file_key = ANY (@keys::text[]);

-- name: DropCode :one
-- Its file is lost.
DELETE FROM code_picture WHERE file_key = @file_key RETURNING bytes;

-- name: MoveCodes :exec
UPDATE code_picture SET distributor_id = @to_id::bigint WHERE distributor_id = @from_id::bigint;

-- name: ForgetCodes :one
WITH gone AS (DELETE FROM code_picture WHERE distributor_id = @member_id RETURNING bytes)
SELECT coalesce(sum(gone.bytes), 0)::bigint AS bytes FROM gone;
