-- Orders whose pieces are not yet counted in their products' sales. They are counted many at a
-- time: a popular product has one row, and buyers who pay would wait there for each other.
CREATE TABLE figure_sold (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id  bigint NOT NULL REFERENCES orders (id)
);
