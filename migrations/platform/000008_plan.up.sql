-- What a shop has paid for. Codes of features and quotas live in Go; an unknown code
-- opens nothing and limits nothing.
CREATE TABLE platform.plan (
  code        text PRIMARY KEY CONSTRAINT plan_code_form CHECK (code ~ '^[a-z][a-z0-9_]{1,30}$'),
  name        text NOT NULL CHECK (name <> ''),      -- zh-CN
  name_en     text NOT NULL CHECK (name_en <> ''),
  price_fen   platform.fen NOT NULL CHECK (price_fen >= 0),  -- a month
  features    text[] NOT NULL,
  status      text NOT NULL DEFAULT 'offered' CONSTRAINT plan_status CHECK (status IN ('offered', 'retired')),
  is_default  boolean NOT NULL DEFAULT false,         -- of shops that have chosen none
  sort        integer NOT NULL DEFAULT 0,
  updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX plan_one_default ON platform.plan (is_default) WHERE is_default;

-- From soft on the shop is warned, beyond hard it is refused.
-- 9223372036854775807 is "as many as you like".
CREATE TABLE platform.plan_limit (
  plan_code  text NOT NULL REFERENCES platform.plan (code),
  quota      text NOT NULL CONSTRAINT plan_limit_quota CHECK (quota ~ '^[a-z][a-z_]{1,30}$'),
  soft       bigint NOT NULL,
  hard       bigint NOT NULL,
  PRIMARY KEY (plan_code, quota),
  CONSTRAINT plan_limit_order CHECK (0 <= soft AND soft <= hard)
);

CREATE TABLE platform.tenant_plan (
  tenant_id   text PRIMARY KEY REFERENCES platform.tenant (id),
  plan_code   text NOT NULL REFERENCES platform.plan (code),
  actor       text NOT NULL,
  reason      text NOT NULL DEFAULT '',
  updated_at  timestamptz NOT NULL DEFAULT now()
);

-- What was agreed with one shop and differs from its plan.
CREATE TABLE platform.tenant_limit (
  tenant_id   text NOT NULL REFERENCES platform.tenant (id),
  quota       text NOT NULL CONSTRAINT tenant_limit_quota CHECK (quota ~ '^[a-z][a-z_]{1,30}$'),
  soft        bigint NOT NULL,
  hard        bigint NOT NULL,
  reason      text NOT NULL DEFAULT '',
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, quota),
  CONSTRAINT tenant_limit_order CHECK (0 <= soft AND soft <= hard)
);

-- The counters. period is '' for what stands (staff, SKUs, storage), the month
-- (Asia/Shanghai, 'YYYY-MM') for what flows. Room on the page keeps updates HOT.
CREATE TABLE platform.quota_usage (
  tenant_id  text NOT NULL,
  quota      text NOT NULL CONSTRAINT quota_usage_quota CHECK (quota ~ '^[a-z][a-z_]{1,30}$'),
  period     text NOT NULL CONSTRAINT quota_usage_period CHECK (period = '' OR period ~ '^[0-9]{4}-[0-9]{2}$'),
  used       bigint NOT NULL CONSTRAINT quota_usage_used CHECK (used >= 0),
  PRIMARY KEY (tenant_id, quota, period)
) WITH (fillfactor = 50);

-- A tenant's role counts for itself inside its own transactions, and reads what it may.
ALTER TABLE platform.quota_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.tenant_plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.tenant_limit ENABLE ROW LEVEL SECURITY;
CREATE POLICY quota_usage_own ON platform.quota_usage TO galleria_tenant
  USING (tenant_id = current_user) WITH CHECK (tenant_id = current_user);
CREATE POLICY tenant_plan_own ON platform.tenant_plan FOR SELECT TO galleria_tenant USING (tenant_id = current_user);
CREATE POLICY tenant_limit_own ON platform.tenant_limit FOR SELECT TO galleria_tenant USING (tenant_id = current_user);
CREATE POLICY quota_usage_app ON platform.quota_usage TO galleria_app USING (true) WITH CHECK (true);
CREATE POLICY tenant_plan_app ON platform.tenant_plan TO galleria_app USING (true) WITH CHECK (true);
CREATE POLICY tenant_limit_app ON platform.tenant_limit TO galleria_app USING (true) WITH CHECK (true);

GRANT SELECT ON platform.plan, platform.plan_limit, platform.tenant_plan, platform.tenant_limit TO galleria_tenant;
GRANT SELECT, INSERT, UPDATE ON platform.quota_usage TO galleria_tenant;

INSERT INTO platform.plan (code, name, name_en, price_fen, features, is_default, sort) VALUES
  ('starter',  '起步版', 'Starter',  0,      '{coupon,points}', true, 10),
  ('standard', '标准版', 'Standard', 29900,  '{coupon,points,campaign,own_roles,export}', false, 20),
  ('pro',      '专业版', 'Pro',      99900,  '{coupon,points,campaign,distribution,own_roles,many_apps,export}', false, 30),
  ('house',    '自营版', 'House',    0,      '{coupon,points,campaign,distribution,own_roles,many_apps,export}', false, 90);
INSERT INTO platform.plan_limit (plan_code, quota, soft, hard) VALUES
  ('starter', 'staff', 4, 5),       ('starter', 'skus', 800, 1000),        ('starter', 'orders', 4000, 5000),
  ('starter', 'api_calls', 4800, 6000),   ('starter', 'storage', 800000000, 1000000000),       ('starter', 'messages', 8000, 10000),
  ('standard', 'staff', 25, 30),    ('standard', 'skus', 16000, 20000),    ('standard', 'orders', 80000, 100000),
  ('standard', 'api_calls', 48000, 60000), ('standard', 'storage', 16000000000, 20000000000),  ('standard', 'messages', 160000, 200000),
  ('pro', 'staff', 180, 200),       ('pro', 'skus', 160000, 200000),       ('pro', 'orders', 1600000, 2000000),
  ('pro', 'api_calls', 240000, 300000),   ('pro', 'storage', 160000000000, 200000000000),      ('pro', 'messages', 3200000, 4000000);
-- The house plan has no rows in plan_limit: what is not limited is unlimited.
