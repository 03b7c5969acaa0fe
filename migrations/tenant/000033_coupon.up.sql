-- What a shop gives away under conditions. Its wording is coupon_terms: every change of it is a
-- new version, and a granted coupon keeps the one that it was granted under.
CREATE TABLE coupon (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind         text NOT NULL CONSTRAINT coupon_kind CHECK (kind IN ('goods', 'shipping')),
  status       text NOT NULL DEFAULT 'draft' CONSTRAINT coupon_status CHECK (status IN ('draft', 'live', 'paused', 'ended')),
  version      bigint NOT NULL DEFAULT 1,
  title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 40),
  -- Who gets it, and how: taken by buyers in a time, for a code, as a gift after a payment.
  claimable    boolean NOT NULL DEFAULT false,
  claim_from   timestamptz,
  claim_until  timestamptz,
  newcomers    boolean NOT NULL DEFAULT false,             -- only who has never paid
  gift_from_fen bigint CHECK (gift_from_fen >= 0),   -- given for a paid order of this amount; NULL: not given
  total        bigint CHECK (total > 0),                  -- NULL: no end
  issued       bigint NOT NULL DEFAULT 0 CHECK (issued >= 0),
  per_member   bigint NOT NULL DEFAULT 1 CHECK (per_member BETWEEN 1 AND 1000),
  per_day      bigint CHECK (per_day BETWEEN 1 AND 1000), -- of one member; NULL: no limit
  budget_fen   bigint CHECK (budget_fen > 0),        -- NULL: no limit
  spent_fen    platform.fen NOT NULL DEFAULT 0 CHECK (spent_fen >= 0), -- what its coupons take off orders that live
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  CONSTRAINT coupon_issued CHECK (issued <= total),
  CONSTRAINT coupon_budget CHECK (spent_fen <= budget_fen),
  CONSTRAINT coupon_claim_time CHECK (claim_until > claim_from)
);
CREATE INDEX coupon_claimable ON coupon (id) WHERE claimable AND status = 'live';
CREATE INDEX coupon_gift ON coupon (id) WHERE gift_from_fen IS NOT NULL AND status = 'live';
REVOKE DELETE ON coupon FROM galleria_tenant;

CREATE TABLE coupon_terms (
  coupon_id    bigint NOT NULL REFERENCES coupon (id),
  version      bigint NOT NULL,
  need_fen     platform.fen NOT NULL CHECK (need_fen >= 0),
  need_qty     bigint NOT NULL CHECK (need_qty >= 0),
  off_fen      platform.fen NOT NULL CHECK (off_fen >= 0),
  off_bps      bigint NOT NULL CHECK (off_bps BETWEEN 0 AND 10000),
  cap_fen      platform.fen NOT NULL CHECK (cap_fen >= 0),      -- of off_bps; 0: no cap
  free         boolean NOT NULL,                                -- the freight, whole
  scope_of     text NOT NULL CONSTRAINT coupon_scope CHECK (scope_of IN ('all', 'categories', 'products')),
  scope_ids    bigint[] NOT NULL,
  scope_except boolean NOT NULL,                                -- all but these
  valid_from   timestamptz,                                     -- between two times,
  valid_until  timestamptz,
  valid_days   bigint CHECK (valid_days BETWEEN 1 AND 3650),   -- or for days from the grant on,
  next_day     boolean NOT NULL,                                -- or from the day after it
  on_refund    text NOT NULL CONSTRAINT coupon_on_refund CHECK (on_refund IN ('restore', 'forfeit')),
  again_days   bigint NOT NULL CHECK (again_days BETWEEN 0 AND 365), -- valid at least so long after it came back
  funder       text NOT NULL CONSTRAINT coupon_funder CHECK (funder IN ('shop', 'platform')),
  PRIMARY KEY (coupon_id, version),
  CONSTRAINT coupon_terms_off CHECK ((off_fen > 0)::int + (off_bps > 0)::int + free::int = 1),
  CONSTRAINT coupon_terms_scope CHECK ((scope_of = 'all') = (cardinality(scope_ids) = 0)),
  CONSTRAINT coupon_terms_valid CHECK ((valid_days IS NULL) = (valid_until IS NOT NULL) AND (valid_from IS NULL) = (valid_until IS NULL) AND valid_until > valid_from)
);
REVOKE UPDATE, DELETE ON coupon_terms FROM galleria_tenant;

-- How many of a coupon a member has had, and on the last day.
CREATE TABLE coupon_count (
  coupon_id  bigint NOT NULL REFERENCES coupon (id),
  member_id  bigint NOT NULL REFERENCES member (id),
  taken      bigint NOT NULL CHECK (taken >= 0),
  day        date NOT NULL,
  today      bigint NOT NULL CHECK (today >= 0),
  PRIMARY KEY (coupon_id, member_id)
);

CREATE TABLE coupon_grant (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  coupon_id   bigint NOT NULL,
  version     bigint NOT NULL,
  member_id   bigint NOT NULL REFERENCES member (id),
  status      text NOT NULL CONSTRAINT coupon_grant_status CHECK (status IN ('granted', 'active', 'locked', 'used', 'expired', 'revoked')),
  source      text NOT NULL CONSTRAINT coupon_source CHECK (source IN ('claim', 'code', 'gift', 'staff')),
  source_key  text NOT NULL,                    -- what it was given for; given once
  valid_from  timestamptz NOT NULL,
  valid_until timestamptz NOT NULL,
  order_no    text,                             -- that holds or has used it
  off_fen     platform.fen NOT NULL DEFAULT 0 CHECK (off_fen >= 0), -- that it takes off there
  granted_at  timestamptz NOT NULL,
  FOREIGN KEY (coupon_id, version) REFERENCES coupon_terms (coupon_id, version),
  CONSTRAINT coupon_given_once UNIQUE (coupon_id, member_id, source_key),
  CONSTRAINT coupon_grant_order CHECK ((status IN ('locked', 'used')) = (order_no IS NOT NULL) AND (order_no IS NOT NULL OR off_fen = 0)),
  CONSTRAINT coupon_grant_time CHECK (valid_until > valid_from)
);
CREATE INDEX coupon_grant_member ON coupon_grant (member_id, id DESC);
CREATE INDEX coupon_grant_coupon ON coupon_grant (coupon_id, id DESC);
CREATE INDEX coupon_grant_order_no ON coupon_grant (order_no) WHERE order_no IS NOT NULL;
CREATE INDEX coupon_grant_due ON coupon_grant (valid_until) WHERE status IN ('granted', 'active');
REVOKE DELETE ON coupon_grant FROM galleria_tenant;

-- What became of each, in order. Append-only.
CREATE TABLE coupon_event (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  grant_id   bigint NOT NULL REFERENCES coupon_grant (id),
  at         timestamptz NOT NULL,
  actor      text NOT NULL,
  event      text NOT NULL,
  to_status  text NOT NULL,
  order_no   text
);
CREATE INDEX coupon_event_grant ON coupon_event (grant_id, id);
REVOKE UPDATE, DELETE ON coupon_event FROM galleria_tenant;

CREATE TABLE coupon_code (
  code       text PRIMARY KEY CHECK (code ~ '^[0-9A-Z]{12}$'),
  coupon_id  bigint NOT NULL REFERENCES coupon (id),
  grant_id   bigint UNIQUE REFERENCES coupon_grant (id),
  made_at    timestamptz NOT NULL
);
CREATE INDEX coupon_code_coupon ON coupon_code (coupon_id, made_at);
REVOKE DELETE ON coupon_code FROM galleria_tenant;
