-- Refunds, against their payments and against what the providers say, if that is known.

-- R1 what goes back and has gone is never more than was paid
SELECT a.out_trade_no FROM payment_attempt a JOIN refund r ON r.attempt_id = a.id
WHERE r.status NOT IN ('failed', 'refused', 'withdrawn') GROUP BY a.id, a.out_trade_no, a.amount_fen HAVING sum(r.amount_fen) > a.amount_fen;

-- R2 a refund is above zero, and of money that came
SELECT r.out_refund_no FROM refund r JOIN payment_attempt a ON a.id = r.attempt_id WHERE r.amount_fen <= 0 OR a.status <> 'succeeded' OR a.business_no <> r.business_no;

-- R3 an order knows what has gone back of it
SELECT o.order_no FROM orders o LEFT JOIN payment_attempt a ON a.out_trade_no = o.paid_by
LEFT JOIN (SELECT attempt_id, sum(amount_fen) AS n, max(finished_at) AS last FROM refund WHERE status IN ('succeeded', 'settled') GROUP BY attempt_id) r ON r.attempt_id = a.id
WHERE o.refunded_fen <> coalesce(r.n, 0) AND coalesce(r.last, '-infinity') < (SELECT rest FROM given);

-- R4 truth a refund ended as its provider says
SELECT coalesce(r.out_refund_no, t.number) FROM refund r FULL JOIN payback t ON t.number = r.out_refund_no
WHERE (r.status = 'succeeded' AND (t.number IS NULL OR NOT t.done OR t.fen <> r.amount_fen)) OR (t.done AND (r.id IS NULL OR r.status <> 'succeeded'));

-- R5 what a payment keeps for refunds is what its refunds are
SELECT a.out_trade_no FROM payment_attempt a LEFT JOIN
  (SELECT attempt_id, sum(amount_fen) FILTER (WHERE status IN ('succeeded', 'settled')) AS gone,
          sum(amount_fen) FILTER (WHERE status IN ('awaiting_approval', 'requested', 'waiting', 'processing', 'abnormal')) AS going FROM refund GROUP BY attempt_id) r ON r.attempt_id = a.id
WHERE a.refund_reserved_fen <> coalesce(r.going, 0) OR a.refunded_fen <> coalesce(r.gone, 0);

-- R6 a refund that is open moves by itself, or waits for a person who can see it
SELECT r.out_refund_no FROM refund r WHERE r.status IN ('requested', 'waiting', 'processing', 'abnormal') AND r.hold NOT IN ('count', 'age') AND r.requested_at < (SELECT rest FROM given)
  AND NOT EXISTS (SELECT FROM platform.timer t WHERE t.tenant_id = current_schema() AND t.topic = 'payments.refund_query' AND t.key = r.out_refund_no)
  AND NOT EXISTS (SELECT FROM platform.outbox e WHERE e.tenant_id = current_schema() AND e.topic IN ('payments.refund_requested', 'payments.refund_query') AND e.key = r.out_refund_no AND e.done_at IS NULL AND e.dead_at IS NULL);

-- R7 an order whose whole money went back is closed
SELECT order_no FROM orders WHERE payable_fen > 0 AND refunded_fen = payable_fen AND status <> 'closed'
UNION ALL
SELECT order_no FROM orders WHERE refunded_fen > payable_fen;

-- R8 what needed a second person had one
SELECT r.out_refund_no FROM refund r WHERE r.decided_by = r.requested_by
  OR (r.decided_by IS NULL AND r.status NOT IN ('awaiting_approval', 'withdrawn') AND EXISTS (SELECT FROM refund_event e WHERE e.refund_id = r.id AND e.to_status = 'awaiting_approval'));

-- R9 what was settled by hand says who, how and by what proof
SELECT out_refund_no FROM refund WHERE (status = 'settled') <> (coalesce(settled_by, '') <> '' AND settled_means IS NOT NULL AND evidence <> '')
  OR (status IN ('succeeded', 'settled', 'failed', 'refused', 'withdrawn')) <> (finished_at IS NOT NULL);

-- R10 the timeline of a refund ends in its status
SELECT r.out_refund_no FROM refund r JOIN LATERAL (SELECT e.to_status FROM refund_event e WHERE e.refund_id = r.id ORDER BY e.id DESC LIMIT 1) e ON true
WHERE e.to_status <> r.status;
