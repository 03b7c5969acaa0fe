DROP TABLE order_event, order_line, orders;
