-- A phone that its provider vouched for. phone_index finds it without opening it.
ALTER TABLE member
  ADD COLUMN phone_sealed  bytea,
  ADD COLUMN phone_index   bytea CONSTRAINT member_phone_index CHECK (octet_length(phone_index) = 32),
  ADD COLUMN phone_hint    text NOT NULL DEFAULT '',   -- masked, for people
  ADD COLUMN phone_at      timestamptz,
  ADD CONSTRAINT member_phone_whole CHECK ((phone_sealed IS NULL) = (phone_index IS NULL) AND (phone_sealed IS NULL) = (phone_at IS NULL));
-- A phone has one member, who proves it by holding it.
CREATE UNIQUE INDEX member_phone ON member (phone_index) WHERE phone_index IS NOT NULL;

-- What phone_index is made with, sealed: it outlives the data keys.
CREATE TABLE member_index_key (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  key_sealed  bytea NOT NULL
);
