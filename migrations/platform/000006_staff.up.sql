-- Verified addresses, further ways to sign in. They are stored once proven, so that
-- nobody holds an address that is another's.
ALTER TABLE platform.staff
  ADD COLUMN mail  text CONSTRAINT staff_mail_form CHECK (mail = lower(mail) AND mail ~ '^[^@\s]+@[^@\s]+$' AND length(mail) <= 120),
  ADD COLUMN phone text CONSTRAINT staff_phone_form CHECK (phone ~ '^\+[1-9][0-9]{6,14}$');
CREATE UNIQUE INDEX staff_mail_key ON platform.staff (mail);
CREATE UNIQUE INDEX staff_phone_key ON platform.staff (phone);

-- A person's place in a shop. Whoever has a role there has one.
CREATE TABLE platform.staff_seat (
  tenant_id     text NOT NULL REFERENCES platform.tenant (id),
  staff_id      bigint NOT NULL REFERENCES platform.staff (id),
  joined_at     timestamptz NOT NULL DEFAULT now(),
  last_seen_at  timestamptz,
  disabled_at   timestamptz,                  -- not let in, but keeps the roles
  PRIMARY KEY (tenant_id, staff_id)
);
CREATE INDEX staff_seat_by_staff ON platform.staff_seat (staff_id);
INSERT INTO platform.staff_seat (tenant_id, staff_id, joined_at)
SELECT tenant_id, staff_id, min(created_at) FROM platform.staff_role GROUP BY tenant_id, staff_id;

-- Roles of the platform's own staff. What they allow lives in Go.
CREATE TABLE platform.platform_role (
  staff_id    bigint NOT NULL REFERENCES platform.staff (id),
  role_code   text NOT NULL CONSTRAINT platform_role_code CHECK (role_code IN
                ('platform_admin', 'platform_support', 'platform_finance', 'platform_auditor')),
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (staff_id, role_code)
);

-- When the session last proved who it is, and whether a second factor is still owed.
ALTER TABLE platform.staff_session
  ADD COLUMN id        bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  ADD COLUMN proved_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN pending   boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX staff_session_id_key ON platform.staff_session (id);

-- One authenticator per person, and one that waits for its first code. The secrets are
-- sealed by the key-encryption key itself.
CREATE TABLE platform.staff_totp (
  staff_id      bigint PRIMARY KEY REFERENCES platform.staff (id),
  sealed        bytea,
  kek_id        text,
  confirmed_at  timestamptz,
  last_step     bigint NOT NULL DEFAULT 0,    -- the newest 30-second step a code was taken for
  new_sealed    bytea,
  new_kek_id    text,
  CONSTRAINT staff_totp_whole CHECK ((sealed IS NULL) = (confirmed_at IS NULL) AND (sealed IS NULL) = (kek_id IS NULL)
                                     AND (new_sealed IS NULL) = (new_kek_id IS NULL))
);

-- Single-use codes for a lost authenticator; only their SHA-256 (80 random bits each).
CREATE TABLE platform.staff_recovery (
  staff_id   bigint NOT NULL REFERENCES platform.staff (id),
  code_hash  bytea NOT NULL CHECK (octet_length(code_hash) = 32),
  used_at    timestamptz,
  PRIMARY KEY (staff_id, code_hash)
);

-- Invitations into a shop. Only the SHA-256 of the link's token is kept.
CREATE TABLE platform.staff_invite (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id    text NOT NULL REFERENCES platform.tenant (id),
  way          text NOT NULL CONSTRAINT staff_invite_way CHECK (way IN ('mail', 'sms')),
  address      text NOT NULL,
  roles        text[] NOT NULL CONSTRAINT staff_invite_roles CHECK (cardinality(roles) BETWEEN 1 AND 20),
  token_hash   bytea NOT NULL CHECK (octet_length(token_hash) = 32),
  invited_by   bigint NOT NULL REFERENCES platform.staff (id),
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  accepted_at  timestamptz,
  accepted_by  bigint REFERENCES platform.staff (id),
  revoked_at   timestamptz,
  CONSTRAINT staff_invite_end CHECK (accepted_at IS NULL OR revoked_at IS NULL),
  CONSTRAINT staff_invite_accepted CHECK ((accepted_at IS NULL) = (accepted_by IS NULL))
);
CREATE UNIQUE INDEX staff_invite_token_key ON platform.staff_invite (token_hash);
CREATE UNIQUE INDEX staff_invite_open_key ON platform.staff_invite (tenant_id, address) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX staff_invite_by_tenant ON platform.staff_invite (tenant_id, id DESC);

-- Links that set a new password, and codes that prove a new address.
CREATE TABLE platform.staff_proof (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  staff_id    bigint NOT NULL REFERENCES platform.staff (id),
  purpose     text NOT NULL CONSTRAINT staff_proof_purpose CHECK (purpose IN ('password_reset', 'address')),
  token_hash  bytea NOT NULL CHECK (octet_length(token_hash) = 32),
  way         text NOT NULL CONSTRAINT staff_proof_way CHECK (way IN ('mail', 'sms')),
  address     text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz
);
CREATE UNIQUE INDEX staff_proof_token_key ON platform.staff_proof (token_hash);
CREATE INDEX staff_proof_by_staff ON platform.staff_proof (staff_id, purpose);
CREATE INDEX staff_proof_by_end ON platform.staff_proof (expires_at);
