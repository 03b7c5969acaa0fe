-- The console finds an order of any age by a whole phone number or a receiver's name. What an order
-- is found by is gathered in a list that is sorted in now and then, so that placing one stays cheap.
CREATE INDEX orders_found_by ON orders USING gin (receiver_index);
-- The tab of orders whose vouchers buyers still use, counted on every list: without it, all that are paid.
CREATE INDEX orders_to_use ON orders (id DESC) WHERE status = 'paid' AND delivery = 'voucher';
-- The members that are not simply there, listed and counted in tabs of their own.
CREATE INDEX member_apart ON member (status, id DESC) WHERE status <> 'active' OR leave_at IS NOT NULL;
