DROP TABLE figure_look, figure_buyer, figure_product, figure_day, figure_member, figure_case, figure_order;
