DROP INDEX message_log_recent, message_log_age;
DROP TABLE staff_notice_seen, staff_notice, inbox_message, message_hours, message_rule;
