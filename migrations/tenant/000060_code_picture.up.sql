-- What the code on a distributor's poster opens.
ALTER TABLE distribution_plan
  ADD COLUMN code_page text NOT NULL DEFAULT '' CHECK (length(code_page) <= 128),       -- '': the app's first page
  ADD COLUMN product_page text NOT NULL DEFAULT '' CHECK (length(product_page) <= 128), -- of a poster for one product; '': code_page
  ADD COLUMN code_env text NOT NULL DEFAULT 'release' CONSTRAINT distribution_code_env CHECK (code_env IN ('release', 'trial', 'develop'));

-- Pictures of codes that the provider made, each asked for once. A scene names the distributor by
-- the code, and the product.
CREATE TABLE code_picture (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  distributor_id bigint NOT NULL REFERENCES distributor (member_id),
  app_id         text NOT NULL,
  scene          text NOT NULL CHECK (length(scene) BETWEEN 1 AND 32),
  page           text NOT NULL CHECK (length(page) <= 128),
  env            text NOT NULL CHECK (env IN ('release', 'trial', 'develop')),
  file_key       text NOT NULL CONSTRAINT code_picture_file UNIQUE,
  bytes          bigint NOT NULL CHECK (bytes > 0),
  fetched_at     timestamptz NOT NULL,
  CONSTRAINT code_picture_once UNIQUE (app_id, scene, page, env)
);
CREATE INDEX code_picture_owner ON code_picture (distributor_id);
