-- Who an order goes to lies sealed: name, phone and the lines below the district. Division and
-- the last digits of the phone stay: couriers ask for these, and books for the division. Orders
-- from before are read as they are until the shop's upkeep has sealed them.
ALTER TABLE orders
  ADD COLUMN receiver       bytea,
  ADD COLUMN receiver_index bytea[], -- what phone, name and place are found by, blind, in this order
  ADD CONSTRAINT orders_receiver CHECK (CASE WHEN receiver IS NULL THEN receiver_index IS NULL
                                             ELSE receiver_index IS NOT NULL AND NOT address ?| ARRAY['name', 'phone', 'detail'] END);
CREATE INDEX orders_open_receiver ON orders (id) WHERE receiver IS NULL AND address->>'phone' <> '';
