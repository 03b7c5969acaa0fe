DROP TABLE app_secret;
ALTER TABLE app_credential
  DROP CONSTRAINT app_credential_base, DROP COLUMN check_result, DROP COLUMN checked_at, DROP COLUMN check_begun_at,
  DROP COLUMN revision, DROP COLUMN config, DROP COLUMN mode;
