DROP TABLE refund, payment_anomaly, payment_event, payment_attempt, payment_provider_key, payment_secret, payment_account;
