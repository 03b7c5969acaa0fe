DROP TABLE platform.audit_log, platform.login_failure, platform.staff_session, platform.staff_role, platform.role, platform.staff;
