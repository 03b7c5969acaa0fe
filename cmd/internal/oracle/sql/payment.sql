-- Payments, against their orders and against what the providers say (truth), if that is known.

-- P1 truth every charge that a provider took is recorded
SELECT t.number FROM charge t LEFT JOIN payment_attempt a ON a.out_trade_no = t.number AND a.status = 'succeeded' WHERE a.id IS NULL;

-- P2 truth no payment without a charge at its provider
SELECT a.out_trade_no FROM payment_attempt a LEFT JOIN charge t ON t.number = a.out_trade_no WHERE a.status = 'succeeded' AND t.number IS NULL;

-- P3 truth amount, merchant and number of a payment are the provider's
SELECT a.out_trade_no FROM payment_attempt a JOIN payment_account m ON m.id = a.account_id JOIN charge t ON t.number = a.out_trade_no
WHERE a.status = 'succeeded' AND (a.amount_fen <> t.fen OR m.merchant_no <> t.merchant OR m.channel <> t.channel OR a.transaction_id IS DISTINCT FROM t.provider_no OR a.currency <> 'CNY');

-- P4 a provider's transaction pays once
SELECT channel || ':' || transaction_id FROM payment_attempt WHERE transaction_id IS NOT NULL GROUP BY channel, transaction_id HAVING count(*) > 1;

-- P5 money that came late or twice is back, or on its way
SELECT out_trade_no FROM payment_attempt WHERE surplus AND updated_at < (SELECT rest FROM given) AND refund_reserved_fen + refunded_fen <> amount_fen;

-- P6 one payment of an order counts
SELECT business_no FROM payment_attempt WHERE status = 'succeeded' AND NOT surplus GROUP BY business_no HAVING count(*) > 1;

-- P7 one open payment for an order and a channel
SELECT business_no || '/' || channel FROM payment_attempt WHERE status IN ('created', 'prepaid', 'closing') GROUP BY business_no, channel HAVING count(*) > 1;

-- P8 a callback is kept once, and what it was applied to is paid, refunded or a transfer that was sent
SELECT e.event_id FROM payment_event e WHERE e.outcome = 'applied' AND NOT EXISTS (SELECT FROM payment_attempt a WHERE a.out_trade_no = e.out_trade_no AND a.status = 'succeeded')
  AND NOT EXISTS (SELECT FROM transfer x WHERE x.out_bill_no = e.out_trade_no AND x.status <> 'created')
UNION ALL
SELECT e.event_id FROM payment_event e GROUP BY e.account_id, e.event_id HAVING count(*) > 1;

-- P9 a payment that may still succeed is asked about
SELECT a.out_trade_no FROM payment_attempt a WHERE a.status IN ('created', 'prepaid', 'closing') AND a.updated_at < (SELECT rest FROM given)
  AND NOT EXISTS (SELECT FROM platform.timer t WHERE t.tenant_id = current_schema() AND t.topic = 'payments.query' AND t.key = a.out_trade_no)
  AND NOT EXISTS (SELECT FROM platform.outbox e WHERE e.tenant_id = current_schema() AND e.topic IN ('payments.query', 'order.closing') AND e.key IN (a.out_trade_no, a.business_no) AND e.done_at IS NULL AND e.dead_at IS NULL);

-- P10 money that came late or twice is an alarm until it is back
SELECT a.out_trade_no FROM payment_attempt a JOIN payment_anomaly x ON x.account_id = a.account_id AND x.event_id = 'surplus:' || a.out_trade_no
WHERE a.surplus AND (x.resolved_at IS NULL) = (a.refunded_fen = a.amount_fen)
UNION ALL
SELECT a.out_trade_no FROM payment_attempt a WHERE a.surplus AND NOT EXISTS (SELECT FROM payment_anomaly x WHERE x.account_id = a.account_id AND x.event_id = 'surplus:' || a.out_trade_no);
