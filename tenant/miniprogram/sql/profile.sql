-- name: Profile :one
SELECT name, intro, logo, service_phone, invoices_offered FROM shop;

-- name: LockProfile :one
SELECT intro, logo, service_phone FROM shop FOR UPDATE;

-- name: SetProfile :exec
UPDATE shop SET intro = @intro, logo = @logo, service_phone = @service_phone, updated_at = now();
