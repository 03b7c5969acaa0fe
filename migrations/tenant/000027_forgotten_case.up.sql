-- What a member said and showed in after-sales cases is erased when the member leaves; steps,
-- times and actors of the thread stay append-only.
GRANT UPDATE (body, pictures) ON aftersale_message TO galleria_tenant;
