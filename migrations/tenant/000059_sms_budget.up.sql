-- What text messages cost, and how much of it a shop wants in a month.
ALTER TABLE sms_account ADD COLUMN piece_fen smallint NOT NULL DEFAULT 5 CONSTRAINT sms_account_piece CHECK (piece_fen BETWEEN 1 AND 1000);
ALTER TABLE sms_account ADD COLUMN month_fen bigint NOT NULL DEFAULT 0 CONSTRAINT sms_account_month CHECK (month_fen BETWEEN 0 AND 100000000); -- 0: no limit
-- The words as they were approved, to count the pieces of a message; '' where nobody entered them.
ALTER TABLE sms_template ADD COLUMN words text NOT NULL DEFAULT '' CONSTRAINT sms_template_words CHECK (length(words) <= 500);

-- What was spent in a month of Beijing's.
CREATE TABLE sms_spend (
  month      date PRIMARY KEY CHECK (extract(day FROM month) = 1),
  pieces     bigint NOT NULL CHECK (pieces >= 0),
  spent_fen  bigint NOT NULL CHECK (spent_fen >= 0)
);
