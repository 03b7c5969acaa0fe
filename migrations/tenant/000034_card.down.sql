DROP TABLE virtual_card_key;
DROP TABLE virtual_card;
ALTER TABLE order_parcel DROP CONSTRAINT order_parcel_kind;
ALTER TABLE order_parcel ADD CONSTRAINT order_parcel_kind CHECK (kind IN ('express', 'pickup'));
ALTER TABLE orders DROP CONSTRAINT order_delivery;
ALTER TABLE orders ADD CONSTRAINT order_delivery CHECK (delivery IN ('express', 'pickup'));
