-- name: RefundRoot :one
-- The document at the root of a refund: one that was asked for anew follows one that failed.
-- followed says that another follows this one.
WITH RECURSIVE chain AS (
  SELECT r.source_kind, r.source_no, 1 AS depth FROM refund r WHERE r.out_refund_no = @out_refund_no
  UNION ALL
  SELECT p.source_kind, p.source_no, c.depth + 1 FROM chain c JOIN refund p ON c.source_kind = 'refund' AND p.out_refund_no = c.source_no)
SELECT c.source_kind::text AS source_kind, c.source_no::text AS source_no,
       EXISTS (SELECT 1 FROM refund n WHERE n.source_kind = 'refund' AND n.source_no = @out_refund_no) AS followed
FROM chain c ORDER BY c.depth DESC LIMIT 1;
