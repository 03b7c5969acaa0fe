-- name: AddViews :exec
INSERT INTO figure_product AS p (day, spu_id, views)
SELECT v.day, v.spu_id, v.views FROM (SELECT unnest(@days::date[]) AS day, unnest(@spu_ids::bigint[]) AS spu_id, unnest(@views::bigint[]) AS views) v
WHERE EXISTS (SELECT 1 FROM spu s WHERE s.id = v.spu_id) ORDER BY v.day, v.spu_id
ON CONFLICT (day, spu_id) DO UPDATE SET views = p.views + excluded.views;

-- name: TouchLooks :exec
-- Makes and locks the rows, in one order, in a statement of its own: what AddLooks reads
-- before it writes is then still.
INSERT INTO figure_look AS l (day, member_id, viewed, carted)
SELECT t.day, m.id, false, false FROM (SELECT unnest(@days::date[]) AS day, unnest(@member_ids::bigint[]) AS member_id) t
JOIN member m ON m.id = t.member_id AND m.status IN ('active', 'blocked') ORDER BY t.day, m.id
ON CONFLICT (day, member_id) DO UPDATE SET viewed = l.viewed;

-- name: AddLooks :many
-- Returns how many people were not known of a day before.
WITH told AS (
  SELECT t.day, t.member_id, t.viewed, t.carted, l.viewed AS had_viewed, l.carted AS had_carted
  FROM (SELECT unnest(@days::date[]) AS day, unnest(@member_ids::bigint[]) AS member_id, unnest(@viewed::boolean[]) AS viewed, unnest(@carted::boolean[]) AS carted) t
  JOIN figure_look l ON l.day = t.day AND l.member_id = t.member_id),
kept AS (
  UPDATE figure_look SET viewed = figure_look.viewed OR told.viewed, carted = figure_look.carted OR told.carted
  FROM told WHERE figure_look.day = told.day AND figure_look.member_id = told.member_id)
SELECT told.day::date AS day, count(*) FILTER (WHERE told.viewed AND NOT told.had_viewed) AS viewers,
       count(*) FILTER (WHERE told.carted AND NOT told.had_carted) AS carters
FROM told GROUP BY told.day ORDER BY told.day;

-- name: AddPeople :exec
INSERT INTO figure_day AS d (day, viewers, carters) VALUES (@day::date, @viewers, @carters)
ON CONFLICT (day) DO UPDATE SET viewers = d.viewers + excluded.viewers, carters = d.carters + excluded.carters;

-- name: PurgeLooks :execrows
DELETE FROM figure_look WHERE (day, member_id) IN (SELECT l.day, l.member_id FROM figure_look l WHERE l.day < @before::date LIMIT @most);
