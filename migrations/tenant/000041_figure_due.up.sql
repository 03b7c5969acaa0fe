-- Orders to which something has happened that the figures may not know. They are counted many
-- at a time: a day has one row, and orders that counted themselves one by one would wait there
-- for each other.
CREATE TABLE figure_due (
  order_id  bigint PRIMARY KEY REFERENCES orders (id)
);
