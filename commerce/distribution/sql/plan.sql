-- name: Plan :one
SELECT p.* FROM distribution_plan p ORDER BY p.version DESC LIMIT 1;

-- name: PlanAt :one
SELECT p.* FROM distribution_plan p WHERE p.since <= @at::timestamptz ORDER BY p.version DESC LIMIT 1;

-- name: AddPlan :exec
INSERT INTO distribution_plan (version, since, enabled, depth, join_by, join_from_fen, binding, bound_days, first_bps, second_bps, review, withdraw_from_fen,
  day_count, day_fen, fee_bps, tax_bps, second_fen, code_page, product_page, code_env, shared, proof)
VALUES (@version, @since, @enabled, @depth, @join_by, @join_from_fen, @binding, @bound_days, @first_bps, @second_bps, @review, @withdraw_from_fen,
  @day_count, @day_fen, @fee_bps, @tax_bps, @second_fen, @code_page, @product_page, @code_env, @shared, @proof);

-- name: EndRate :execrows
UPDATE distribution_rate SET until = @at::timestamptz WHERE spu_id = @spu_id AND sku_id = @sku_id AND level_id = @level_id AND until IS NULL;

-- name: AddRate :exec
INSERT INTO distribution_rate (spu_id, sku_id, level_id, first_bps, second_bps, since) VALUES (@spu_id, @sku_id, @level_id, @first_bps, @second_bps, @since);

-- name: Rates :many
SELECT r.id, r.spu_id, r.sku_id, r.level_id, r.first_bps, r.second_bps, r.since, coalesce(p.title, '')::text AS title, coalesce(l.name, '')::text AS level,
  coalesce(array_to_string(s.spec_values, ' / '), '')::text AS spec
FROM distribution_rate r LEFT JOIN spu p ON p.id = r.spu_id LEFT JOIN sku s ON s.id = r.sku_id LEFT JOIN distributor_level l ON l.id = r.level_id
WHERE r.until IS NULL AND r.id < @before::bigint ORDER BY r.id DESC LIMIT @most;

-- name: RatesAt :many
-- Those that may apply to these products and levels at a time.
SELECT r.spu_id, r.sku_id, r.level_id, r.first_bps, r.second_bps FROM distribution_rate r
WHERE r.spu_id = ANY (@spu_ids::bigint[]) AND r.level_id = ANY (@level_ids::bigint[]) AND r.since <= @at::timestamptz AND coalesce(r.until > @at, true);

-- name: SKUOf :one
SELECT (EXISTS (SELECT FROM spu p WHERE p.id = @spu_id) AND (@sku_id::bigint = 0 OR EXISTS (SELECT FROM sku s WHERE s.id = @sku_id AND s.spu_id = @spu_id)))::boolean AS there;

-- name: Levels :many
SELECT l.id, l.name, (SELECT count(*) FROM distributor d WHERE d.level_id = l.id AND d.status = 'active') AS members FROM distributor_level l ORDER BY l.id;

-- name: AddLevel :one
INSERT INTO distributor_level (name) VALUES (@name) RETURNING id;

-- name: RenameLevel :execrows
UPDATE distributor_level SET name = @name WHERE id = @id;
