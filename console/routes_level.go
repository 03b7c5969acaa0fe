package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

const levelsPath = "/levels"

// levelTable lists the routes of levels.
func (s *Console) levelTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all, one, member = shopPath + levelsPath, shopPath + levelsPath + "/:id", shopPath + levelsPath + "/members/:id"
	read, update, adjust := authz.Require(authz.LevelRead), authz.Require(authz.LevelUpdate), authz.Require(authz.LevelAdjust)
	return []route{
		{get, all, read, s.levelList},
		{get, all + "/settings", update, s.levelSettings},
		{post, all + "/settings", update, s.levelSettingsSave},
		{get, all + "/new", update, s.levelNew},
		{post, all + "/new", update, s.levelCreate},
		{get, member, read, s.levelMember},
		{post, member, adjust, s.levelAdjust},
		{get, one, update, s.levelEdit},
		{post, one, update, s.levelUpdate},
		{post, one + "/end", update, s.levelStop},
		{get, one + "/prices", read, s.levelPrices},
		{post, one + "/prices", update, s.levelPricesSave},
	}
}
