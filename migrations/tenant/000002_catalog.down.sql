DROP TABLE stock_movement, reservation, stock_level, sku, spu, category;
