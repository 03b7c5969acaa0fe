-- Fails while local orders exist: they could not be told from others.
ALTER TABLE order_parcel DROP CONSTRAINT order_parcel_kind;
ALTER TABLE order_parcel ADD CONSTRAINT order_parcel_kind CHECK (kind IN ('express', 'pickup', 'virtual'));
ALTER TABLE orders DROP CONSTRAINT order_delivery, DROP CONSTRAINT order_slot, DROP COLUMN slot_until, DROP COLUMN slot_from;
ALTER TABLE orders ADD CONSTRAINT order_delivery CHECK (delivery IN ('express', 'pickup', 'virtual'));
DROP TABLE local_rider;
DROP TABLE local_booking;
DROP TABLE local_load;
DROP TABLE local_slot;
DROP TABLE local_delivery;
