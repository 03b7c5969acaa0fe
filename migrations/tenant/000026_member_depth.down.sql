DROP TABLE member_trade, member_footprint, member_favourite, member_tag;
DROP INDEX member_identity_union;
ALTER TABLE member DROP CONSTRAINT member_left, DROP CONSTRAINT member_merged, DROP CONSTRAINT member_status;
-- Who was joined or has left stays without a way in.
UPDATE member SET status = 'blocked' WHERE status IN ('merged', 'left');
ALTER TABLE member ADD CONSTRAINT member_status CHECK (status IN ('active', 'blocked')),
  DROP COLUMN note, DROP COLUMN block_reason, DROP COLUMN merged_into, DROP COLUMN leave_at, DROP COLUMN left_at;
