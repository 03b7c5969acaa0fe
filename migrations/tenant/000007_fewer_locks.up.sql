-- A foreign key's check locks the row it points to. These pointed to rows that everybody
-- shares: the SKU, locked once more by every order of it, and the account, locked by every
-- callback. Levels, SKUs and accounts are never deleted, which is now the shop's role's own
-- limit, and the rows are written from locked levels and known accounts.
REVOKE DELETE ON sku, stock_level, payment_account FROM galleria_tenant;
ALTER TABLE reservation DROP CONSTRAINT reservation_sku_id_fkey;
ALTER TABLE stock_movement DROP CONSTRAINT stock_movement_sku_id_fkey;
ALTER TABLE payment_event DROP CONSTRAINT payment_event_account_id_fkey;
