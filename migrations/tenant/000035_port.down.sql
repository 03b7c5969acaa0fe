DROP TABLE port_row;
DROP TABLE port_job;
DROP INDEX spu_code;
ALTER TABLE spu DROP COLUMN code;
