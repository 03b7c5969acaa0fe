-- Applications that are decided in the console, addresses that people change, and the
-- platform's own people.

-- In which language the applicant is told what became of it.
ALTER TABLE platform.signup ADD COLUMN locale text NOT NULL DEFAULT 'zh-CN' CONSTRAINT signup_locale CHECK (locale IN ('zh-CN', 'en'));
-- The list of applications, newest first.
CREATE INDEX signup_newest ON platform.signup (created_at DESC, id DESC);

-- A code may also prove a new address of a person who has an account.
ALTER TABLE platform.verification DROP CONSTRAINT verification_purpose;
ALTER TABLE platform.verification ADD CONSTRAINT verification_purpose CHECK (purpose IN ('signup', 'address'));

-- Kept out of the platform, with the roles kept: all rows of a person or none.
ALTER TABLE platform.platform_role ADD COLUMN disabled_at timestamptz;

-- Invitations to the platform's own staff. Only the SHA-256 of the link's token is kept.
CREATE TABLE platform.platform_invite (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  way          text NOT NULL CONSTRAINT platform_invite_way CHECK (way IN ('mail', 'sms')),
  address      text NOT NULL,
  roles        text[] NOT NULL CONSTRAINT platform_invite_roles CHECK (cardinality(roles) BETWEEN 1 AND 20),
  token_hash   bytea NOT NULL CHECK (octet_length(token_hash) = 32),
  invited_by   bigint NOT NULL REFERENCES platform.staff (id),
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  accepted_at  timestamptz,
  accepted_by  bigint REFERENCES platform.staff (id),
  revoked_at   timestamptz,
  CONSTRAINT platform_invite_end CHECK (accepted_at IS NULL OR revoked_at IS NULL),
  CONSTRAINT platform_invite_accepted CHECK ((accepted_at IS NULL) = (accepted_by IS NULL))
);
CREATE UNIQUE INDEX platform_invite_token_key ON platform.platform_invite (token_hash);
CREATE UNIQUE INDEX platform_invite_open_key ON platform.platform_invite (address) WHERE accepted_at IS NULL AND revoked_at IS NULL;

-- How many invitations were sent on a day of Shanghai: by a shop, or by 'platform'.
CREATE TABLE platform.invite_count (
  scope  text NOT NULL,
  day    date NOT NULL,
  sent   integer NOT NULL CHECK (sent > 0),
  PRIMARY KEY (scope, day)
);
CREATE INDEX invite_count_old ON platform.invite_count (day);
