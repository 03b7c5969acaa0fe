DROP TABLE platform.look_page, platform.look, platform.callback_failure;
DROP INDEX platform.account_route_by_tenant, platform.account_route_merchant;
ALTER TABLE platform.account_route DROP COLUMN merchant_no;
DROP INDEX platform.outbox_dead_by_tenant, platform.outbox_dead_open;
ALTER TABLE platform.outbox DROP CONSTRAINT outbox_discarded, DROP COLUMN discard_reason, DROP COLUMN discarded_by, DROP COLUMN discarded_at;
ALTER TABLE platform.quota_usage DROP COLUMN used_at;
