-- name: InsertJob :one
-- One shop has few of them under way at a time; none comes back when there are enough.
INSERT INTO port_job (way, kind, state, options, name, sum, files, created_by, created_at, expires_at)
SELECT @way::text, @kind::text, @state::text, @options::jsonb, @name::text, @sum::bytea, @files::text[], @created_by::text, @created_at::timestamptz, @expires_at::timestamptz
WHERE (SELECT count(*) FROM port_job WHERE state IN ('reading', 'checking', 'running')) < @most::bigint
RETURNING id;

-- name: Job :one
SELECT id, way, kind, state, options, name, sum, files, head, rows_total, bunches, reached, rows_done, problem,
  created_by, created_at, confirmed_by, confirmed_at, ended_at, expires_at
FROM port_job WHERE id = @id;

-- name: LockJob :one
SELECT id, way, kind, state, options, name, sum, files, head, rows_total, bunches, reached, rows_done, problem,
  created_by, created_at, confirmed_by, confirmed_at, ended_at, expires_at
FROM port_job WHERE id = @id FOR UPDATE;

-- name: Jobs :many
SELECT id, way, kind, state, options, name, sum, files, head, rows_total, bunches, reached, rows_done, problem,
  created_by, created_at, confirmed_by, confirmed_at, ended_at, expires_at
FROM port_job WHERE way = @way AND kind = ANY(@kinds::text[]) AND (@before::bigint = 0 OR id < @before::bigint) ORDER BY id DESC LIMIT @max_rows;

-- name: SameFile :one
-- When the same file was last imported.
SELECT coalesce(max(id), 0)::bigint AS id FROM port_job WHERE way = 'import' AND kind = @kind AND sum = @sum AND id <> @id AND state IN ('running', 'done');

-- name: Staged :exec
UPDATE port_job SET state = @to_state, head = @head::text[], rows_total = @rows_total, bunches = @bunches, reached = 0, rows_done = 0 WHERE id = @id AND state = 'reading';

-- name: InsertRows :exec
INSERT INTO port_row (job_id, bunch, line, state, cells, problems)
SELECT @job_id::bigint, (r->>'b')::bigint, (r->>'l')::bigint, r->>'s', r->'c', r->'p' FROM jsonb_array_elements(@list::jsonb) r;

-- name: Portion :many
SELECT bunch, line, state, cells, seen, problems, change FROM port_row
WHERE job_id = @job_id AND bunch > @after AND bunch <= @until ORDER BY bunch, line;

-- name: WriteRows :exec
UPDATE port_row p SET state = r->>'s', seen = r->'v', problems = r->'p', change = r->'d'
FROM jsonb_array_elements(@list::jsonb) r
WHERE p.job_id = @job_id AND p.bunch = (r->>'b')::bigint AND p.line = (r->>'l')::bigint;

-- name: Advance :exec
UPDATE port_job SET reached = @reached, rows_done = rows_done + @rows WHERE id = @id;

-- name: AddFile :exec
UPDATE port_job SET files = files || @file::text, reached = @reached, rows_done = rows_done + @rows WHERE id = @id;

-- name: Move :execrows
UPDATE port_job SET state = @to_state::text, problem = @problem, reached = CASE WHEN @to_state::text = 'running' THEN 0 ELSE reached END,
  rows_done = CASE WHEN @to_state::text = 'running' THEN 0 ELSE rows_done END,
  ended_at = CASE WHEN @ended::boolean THEN @at::timestamptz END, expires_at = @expires_at::timestamptz
WHERE id = @id AND state = @from_state;

-- name: Confirmed :exec
UPDATE port_job SET confirmed_by = @actor, confirmed_at = @at, options = options || jsonb_build_object('approves', @approves::boolean) WHERE id = @id;

-- name: LeaveRest :exec
-- What was good and is not done any more.
UPDATE port_row SET state = 'left' WHERE job_id = @id AND state IN ('good', 'new') AND bunch > @after;

-- name: Counts :many
SELECT state, count(*) AS n FROM port_row WHERE job_id = @job_id GROUP BY state;

-- name: Problems :many
SELECT bunch, line, state, cells, seen, problems, change FROM port_row
WHERE job_id = @job_id AND state IN ('bad', 'failed') ORDER BY line LIMIT @max_rows;

-- name: Changes :many
SELECT bunch, line, state, cells, seen, problems, change FROM port_row
WHERE job_id = @job_id AND state IN ('good', 'done') ORDER BY bunch, line LIMIT @max_rows;

-- name: Lines :many
-- For the result file, in portions.
SELECT bunch, line, state, cells, seen, problems, change FROM port_row
WHERE job_id = @job_id AND (bunch, line) > (@after_bunch::bigint, @after_line::bigint) ORDER BY bunch, line LIMIT @max_rows;

-- name: ForgetRows :execrows
DELETE FROM port_row WHERE (job_id, bunch, line) IN (SELECT r.job_id, r.bunch, r.line FROM port_row r WHERE r.job_id = @job_id LIMIT @max_rows);

-- name: ForgetFiles :exec
UPDATE port_job SET files = '{}', options = '{}' WHERE id = @id;

-- name: KnownFiles :many
SELECT f.key::text AS key FROM port_job j, unnest(j.files) AS f(key) WHERE j.files && @keys::text[] AND f.key = ANY(@keys::text[]);

-- name: PicturesByName :many
-- The library by the names of files and by addresses; the newest first.
SELECT p.key, p.name FROM picture p WHERE p.name = ANY(@names::text[]) OR p.key = ANY(@keys::text[]) ORDER BY p.id DESC LIMIT 5000;

-- name: FreightNames :many
-- A shop has few templates; their names differ.
SELECT t.id, t.name FROM freight_template t ORDER BY t.id LIMIT 1000;
