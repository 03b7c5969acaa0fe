-- Where the buyer stands when paying: inside the provider's app, in a browser, before a code.
ALTER TABLE payment_attempt
  ADD COLUMN scene text NOT NULL DEFAULT 'mini_program' CONSTRAINT payment_attempt_scene CHECK (scene IN ('mini_program', 'web', 'app', 'pc', 'qr'));
