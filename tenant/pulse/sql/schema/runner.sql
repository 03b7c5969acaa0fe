-- For the SQL compiler only: what the migration runner makes by itself (migrations/bootstrap.go).
CREATE TABLE platform.schema_version (only_row boolean PRIMARY KEY DEFAULT true, version bigint NOT NULL);
