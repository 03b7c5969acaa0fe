-- Where the provider says that a refund's money goes, for the buyer: "招商银行信用卡0403".
ALTER TABLE refund ADD COLUMN received_account text NOT NULL DEFAULT '' CONSTRAINT refund_received_account CHECK (length(received_account) <= 100);
