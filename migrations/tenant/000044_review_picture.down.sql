DROP TABLE review_picture;
ALTER TABLE app_credential DROP COLUMN push_heard_at, DROP COLUMN push_ready_at;
DELETE FROM app_secret WHERE field IN ('push_key', 'push_token');
ALTER TABLE app_secret DROP CONSTRAINT app_secret_field;
ALTER TABLE app_secret ADD CONSTRAINT app_secret_field CHECK (field IN ('content_key', 'content_key_old'));
