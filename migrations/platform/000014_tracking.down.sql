DELETE FROM platform.account_route WHERE channel = 'kuaidi100';
ALTER TABLE platform.account_route DROP CONSTRAINT account_route_channel;
ALTER TABLE platform.account_route ADD CONSTRAINT account_route_channel CHECK (channel IN ('wechat', 'alipay', 'unionpay'));
