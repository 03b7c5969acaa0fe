-- Who lives where lies sealed: name, phone and the lines below the district. SQL cannot seal:
-- rows from before are read as they are until the shop's upkeep has sealed them.
ALTER TABLE address
  ADD COLUMN sealed       bytea,
  ADD COLUMN seal_key     text NOT NULL DEFAULT '',   -- what it is bound to; the row may change its member
  ADD COLUMN phone_index  bytea CONSTRAINT address_phone_index CHECK (octet_length(phone_index) = 32),
  DROP CONSTRAINT address_name_check,
  DROP CONSTRAINT address_phone_check,
  DROP CONSTRAINT address_detail_check,
  ADD CONSTRAINT address_whole CHECK (CASE WHEN sealed IS NULL THEN name <> '' AND phone <> '' AND detail <> '' AND phone_index IS NULL
                                           ELSE name = '' AND phone = '' AND detail = '' AND phone_index IS NOT NULL AND seal_key <> '' END);
CREATE INDEX address_phone ON address (phone_index) WHERE phone_index IS NOT NULL;
CREATE INDEX address_open ON address (id) WHERE sealed IS NULL;
