-- What WeChat says that it holds of an order, when it is asked.
ALTER TABLE shipping_upload
  ADD COLUMN looked_at timestamptz,
  ADD COLUMN provider_state text NOT NULL DEFAULT '' CONSTRAINT shipping_upload_provider CHECK (provider_state IN
    ('', 'unknown', 'to_ship', 'shipped', 'confirmed', 'done', 'refunded', 'settling')),
  -- Where it differs from ours so that somebody must look.
  ADD COLUMN mismatch text NOT NULL DEFAULT '' CONSTRAINT shipping_upload_mismatch CHECK (mismatch IN ('', 'not_shipped', 'received', 'refunded')),
  ADD COLUMN again integer NOT NULL DEFAULT 0 CONSTRAINT shipping_upload_again CHECK (again >= 0); -- uploads repeated because WeChat had lost them
