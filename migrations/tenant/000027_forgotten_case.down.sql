REVOKE UPDATE (body, pictures) ON aftersale_message FROM galleria_tenant;
