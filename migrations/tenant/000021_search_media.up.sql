-- What a product is found by, computed by commerce/search when it is saved: bigrams, initials
-- and pieces of its pinyin. indexed is false for rows whose tokens are not of today's text;
-- the upkeep computes them, and until then they are found by their text.
ALTER TABLE spu
  ADD COLUMN tokens text[] NOT NULL DEFAULT '{}',
  ADD COLUMN indexed boolean NOT NULL DEFAULT false;
CREATE INDEX spu_tokens ON spu USING gin (tokens);
CREATE INDEX spu_unindexed ON spu (id) WHERE NOT indexed;

-- What a member looked for, the latest words of each.
CREATE TABLE search_history (
  member_id  bigint NOT NULL,
  word       text NOT NULL CHECK (word <> ''),
  at         timestamptz NOT NULL,
  PRIMARY KEY (member_id, word)
);
-- How many members looked for a word, waning by the day. tokens say what it finds.
CREATE TABLE search_word (
  word     text PRIMARY KEY,
  members  integer NOT NULL DEFAULT 1 CONSTRAINT search_word_members CHECK (members >= 0),
  tokens   text[] NOT NULL
);
CREATE INDEX search_word_members ON search_word (members DESC);

-- The shop's pictures. The file is in the store under key; sum is of what was uploaded, so
-- that the same file is kept once.
CREATE TABLE picture (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key          text NOT NULL CONSTRAINT picture_key UNIQUE,
  sum          bytea NOT NULL CONSTRAINT picture_sum UNIQUE,
  name         text NOT NULL DEFAULT '',           -- of the file as it was uploaded, to find it by
  bytes        bigint NOT NULL CHECK (bytes > 0),  -- counted in the shop's storage, thumbnail included
  width        integer NOT NULL,
  height       integer NOT NULL,
  thumb        boolean NOT NULL DEFAULT false,     -- the small one is made
  uploaded_by  text NOT NULL,
  uploaded_at  timestamptz NOT NULL
);
