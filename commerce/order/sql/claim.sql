-- name: Claim :exec
-- The order and its lines are locked. CHECK order_line_claimed is the wall: no piece and no fen
-- is claimed twice.
WITH mine AS (
  SELECT unnest(@line_ids::bigint[]) AS line_id, unnest(@qtys::bigint[]) AS qty, unnest(@shares_fen::bigint[]) AS share_fen, unnest(@dropped::bigint[]) AS dropped),
lines AS (
  UPDATE order_line l SET claimed = l.claimed + mine.qty, claimed_fen = l.claimed_fen + mine.share_fen, dropped = l.dropped + mine.dropped
  FROM mine WHERE l.id = mine.line_id AND l.order_id = @id),
made_up AS (
  UPDATE order_parcel p SET remedy = 'refund', refund_case = @holder::text
  WHERE p.id = ANY (@lost_ids::bigint[]) AND p.order_id = @id AND p.status = 'lost' AND p.remedy = '')
UPDATE orders SET claimed_freight_fen = claimed_freight_fen + @freight_fen::bigint, open_cases = open_cases + 1, paused_at = coalesce(paused_at, @at::timestamptz)
WHERE orders.id = @id;

-- name: Unclaim :exec
-- Ends a case: kept pieces stay claimed. The clocks are the caller's.
WITH mine AS (
  SELECT unnest(@line_ids::bigint[]) AS line_id, unnest(@qtys::bigint[]) AS qty, unnest(@shares_fen::bigint[]) AS share_fen, unnest(@dropped::bigint[]) AS dropped),
lines AS (
  UPDATE order_line l SET claimed = l.claimed - mine.qty, claimed_fen = l.claimed_fen - mine.share_fen, dropped = l.dropped - mine.dropped
  FROM mine WHERE l.id = mine.line_id AND l.order_id = @id),
open_again AS (
  UPDATE order_parcel p SET remedy = '', refund_case = NULL
  WHERE p.order_id = @id AND p.refund_case = @holder::text AND cardinality(@line_ids::bigint[]) > 0)
UPDATE orders SET claimed_freight_fen = claimed_freight_fen - @freight_fen::bigint, open_cases = open_cases - 1,
  paused_at = sqlc.narg(paused_at), receive_by = sqlc.narg(receive_by), settle_by = sqlc.narg(settle_by), shipped_at = sqlc.narg(shipped_at)
WHERE orders.id = @id;
