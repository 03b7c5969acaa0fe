package console_test

import (
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/picture"
	"galleria/commerce/port"
	"galleria/console/readmodel"
	"galleria/tenant/tenanttest"
)

// portOf takes files in and out of the test's database.
func portOf(t *testing.T, env *tenanttest.Env) *port.Service {
	t.Helper()
	return port.New(port.Deps{
		DB: env.DB, Catalog: catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers}),
		Inventory: inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel}), Listings: listingOf(env), Parcels: ordersOf(env),
		Orders: readmodel.New(readmodel.Deps{DB: env.DB}), Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit,
		Store: picture.Files{Store: picture.NewFolder(t.TempDir())}, Now: env.Clock().Now,
	})
}
