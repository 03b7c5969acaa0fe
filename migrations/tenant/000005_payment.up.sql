-- A merchant account at a provider. Its secrets are sealed rows of payment_secret.
CREATE TABLE payment_account (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_key  text NOT NULL UNIQUE CHECK (account_key ~ '^[0-9a-z]{26}$'),
  channel      text NOT NULL CONSTRAINT payment_account_channel CHECK (channel IN ('wechat', 'alipay', 'unionpay')),
  mode         text NOT NULL CONSTRAINT payment_account_mode CHECK (mode IN ('live', 'sandbox')),
  name         text NOT NULL,
  merchant_no  text NOT NULL,                 -- mchid
  app_ids      text[] NOT NULL,               -- the AppIDs bound to it
  config       jsonb NOT NULL,                -- public facts of the channel: serial, key mode, public key id …
  status       text NOT NULL DEFAULT 'active' CONSTRAINT payment_account_status CHECK (status IN ('active', 'disabled')),
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (channel, merchant_no)
);
REVOKE DELETE ON payment_account FROM galleria_tenant;  -- it is disabled instead

CREATE TABLE payment_secret (
  account_id   bigint NOT NULL REFERENCES payment_account (id),
  field        text NOT NULL,                 -- 'private_key', 'api_v3_key', …
  version      integer NOT NULL DEFAULT 1 CHECK (version > 0),
  sealed       bytea NOT NULL,
  fingerprint  text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, field, version)
);

-- The provider's keys that verify its messages, by the serial it names.
CREATE TABLE payment_provider_key (
  account_id  bigint NOT NULL REFERENCES payment_account (id),
  serial      text NOT NULL,
  pem         text NOT NULL,                  -- certificate or public key
  not_after   timestamptz,
  fetched_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, serial)
);

-- One try to collect one bill. out_trade_no is the number the provider knows.
CREATE TABLE payment_attempt (
  id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  out_trade_no        text NOT NULL UNIQUE CONSTRAINT out_trade_no_form CHECK (out_trade_no ~ '^[0-9A-Za-z]{8,32}$'),
  business_no         text NOT NULL,          -- the order it pays
  account_id          bigint NOT NULL REFERENCES payment_account (id),
  channel             text NOT NULL CONSTRAINT payment_attempt_channel CHECK (channel IN ('wechat', 'alipay', 'unionpay')),
  app_id              text NOT NULL,
  payer               text NOT NULL,          -- openid
  title               text NOT NULL,
  amount_fen          platform.fen NOT NULL CHECK (amount_fen > 0),
  currency            text NOT NULL DEFAULT 'CNY' CHECK (currency = 'CNY'),
  status              text NOT NULL CONSTRAINT payment_attempt_status CHECK (status IN
                        ('created', 'prepaid', 'closing', 'succeeded', 'closed', 'failed')),
  prepay_id           text,
  prepaid_at          timestamptz,
  expires_at          timestamptz NOT NULL,
  transaction_id      text,
  paid_at             timestamptz,
  surplus             boolean NOT NULL DEFAULT false,  -- late or double money: to be given back
  refund_reserved_fen platform.fen NOT NULL DEFAULT 0 CHECK (refund_reserved_fen >= 0),
  refunded_fen        platform.fen NOT NULL DEFAULT 0 CHECK (refunded_fen >= 0),
  query_step          integer NOT NULL DEFAULT 0,
  last_error          text NOT NULL DEFAULT '',
  created_at          timestamptz NOT NULL,
  updated_at          timestamptz NOT NULL,
  CONSTRAINT payment_attempt_paid CHECK ((status = 'succeeded') = (transaction_id IS NOT NULL AND paid_at IS NOT NULL)),
  CONSTRAINT payment_attempt_refundable CHECK (refund_reserved_fen + refunded_fen <= CASE WHEN status = 'succeeded' THEN amount_fen ELSE 0 END)
);
CREATE INDEX payment_attempt_business ON payment_attempt (business_no, id);
CREATE UNIQUE INDEX payment_attempt_one_open ON payment_attempt (business_no, channel) WHERE status IN ('created', 'prepaid', 'closing');
CREATE UNIQUE INDEX payment_attempt_one_success ON payment_attempt (business_no) WHERE status = 'succeeded' AND NOT surplus;
CREATE UNIQUE INDEX payment_attempt_transaction ON payment_attempt (account_id, transaction_id) WHERE transaction_id IS NOT NULL;

-- Every message of a provider that verified, once per its own id. No foreign key: its check
-- would lock the one row of the account in every callback.
CREATE TABLE payment_event (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id    bigint NOT NULL,
  event_id      text NOT NULL,
  event_type    text NOT NULL,
  out_trade_no  text NOT NULL,
  outcome       text NOT NULL CONSTRAINT payment_event_outcome CHECK (outcome IN ('applied', 'duplicate', 'ignored')),
  body_sealed   bytea NOT NULL,               -- the raw message, sealed, for disputes
  received_at   timestamptz NOT NULL,
  UNIQUE (account_id, event_id)
);

-- A message that verified but does not fit. Never "paid"; a person looks at it.
CREATE TABLE payment_anomaly (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id    bigint NOT NULL REFERENCES payment_account (id),
  event_id      text NOT NULL,
  reason        text NOT NULL CONSTRAINT payment_anomaly_reason CHECK (reason IN
                  ('unknown_number', 'amount', 'currency', 'app_id', 'merchant', 'trade_type', 'state', 'payer', 'other_account', 'refund')),
  blocking      boolean NOT NULL,             -- false: recorded, but the payment was accepted
  out_trade_no  text NOT NULL,
  detail        jsonb NOT NULL,               -- {"expected":…,"got":…}
  body_hash     bytea NOT NULL CHECK (octet_length(body_hash) = 32),
  seen          integer NOT NULL DEFAULT 1,
  first_at      timestamptz NOT NULL,
  last_at       timestamptz NOT NULL,
  resolved_at   timestamptz,
  UNIQUE (account_id, event_id, reason)
);

CREATE TABLE refund (
  id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  out_refund_no       text NOT NULL UNIQUE CONSTRAINT out_refund_no_form CHECK (out_refund_no ~ '^[0-9A-Za-z]{8,32}$'),
  attempt_id          bigint NOT NULL REFERENCES payment_attempt (id),
  business_no         text NOT NULL,
  reason              text NOT NULL CONSTRAINT refund_reason CHECK (reason IN ('late_payment', 'double_payment', 'order_cancelled')),
  amount_fen          platform.fen NOT NULL CHECK (amount_fen > 0),
  status              text NOT NULL CONSTRAINT refund_status CHECK (status IN ('requested', 'processing', 'succeeded', 'failed')),
  provider_refund_id  text,
  tries               integer NOT NULL DEFAULT 0,
  last_error          text NOT NULL DEFAULT '',
  requested_at        timestamptz NOT NULL,
  finished_at         timestamptz
);
-- One refund per reason, until the provider closes it without money having moved.
CREATE UNIQUE INDEX refund_one_live ON refund (attempt_id, reason) WHERE status <> 'failed';
CREATE INDEX refund_business ON refund (business_no);
