REVOKE ALL ON platform.app FROM galleria_tenant;
DROP POLICY app_app ON platform.app;
DROP POLICY app_own ON platform.app;
ALTER TABLE platform.app DISABLE ROW LEVEL SECURITY;
