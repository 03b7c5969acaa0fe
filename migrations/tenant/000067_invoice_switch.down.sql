ALTER TABLE shop DROP COLUMN invoices_offered;
