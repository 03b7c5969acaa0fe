UPDATE platform.plan SET features = '{coupon,points}' WHERE code = 'starter' AND features = '{coupon,points,campaign,distribution,own_roles,export}';
UPDATE platform.plan SET features = '{coupon,points,campaign,own_roles,export}' WHERE code = 'standard' AND features = '{coupon,points,campaign,distribution,own_roles,export}';
