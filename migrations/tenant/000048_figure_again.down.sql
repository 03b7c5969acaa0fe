DELETE FROM figure_due d USING figure_due other WHERE other.order_id = d.order_id AND other.id < d.id;
ALTER TABLE figure_due DROP COLUMN id;
ALTER TABLE figure_due ADD PRIMARY KEY (order_id);
