DROP TABLE order_adjustment;
