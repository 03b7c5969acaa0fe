-- Whether buyers may ask for invoices.
ALTER TABLE shop ADD COLUMN invoices_offered boolean NOT NULL DEFAULT true;
