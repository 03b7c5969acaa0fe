DELETE FROM platform.timer t USING payment_account a WHERE t.topic = 'payments.bills' AND t.key = a.account_key;
DROP INDEX refund_finished;
DROP INDEX payment_attempt_paid;
DROP TABLE bill_difference, bill_line, bill_file_part, bill_file, bill_day;
