package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

// reconcileTable lists the routes of bills and books.
func (s *Console) reconcileTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	read, resolve := authz.Require(authz.ReconcileRead), authz.Require(authz.ReconcileResolve)
	return []route{
		{get, "/console/:handle/reconciliation", read, s.reconcileList},
		{get, "/console/:handle/reconciliation/:id", read, s.reconcileShow},
		{post, "/console/:handle/reconciliation/:id/again", resolve, s.billAgain},
		{post, "/console/:handle/reconciliation/:id/differences/:difference", resolve, s.differenceResolve},
		{post, "/console/:handle/reconciliation/:id/files/:file", resolve, s.billDownload},
	}
}
