-- name: Insert :one
INSERT INTO test_purchase (app_id, step, started_by, started_at, updated_at) VALUES (@app_id, @step, @started_by, @at, @at) RETURNING id;

-- name: Find :one
SELECT p.id, p.app_id, p.step, p.order_no, p.fault, p.message, p.started_at, p.updated_at FROM test_purchase p WHERE p.id = @id;

-- name: LockLatest :one
-- Two people who press the button at once make one purchase.
SELECT p.id, p.app_id, p.step, p.fault, p.updated_at FROM test_purchase p ORDER BY p.id DESC LIMIT 1 FOR UPDATE;

-- name: Reached :execrows
UPDATE test_purchase SET step = @to_step, order_no = CASE WHEN @order_no::text = '' THEN order_no ELSE @order_no::text END, fault = '', message = '', updated_at = @at
WHERE id = @id AND step = @from_step;

-- name: Stopped :exec
UPDATE test_purchase SET fault = @fault, message = @message, updated_at = @at WHERE id = @id AND step = @step;

-- name: Resume :exec
UPDATE test_purchase SET fault = '', message = '', updated_at = @at WHERE id = @id;

-- name: GiveUp :exec
DELETE FROM test_purchase WHERE id = @id AND step <> 'confirm';
