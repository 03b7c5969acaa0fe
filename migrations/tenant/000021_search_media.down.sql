DROP TABLE picture;
DROP TABLE search_word;
DROP TABLE search_history;
DROP INDEX spu_unindexed;
DROP INDEX spu_tokens;
ALTER TABLE spu DROP COLUMN indexed, DROP COLUMN tokens;
