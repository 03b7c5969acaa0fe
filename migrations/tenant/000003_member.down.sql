DROP TABLE message_log, subscribe_template, subscribe_consent, cart_line, address, member_session, member_identity, member;
