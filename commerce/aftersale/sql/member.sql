-- name: MoveCases :exec
UPDATE aftersale_case SET member_id = @to_id::bigint WHERE member_id = @from_id::bigint;

-- name: ForgetCases :exec
WITH mine AS (UPDATE aftersale_case SET back_courier = '', back_number = '', out_courier = '', out_number = '' WHERE member_id = @member_id RETURNING id)
UPDATE aftersale_message m SET body = '', pictures = '{}' FROM mine WHERE m.case_id = mine.id;

-- name: OpenOf :one
SELECT count(*) FROM aftersale_case WHERE member_id = @member_id AND closed_at IS NULL AND NOT test;
