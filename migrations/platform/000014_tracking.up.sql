-- What a tracking service tells comes in by the same door as what payment providers tell.
ALTER TABLE platform.account_route DROP CONSTRAINT account_route_channel;
ALTER TABLE platform.account_route ADD CONSTRAINT account_route_channel CHECK (channel IN ('wechat', 'alipay', 'unionpay', 'kuaidi100'));
