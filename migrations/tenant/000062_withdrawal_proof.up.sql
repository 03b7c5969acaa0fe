-- Files that prove a withdrawal which was paid by hand: a bank's receipt, a screenshot.
ALTER TABLE distribution_plan ADD COLUMN proof boolean NOT NULL DEFAULT false; -- nobody marks one as paid without

CREATE TABLE withdrawal_proof (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  withdrawal_id bigint NOT NULL REFERENCES withdrawal (id),
  file_key      text NOT NULL CONSTRAINT withdrawal_proof_file UNIQUE,
  name          text NOT NULL CHECK (name <> '' AND length(name) <= 80),
  kind          text NOT NULL CONSTRAINT withdrawal_proof_kind CHECK (kind IN ('jpg', 'png', 'pdf')),
  sum           bytea NOT NULL CHECK (octet_length(sum) = 32),
  bytes         bigint NOT NULL CHECK (bytes > 0),
  uploaded_by   text NOT NULL,
  uploaded_at   timestamptz NOT NULL,
  CONSTRAINT withdrawal_proof_once UNIQUE (withdrawal_id, sum)
);
REVOKE UPDATE, DELETE ON withdrawal_proof FROM galleria_tenant;
