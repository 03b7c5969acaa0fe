// Package tenanttest gives tests a real shop: a migrated database of its own for each
// test binary and a tenant of its own for each call of New. Nothing is mocked; the
// roles, paths and rights are those of production.
//
// It needs the server that `galleria with-stack` (and so `make test`) starts, and says
// so when it is missing. Imported from tests only.
package tenanttest
