ALTER TABLE payment_event ADD CONSTRAINT payment_event_account_id_fkey FOREIGN KEY (account_id) REFERENCES payment_account (id);
ALTER TABLE stock_movement ADD CONSTRAINT stock_movement_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES sku (id);
ALTER TABLE reservation ADD CONSTRAINT reservation_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES sku (id);
GRANT DELETE ON sku, stock_level, payment_account TO galleria_tenant;
