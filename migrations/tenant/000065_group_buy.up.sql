-- Group buying: a price for so many buyers who come together in time. Who opens or joins a group
-- has a seat from the order on; its goods wait until the group is complete.
ALTER TABLE campaign DROP CONSTRAINT campaign_kind;
ALTER TABLE campaign ADD CONSTRAINT campaign_kind CHECK (kind IN ('timed', 'reduction', 'flash', 'group'));
ALTER TABLE campaign
  ADD COLUMN seats bigint CHECK (seats BETWEEN 2 AND 100),
  ADD COLUMN fill_hours bigint CHECK (fill_hours BETWEEN 1 AND 720), -- from the first payment until the last
  ADD CONSTRAINT campaign_group CHECK ((kind = 'group') = (seats IS NOT NULL) AND (kind = 'group') = (fill_hours IS NOT NULL));

CREATE TABLE buy_group (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  group_no    text NOT NULL CONSTRAINT buy_group_no UNIQUE CHECK (group_no ~ '^[0-9A-Z]{10,32}$'),
  campaign_id bigint NOT NULL REFERENCES campaign (id),
  spu_id      bigint NOT NULL REFERENCES spu (id),
  status      text NOT NULL DEFAULT 'pending' CONSTRAINT buy_group_status CHECK (status IN ('pending', 'open', 'complete', 'refunding', 'failed', 'abandoned')),
  seats       bigint NOT NULL CHECK (seats BETWEEN 2 AND 100),
  taken       bigint NOT NULL DEFAULT 0,
  paid        bigint NOT NULL DEFAULT 0,
  fill_hours  bigint NOT NULL,
  placed_at   timestamptz NOT NULL,
  deadline_at timestamptz,                                  -- from when it was opened
  ended_at    timestamptz,
  CONSTRAINT buy_group_taken CHECK (paid >= 0 AND paid <= taken AND taken <= seats),
  CONSTRAINT buy_group_full CHECK (status <> 'complete' OR paid = seats),
  CONSTRAINT buy_group_opened CHECK (status IN ('pending', 'abandoned') OR deadline_at IS NOT NULL),
  CONSTRAINT buy_group_ended CHECK ((status IN ('complete', 'failed', 'abandoned')) = (ended_at IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX buy_group_open ON buy_group (spu_id, deadline_at) WHERE status = 'open';
CREATE INDEX buy_group_campaign ON buy_group (campaign_id, id DESC);
REVOKE DELETE ON buy_group FROM galleria_tenant;

CREATE TABLE group_seat (
  order_no   text PRIMARY KEY REFERENCES orders (order_no),
  group_id   bigint NOT NULL REFERENCES buy_group (id),
  member_id  bigint NOT NULL REFERENCES member (id),
  taken_at   timestamptz NOT NULL,
  paid_at    timestamptz,
  asked_at   timestamptz, -- its money back
  back_at    timestamptz  -- the seat: its order closed
);
CREATE INDEX group_seat_group ON group_seat (group_id);
CREATE INDEX group_seat_member ON group_seat (member_id);
CREATE UNIQUE INDEX group_seat_once ON group_seat (group_id, member_id) WHERE back_at IS NULL;
REVOKE DELETE ON group_seat FROM galleria_tenant;

-- NULL: an order of its own. What waits is not sent.
ALTER TABLE orders ADD COLUMN group_state text CONSTRAINT orders_group CHECK (group_state IN ('waits', 'complete'));
