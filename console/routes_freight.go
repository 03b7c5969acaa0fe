package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

// freightTable lists the routes of freight templates.
func (s *Console) freightTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all, one = shopPath + "/delivery/freight", shopPath + "/delivery/freight/:id"
	read, update := authz.Require(authz.ShopRead), authz.Require(authz.ShopUpdate)
	return []route{
		{get, all, read, s.freightList},
		{get, all + "/new", update, s.freightNew},
		{post, all + "/new", update, s.freightCreate},
		{get, one, read, s.freightShow},
		{post, one, update, s.freightUpdate},
		{post, one + "/copy", update, s.freightCopy},
		{post, one + "/delete", update, s.freightDelete},
		{get, one + "/:part/:n", update, s.freightPartEdit},
		{post, one + "/:part/:n", update, s.freightPartUpdate},
	}
}
