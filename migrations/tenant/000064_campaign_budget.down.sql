DROP TABLE campaign_spend, campaign_budget;
