-- name: MoveSearches :exec
WITH gone AS (DELETE FROM search_history h WHERE h.member_id = @from_id::bigint RETURNING h.word, h.at)
INSERT INTO search_history AS s (member_id, word, at) SELECT @to_id::bigint, gone.word, gone.at FROM gone
ON CONFLICT (member_id, word) DO UPDATE SET at = greatest(s.at, excluded.at);

-- name: ForgetSearches :exec
DELETE FROM search_history WHERE member_id = @member_id;
