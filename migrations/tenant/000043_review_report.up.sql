-- Buyers report what should not be shown. As many of them as the shop says, and it is hidden
-- until a person has decided.
ALTER TABLE shop ADD COLUMN review_report_limit integer NOT NULL DEFAULT 3 CONSTRAINT shop_review_report_limit CHECK (review_report_limit BETWEEN 1 AND 50);
ALTER TABLE review ADD COLUMN reports integer NOT NULL DEFAULT 0 CONSTRAINT review_reports CHECK (reports >= 0);  -- since a person last decided
CREATE INDEX review_reported ON review (written_at DESC, id DESC) WHERE reports > 0;

CREATE TABLE review_report (
  review_id  bigint NOT NULL REFERENCES review (id),
  member_id  bigint NOT NULL REFERENCES member (id),
  reason     text NOT NULL CONSTRAINT review_report_reason CHECK (reason IN ('advertising', 'abuse', 'untrue', 'privacy', 'other')),
  words      text NOT NULL DEFAULT '' CHECK (length(words) <= 200),
  at         timestamptz NOT NULL,
  PRIMARY KEY (review_id, member_id)           -- who reports twice counts once
);
CREATE INDEX review_report_member ON review_report (member_id);
