-- name: Profile :one
SELECT name, intro, logo, service_phone FROM shop;
