DROP TABLE sms_count;
DROP TABLE sms_template;
DROP TABLE sms_account;
DELETE FROM message_log WHERE channel = 'sms';
DELETE FROM message_rule WHERE channel = 'sms';
ALTER TABLE message_rule DROP CONSTRAINT message_rule_channel;
ALTER TABLE message_rule ADD CONSTRAINT message_rule_channel CHECK (channel IN ('inbox', 'wechat_subscribe', 'alipay_template'));
ALTER TABLE message_log DROP CONSTRAINT message_channel;
ALTER TABLE message_log ADD CONSTRAINT message_channel CHECK (channel IN ('wechat_subscribe', 'alipay_template'));
