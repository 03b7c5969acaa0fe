-- name: Distributor :one
SELECT d.* FROM distributor d WHERE d.member_id = @member_id;

-- name: LockDistributor :one
SELECT d.* FROM distributor d WHERE d.member_id = @member_id FOR NO KEY UPDATE;

-- name: ByCode :one
SELECT d.* FROM distributor d WHERE d.code = @code;

-- name: Join :one
-- A new distributor, or one who was refused or had left and comes again under the old code.
INSERT INTO distributor AS d (member_id, status, code, statement, applied_at, decided_at)
VALUES (@member_id, @status, @code, @statement, @now::timestamptz, CASE WHEN @status = 'active' THEN @now END)
ON CONFLICT (member_id) DO UPDATE SET status = excluded.status, statement = excluded.statement, applied_at = excluded.applied_at, decided_at = excluded.decided_at, reason = ''
WHERE d.status IN ('rejected', 'left') OR (d.status = 'applied' AND excluded.status = 'active')
RETURNING d.status;

-- name: Move :execrows
UPDATE distributor SET status = @to_status, reason = @reason, decided_at = @now::timestamptz WHERE member_id = @member_id AND status = @from_status;

-- name: SetLevel :execrows
UPDATE distributor SET level_id = sqlc.narg(level_id) WHERE member_id = @member_id;

-- name: Credit :one
-- Commission that became available, or, below zero, went back.
UPDATE distributor SET available_fen = available_fen + @fen::bigint WHERE member_id = @member_id RETURNING available_fen;

-- name: Draw :execrows
UPDATE distributor SET available_fen = available_fen - @fen::bigint, locked_fen = locked_fen + @fen
WHERE member_id = @member_id AND status = 'active' AND available_fen >= @fen;

-- name: Unlock :execrows
UPDATE distributor SET available_fen = available_fen + @fen::bigint, locked_fen = locked_fen - @fen WHERE member_id = @member_id;

-- name: Spend :execrows
-- What was locked is out.
UPDATE distributor SET locked_fen = locked_fen - @fen::bigint, withdrawn_fen = withdrawn_fen + @fen WHERE member_id = @member_id;

-- name: SpendLate :execrows
-- A transfer that had counted as failed, and was unlocked, has arrived after all.
UPDATE distributor SET available_fen = available_fen - @fen::bigint, withdrawn_fen = withdrawn_fen + @fen WHERE member_id = @member_id;

-- name: Distributors :many
SELECT sqlc.embed(d), m.nickname, m.avatar, coalesce(l.name, '')::text AS level,
  (SELECT count(*) FROM distribution_bond b WHERE b.distributor_id = d.member_id AND b.ended_at IS NULL) AS team
FROM distributor d JOIN member m ON m.id = d.member_id LEFT JOIN distributor_level l ON l.id = d.level_id
WHERE (@status::text = '' OR d.status = @status) AND (@query::text = '' OR d.code = upper(@query) OR strpos(lower(m.nickname), lower(@query)) > 0 OR d.member_id::text = @query)
  AND (d.applied_at, d.member_id) < (@before_at::timestamptz, @before_id::bigint)
ORDER BY d.applied_at DESC, d.member_id DESC LIMIT @most;

-- name: CountDistributors :many
SELECT d.status, count(*) AS n FROM distributor d GROUP BY d.status;

-- name: SamePerson :one
-- Two members of whom the provider says that they are one, or, if phones are asked for, who share one
-- in their accounts or address books.
SELECT EXISTS (SELECT FROM member_identity a JOIN member_identity b ON b.unionid = a.unionid WHERE a.member_id = @one AND b.member_id = @other) AS same,
  (@phones::boolean AND EXISTS (
    SELECT FROM (SELECT m.phone_index FROM member m WHERE m.id = @one UNION ALL SELECT a.phone_index FROM address a WHERE a.member_id = @one) b
    JOIN (SELECT m.phone_index FROM member m WHERE m.id = @other UNION ALL SELECT a.phone_index FROM address a WHERE a.member_id = @other) s
      ON s.phone_index = b.phone_index))::boolean AS shares;

-- name: PaidTotal :one
SELECT coalesce((SELECT t.paid_fen - t.refunded_fen FROM member_trade t WHERE t.member_id = @member_id), 0)::bigint AS fen;

-- name: Person :one
SELECT m.nickname, m.avatar, coalesce(l.name, '')::text AS level
FROM distributor d JOIN member m ON m.id = d.member_id LEFT JOIN distributor_level l ON l.id = d.level_id WHERE d.member_id = @member_id;
