UPDATE platform.role SET permissions = array_remove(array_remove(permissions, 'audit.read'), 'audit.export');
DROP POLICY audit_log_app ON platform.audit_log;
DROP POLICY audit_log_own ON platform.audit_log;
ALTER TABLE platform.audit_log DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON platform.audit_log FROM galleria_tenant, galleria_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.audit_log TO galleria_app;
DROP TRIGGER audit_append ON platform.audit_log;
DROP FUNCTION platform.audit_append();
DROP FUNCTION platform.audit_hash(platform.audit_log);
DROP INDEX platform.audit_log_chain_seq;
ALTER TABLE platform.audit_log
  DROP CONSTRAINT audit_size,
  DROP COLUMN actor_name, DROP COLUMN actor_role, DROP COLUMN object, DROP COLUMN changes, DROP COLUMN client_ip,
  DROP COLUMN agent, DROP COLUMN chain, DROP COLUMN seq, DROP COLUMN prev_hash, DROP COLUMN hash;
ALTER TABLE platform.audit_log ALTER COLUMN detail DROP DEFAULT;
ALTER TABLE platform.audit_log ALTER COLUMN detail TYPE jsonb USING detail::text::jsonb;
ALTER TABLE platform.audit_log ALTER COLUMN detail SET DEFAULT '{}';
CREATE INDEX audit_log_by_tenant ON platform.audit_log (tenant_id, id DESC);
DROP TABLE platform.audit_anchor;
DROP TABLE platform.audit_anchor_day;
DROP TABLE platform.audit_head;
