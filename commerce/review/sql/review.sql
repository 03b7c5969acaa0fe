-- name: Terms :one
-- A shop without a row has the defaults.
SELECT coalesce((SELECT review_days FROM shop), 30)::bigint AS review_days,
       coalesce((SELECT follow_up_days FROM shop), 180)::bigint AS follow_up_days,
       coalesce((SELECT review_auto FROM shop), false)::boolean AS auto,
       coalesce((SELECT review_check FROM shop), true)::boolean AS checks,
       coalesce((SELECT review_report_limit FROM shop), 3)::bigint AS report_limit;

-- name: SetTerms :execrows
UPDATE shop SET review_days = @review_days, follow_up_days = @follow_up_days, review_auto = @auto, review_check = @checks, review_report_limit = @report_limit, updated_at = now();

-- name: Invite :execrows
-- The products' summaries come first, so that whatever changes them later finds a row.
WITH x AS (
  SELECT unnest(@line_ids::bigint[]) AS line_id, unnest(@spu_ids::bigint[]) AS spu_id, unnest(@sku_ids::bigint[]) AS sku_id, unnest(@titles::text[]) AS title,
         unnest(@specs::text[]) AS spec, unnest(@pictures::text[]) AS picture),
summed AS (
  INSERT INTO review_summary (spu_id) SELECT DISTINCT x.spu_id FROM x ORDER BY x.spu_id ON CONFLICT DO NOTHING)
INSERT INTO review (line_id, order_no, member_id, spu_id, sku_id, title, spec, picture, received_at, until)
SELECT x.line_id, @order_no, @member_id, x.spu_id, x.sku_id, x.title, x.spec, x.picture, @received_at::timestamptz, @until::timestamptz FROM x
ON CONFLICT (line_id) DO NOTHING;

-- name: LockLine :one
SELECT id, line_id, order_no, member_id, spu_id, sku_id, title, spec, picture, received_at, until, status, score, auto, anonymous, author, app_id,
       body, pictures, doubt, written_at, follow_status, follow_app_id, follow_body, follow_pictures, follow_doubt, followed_at, reply, reply_by, replied_at, pictured, followed, reports
FROM review WHERE line_id = @line_id AND member_id = @member_id FOR UPDATE;

-- name: Lock :one
SELECT id, line_id, order_no, member_id, spu_id, sku_id, title, spec, picture, received_at, until, status, score, auto, anonymous, author, app_id,
       body, pictures, doubt, written_at, follow_status, follow_app_id, follow_body, follow_pictures, follow_doubt, followed_at, reply, reply_by, replied_at, pictured, followed, reports
FROM review WHERE id = @id FOR UPDATE;

-- name: Find :one
SELECT id, line_id, order_no, member_id, spu_id, sku_id, title, spec, picture, received_at, until, status, score, auto, anonymous, author, app_id,
       body, pictures, doubt, written_at, follow_status, follow_app_id, follow_body, follow_pictures, follow_doubt, followed_at, reply, reply_by, replied_at, pictured, followed, reports
FROM review WHERE id = @id;

-- name: LockOpen :many
-- What of an order nobody has reviewed.
SELECT id, line_id, order_no, member_id, spu_id, sku_id, title, spec, picture, received_at, until, status, score, auto, anonymous, author, app_id,
       body, pictures, doubt, written_at, follow_status, follow_app_id, follow_body, follow_pictures, follow_doubt, followed_at, reply, reply_by, replied_at, pictured, followed, reports
FROM review WHERE order_no = @order_no AND status = 'open' ORDER BY spu_id, id FOR UPDATE;

-- name: Write :one
UPDATE review SET status = @to_status::text, score = @score::smallint, auto = @auto, anonymous = @anonymous, author = @author, app_id = @app_id, body = @body,
  pictures = @pictures, written_at = @at::timestamptz
WHERE id = @id AND status = 'open' RETURNING pictured;

