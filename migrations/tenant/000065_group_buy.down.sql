ALTER TABLE orders DROP COLUMN group_state;
DROP TABLE group_seat, buy_group;
ALTER TABLE campaign DROP CONSTRAINT campaign_group, DROP COLUMN seats, DROP COLUMN fill_hours;
ALTER TABLE campaign DROP CONSTRAINT campaign_kind;
ALTER TABLE campaign ADD CONSTRAINT campaign_kind CHECK (kind IN ('timed', 'reduction', 'flash'));
