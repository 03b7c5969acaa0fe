-- What sending goods costs. The rules of a template are one document, written and checked by
-- the room freight: an order reads them whole, and nobody asks for a part of them.
CREATE TABLE freight_template (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text NOT NULL CONSTRAINT freight_template_name UNIQUE CHECK (length(name) BETWEEN 1 AND 40),
  unit        text NOT NULL CONSTRAINT freight_template_unit CHECK (unit IN ('piece', 'weight', 'volume')),
  rules       jsonb NOT NULL,
  is_default  boolean NOT NULL DEFAULT false,   -- of products that name none
  version     integer NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX freight_template_default ON freight_template (is_default) WHERE is_default;

ALTER TABLE spu ADD COLUMN freight_id bigint CONSTRAINT spu_freight_id_fkey REFERENCES freight_template (id);
CREATE INDEX spu_freight ON spu (freight_id) WHERE freight_id IS NOT NULL;
