UPDATE orders SET close_reason = 'timeout' WHERE close_reason = 'group_failed';
ALTER TABLE orders DROP CONSTRAINT order_close_reason;
ALTER TABLE orders ADD CONSTRAINT order_close_reason CHECK (close_reason IN ('buyer', 'timeout', 'merchant', 'all_refunded'));
UPDATE orders SET group_state = 'waits' WHERE group_state = 'failed';
ALTER TABLE orders DROP CONSTRAINT orders_group;
ALTER TABLE orders ADD CONSTRAINT orders_group CHECK (group_state IN ('waits', 'complete'));
