-- What buyers say of goods, and what is added up of it.

-- V1 a product's summary is the sum of the reviews of it that others see
SELECT coalesce(m.spu_id, c.spu_id)::text FROM review_summary m FULL JOIN (
  SELECT spu_id, count(*) AS total, count(*) FILTER (WHERE score = 1) AS s1, count(*) FILTER (WHERE score = 2) AS s2, count(*) FILTER (WHERE score = 3) AS s3,
         count(*) FILTER (WHERE score = 4) AS s4, count(*) FILTER (WHERE score = 5) AS s5,
         count(*) FILTER (WHERE cardinality(pictures) > 0 OR (follow_status = 'published' AND cardinality(follow_pictures) > 0)) AS pictured,
         count(*) FILTER (WHERE follow_status = 'published') AS followed
  FROM review WHERE status = 'published' GROUP BY spu_id) c USING (spu_id)
WHERE (coalesce(m.total, 0), coalesce(m.score_1, 0), coalesce(m.score_2, 0), coalesce(m.score_3, 0), coalesce(m.score_4, 0), coalesce(m.score_5, 0), coalesce(m.pictured, 0), coalesce(m.followed, 0))
   <> (coalesce(c.total, 0), coalesce(c.s1, 0), coalesce(c.s2, 0), coalesce(c.s3, 0), coalesce(c.s4, 0), coalesce(c.s5, 0), coalesce(c.pictured, 0), coalesce(c.followed, 0));

-- V2 who reviews a line has bought it, and the review is of what was bought
SELECT r.id::text FROM review r LEFT JOIN order_line l ON l.id = r.line_id LEFT JOIN orders o ON o.id = l.order_id
WHERE (l.spu_id, l.sku_id, o.order_no, o.member_id) IS DISTINCT FROM (r.spu_id, r.sku_id, r.order_no, r.member_id);

-- V3 reports that wait are of members who reported, and what has as many as the shop says is not shown
SELECT r.id::text FROM review r WHERE r.reports > (SELECT count(*) FROM review_report p WHERE p.review_id = r.id AND p.member_id <> r.member_id)
   OR (r.status = 'published' AND r.reports >= (SELECT coalesce(max(review_report_limit), 50) FROM shop));

-- V4 what waits for the content check is gone on with: it is being asked, or asked about and waited for
SELECT r.id::text FROM review r
WHERE (r.status = 'waiting' AND r.written_at < (SELECT rest FROM given)
  AND NOT EXISTS (SELECT FROM platform.outbox e WHERE e.tenant_id = current_schema() AND e.topic = 'review.check' AND e.key = r.id::text AND e.done_at IS NULL AND e.dead_at IS NULL)
  AND NOT EXISTS (SELECT FROM platform.timer t WHERE t.tenant_id = current_schema() AND t.topic = 'review.pictures' AND t.key = r.id || '/first'))
   OR (r.follow_status = 'waiting' AND r.followed_at < (SELECT rest FROM given)
  AND NOT EXISTS (SELECT FROM platform.outbox e WHERE e.tenant_id = current_schema() AND e.topic = 'review.check' AND e.key = r.id::text AND e.done_at IS NULL AND e.dead_at IS NULL)
  AND NOT EXISTS (SELECT FROM platform.timer t WHERE t.tenant_id = current_schema() AND t.topic = 'review.pictures' AND t.key = r.id || '/follow_up'));
