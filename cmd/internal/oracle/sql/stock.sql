-- Stock against its movements, its reservations and the orders that hold it.

-- S1 stock is never negative, and nobody holds more than there is
SELECT sku_id::text FROM stock_level WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand;

-- S2 what is on hand is the sum of its movements
SELECT l.sku_id::text FROM stock_level l LEFT JOIN (SELECT sku_id, sum(on_hand_delta) AS n FROM stock_movement GROUP BY sku_id) m USING (sku_id)
WHERE l.on_hand <> coalesce(m.n, 0);

-- S3 what is reserved is the sum of its movements
SELECT l.sku_id::text FROM stock_level l LEFT JOIN (SELECT sku_id, sum(reserved_delta) AS n FROM stock_movement GROUP BY sku_id) m USING (sku_id)
WHERE l.reserved <> coalesce(m.n, 0);

-- S4 what is reserved is what orders hold
SELECT l.sku_id::text FROM stock_level l LEFT JOIN (SELECT sku_id, sum(qty) AS n FROM reservation WHERE state = 'held' GROUP BY sku_id) r USING (sku_id)
WHERE l.reserved <> coalesce(r.n, 0);

-- S5 a reservation follows its order: held, sold, or given back
SELECT o.order_no FROM orders o JOIN reservation r USING (order_no)
WHERE r.state <> CASE WHEN o.status IN ('pending_payment', 'closing') THEN 'held' WHEN o.paid_at IS NULL THEN 'released' ELSE 'committed' END;

-- S6 an order holds exactly the goods it sold
SELECT coalesce(x.order_no, r.order_no) FROM (
  SELECT o.order_no, l.sku_id, sum(l.qty)::integer AS qty FROM orders o JOIN order_line l ON l.order_id = o.id GROUP BY o.order_no, l.sku_id
  UNION ALL -- an exchange holds what it sends again
  SELECT c.case_no, l.sku_id, sum(l.qty)::integer FROM aftersale_case c JOIN aftersale_line l ON l.case_id = c.id
  WHERE NOT c.test AND EXISTS (SELECT 1 FROM aftersale_message m WHERE m.case_id = c.id AND m.event = 'inspect' AND m.to_status = 'reshipping')
  GROUP BY c.case_no, l.sku_id
  UNION ALL -- and so does what goes in a lost parcel's stead
  SELECT p.parcel_no, l.sku_id, sum(y.qty)::integer FROM order_parcel p JOIN orders o ON o.id = p.order_id JOIN order_parcel_line y ON y.parcel_id = p.id JOIN order_line l ON l.id = y.line_id
  WHERE p.resends IS NOT NULL AND NOT o.test GROUP BY p.parcel_no, l.sku_id) x
FULL JOIN reservation r ON r.order_no = x.order_no AND r.sku_id = x.sku_id WHERE x.qty IS DISTINCT FROM r.qty;

-- S7 a reservation moved the stock once for each step of its life, by its quantity
SELECT r.order_no || '/' || r.sku_id FROM reservation r
LEFT JOIN (SELECT document, sku_id, sum(on_hand_delta) FILTER (WHERE kind IN ('commit', 'resend')) AS sold, sum(reserved_delta) FILTER (WHERE kind = 'reserve') AS held,
           sum(reserved_delta) FILTER (WHERE kind IN ('commit', 'resend', 'release')) AS let_go, count(*) FILTER (WHERE kind = 'release') AS released
           FROM stock_movement WHERE kind IN ('reserve', 'commit', 'resend', 'release') GROUP BY document, sku_id) m ON m.document = r.order_no AND m.sku_id = r.sku_id
WHERE m.held IS DISTINCT FROM r.qty
   OR coalesce(m.sold, 0) <> CASE r.state WHEN 'committed' THEN -r.qty ELSE 0 END
   OR coalesce(m.let_go, 0) <> CASE r.state WHEN 'held' THEN 0 ELSE -r.qty END
   OR m.released <> CASE r.state WHEN 'released' THEN 1 ELSE 0 END;

-- S8 goods that came back with their money had been sold and not sent, of an order that closed
SELECT m.document || '/' || m.sku_id FROM stock_movement m
LEFT JOIN orders o ON m.document = 'refund:' || o.order_no AND o.status = 'closed' AND o.paid_at IS NOT NULL
LEFT JOIN LATERAL (SELECT sum(n.qty - n.sent) AS unsent FROM order_line n WHERE n.order_id = o.id AND n.sku_id = m.sku_id) l ON true
WHERE m.document LIKE 'refund:%' AND m.on_hand_delta IS DISTINCT FROM l.unsent;

-- S9 what an order says it put back is back
SELECT o.order_no FROM order_event e JOIN orders o ON o.id = e.order_id
WHERE e.event = 'refunded' AND e.detail ? 'put_back'
  AND (e.detail ->> 'put_back')::bigint <> coalesce((SELECT sum(m.on_hand_delta) FROM stock_movement m WHERE m.document = 'refund:' || o.order_no), 0);

-- S10 a virtual SKU has as many free cards as pieces on hand
SELECT l.sku_id::text FROM stock_level l JOIN sku k ON k.id = l.sku_id JOIN spu p ON p.id = k.spu_id AND p.kind = 'virtual_card'
WHERE l.on_hand <> (SELECT count(*) FROM virtual_card v WHERE v.sku_id = l.sku_id AND v.state = 'free');

