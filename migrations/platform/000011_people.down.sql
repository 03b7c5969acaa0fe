DROP TABLE platform.invite_count;
DROP TABLE platform.platform_invite;
ALTER TABLE platform.platform_role DROP COLUMN disabled_at;
DELETE FROM platform.verification WHERE purpose = 'address';
ALTER TABLE platform.verification DROP CONSTRAINT verification_purpose;
ALTER TABLE platform.verification ADD CONSTRAINT verification_purpose CHECK (purpose IN ('signup'));
DROP INDEX platform.signup_newest;
ALTER TABLE platform.signup DROP COLUMN locale;
