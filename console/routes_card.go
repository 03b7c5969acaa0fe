package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

// cardsPath takes long lists.
const cardsPath = productPath + "/cards"

// cardTable lists the routes of virtual cards.
func (s *Console) cardTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const batch, one = cardsPath + "/:sku_id/:batch", shopPath + "/orders/:order_no"
	read, update := authz.Require(authz.StockRead), authz.Require(authz.StockUpdate)
	return []route{
		{get, cardsPath, read, s.cardList},
		{post, cardsPath, update, s.cardAdd},
		{get, batch, update, s.cardVoidNew},
		{post, batch, update, s.cardVoid},
		{post, one + "/cards", authz.Require(authz.CardShow), s.orderCards},
		{post, one + "/hand-out", authz.Require(authz.OrderShip), s.orderHandOut},
	}
}
