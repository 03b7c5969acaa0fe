-- name: Key :one
SELECT version, kek_id, wrapped_dek FROM platform.tenant_key WHERE tenant_id = @tenant_id ORDER BY version DESC LIMIT 1;

-- name: AddKey :execrows
INSERT INTO platform.tenant_key (tenant_id, version, kek_id, wrapped_dek) VALUES (@tenant_id, @version, @kek_id, @wrapped_dek)
ON CONFLICT DO NOTHING;
