-- What is sealed cannot be opened by SQL: with such rows there is no way back.
DO $$ BEGIN
  IF EXISTS (SELECT FROM address WHERE sealed IS NOT NULL) THEN
    RAISE EXCEPTION 'addresses are sealed';
  END IF;
END $$;
DROP INDEX address_open;
DROP INDEX address_phone;
ALTER TABLE address
  DROP CONSTRAINT address_whole,
  DROP COLUMN phone_index,
  DROP COLUMN seal_key,
  DROP COLUMN sealed,
  ADD CONSTRAINT address_name_check CHECK (name <> ''),
  ADD CONSTRAINT address_phone_check CHECK (phone <> ''),
  ADD CONSTRAINT address_detail_check CHECK (detail <> '');
