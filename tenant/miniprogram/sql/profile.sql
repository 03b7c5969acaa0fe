-- name: Profile :one
SELECT name, intro, logo, service_phone, invoices_offered FROM shop;
