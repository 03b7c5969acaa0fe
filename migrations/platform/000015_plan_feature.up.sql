-- A plan now lacks what it says it lacks. The plans that an installation begins with sold their
-- features before that to everybody: shops keep them, unless the platform's people have decided
-- otherwise. What such plans differ by are their quotas, and several Mini Programs.
UPDATE platform.plan SET features = '{coupon,points,campaign,distribution,own_roles,export}'
WHERE (code = 'starter' AND features = '{coupon,points}') OR (code = 'standard' AND features = '{coupon,points,campaign,own_roles,export}');
