-- Of what two people may have open at once: a form that was made of an older one is refused.
ALTER TABLE pickup_store ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version > 0);
ALTER TABLE local_delivery ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version > 0);
ALTER TABLE shop ADD COLUMN terms_version integer NOT NULL DEFAULT 1 CHECK (terms_version > 0);
