DROP TABLE code_picture;
ALTER TABLE distribution_plan DROP COLUMN code_page, DROP COLUMN product_page, DROP COLUMN code_env;
