-- What a shop knows of its members, and how they are joined and leave.
ALTER TABLE member
  ADD COLUMN note         text NOT NULL DEFAULT '' CONSTRAINT member_note CHECK (length(note) <= 500),
  ADD COLUMN block_reason text NOT NULL DEFAULT '' CONSTRAINT member_block_reason CHECK (length(block_reason) <= 200),
  ADD COLUMN merged_into  bigint REFERENCES member (id),
  ADD COLUMN leave_at     timestamptz,          -- asked to leave; from then on the row is emptied
  ADD COLUMN left_at      timestamptz,
  DROP CONSTRAINT member_status;
ALTER TABLE member
  ADD CONSTRAINT member_status CHECK (status IN ('active', 'blocked', 'merged', 'left')),
  ADD CONSTRAINT member_merged CHECK ((status = 'merged') = (merged_into IS NOT NULL)),
  ADD CONSTRAINT member_left CHECK ((status = 'left') = (left_at IS NOT NULL));
CREATE INDEX member_identity_union ON member_identity (unionid) WHERE unionid IS NOT NULL;

-- What the shop calls its members; they never see it.
CREATE TABLE member_tag (
  tag        text NOT NULL CONSTRAINT member_tag_form CHECK (length(tag) BETWEEN 1 AND 20),
  member_id  bigint NOT NULL REFERENCES member (id),
  at         timestamptz NOT NULL,
  PRIMARY KEY (tag, member_id)
);
CREATE INDEX member_tag_member ON member_tag (member_id);

CREATE TABLE member_favourite (
  member_id  bigint NOT NULL REFERENCES member (id),
  spu_id     bigint NOT NULL REFERENCES spu (id),
  at         timestamptz NOT NULL,
  PRIMARY KEY (member_id, spu_id)
);

-- Products that a member looked at lately, each once, a bounded number.
CREATE TABLE member_footprint (
  member_id  bigint NOT NULL REFERENCES member (id),
  spu_id     bigint NOT NULL REFERENCES spu (id),
  at         timestamptz NOT NULL,
  PRIMARY KEY (member_id, spu_id)
);

-- What a member has bought, kept by the events of orders: the list of members is filtered
-- and ordered by it. Test orders are not in it.
CREATE TABLE member_trade (
  member_id      bigint PRIMARY KEY REFERENCES member (id),
  orders         bigint NOT NULL DEFAULT 0 CHECK (orders >= 0),    -- paid ones
  paid_fen       platform.fen NOT NULL DEFAULT 0 CHECK (paid_fen >= 0),
  refunded_fen   platform.fen NOT NULL DEFAULT 0 CHECK (refunded_fen >= 0),
  last_order_at  timestamptz
);
INSERT INTO member_trade (member_id, orders, paid_fen, refunded_fen, last_order_at)
SELECT o.member_id, count(*), sum(o.payable_fen), coalesce(sum(o.refunded_fen), 0), max(o.paid_at)
FROM orders o WHERE o.paid_at IS NOT NULL AND NOT o.test GROUP BY o.member_id;
