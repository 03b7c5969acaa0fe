-- name: Insert :execrows
-- The same file to the same refund is kept once.
INSERT INTO refund_evidence (out_refund_no, key, name, kind, sum, bytes, uploaded_by, uploaded_at)
VALUES (@out_refund_no, @key, @name, @kind, @sum, @bytes, @uploaded_by, @uploaded_at)
ON CONFLICT (out_refund_no, sum) DO NOTHING;

-- name: Find :one
SELECT key, name, kind FROM refund_evidence WHERE id = @id AND out_refund_no = @out_refund_no;

-- name: Known :many
SELECT key FROM refund_evidence WHERE key = ANY(@keys::text[]);
