-- What a shop has sold and to whom, counted by business day (Asia/Shanghai): pages over a
-- year read hundreds of rows, not every order.

-- What of an order is counted, and on which day: the mark that makes counting it again
-- harmless. refund_seen is the last row of its timeline whose money is counted.
CREATE TABLE figure_order (
  order_id     bigint PRIMARY KEY REFERENCES orders (id),
  placed       date NOT NULL,
  paid         date,
  cancelled    date,
  refund_seen  bigint NOT NULL DEFAULT 0
);

-- After-sales cases whose money is counted by product.
CREATE TABLE figure_case (
  case_id  bigint PRIMARY KEY REFERENCES aftersale_case (id)
);

-- When a member came, and first bought. No key leads to the member from here on: counting
-- would wait for whoever changes the member, who waits for the counted order.
CREATE TABLE figure_member (
  member_id  bigint PRIMARY KEY,
  joined     date,
  bought     date
);
CREATE INDEX figure_member_bought ON figure_member (bought) WHERE bought IS NOT NULL;

CREATE TABLE figure_day (
  day         date PRIMARY KEY,
  placed      bigint NOT NULL DEFAULT 0,       -- orders
  paid        bigint NOT NULL DEFAULT 0,
  paid_fen    platform.fen NOT NULL DEFAULT 0, -- refunds not subtracted
  cancelled   bigint NOT NULL DEFAULT 0,       -- never paid
  refunds     bigint NOT NULL DEFAULT 0,
  refund_fen  platform.fen NOT NULL DEFAULT 0, -- on the day it went back
  members     bigint NOT NULL DEFAULT 0,       -- new ones
  orderers    bigint NOT NULL DEFAULT 0,       -- different members who ordered that day
  buyers      bigint NOT NULL DEFAULT 0,       -- different members who paid that day
  viewers     bigint NOT NULL DEFAULT 0,       -- different members who looked at a product that day
  carters     bigint NOT NULL DEFAULT 0,       -- different members who put something into the cart that day
  CONSTRAINT figure_day_counts CHECK (least(placed, paid, paid_fen, cancelled, refunds, refund_fen, members, orderers, buyers, viewers, carters) >= 0)
);

CREATE TABLE figure_product (
  day           date NOT NULL,
  spu_id        bigint NOT NULL,
  orders        bigint NOT NULL DEFAULT 0,       -- paid ones with the product in them
  units         bigint NOT NULL DEFAULT 0,
  paid_fen      platform.fen NOT NULL DEFAULT 0, -- without freight
  refund_units  bigint NOT NULL DEFAULT 0,       -- by after-sales cases
  refund_fen    platform.fen NOT NULL DEFAULT 0,
  views         bigint NOT NULL DEFAULT 0,       -- by members
  PRIMARY KEY (day, spu_id),
  CONSTRAINT figure_product_counts CHECK (least(orders, units, paid_fen, refund_units, refund_fen, views) >= 0)
);

-- Who ordered and paid on a day: by it different buyers of any period are told apart.
CREATE TABLE figure_buyer (
  day        date NOT NULL,
  member_id  bigint NOT NULL,
  placed     bigint NOT NULL DEFAULT 0,
  paid       bigint NOT NULL DEFAULT 0,
  paid_fen   platform.fen NOT NULL DEFAULT 0,
  PRIMARY KEY (day, member_id),
  CONSTRAINT figure_buyer_counts CHECK (least(placed, paid, paid_fen) >= 0)
);

-- Who looked and who filled a cart, kept for the two days in which it tells people apart.
CREATE TABLE figure_look (
  day        date NOT NULL,
  member_id  bigint NOT NULL,
  viewed     boolean NOT NULL,
  carted     boolean NOT NULL,
  PRIMARY KEY (day, member_id)
);

-- Shops that sold before.
INSERT INTO figure_order (order_id, placed, paid, cancelled, refund_seen)
SELECT o.id, (o.placed_at AT TIME ZONE 'Asia/Shanghai')::date, (o.paid_at AT TIME ZONE 'Asia/Shanghai')::date,
       CASE WHEN o.status = 'closed' AND o.close_reason <> 'all_refunded' THEN (o.closed_at AT TIME ZONE 'Asia/Shanghai')::date END,
       coalesce((SELECT max(e.id) FROM order_event e WHERE e.order_id = o.id AND e.event IN ('part_refunded', 'refunded')), 0)
