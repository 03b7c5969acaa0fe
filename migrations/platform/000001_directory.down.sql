DROP TABLE platform.tenant_key, platform.account_route, platform.app, platform.tenant, platform.shard;
DROP DOMAIN platform.fen;
