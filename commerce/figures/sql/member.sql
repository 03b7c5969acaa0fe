-- name: MoveBuyer :exec
-- The orders have been moved before: theirs are the days to look at. Who bought on a day as
-- two members was one person.
WITH days AS (
  SELECT DISTINCT unnest(ARRAY[f.placed, f.paid]) AS day FROM orders o JOIN figure_order f ON f.order_id = o.id WHERE o.member_id = @to_id::bigint),
gone AS (
  DELETE FROM figure_buyer b USING days WHERE b.day = days.day AND b.member_id = @from_id::bigint
  RETURNING b.day, b.placed, b.paid, b.paid_fen),
twice AS (
  UPDATE figure_day d SET orderers = d.orderers - (g.placed > 0 AND k.placed > 0)::integer, buyers = d.buyers - (g.paid > 0 AND k.paid > 0)::integer
  FROM gone g JOIN figure_buyer k ON k.day = g.day AND k.member_id = @to_id::bigint WHERE d.day = g.day)
INSERT INTO figure_buyer AS b (day, member_id, placed, paid, paid_fen) SELECT g.day, @to_id::bigint, g.placed, g.paid, g.paid_fen FROM gone g
ON CONFLICT (day, member_id) DO UPDATE SET placed = b.placed + excluded.placed, paid = b.paid + excluded.paid, paid_fen = b.paid_fen + excluded.paid_fen;

-- name: MoveMember :exec
WITH gone AS (DELETE FROM figure_member WHERE member_id = @from_id::bigint RETURNING bought)
INSERT INTO figure_member AS f (member_id, bought) SELECT @to_id::bigint, gone.bought FROM gone WHERE gone.bought IS NOT NULL
ON CONFLICT (member_id) DO UPDATE SET bought = least(f.bought, excluded.bought);

-- name: MoveLooks :exec
WITH gone AS (DELETE FROM figure_look WHERE member_id = @from_id::bigint RETURNING day, viewed, carted),
twice AS (
  UPDATE figure_day d SET viewers = d.viewers - (g.viewed AND k.viewed)::integer, carters = d.carters - (g.carted AND k.carted)::integer
  FROM gone g JOIN figure_look k ON k.day = g.day AND k.member_id = @to_id::bigint WHERE d.day = g.day)
INSERT INTO figure_look AS l (day, member_id, viewed, carted) SELECT g.day, @to_id::bigint, g.viewed, g.carted FROM gone g
ON CONFLICT (day, member_id) DO UPDATE SET viewed = l.viewed OR excluded.viewed, carted = l.carted OR excluded.carted;

-- name: ForgetLooks :exec
DELETE FROM figure_look WHERE member_id = @member_id;
