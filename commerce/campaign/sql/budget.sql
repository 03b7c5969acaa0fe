-- name: PutBudget :exec
-- What was spent stays; more than that was promised already.
INSERT INTO campaign_budget (campaign_id, budget_fen, least_fen) VALUES (@campaign_id, sqlc.narg(budget_fen), @least_fen)
ON CONFLICT (campaign_id) DO UPDATE SET budget_fen = excluded.budget_fen, least_fen = excluded.least_fen,
  told_at = CASE WHEN coalesce(campaign_budget.spent_fen + excluded.least_fen <= excluded.budget_fen, true) THEN NULL ELSE campaign_budget.told_at END;

-- name: Budget :one
SELECT g.budget_fen, g.least_fen, g.spent_fen FROM campaign_budget g WHERE g.campaign_id = @campaign_id;

-- name: Spend :many
-- Of each campaign that gives something to an order, all of it or nothing. The UPDATE itself asks
-- whether there is enough, of the row that it changes; what another order gave back in the same
-- moment may be missed, and is there for the next quote.
WITH due AS (
  SELECT g.campaign_id, w.fen
  FROM (SELECT unnest(@campaign_ids::bigint[]) AS campaign_id, unnest(@fens::bigint[]) AS fen) w JOIN campaign_budget g ON g.campaign_id = w.campaign_id
  ORDER BY g.campaign_id FOR UPDATE OF g),
moved AS (
  UPDATE campaign_budget g SET spent_fen = g.spent_fen + due.fen,
    told_at = CASE WHEN g.spent_fen + due.fen + g.least_fen > g.budget_fen THEN coalesce(g.told_at, @now::timestamptz) ELSE g.told_at END
  FROM due WHERE g.campaign_id = due.campaign_id AND coalesce(g.spent_fen + due.fen <= g.budget_fen, true)
  RETURNING g.campaign_id, due.fen, coalesce(g.told_at = @now, false) AS out),
kept AS (INSERT INTO campaign_spend (order_no, campaign_id, fen) SELECT @order_no::text, m.campaign_id, m.fen FROM moved m)
SELECT due.campaign_id, (m.campaign_id IS NOT NULL)::boolean AS enough, coalesce(m.out, false)::boolean AS out FROM due LEFT JOIN moved m ON m.campaign_id = due.campaign_id;

-- name: Broke :many
-- Of the named campaigns those that are used up, with their titles.
SELECT c.id, c.title, g.budget_fen, g.spent_fen FROM campaign c JOIN campaign_budget g ON g.campaign_id = c.id
WHERE c.id = ANY (@ids::bigint[]) AND c.status = 'live' AND g.spent_fen + g.least_fen > g.budget_fen ORDER BY c.id;
