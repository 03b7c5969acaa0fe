-- How long buyers may review, and whether what they write is checked before others see it.
ALTER TABLE shop
  ADD COLUMN review_days integer NOT NULL DEFAULT 30 CONSTRAINT shop_review_days CHECK (review_days BETWEEN 1 AND 180),
  ADD COLUMN follow_up_days integer NOT NULL DEFAULT 180 CONSTRAINT shop_follow_up_days CHECK (follow_up_days BETWEEN 1 AND 365),
  ADD COLUMN review_auto boolean NOT NULL DEFAULT false,   -- who says nothing in time was content
  ADD COLUMN review_check boolean NOT NULL DEFAULT true;

-- One row for each line of an order that arrived: first the right to review it, then the
-- review, its follow-up and the shop's reply. A line is reviewed once, whatever becomes of it.
CREATE TABLE review (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  line_id          bigint NOT NULL CONSTRAINT review_line UNIQUE REFERENCES order_line (id),
  order_no         text NOT NULL,
  member_id        bigint NOT NULL REFERENCES member (id),
  spu_id           bigint NOT NULL,
  sku_id           bigint NOT NULL,
  title            text NOT NULL,
  spec             text NOT NULL,
  picture          text NOT NULL,
  received_at      timestamptz NOT NULL,
  until            timestamptz NOT NULL,                  -- it may be written before
  status           text NOT NULL DEFAULT 'open' CONSTRAINT review_status CHECK (status IN ('open', 'waiting', 'flagged', 'published', 'hidden', 'deleted')),
  score            smallint CONSTRAINT review_score CHECK (score BETWEEN 1 AND 5),
  auto             boolean NOT NULL DEFAULT false,        -- nobody wrote it
  anonymous        boolean NOT NULL DEFAULT false,
  author           text NOT NULL DEFAULT '' CHECK (length(author) <= 40),   -- as others see it
  app_id           text NOT NULL DEFAULT '',              -- where it was written
  body             text NOT NULL DEFAULT '' CHECK (length(body) <= 500),
  pictures         text[] NOT NULL DEFAULT '{}' CHECK (cardinality(pictures) <= 9),
  doubt            text NOT NULL DEFAULT '' CHECK (length(doubt) <= 100),   -- why a person has to look, or why it is hidden
  written_at       timestamptz,
  follow_status    text NOT NULL DEFAULT 'open' CONSTRAINT review_follow_status CHECK (follow_status IN ('open', 'waiting', 'flagged', 'published', 'hidden', 'deleted')),
  follow_app_id    text NOT NULL DEFAULT '',
  follow_body      text NOT NULL DEFAULT '' CHECK (length(follow_body) <= 500),
  follow_pictures  text[] NOT NULL DEFAULT '{}' CHECK (cardinality(follow_pictures) <= 9),
  follow_doubt     text NOT NULL DEFAULT '' CHECK (length(follow_doubt) <= 100),
  followed_at      timestamptz,
  reply            text NOT NULL DEFAULT '' CHECK (length(reply) <= 500),
  reply_by         text NOT NULL DEFAULT '',
  replied_at       timestamptz,
  -- What the lists of a product are narrowed by.
  pictured boolean NOT NULL GENERATED ALWAYS AS (status = 'published' AND (cardinality(pictures) > 0 OR (follow_status = 'published' AND cardinality(follow_pictures) > 0))) STORED,
  followed boolean NOT NULL GENERATED ALWAYS AS (status = 'published' AND follow_status = 'published') STORED,
  CONSTRAINT review_written CHECK ((status = 'open') = (written_at IS NULL) AND (status = 'open') = (score IS NULL)),
  CONSTRAINT review_followed CHECK (follow_status = 'open' OR (followed_at IS NOT NULL AND status <> 'open')),
  CONSTRAINT review_replied CHECK ((reply = '') = (replied_at IS NULL))
);
CREATE INDEX review_member ON review (member_id, written_at DESC, id DESC);
CREATE INDEX review_order ON review (order_no);
CREATE INDEX review_shown ON review (spu_id, written_at DESC, id DESC) WHERE status = 'published';
CREATE INDEX review_desk ON review (status, written_at DESC, id DESC) WHERE status <> 'open';
CREATE INDEX review_follow_desk ON review (follow_status, followed_at DESC, id DESC) WHERE follow_status <> 'open';
CREATE INDEX review_unanswered ON review (written_at DESC, id DESC) WHERE status = 'published' AND score <= 2 AND reply = '';
CREATE INDEX review_pictures ON review USING gin (pictures);
CREATE INDEX review_follow_pictures ON review USING gin (follow_pictures);
REVOKE DELETE ON review FROM galleria_tenant;

-- What is shown of a product's reviews, added up: changed in the transaction that shows or
-- hides one.
CREATE TABLE review_summary (
  spu_id    bigint PRIMARY KEY,
  total     bigint NOT NULL DEFAULT 0 CHECK (total >= 0),
  score_1   bigint NOT NULL DEFAULT 0 CHECK (score_1 >= 0),
  score_2   bigint NOT NULL DEFAULT 0 CHECK (score_2 >= 0),
  score_3   bigint NOT NULL DEFAULT 0 CHECK (score_3 >= 0),
  score_4   bigint NOT NULL DEFAULT 0 CHECK (score_4 >= 0),
  score_5   bigint NOT NULL DEFAULT 0 CHECK (score_5 >= 0),
  pictured  bigint NOT NULL DEFAULT 0 CHECK (pictured >= 0),
  followed  bigint NOT NULL DEFAULT 0 CHECK (followed >= 0),
  CONSTRAINT review_summary_total CHECK (total = score_1 + score_2 + score_3 + score_4 + score_5),
  CONSTRAINT review_summary_within CHECK (pictured <= total AND followed <= total)
);

-- What arrived lately may be reviewed, too.
INSERT INTO review (line_id, order_no, member_id, spu_id, sku_id, title, spec, picture, received_at, until)
SELECT l.id, o.order_no, o.member_id, l.spu_id, l.sku_id, l.title, l.spec, l.picture, o.received_at, o.received_at + interval '30 days'
FROM orders o JOIN order_line l ON l.order_id = o.id
WHERE o.status = 'completed' AND NOT o.test AND o.received_at > now() - interval '30 days' AND l.dropped < l.qty;
INSERT INTO review_summary (spu_id) SELECT DISTINCT spu_id FROM review;
