-- Invoices: what is on them, and what they wait for.

-- F1 an invoice says no more than what was kept, or is to be voided
SELECT o.order_no FROM invoice i JOIN orders o ON o.id = i.order_id, given
WHERE i.status = 'issued' AND i.red_due_at IS NULL AND i.amount_fen > o.payable_fen - o.refunded_fen AND i.moved_at < given.rest
  AND coalesce(o.closed_at, i.moved_at) < given.rest AND NOT EXISTS (SELECT FROM refund r WHERE r.business_no = o.order_no AND coalesce(r.finished_at >= given.rest, true));

-- F2 staff see what is asked for of a paid order, and nothing is asked of a closed one
SELECT o.order_no FROM invoice i JOIN orders o ON o.id = i.order_id, given
WHERE i.status = 'asked' AND i.asked_at < given.rest
  AND ((o.status = 'closed' AND o.closed_at < given.rest) OR (o.paid_at IS NOT NULL AND i.ready_at IS NULL AND i.moved_at < given.rest AND o.status <> 'closed' AND o.paid_at < given.rest));

-- F3 an invoice is its order's buyer's
SELECT o.order_no FROM invoice i JOIN orders o ON o.id = i.order_id WHERE i.member_id <> o.member_id;
