DROP INDEX member_apart;
DROP INDEX orders_to_use;
DROP INDEX orders_found_by;
