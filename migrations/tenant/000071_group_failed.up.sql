-- An order whose group did not fill says so; one that was not paid by then is closed.
ALTER TABLE orders DROP CONSTRAINT orders_group;
ALTER TABLE orders ADD CONSTRAINT orders_group CHECK (group_state IN ('waits', 'complete', 'failed'));
ALTER TABLE orders DROP CONSTRAINT order_close_reason;
ALTER TABLE orders ADD CONSTRAINT order_close_reason CHECK (close_reason IN ('buyer', 'timeout', 'merchant', 'all_refunded', 'group_failed'));
UPDATE orders o SET group_state = 'failed' FROM group_seat s JOIN buy_group g ON g.id = s.group_id
WHERE s.order_no = o.order_no AND o.group_state = 'waits' AND g.status IN ('refunding', 'failed', 'abandoned');
