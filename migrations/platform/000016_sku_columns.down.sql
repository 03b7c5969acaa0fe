DROP FUNCTION platform.keep_sku_columns();
