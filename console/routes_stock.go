package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

// stockTable lists the routes of stock and the places where it lies.
func (s *Console) stockTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const stock = shopPath + "/stock"
	read, update := authz.Require(authz.StockRead), authz.Require(authz.StockUpdate)
	return []route{
		{get, stock, read, s.stockList},
		{post, stock + "/seen", update, s.stockSeen},
		{get, stock + "/bulk", update, s.stockBulkNew},
		{post, stock + "/bulk", update, s.stockBulkCreate},
		{get, stock + "/locations", read, s.locationList},
		{post, stock + "/locations", update, s.locationSave},
		{get, stock + "/:sku_id", read, s.stockShow},
		{post, stock + "/:sku_id", update, s.stockCorrect},
		{post, stock + "/:sku_id/move", update, s.stockMove},
		{post, stock + "/:sku_id/alarm", update, s.stockAlarm},
	}
}