-- S11 a card is sold to the line that was handed it, and a line has as many as it was handed
SELECT coalesce(l.id, v.line_id)::text FROM (SELECT l.id, l.sku_id, l.sent, o.order_no FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.delivery = 'virtual' AND NOT o.test) l
FULL JOIN (SELECT line_id, order_no, sku_id, count(*) AS n FROM virtual_card WHERE state = 'sold' GROUP BY line_id, order_no, sku_id) v
  ON v.line_id = l.id AND v.order_no = l.order_no AND v.sku_id = l.sku_id
WHERE coalesce(l.sent, 0) <> coalesce(v.n, 0);

-- S12 a slot of local delivery holds as many orders as have a place in it
SELECT l.slot_id || '/' || l.day FROM local_load l LEFT JOIN local_booking b ON b.slot_id = l.slot_id AND b.day = l.day AND b.released_at IS NULL
GROUP BY l.slot_id, l.day, l.taken HAVING l.taken <> count(b.order_no);

-- S13 an order that is to be brought has a place in a slot, and none that ended before it was
SELECT coalesce(o.order_no, b.order_no) FROM (SELECT order_no, status FROM orders WHERE delivery = 'local') o
FULL JOIN local_booking b ON b.order_no = o.order_no
WHERE o.order_no IS NULL OR b.order_no IS NULL OR (b.released_at IS NOT NULL AND o.status <> 'closed');

-- S14 an order of vouchers has one for each piece once it is paid, and they cost what its lines cost
SELECT coalesce(l.order_no, v.order_no) FROM (
  SELECT o.order_no, n.id, CASE WHEN o.paid_at IS NOT NULL THEN n.qty ELSE 0 END AS qty, CASE WHEN o.paid_at IS NOT NULL THEN n.payable_fen ELSE 0 END AS fen
  FROM orders o JOIN order_line n ON n.order_id = o.id WHERE o.delivery = 'voucher') l
FULL JOIN (SELECT order_no, line_id, count(*) AS n, sum(paid_fen) AS fen FROM voucher GROUP BY order_no, line_id) v ON v.line_id = l.id AND v.order_no = l.order_no
WHERE coalesce(l.qty, 0) <> coalesce(v.n, 0) OR coalesce(l.fen, 0) <> coalesce(v.fen, 0);

-- S15 a voucher was used as often as its uses say
SELECT v.id::text FROM voucher v LEFT JOIN voucher_use u ON u.voucher_id = v.id GROUP BY v.id, v.used HAVING v.used <> coalesce(sum(u.uses), 0);

-- S16 a piece has left with its first use or when it lapsed, cases hold what they claimed, and an order that is completed has none that can be used
SELECT o.order_no FROM orders o JOIN order_line l ON l.order_id = o.id
LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE v.used > 0) AS used, count(*) FILTER (WHERE v.used > 0 OR v.state = 'expired') AS gone,
  count(*) FILTER (WHERE v.held_for IS NOT NULL) AS held, count(*) FILTER (WHERE v.state = 'active') AS active FROM voucher v WHERE v.line_id = l.id) v ON true
WHERE o.delivery = 'voucher' AND (l.sent < v.used OR l.sent > v.gone OR l.claimed <> v.held OR (v.active > 0 AND o.status IN ('completed', 'closed')));

-- S17 pieces that are packed lie in parcels that wait, of an order that is to be sent
SELECT l.id::text FROM order_line l JOIN orders o ON o.id = l.order_id
LEFT JOIN (SELECT y.line_id, sum(y.qty) AS n FROM order_parcel_line y JOIN order_parcel b ON b.id = y.parcel_id AND b.status = 'packed' GROUP BY y.line_id) p ON p.line_id = l.id
WHERE l.packed <> coalesce(p.n, 0) OR (l.packed > 0 AND o.status NOT IN ('paid', 'fulfilling'));

-- S18 what goes in a lost parcel's stead holds the same pieces, and the lost one says that it went
SELECT coalesce(p.parcel_no, r.parcel_no) FROM (SELECT id, order_id, parcel_no FROM order_parcel WHERE remedy = 'resent') p
FULL JOIN (SELECT id, order_id, parcel_no, resends FROM order_parcel WHERE resends IS NOT NULL) r ON r.resends = p.id
WHERE p.order_id IS DISTINCT FROM r.order_id
   OR (SELECT coalesce(sum(y.qty * y.line_id), 0) FROM order_parcel_line y WHERE y.parcel_id = p.id) <> (SELECT coalesce(sum(y.qty * y.line_id), 0) FROM order_parcel_line y WHERE y.parcel_id = r.id);

-- S19 no order counts as received by itself while a parcel of it is lost and nobody has made up for it
SELECT o.order_no FROM orders o JOIN order_parcel p ON p.order_id = o.id AND p.status = 'lost' AND p.remedy = '' AND p.lost_at < o.received_at
WHERE EXISTS (SELECT FROM order_event e WHERE e.order_id = o.id AND e.event = 'receive' AND e.actor = 'system');
