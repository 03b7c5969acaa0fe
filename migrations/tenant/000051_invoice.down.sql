DROP TABLE invoice;
DROP TABLE invoice_title;
