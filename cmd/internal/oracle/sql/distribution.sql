-- Distribution: what is owed to members who sell for the shop, and what they draw.

-- K1 a commission is its rate of what was paid for its line
SELECT c.id::text FROM commission c JOIN order_line l ON l.id = c.line_id
WHERE c.amount_fen <> c.base_fen * c.rate_bps / 10000 OR c.base_fen > l.payable_fen OR l.order_id <> c.order_id;

-- K2 only what was paid is owed for, and nobody earns from what he bought himself
SELECT c.id::text FROM commission c JOIN orders o ON o.id = c.order_id
WHERE (o.paid_at IS NULL AND c.status NOT IN ('estimated', 'void')) OR (o.member_id = c.distributor_id AND c.status NOT IN ('void', 'reversed')) OR o.test;

-- K3 all who are owed for an order get at most half of what was paid, on two tiers
SELECT o.order_no FROM commission c JOIN orders o ON o.id = c.order_id GROUP BY o.id HAVING sum(c.amount_fen) * 2 > o.payable_fen OR max(c.tier) > 2;

-- K4 what went back whole is taken back whole
SELECT c.id::text FROM commission c JOIN orders o ON o.id = c.order_id
WHERE o.close_reason = 'all_refunded' AND o.closed_at < (SELECT rest FROM given) AND c.reversed_fen <> c.amount_fen AND c.status <> 'void';

-- K5 what may be drawn is what is final, less what went back and what was drawn
SELECT d.member_id::text FROM distributor d WHERE d.available_fen
  <> coalesce((SELECT sum(c.amount_fen - c.reversed_fen) FROM commission c WHERE c.distributor_id = d.member_id AND c.status IN ('available', 'withdrawn')), 0)
   - coalesce((SELECT sum(w.amount_fen) FROM withdrawal w WHERE w.distributor_id = d.member_id AND w.status NOT IN ('failed', 'rejected', 'cancelled')), 0);

-- K6 what is locked is on its way, and what counts as drawn has arrived
SELECT d.member_id::text FROM distributor d WHERE d.locked_fen
  <> coalesce((SELECT sum(w.amount_fen) FROM withdrawal w WHERE w.distributor_id = d.member_id AND w.status IN ('requested', 'approved', 'sending')), 0)
  OR d.withdrawn_fen <> coalesce((SELECT sum(w.amount_fen) FROM withdrawal w WHERE w.distributor_id = d.member_id AND w.status = 'succeeded'), 0);

-- K7 a commission stands where its order does
SELECT c.id::text FROM commission c JOIN orders o ON o.id = c.order_id, given
WHERE (c.status = 'estimated' AND (o.paid_at < given.rest OR o.closed_at < given.rest)) OR (c.status IN ('confirmed', 'pending') AND o.settlement = 'settled' AND o.settled_at < given.rest)
  OR (c.status = 'confirmed' AND o.received_at < given.rest) OR (c.status IN ('available', 'withdrawn') AND o.settlement <> 'settled') OR (c.status = 'pending' AND o.settlement = 'open');

-- K8 the books owe what accounts have
SELECT 'payable:commission' WHERE (SELECT coalesce(sum(d.available_fen + d.locked_fen), 0) FROM distributor d)
  <> (SELECT coalesce(sum(CASE WHEN t.credit = 'payable:commission' THEN t.amount_fen ELSE -t.amount_fen END), 0) FROM ledger_transfer t JOIN ledger_journal j ON j.no = t.journal_no
      WHERE 'payable:commission' IN (t.debit, t.credit) AND j.kind IN ('commission', 'withdrawal'))
   - (SELECT coalesce(sum(w.pay_fen), 0) FROM withdrawal w WHERE w.status = 'succeeded' AND w.way <> 'manual');

-- K9 a withdrawal is paid by one transfer of its amount, and ends with it
SELECT w.withdrawal_no FROM withdrawal w LEFT JOIN transfer x ON x.source_kind = 'commission' AND x.source_no = w.withdrawal_no
WHERE w.way <> 'manual' AND ((w.status = 'sending' AND x.id IS NULL) OR (w.status = 'succeeded' AND x.status IS DISTINCT FROM 'succeeded') OR x.amount_fen <> w.pay_fen
  OR (w.finished_at IS NULL AND x.finished_at < (SELECT rest FROM given)));

-- K10 nobody was brought by those whom he brought
WITH RECURSIVE up AS (
  SELECT b.member_id AS who, b.distributor_id, 1 AS depth FROM distribution_bond b WHERE b.ended_at IS NULL
  UNION ALL
  SELECT up.who, b.distributor_id, up.depth + 1 FROM up JOIN distribution_bond b ON b.member_id = up.distributor_id AND b.ended_at IS NULL WHERE up.depth < 100 AND up.distributor_id <> up.who)
SELECT up.who::text FROM up WHERE up.who = up.distributor_id;
