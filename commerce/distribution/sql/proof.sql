-- name: AddProof :execrows
INSERT INTO withdrawal_proof (withdrawal_id, file_key, name, kind, sum, bytes, uploaded_by, uploaded_at)
VALUES (@withdrawal_id, @file_key, @name, @kind, @sum, @bytes, @uploaded_by, @uploaded_at) ON CONFLICT (withdrawal_id, sum) DO NOTHING;

-- name: Proofs :many
SELECT p.id, p.name, p.kind, p.bytes, p.uploaded_by, p.uploaded_at FROM withdrawal_proof p JOIN withdrawal w ON w.id = p.withdrawal_id WHERE w.withdrawal_no = @withdrawal_no ORDER BY p.id;

-- name: Proof :one
SELECT p.name, p.kind, p.file_key FROM withdrawal_proof p JOIN withdrawal w ON w.id = p.withdrawal_id WHERE w.withdrawal_no = @withdrawal_no AND p.id = @id;

-- name: KnownProofs :many
SELECT p.file_key FROM withdrawal_proof p WHERE p.file_key = ANY (@keys::text[]);
