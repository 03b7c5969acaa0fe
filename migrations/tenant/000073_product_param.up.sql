-- What a product says of itself in a sheet: maker, licence, standard, material. In the merchant's order.
ALTER TABLE spu ADD COLUMN params jsonb NOT NULL DEFAULT '[]'
  CONSTRAINT spu_params CHECK (jsonb_typeof(params) = 'array' AND jsonb_array_length(params) <= 30);
-- What the products of a category are asked for, and of those below it.
ALTER TABLE category ADD COLUMN params text[] NOT NULL DEFAULT '{}'
  CONSTRAINT category_params CHECK (cardinality(params) <= 30);
