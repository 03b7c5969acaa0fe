-- What WeChat tells a Mini Program's server by message: the keys of it are ours.
ALTER TABLE app_secret DROP CONSTRAINT app_secret_field;
ALTER TABLE app_secret ADD CONSTRAINT app_secret_field CHECK (field IN ('content_key', 'content_key_old', 'push_key', 'push_token'));
ALTER TABLE app_credential
  ADD COLUMN push_ready_at timestamptz,   -- WeChat proved that it has the present keys; NULL: not yet
  ADD COLUMN push_heard_at timestamptz;   -- its latest message, to the hour

-- One row for each picture of a review that WeChat was asked about, until all of them are
-- decided. A verdict may come before we have written down that we asked.
CREATE TABLE review_picture (
  trace_id   text PRIMARY KEY CHECK (length(trace_id) BETWEEN 1 AND 128),
  app_id     text NOT NULL,
  review_id  bigint REFERENCES review (id),
  part       text NOT NULL DEFAULT 'first' CONSTRAINT review_picture_part CHECK (part IN ('first', 'follow_up')),
  picture    text NOT NULL DEFAULT '',
  at         timestamptz NOT NULL,
  verdict    text NOT NULL DEFAULT '' CONSTRAINT review_picture_verdict CHECK (verdict IN ('', 'pass', 'doubt')),
  label      text NOT NULL DEFAULT '' CHECK (length(label) <= 100)
);
CREATE INDEX review_picture_review ON review_picture (review_id, part);
CREATE INDEX review_picture_stray ON review_picture (at) WHERE review_id IS NULL;
