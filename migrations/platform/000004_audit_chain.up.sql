-- The audit log becomes a chain per shop and one for the platform: every row carries
-- the hash of the row before it. Programs insert a row and nothing else; its place in
-- the chain is given by a trigger that nobody but the owner can go around. Old binaries
-- insert the same way and go on working while a new one is rolled out.
--
-- Rows written before this file are put into the chains in the order of their ids. The
-- chain vouches for them from now on, not for the time before.

-- The end of each chain. Appending locks its row until the act commits.
CREATE TABLE platform.audit_head (
  chain  text PRIMARY KEY,                    -- a tenant's id, or 'platform'
  seq    bigint NOT NULL CHECK (seq >= 0),
  hash   bytea NOT NULL CHECK (octet_length(hash) = 32)
) WITH (fillfactor = 50);

-- What the heads were at the end of a day's anchoring. digest covers the day's anchors
-- and the digest of the anchoring before it; it also goes to the log, out of reach of
-- whoever could rewrite the tables.
CREATE TABLE platform.audit_anchor_day (
  day     date PRIMARY KEY,                   -- of Shanghai
  at      timestamptz NOT NULL,
  chains  integer NOT NULL,
  digest  bytea NOT NULL CHECK (octet_length(digest) = 32)
);
CREATE TABLE platform.audit_anchor (
  chain  text NOT NULL,
  seq    bigint NOT NULL,
  hash   bytea NOT NULL CHECK (octet_length(hash) = 32),
  day    date NOT NULL,
  PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_anchor_by_day ON platform.audit_anchor (day, chain);

-- json, not jsonb: the hash covers the exact text.
ALTER TABLE platform.audit_log ALTER COLUMN detail DROP DEFAULT;
ALTER TABLE platform.audit_log ALTER COLUMN detail TYPE json USING detail::text::json;
ALTER TABLE platform.audit_log ALTER COLUMN detail SET DEFAULT '{}';
ALTER TABLE platform.audit_log
  ADD COLUMN actor_name  text NOT NULL DEFAULT '',  -- as it was at the time
  ADD COLUMN actor_role  text NOT NULL DEFAULT '',
  ADD COLUMN object      text NOT NULL DEFAULT '',  -- 'app:wx12…', 'staff:7'
  ADD COLUMN changes     json NOT NULL DEFAULT '[]',-- [{"field", "before", "after"}], masked
  ADD COLUMN client_ip   text NOT NULL DEFAULT '',
  ADD COLUMN agent       text NOT NULL DEFAULT '',  -- family of the browser and its system
  ADD COLUMN chain       text,
  ADD COLUMN seq         bigint,
  ADD COLUMN prev_hash   bytea,
  ADD COLUMN hash        bytea;

-- The canonical form of a row: its values as text, each with its length in bytes
-- before it, so that no two rows share a form. Go has the same in tenant/audit.
CREATE FUNCTION platform.audit_hash(e platform.audit_log) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT sha256(convert_to(string_agg(octet_length(v.value) || ':' || v.value, ',' ORDER BY v.n), 'UTF8'))
  FROM unnest(ARRAY['galleria.audit.1', e.chain, e.seq::text, (extract(epoch FROM e.at) * 1000000)::bigint::text,
    e.actor, e.actor_name, e.actor_role, e.action, e.object, e.request_id, e.client_ip, e.agent,
    e.changes::text, e.detail::text, encode(e.prev_hash, 'hex')]) WITH ORDINALITY AS v (value, n)
$$;

-- Gives a new row its place. Whatever a program put into these columns is overwritten.
CREATE FUNCTION platform.audit_append() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  head_seq bigint;
  head_hash bytea;
BEGIN
  NEW.chain := coalesce(NEW.tenant_id, 'platform');
  LOOP
    SELECT h.seq, h.hash INTO head_seq, head_hash FROM platform.audit_head h WHERE h.chain = NEW.chain FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO platform.audit_head (chain, seq, hash) VALUES (NEW.chain, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
  END LOOP;
  NEW.seq := head_seq + 1;
  NEW.prev_hash := head_hash;
  NEW.hash := platform.audit_hash(NEW);
  UPDATE platform.audit_head SET seq = NEW.seq, hash = NEW.hash WHERE chain = NEW.chain;
  RETURN NEW;
END
$$;

DO $$
DECLARE
  old platform.audit_log;
  head platform.audit_head;
BEGIN
  FOR old IN SELECT * FROM platform.audit_log ORDER BY coalesce(tenant_id, 'platform'), id LOOP
    old.chain := coalesce(old.tenant_id, 'platform');
    IF head.chain IS DISTINCT FROM old.chain THEN
      IF head.chain IS NOT NULL THEN
        INSERT INTO platform.audit_head VALUES (head.chain, head.seq, head.hash);
      END IF;
      head.chain := old.chain;
      head.seq := 0;
      head.hash := decode(repeat('00', 32), 'hex');
    END IF;
    old.seq := head.seq + 1;
    old.prev_hash := head.hash;
    old.hash := platform.audit_hash(old);
    UPDATE platform.audit_log SET chain = old.chain, seq = old.seq, prev_hash = old.prev_hash, hash = old.hash WHERE id = old.id;
    head.seq := old.seq;
    head.hash := old.hash;
  END LOOP;
  IF head.chain IS NOT NULL THEN
    INSERT INTO platform.audit_head VALUES (head.chain, head.seq, head.hash);
  END IF;
END
$$;

ALTER TABLE platform.audit_log
  ALTER COLUMN chain SET NOT NULL,
  ALTER COLUMN seq SET NOT NULL,
  ALTER COLUMN prev_hash SET NOT NULL,
  ALTER COLUMN hash SET NOT NULL,
  ADD CONSTRAINT audit_size CHECK (octet_length(changes::text) + octet_length(detail::text) <= 65536);
CREATE UNIQUE INDEX audit_log_chain_seq ON platform.audit_log (chain, seq);
DROP INDEX platform.audit_log_by_tenant;

CREATE TRIGGER audit_append BEFORE INSERT ON platform.audit_log FOR EACH ROW EXECUTE FUNCTION platform.audit_append();
REVOKE EXECUTE ON FUNCTION platform.audit_append() FROM PUBLIC;

-- Append-only: nobody may change or delete, and the place in the chain is not theirs to
-- name. A tenant's role sees and writes its own chain.
REVOKE ALL ON platform.audit_log, platform.audit_head, platform.audit_anchor, platform.audit_anchor_day FROM galleria_app;
GRANT SELECT ON platform.audit_log, platform.audit_head, platform.audit_anchor, platform.audit_anchor_day TO galleria_app;
GRANT INSERT ON platform.audit_anchor, platform.audit_anchor_day TO galleria_app;
GRANT INSERT (at, tenant_id, actor, actor_name, actor_role, action, object, changes, detail, request_id, client_ip, agent)
  ON platform.audit_log TO galleria_app, galleria_tenant;
GRANT SELECT ON platform.audit_log TO galleria_tenant;
ALTER TABLE platform.audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_log_own ON platform.audit_log TO galleria_tenant
  USING (tenant_id = current_user) WITH CHECK (tenant_id = current_user);
CREATE POLICY audit_log_app ON platform.audit_log TO galleria_app USING (true) WITH CHECK (true);

-- Owners of the shops that are open already read their log, too.
UPDATE platform.role SET permissions = permissions || ARRAY['audit.read', 'audit.export']
WHERE code = 'owner' AND NOT permissions && ARRAY['audit.read', 'audit.export'];
