-- People who sign in to the console. One person may work in several shops.
CREATE TABLE platform.staff (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  login          text NOT NULL CONSTRAINT staff_login_form CHECK (login = lower(login) AND length(login) BETWEEN 3 AND 120),
  name           text NOT NULL,
  password_hash  text NOT NULL,               -- argon2id in its own encoding
  status         text NOT NULL DEFAULT 'active' CONSTRAINT staff_status CHECK (status IN ('active', 'disabled')),
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX staff_login_key ON platform.staff (login);

-- A role is a set of permissions of one tenant. Permission codes live in Go.
CREATE TABLE platform.role (
  tenant_id    text NOT NULL REFERENCES platform.tenant (id),
  code         text NOT NULL CONSTRAINT role_code_form CHECK (code ~ '^[a-z][a-z0-9_]{1,30}$'),
  name         text NOT NULL,
  permissions  text[] NOT NULL,
  PRIMARY KEY (tenant_id, code)
);

CREATE TABLE platform.staff_role (
  tenant_id  text NOT NULL,
  staff_id   bigint NOT NULL REFERENCES platform.staff (id),
  role_code  text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, staff_id, role_code),
  FOREIGN KEY (tenant_id, role_code) REFERENCES platform.role (tenant_id, code)
);
CREATE INDEX staff_role_by_staff ON platform.staff_role (staff_id);

-- Console sessions. Only the SHA-256 of the cookie's token is kept.
CREATE TABLE platform.staff_session (
  token_hash   bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  staff_id     bigint NOT NULL REFERENCES platform.staff (id),
  created_at   timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,          -- absolute end
  user_agent   text NOT NULL DEFAULT '',
  ip           text NOT NULL DEFAULT ''
);
CREATE INDEX staff_session_by_staff ON platform.staff_session (staff_id);
CREATE INDEX staff_session_by_end ON platform.staff_session (expires_at);

-- Failed sign-ins per account and per address, for throttling on every process.
CREATE TABLE platform.login_failure (
  scope   text NOT NULL,                      -- 'account:<login>' or 'ip:<address>'
  at      timestamptz NOT NULL DEFAULT now(),
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);
CREATE INDEX login_failure_recent ON platform.login_failure (scope, at DESC);

-- Security-relevant acts that are not one tenant's business data.
CREATE TABLE platform.audit_log (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          timestamptz NOT NULL DEFAULT now(),
  tenant_id   text,
  actor       text NOT NULL,                  -- 'staff:12', 'member:7', 'system', 'anonymous'
  action      text NOT NULL CONSTRAINT audit_action CHECK (action ~ '^[a-z_]+(\.[a-z_]+)+$'),
  request_id  text NOT NULL DEFAULT '',
  detail      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_by_tenant ON platform.audit_log (tenant_id, id DESC);
