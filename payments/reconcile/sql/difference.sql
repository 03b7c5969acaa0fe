-- name: ToAsk :many
-- What the provider may settle: it has not been asked yet.
SELECT id, kind, subject, own_no FROM bill_difference
WHERE day_id = @day_id AND status = 'open' AND asked_at IS NULL AND kind IN ('only_ours', 'only_theirs') AND subject IN ('payment', 'refund') AND own_no <> ''
ORDER BY id LIMIT @most;

-- name: SetAnswer :exec
UPDATE bill_difference SET asked_at = @now, answer = @answer WHERE id = @id;

-- name: Carry :execrows
-- To the next day, if its bill has not been looked at; from there it goes no further.
UPDATE bill_difference d SET status = 'carried', day_id = n.id, carried_from = d.day_id
FROM bill_day n
WHERE d.id = @id AND d.status = 'open' AND d.kind = 'only_ours' AND d.carried_from IS NULL AND n.account_id = d.account_id AND n.day = CAST(@next_day AS date)
  AND n.status IN ('waiting', 'malformed', 'staged');

-- name: LockDifference :one
SELECT d.id, d.account_id, d.day_id, d.kind, d.subject, d.status, d.own_no, d.provider_no, d.effect_fen, d.fen, b.day, a.channel
FROM bill_difference d JOIN bill_day b ON b.id = d.day_id JOIN payment_account a ON a.id = d.account_id
WHERE d.id = @id FOR UPDATE OF d;

-- name: Explain :execrows
UPDATE bill_difference SET status = 'explained', resolution = @resolution, note = @note, resolved_by = @resolved_by, resolved_at = @now::timestamptz
WHERE id = @id AND status = 'open';

-- name: Reask :exec
-- Fetching again asks again.
UPDATE bill_difference SET asked_at = NULL WHERE day_id = @day_id AND status = 'open';
