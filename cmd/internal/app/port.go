package app

import (
	"galleria/commerce/picture"
	"galleria/commerce/port"
	"galleria/console/readmodel"
)

// newPorts takes files in and gives them out; they lie in the store of the pictures, where no
// address leads to them.
func (s *Services) newPorts(store picture.Store) *port.Service {
	return port.New(port.Deps{
		DB: s.DB, Catalog: s.Catalog, Inventory: s.Inventory, Listings: s.Listings, Parcels: s.Orders, Orders: readmodel.New(readmodel.Deps{DB: s.DB, Receivers: s.Members}),
		Outbox: s.Outbox, Timers: s.Timers, Audit: s.Audit, Store: picture.Files{Store: store}, Now: s.Now,
	})
}
