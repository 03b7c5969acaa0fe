-- An order may be noted several times: two that note the same one, when it was placed and paid
-- within moments, waited for each other's commit.
ALTER TABLE figure_due DROP CONSTRAINT figure_due_pkey;
ALTER TABLE figure_due ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
