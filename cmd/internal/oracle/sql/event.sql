-- Events and timers: what happened is told once, and nothing waits for ever.

-- E1 a paid order is told of once
SELECT o.order_no FROM orders o WHERE o.paid_at IS NOT NULL AND o.paid_at > now() - interval '7 days'
  AND (SELECT count(*) FROM platform.outbox e WHERE e.tenant_id = current_schema() AND e.topic = 'order.paid' AND e.key = o.order_no) <> 1;

-- E2 nothing is told of that did not happen
SELECT e.topic || ':' || e.key FROM platform.outbox e WHERE e.tenant_id = current_schema()
  AND ((e.topic = 'order.paid' AND NOT EXISTS (SELECT FROM orders o WHERE o.order_no = e.key AND o.paid_at IS NOT NULL))
    OR (e.topic = 'payments.refunded' AND NOT EXISTS (SELECT FROM refund r WHERE r.out_refund_no = e.key AND r.status IN ('succeeded', 'settled'))));

-- E3 no event waits
SELECT topic || ':' || key FROM platform.outbox WHERE tenant_id = current_schema() AND done_at IS NULL AND dead_at IS NULL AND created_at < (SELECT rest FROM given);

-- E4 no event was given up
SELECT topic || ':' || key FROM platform.outbox WHERE tenant_id = current_schema() AND dead_at IS NOT NULL;

-- E5 a payment's event that is done has left its receipt
SELECT e.key FROM platform.outbox e WHERE e.tenant_id = current_schema() AND e.topic = 'payments.succeeded' AND e.done_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM inbox i WHERE i.event_id = e.id AND i.effect = 'order.mark_paid');

-- E6 a buyer is told of an event once
SELECT event_id::text FROM message_log GROUP BY event_id, channel HAVING count(*) > 1;

-- E7 no timer is overdue
SELECT topic || ':' || key FROM platform.timer WHERE tenant_id = current_schema() AND due_at < (SELECT rest FROM given);

-- E8 an order that waits has the timer that ends the wait
SELECT w.order_no FROM (SELECT o.order_no, CASE WHEN o.status = 'pending_payment' THEN 'order.expire' WHEN o.status = 'fulfilling' AND o.receive_by IS NOT NULL THEN 'order.receive'
                        WHEN o.status = 'completed' AND o.settlement = 'window' THEN 'order.finish' END AS topic FROM orders o WHERE o.placed_at < (SELECT rest FROM given)) w
WHERE w.topic IS NOT NULL
  AND NOT EXISTS (SELECT FROM platform.timer t WHERE t.tenant_id = current_schema() AND t.topic = w.topic AND t.key = w.order_no)
  AND NOT EXISTS (SELECT FROM platform.outbox e WHERE e.tenant_id = current_schema() AND e.topic = w.topic AND e.key = w.order_no AND e.done_at IS NULL AND e.dead_at IS NULL);

-- I1 an order is the answer to one request
SELECT result ->> 'order_no' FROM idempotency_key WHERE result ->> 'order_no' IS NOT NULL AND scope LIKE '%:order.place' GROUP BY 1 HAVING count(*) > 1
UNION ALL
SELECT key FROM idempotency_key k WHERE k.scope LIKE '%:order.place' AND k.result ->> 'order_no' IS NOT NULL
  AND NOT EXISTS (SELECT FROM orders o WHERE o.order_no = k.result ->> 'order_no');

-- I2 no request is stuck half done
SELECT scope || ':' || key FROM idempotency_key WHERE result IS NULL AND created_at < (SELECT rest FROM given);
