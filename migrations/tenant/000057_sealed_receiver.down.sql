DO $$
BEGIN
  IF EXISTS (SELECT FROM orders WHERE receiver IS NOT NULL) THEN
    RAISE EXCEPTION 'receivers are sealed';
  END IF;
END $$;
DROP INDEX orders_open_receiver;
ALTER TABLE orders DROP CONSTRAINT orders_receiver, DROP COLUMN receiver_index, DROP COLUMN receiver;
