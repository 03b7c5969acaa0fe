-- To whom a member has invoices (fapiao) made out. Who it is lies sealed.
CREATE TABLE invoice_title (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id   bigint NOT NULL REFERENCES member (id),
  kind        text NOT NULL CONSTRAINT invoice_title_kind CHECK (kind IN ('person', 'company')),
  sealed      bytea NOT NULL,
  seal_key    text NOT NULL CHECK (seal_key <> ''),    -- what it is bound to; the row may change its member
  is_default  boolean NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL
);
CREATE INDEX invoice_title_member ON invoice_title (member_id, id);
CREATE UNIQUE INDEX invoice_title_default ON invoice_title (member_id) WHERE is_default;

-- What buyers asked for. One live request per order.
CREATE TABLE invoice (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id      bigint NOT NULL REFERENCES orders (id),
  member_id     bigint NOT NULL REFERENCES member (id),
  kind          text NOT NULL CONSTRAINT invoice_kind CHECK (kind IN ('person', 'company')),
  sealed        bytea,                                 -- NULL: forgotten
  seal_key      text NOT NULL CHECK (seal_key <> ''),
  status        text NOT NULL DEFAULT 'asked' CONSTRAINT invoice_status CHECK (status IN ('asked', 'issued', 'refused', 'withdrawn', 'voided')),
  asked_at      timestamptz NOT NULL,
  ready_at      timestamptz,                           -- since when the order is paid, and staff see the request
  moved_at      timestamptz NOT NULL,
  actor         text NOT NULL,
  reason        text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
  amount_fen    bigint CONSTRAINT invoice_amount CHECK (amount_fen > 0),
  number        text CONSTRAINT invoice_number_form CHECK (number ~ '^[0-9]{8,32}$'),
  issued_on     date,
  link          text NOT NULL DEFAULT '' CHECK (length(link) <= 500),
  file_key      text UNIQUE,
  file_name     text NOT NULL DEFAULT '',
  file_kind     text CONSTRAINT invoice_file_kind CHECK (file_kind IN ('pdf', 'ofd', 'jpg', 'png')),
  red_due_at    timestamptz,                           -- since when more is on it than was kept of the order
  red_number    text CONSTRAINT invoice_red_number_form CHECK (red_number ~ '^[0-9]{8,32}$'),
  red_on        date,
  CONSTRAINT invoice_issued CHECK ((status IN ('issued', 'voided')) = (amount_fen IS NOT NULL AND number IS NOT NULL AND issued_on IS NOT NULL)),
  CONSTRAINT invoice_paper CHECK (status NOT IN ('issued', 'voided') OR file_key IS NOT NULL OR link <> ''),
  CONSTRAINT invoice_file CHECK ((file_key IS NULL) = (file_kind IS NULL)),
  CONSTRAINT invoice_refused CHECK (status <> 'refused' OR reason <> ''),
  CONSTRAINT invoice_voided CHECK ((status = 'voided') = (red_number IS NOT NULL AND red_on IS NOT NULL)),
  CONSTRAINT invoice_red_due CHECK (red_due_at IS NULL OR status IN ('issued', 'voided')),
  CONSTRAINT invoice_named CHECK (sealed IS NOT NULL OR status IN ('refused', 'withdrawn'))
);
CREATE UNIQUE INDEX invoice_live ON invoice (order_id) WHERE status IN ('asked', 'issued');
CREATE UNIQUE INDEX invoice_number ON invoice (number) WHERE number IS NOT NULL;
CREATE INDEX invoice_order ON invoice (order_id, id);
CREATE INDEX invoice_member ON invoice (member_id, id);
CREATE INDEX invoice_waits ON invoice (id) WHERE status = 'asked' AND ready_at IS NOT NULL;
CREATE INDEX invoice_red ON invoice (id) WHERE status = 'issued' AND red_due_at IS NOT NULL;
REVOKE DELETE ON invoice FROM galleria_tenant;