-- name: FollowUp :one
UPDATE review SET follow_status = @to_status::text, follow_app_id = @app_id, follow_body = @body, follow_pictures = @pictures, followed_at = @at::timestamptz
WHERE id = @id AND follow_status = 'open' RETURNING pictured, followed;

-- name: MoveFirst :one
UPDATE review SET status = @to_status::text, doubt = @doubt WHERE id = @id AND status = @from_status RETURNING pictured, followed;

-- name: MoveFollowUp :one
UPDATE review SET follow_status = @to_status::text, follow_doubt = @doubt WHERE id = @id AND follow_status = @from_status RETURNING pictured, followed;

-- name: Erase :exec
-- What its author takes back is not kept.
UPDATE review SET status = 'deleted', follow_status = CASE follow_status WHEN 'open' THEN 'open' ELSE 'deleted' END, author = '', body = '', pictures = '{}',
  doubt = '', follow_body = '', follow_pictures = '{}', follow_doubt = '', reply = '', reply_by = '', replied_at = NULL
WHERE id = @id;

-- name: SetReply :exec
UPDATE review SET reply = @reply, reply_by = @reply_by, replied_at = @at::timestamptz WHERE id = @id;

-- name: AddSummary :execrows
UPDATE review_summary SET total = total + @total, score_1 = score_1 + @score_1, score_2 = score_2 + @score_2, score_3 = score_3 + @score_3,
  score_4 = score_4 + @score_4, score_5 = score_5 + @score_5, pictured = review_summary.pictured + @pictured, followed = review_summary.followed + @followed
WHERE spu_id = @spu_id;

-- name: Summary :one
SELECT spu_id, total, score_1, score_2, score_3, score_4, score_5, pictured, followed FROM review_summary WHERE spu_id = @spu_id;

-- name: NotifyChanged :exec
-- Delivered when, and only if, the transaction commits.
SELECT pg_notify(@channel::text, @tenant_id::text);

-- name: Shown :many
SELECT id, line_id, order_no, member_id, spu_id, sku_id, title, spec, picture, received_at, until, status, score, auto, anonymous, author, app_id,
       body, pictures, doubt, written_at, follow_status, follow_app_id, follow_body, follow_pictures, follow_doubt, followed_at, reply, reply_by, replied_at, pictured, followed, reports
FROM review
WHERE spu_id = @spu_id AND status = 'published' AND (written_at, id) < (@before_at::timestamptz, @before_id::bigint)
  AND score BETWEEN @low::smallint AND @high::smallint AND (NOT @only_pictured::boolean OR pictured) AND (NOT @only_followed::boolean OR followed)
ORDER BY written_at DESC, id DESC LIMIT @max_rows;

-- name: Mine :many
SELECT id, line_id, order_no, member_id, spu_id, sku_id, title, spec, picture, received_at, until, status, score, auto, anonymous, author, app_id,
       body, pictures, doubt, written_at, follow_status, follow_app_id, follow_body, follow_pictures, follow_doubt, followed_at, reply, reply_by, replied_at, pictured, followed, reports
FROM review
WHERE member_id = @member_id AND status NOT IN ('open', 'deleted') AND (written_at, id) < (@before_at::timestamptz, @before_id::bigint)
ORDER BY written_at DESC, id DESC LIMIT @max_rows;

-- name: ToWrite :many
SELECT id, line_id, order_no, member_id, spu_id, sku_id, title, spec, picture, received_at, until, status, score, auto, anonymous, author, app_id,
       body, pictures, doubt, written_at, follow_status, follow_app_id, follow_body, follow_pictures, follow_doubt, followed_at, reply, reply_by, replied_at, pictured, followed, reports
FROM review
WHERE member_id = @member_id AND status = 'open' AND until > now() AND (received_at, id) < (@before_at::timestamptz, @before_id::bigint)
ORDER BY received_at DESC, id DESC LIMIT @max_rows;

-- name: LockOfMember :many
SELECT id, line_id, order_no, member_id, spu_id, sku_id, title, spec, picture, received_at, until, status, score, auto, anonymous, author, app_id,
       body, pictures, doubt, written_at, follow_status, follow_app_id, follow_body, follow_pictures, follow_doubt, followed_at, reply, reply_by, replied_at, pictured, followed, reports
