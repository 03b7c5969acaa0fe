-- Money that its bill cannot use is a finding, too, until it has gone back.
ALTER TABLE payment_anomaly DROP CONSTRAINT payment_anomaly_reason;
ALTER TABLE payment_anomaly ADD CONSTRAINT payment_anomaly_reason CHECK (reason IN
  ('unknown_number', 'amount', 'currency', 'app_id', 'merchant', 'trade_type', 'state', 'payer', 'other_account', 'refund', 'late', 'double'));

-- Money that the shop pays to a person. out_bill_no is the number the provider knows; it
-- never changes, whatever the provider answers.
CREATE TABLE transfer (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  out_bill_no      text NOT NULL UNIQUE CONSTRAINT transfer_out_bill_no CHECK (out_bill_no ~ '^[0-9A-Za-z]{8,32}$'),
  source_kind      text NOT NULL CONSTRAINT transfer_source_kind CHECK (source_kind ~ '^[a-z_]{1,32}$'), -- what it is paid for: 'staff', 'commission'
  source_no        text NOT NULL CONSTRAINT transfer_source_no CHECK (length(source_no) BETWEEN 1 AND 64),
  account_id       bigint NOT NULL REFERENCES payment_account (id),
  channel          text NOT NULL CONSTRAINT transfer_channel CHECK (channel IN ('wechat', 'alipay')),
  app_id           text NOT NULL,               -- the Mini Program whose buyer the receiver is
  member_id        bigint REFERENCES member (id), -- whom, if the receiver is a buyer of ours
  receiver_kind    text NOT NULL CONSTRAINT transfer_receiver_kind CHECK (receiver_kind IN ('open_id', 'user_id', 'logon_id')),
  receiver_sealed  bytea NOT NULL,              -- who: id and real name, sealed
  receiver_hint    text NOT NULL,               -- masked, for people
  amount_fen       platform.fen NOT NULL CHECK (amount_fen > 0),
  title            text NOT NULL,               -- the receiver reads it
  terms            jsonb NOT NULL,              -- what the provider wants to know besides, as it was first said
  status           text NOT NULL CONSTRAINT transfer_status CHECK (status IN
                     ('created', 'submitted', 'accepted', 'processing', 'wait_user_confirm', 'cancelling', 'succeeded', 'failed', 'cancelled')),
  provider_no      text NOT NULL DEFAULT '',
  package_info     text NOT NULL DEFAULT '',    -- what the receiver's Mini Program confirms with
  fail_reason      text NOT NULL DEFAULT '',    -- the provider's own word
  last_error       text NOT NULL DEFAULT '',
  query_step       integer NOT NULL DEFAULT 0,
  created_by       text NOT NULL,               -- 'staff:3', 'system'
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  finished_at      timestamptz,
  UNIQUE (source_kind, source_no),
  CONSTRAINT transfer_finished CHECK ((status IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);
CREATE INDEX transfer_member ON transfer (member_id, id) WHERE member_id IS NOT NULL;
