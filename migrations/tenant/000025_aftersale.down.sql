DROP TABLE aftersale_message;
DROP TABLE aftersale_line;
DROP TABLE aftersale_case;
DROP TABLE return_address;
ALTER TABLE shop DROP COLUMN answer_hours, DROP COLUMN send_back_days, DROP COLUMN inspect_days;
ALTER TABLE orders DROP CONSTRAINT order_paused, DROP COLUMN claimed_freight_fen, DROP COLUMN open_cases, DROP COLUMN paused_at;
ALTER TABLE order_line DROP CONSTRAINT order_line_dropped, DROP CONSTRAINT order_line_claimed, DROP COLUMN claimed, DROP COLUMN claimed_fen, DROP COLUMN dropped;
