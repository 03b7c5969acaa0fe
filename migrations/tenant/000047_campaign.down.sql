DROP INDEX order_adjustment_campaign;
DROP TABLE campaign_version, campaign_sku, campaign;
