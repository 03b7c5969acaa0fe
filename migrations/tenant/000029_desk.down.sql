DROP INDEX picture_of_members;
DROP INDEX orders_open_cases;
