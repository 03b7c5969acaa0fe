DROP INDEX orders_open;
ALTER TABLE shop DROP COLUMN main_place, DROP COLUMN max_open_orders, DROP COLUMN max_open_pieces;
DROP TABLE stock_alarm;
DROP INDEX stock_movement_sku;
ALTER TABLE stock_movement DROP CONSTRAINT stock_movement_once, DROP CONSTRAINT stock_movement_kind;
-- A move between places is none of the one place that is left.
DELETE FROM stock_movement WHERE kind = 'transfer';
-- What lay in several places is one movement again.
WITH gone AS (
  DELETE FROM stock_movement m WHERE EXISTS (
    SELECT FROM stock_movement o WHERE o.document = m.document AND o.kind = m.kind AND o.sku_id = m.sku_id AND o.location_id <> m.location_id)
  RETURNING m.sku_id, m.kind, m.on_hand_delta, m.reserved_delta, m.document, m.actor, m.at)
INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor, at)
SELECT sku_id, kind, sum(on_hand_delta), sum(reserved_delta), document, min(actor), min(at) FROM gone
GROUP BY sku_id, kind, document HAVING sum(on_hand_delta) <> 0 OR sum(reserved_delta) <> 0;
ALTER TABLE stock_movement DROP COLUMN location_id, DROP COLUMN reason, DROP COLUMN note;
ALTER TABLE stock_movement
  ADD CONSTRAINT stock_movement_kind CHECK (kind IN ('receive', 'adjust', 'reserve', 'release', 'commit', 'restock')),
  ADD CONSTRAINT stock_movement_once UNIQUE (document, kind, sku_id);
DROP TABLE reservation_away;
ALTER TABLE reservation DROP COLUMN spread;
DROP TABLE stock_away;
ALTER TABLE stock_level DROP CONSTRAINT stock_away, DROP COLUMN away_on_hand, DROP COLUMN away_reserved, DROP COLUMN version;
DROP TABLE stock_location;