FROM orders o WHERE NOT o.test;
INSERT INTO figure_case (case_id)
SELECT c.id FROM aftersale_case c WHERE c.status = 'refunded' AND NOT c.test;
INSERT INTO figure_member (member_id, joined, bought)
SELECT m.id, (m.created_at AT TIME ZONE 'Asia/Shanghai')::date, b.bought
FROM member m LEFT JOIN (SELECT o.member_id, min(f.paid) AS bought FROM figure_order f JOIN orders o ON o.id = f.order_id GROUP BY 1) b ON b.member_id = m.id
WHERE m.status <> 'merged';
INSERT INTO figure_buyer (day, member_id, placed, paid, paid_fen)
SELECT x.day, x.member_id, sum(x.placed), sum(x.paid), sum(x.fen)
FROM (SELECT f.placed AS day, o.member_id, 1 AS placed, 0 AS paid, 0::bigint AS fen FROM figure_order f JOIN orders o ON o.id = f.order_id
      UNION ALL
      SELECT f.paid, o.member_id, 0, 1, o.payable_fen FROM figure_order f JOIN orders o ON o.id = f.order_id WHERE f.paid IS NOT NULL) x
GROUP BY 1, 2;
INSERT INTO figure_product (day, spu_id, orders, units, paid_fen, refund_units, refund_fen)
SELECT x.day, x.spu_id, sum(x.orders), sum(x.units), sum(x.fen), sum(x.refund_units), sum(x.refund_fen)
FROM (SELECT f.paid AS day, l.spu_id, count(DISTINCT l.order_id) AS orders, sum(l.qty) AS units, sum(l.payable_fen) AS fen, 0::bigint AS refund_units, 0::bigint AS refund_fen
      FROM figure_order f JOIN order_line l ON l.order_id = f.order_id WHERE f.paid IS NOT NULL GROUP BY 1, 2
      UNION ALL
      SELECT (c.closed_at AT TIME ZONE 'Asia/Shanghai')::date, l.spu_id, 0, 0, 0, sum(a.qty), sum(a.refund_fen)
      FROM figure_case f JOIN aftersale_case c ON c.id = f.case_id JOIN aftersale_line a ON a.case_id = c.id JOIN order_line l ON l.id = a.line_id GROUP BY 1, 2) x
GROUP BY 1, 2;
INSERT INTO figure_day (day, placed, paid, paid_fen, cancelled, refunds, refund_fen, members, orderers, buyers)
SELECT x.day, sum(x.placed), sum(x.paid), sum(x.fen), sum(x.cancelled), sum(x.refunds), sum(x.refund_fen), sum(x.members), sum(x.orderers), sum(x.buyers)
FROM (SELECT b.day, b.placed, b.paid, b.paid_fen::bigint AS fen, 0 AS cancelled, 0 AS refunds, 0::bigint AS refund_fen, 0 AS members,
             (b.placed > 0)::integer AS orderers, (b.paid > 0)::integer AS buyers FROM figure_buyer b
      UNION ALL SELECT f.cancelled, 0, 0, 0, 1, 0, 0, 0, 0, 0 FROM figure_order f WHERE f.cancelled IS NOT NULL
      UNION ALL SELECT (e.at AT TIME ZONE 'Asia/Shanghai')::date, 0, 0, 0, 0, 1, (e.detail->>'amount_fen')::bigint, 0, 0, 0
        FROM figure_order f JOIN order_event e ON e.order_id = f.order_id AND e.id <= f.refund_seen AND e.event IN ('part_refunded', 'refunded') AND e.detail ? 'amount_fen'
      UNION ALL SELECT f.joined, 0, 0, 0, 0, 0, 0, 1, 0, 0 FROM figure_member f WHERE f.joined IS NOT NULL
      UNION ALL SELECT (m.created_at AT TIME ZONE 'Asia/Shanghai')::date, 0, 0, 0, 0, 0, 0, 1, 0, 0 FROM member m WHERE m.status = 'merged') x
GROUP BY 1;
