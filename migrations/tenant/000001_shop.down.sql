DROP TABLE idempotency_key, inbox, app_credential, shop;
