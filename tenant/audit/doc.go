// Package audit keeps the log of acts that matter for security: who did what to which
// tenant, under which request id. Rows are only ever added; the application's role may
// not change or delete them. It holds no secrets and no personal data beyond ids.
package audit
