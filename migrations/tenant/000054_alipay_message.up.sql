-- Buyers of an Alipay Mini Program are told by its template messages.
ALTER TABLE message_log DROP CONSTRAINT message_channel;
ALTER TABLE message_log ADD CONSTRAINT message_channel CHECK (channel IN ('wechat_subscribe', 'alipay_template'));
ALTER TABLE message_rule DROP CONSTRAINT message_rule_channel;
ALTER TABLE message_rule ADD CONSTRAINT message_rule_channel CHECK (channel IN ('inbox', 'wechat_subscribe', 'alipay_template'));
