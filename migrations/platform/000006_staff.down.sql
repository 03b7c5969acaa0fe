DROP TABLE platform.staff_proof, platform.staff_invite, platform.staff_recovery, platform.staff_totp, platform.platform_role, platform.staff_seat;
ALTER TABLE platform.staff_session DROP COLUMN pending, DROP COLUMN proved_at, DROP COLUMN id;
ALTER TABLE platform.staff DROP COLUMN phone, DROP COLUMN mail;