FROM review WHERE member_id = @member_id AND (status <> 'open') ORDER BY spu_id, id FOR UPDATE;

-- name: MoveMember :exec
UPDATE review SET member_id = @to_member WHERE member_id = @from_member;

-- name: ForgetMember :exec
-- The score stays, without the person; what nobody has seen yet goes altogether.
UPDATE review SET author = '', body = '', pictures = '{}', doubt = '', follow_body = '', follow_pictures = '{}', follow_doubt = '', app_id = '', follow_app_id = '',
  follow_status = CASE follow_status WHEN 'open' THEN 'open' ELSE 'deleted' END,
  status = CASE WHEN status IN ('waiting', 'flagged') THEN 'deleted' ELSE status END
WHERE member_id = @member_id AND status <> 'open';

-- name: AddReport :execrows
INSERT INTO review_report (review_id, member_id, reason, words, at) VALUES (@review_id, @member_id, @reason, @words, @at::timestamptz)
ON CONFLICT (review_id, member_id) DO NOTHING;

-- name: CountReport :exec
UPDATE review SET reports = reports + 1 WHERE id = @id;

-- name: ClearReports :exec
-- A person has decided; who has reported it cannot do so again.
UPDATE review SET reports = 0 WHERE id = @id AND reports > 0;

-- name: Reports :many
SELECT review_id, member_id, reason, words, at FROM review_report WHERE review_id = @review_id ORDER BY at DESC, member_id LIMIT 50;

-- name: MoveReports :exec
-- What both have reported counts once.
WITH gone AS (DELETE FROM review_report r WHERE r.member_id = @from_member RETURNING r.review_id, r.reason, r.words, r.at)
INSERT INTO review_report (review_id, member_id, reason, words, at) SELECT g.review_id, @to_member, g.reason, g.words, g.at FROM gone g
ON CONFLICT (review_id, member_id) DO NOTHING;

-- name: ForgetReports :exec
DELETE FROM review_report WHERE member_id = @member_id;

-- name: AskedPictures :many
SELECT DISTINCT picture FROM review_picture WHERE review_id = @review_id::bigint AND part = @part;

-- name: AskPicture :exec
-- The verdict may have come before.
INSERT INTO review_picture (trace_id, app_id, review_id, part, picture, at) VALUES (@trace_id, @app_id, @review_id::bigint, @part, @picture, @at::timestamptz)
ON CONFLICT (trace_id) DO UPDATE SET review_id = excluded.review_id, part = excluded.part, picture = excluded.picture
WHERE review_picture.app_id = excluded.app_id AND review_picture.review_id IS NULL;

-- name: HearPicture :many
-- The first verdict counts.
INSERT INTO review_picture (trace_id, app_id, at, verdict, label) VALUES (@trace_id, @app_id, @at::timestamptz, @verdict, @label)
ON CONFLICT (trace_id) DO UPDATE SET verdict = excluded.verdict, label = excluded.label
WHERE review_picture.app_id = excluded.app_id AND review_picture.verdict = ''
RETURNING coalesce(review_id, 0)::bigint AS review_id, part;

-- name: PictureVerdicts :one
SELECT count(DISTINCT picture) FILTER (WHERE verdict = 'pass')::bigint AS passed, count(*) FILTER (WHERE verdict = 'doubt')::bigint AS doubted,
       coalesce(max(label) FILTER (WHERE verdict = 'doubt'), '')::text AS label
FROM review_picture WHERE review_id = @review_id::bigint AND part = @part;

-- name: DropPictures :exec
DELETE FROM review_picture WHERE review_id = @review_id::bigint AND part = @part;

-- name: DropStrayPictures :exec
-- Verdicts on what was decided meanwhile, or was never ours.
DELETE FROM review_picture WHERE review_id IS NULL AND at < @before::timestamptz;
