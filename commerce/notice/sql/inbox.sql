-- name: Inbox :many
SELECT id, event, facts, created_at, read_at FROM inbox_message WHERE member_id = @member_id AND id < @before ORDER BY id DESC LIMIT @page_size;

-- name: Unread :one
-- At most a hundred are counted: more is "99+".
SELECT count(*)::bigint FROM (SELECT FROM inbox_message WHERE member_id = @member_id AND read_at IS NULL LIMIT 100) u;

-- name: ReadUntil :exec
UPDATE inbox_message SET read_at = @now WHERE member_id = @member_id AND id <= @until_id AND read_at IS NULL;

-- name: PurgeInbox :execrows
DELETE FROM inbox_message WHERE id IN (SELECT i.id FROM inbox_message i WHERE i.created_at < @older ORDER BY i.created_at LIMIT @most);

-- name: BoardPage :many
-- Only what the viewer may see; seen says whether this account has looked at it.
SELECT n.id, n.event, n.facts, n.created_at, (n.id <= coalesce((SELECT s.seen_id FROM staff_notice_seen s WHERE s.account_id = @account_id), 0))::boolean AS seen
FROM staff_notice n WHERE n.event = ANY(@events::text[]) AND n.id < @before ORDER BY n.id DESC LIMIT @page_size;

-- name: BoardUnseen :one
SELECT count(*)::bigint FROM (
  SELECT FROM staff_notice n WHERE n.event = ANY(@events::text[])
    AND n.id > coalesce((SELECT s.seen_id FROM staff_notice_seen s WHERE s.account_id = @account_id), 0) LIMIT 100) u;

-- name: SeeBoard :exec
INSERT INTO staff_notice_seen (account_id, seen_id) VALUES (@account_id, @until_id)
ON CONFLICT (account_id) DO UPDATE SET seen_id = greatest(staff_notice_seen.seen_id, excluded.seen_id);

-- name: PurgeBoard :execrows
DELETE FROM staff_notice WHERE id IN (SELECT n.id FROM staff_notice n WHERE n.created_at < @older ORDER BY n.created_at LIMIT @most);
