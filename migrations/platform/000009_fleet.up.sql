-- What the platform's own staff see and do: when a shop was last used, which callbacks
-- fail, dead letters that were looked at, and looks into a shop.

-- Taking from a quota says that the shop is in use.
ALTER TABLE platform.quota_usage ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();
-- Seats were given before they were counted.
INSERT INTO platform.quota_usage (tenant_id, quota, period, used)
SELECT e.tenant_id, 'staff', '', count(*) FROM platform.staff_seat e GROUP BY e.tenant_id
ON CONFLICT (tenant_id, quota, period) DO UPDATE SET used = excluded.used;

-- A dead letter that a person has given up stays as it is and says who, when and why.
ALTER TABLE platform.outbox
  ADD COLUMN discarded_at    timestamptz,
  ADD COLUMN discarded_by    text,
  ADD COLUMN discard_reason  text,
  ADD CONSTRAINT outbox_discarded CHECK ((discarded_at IS NULL) = (discarded_by IS NULL) AND (discarded_at IS NULL) = (discard_reason IS NULL)
                                         AND (discarded_at IS NULL OR dead_at IS NOT NULL));
CREATE INDEX outbox_dead_open ON platform.outbox (topic, id) WHERE dead_at IS NOT NULL AND discarded_at IS NULL;
CREATE INDEX outbox_dead_by_tenant ON platform.outbox (tenant_id, id) WHERE dead_at IS NOT NULL;

-- The merchant's number at the provider, to find the shop by it. It is no secret.
ALTER TABLE platform.account_route ADD COLUMN merchant_no text NOT NULL DEFAULT '';
CREATE INDEX account_route_merchant ON platform.account_route (merchant_no);
CREATE INDEX account_route_by_tenant ON platform.account_route (tenant_id);

-- Callbacks that were refused or did not fit, per shop and day of Shanghai: the shop
-- counts them itself, and the platform sees where to look.
CREATE TABLE platform.callback_failure (
  tenant_id  text NOT NULL,
  day        date NOT NULL,
  failures   bigint NOT NULL CHECK (failures > 0),
  last_at    timestamptz NOT NULL,
  last_code  text NOT NULL,
  PRIMARY KEY (tenant_id, day)
);
ALTER TABLE platform.callback_failure ENABLE ROW LEVEL SECURITY;
CREATE POLICY callback_failure_own ON platform.callback_failure TO galleria_tenant
  USING (tenant_id = current_user) WITH CHECK (tenant_id = current_user);
CREATE POLICY callback_failure_app ON platform.callback_failure TO galleria_app USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.callback_failure TO galleria_tenant;

-- A look of the platform's staff into a shop: for a while, with a reason, read-only.
CREATE TABLE platform.look (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  staff_id   bigint NOT NULL REFERENCES platform.staff (id),
  tenant_id  text NOT NULL REFERENCES platform.tenant (id),
  ticket     text NOT NULL CONSTRAINT look_ticket CHECK (length(ticket) BETWEEN 1 AND 60),
  reason     text NOT NULL CONSTRAINT look_reason CHECK (length(reason) BETWEEN 1 AND 500),
  began_at   timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL,
  ended_at   timestamptz,
  CONSTRAINT look_bounded CHECK (ends_at > began_at AND ends_at <= began_at + interval '4 hours')
);
-- One at a time for a person and a shop; what has run out is ended before a new one begins.
CREATE UNIQUE INDEX look_one_open ON platform.look (staff_id, tenant_id) WHERE ended_at IS NULL;
CREATE INDEX look_open ON platform.look (ends_at) WHERE ended_at IS NULL;
CREATE INDEX look_by_tenant ON platform.look (tenant_id, id DESC);

-- Which kinds of pages were looked at.
CREATE TABLE platform.look_page (
  look_id   bigint NOT NULL REFERENCES platform.look (id),
  page      text NOT NULL,                    -- the route, without what was asked for
  first_at  timestamptz NOT NULL,
  PRIMARY KEY (look_id, page)
);
