-- A shop adds, renames, disables and removes its own Mini Programs, in the transaction that
-- also seals their secrets and writes the audit entry. Whose AppID it is is decided by the
-- primary key over the whole installation; another shop's rows are neither seen nor changed,
-- and a row never changes hands: that column cannot be updated.
ALTER TABLE platform.app ENABLE ROW LEVEL SECURITY;
CREATE POLICY app_own ON platform.app TO galleria_tenant
  USING (tenant_id = current_user) WITH CHECK (tenant_id = current_user);
CREATE POLICY app_app ON platform.app TO galleria_app USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON platform.app TO galleria_tenant;
GRANT UPDATE (name, status) ON platform.app TO galleria_tenant;
