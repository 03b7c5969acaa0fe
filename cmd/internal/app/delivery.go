package app

import (
	"crypto/rand"

	"galleria/commerce/delivery"
	"galleria/commerce/delivery/kuaidi100"
	"galleria/tenant/egress"
)

// newDelivery builds what knows where parcels are.
func (s *Services) newDelivery() *delivery.Service {
	return delivery.New(delivery.Deps{
		DB: s.DB, Audit: s.Audit, Outbox: s.Outbox, Timers: s.Timers, Vault: s.Vault, Registry: s.Registry, Tracker: kuaidi100.New(), Rand: rand.Reader,
		SandboxBase: egress.Only(s.Config.SandboxURL), PublicURL: s.Config.PublicURL,
	})
}
