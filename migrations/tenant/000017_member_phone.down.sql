DROP TABLE member_index_key;
DROP INDEX member_phone;
ALTER TABLE member DROP CONSTRAINT member_phone_whole, DROP COLUMN phone_at, DROP COLUMN phone_hint, DROP COLUMN phone_index, DROP COLUMN phone_sealed;
