DROP TABLE figure_due;
