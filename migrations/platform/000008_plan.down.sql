DROP TABLE platform.quota_usage, platform.tenant_limit, platform.tenant_plan, platform.plan_limit, platform.plan;
