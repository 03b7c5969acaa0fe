UPDATE platform.role SET permissions = array_remove(permissions, 'shop.manage') WHERE code = 'owner';
DROP TABLE platform.verification_send;
DROP TABLE platform.verification;
DROP TABLE platform.signup;
DROP TABLE platform.shop_handle;
ALTER TABLE platform.tenant DROP COLUMN went_live_at;
-- A shop that was being prepared had no customers yet.
UPDATE platform.tenant SET status = 'suspended', status_reason = 'onboarding' WHERE status = 'onboarding';
ALTER TABLE platform.tenant DROP CONSTRAINT tenant_status;
ALTER TABLE platform.tenant ADD CONSTRAINT tenant_status CHECK (status IN
  ('template', 'building', 'spare', 'provisioning', 'active', 'suspended', 'closing', 'closed'));
