ALTER TABLE spu DROP COLUMN freight_id;
DROP TABLE freight_template;
