-- Orders with a case that goes on, for the list's mark; they are few.
CREATE INDEX orders_open_cases ON orders (id DESC) WHERE open_cases > 0;
-- What buyers uploaded: how much in a day, and what was never attached.
CREATE INDEX picture_of_members ON picture (uploaded_by, uploaded_at) WHERE uploaded_by LIKE 'member:%';
