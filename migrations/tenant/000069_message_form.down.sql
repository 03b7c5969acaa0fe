DROP TABLE message_form_use, message_form;
DELETE FROM subscribe_template WHERE kind <> 'subscription';
ALTER TABLE subscribe_template DROP CONSTRAINT subscribe_template_pkey;
ALTER TABLE subscribe_template DROP COLUMN kind;
ALTER TABLE subscribe_template ADD PRIMARY KEY (app_id, event);
