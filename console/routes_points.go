package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

const pointsPath = "/points"

// pointsTable lists the routes of points.
func (s *Console) pointsTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all, member = shopPath + pointsPath, shopPath + pointsPath + "/members/:id"
	read, update, adjust := authz.Require(authz.PointsRead), authz.Require(authz.PointsUpdate), authz.Require(authz.PointsAdjust)
	return []route{
		{get, all, read, s.pointsReport},
		{post, all + "/export", read, s.pointsExport},
		{get, all + "/entries", read, s.pointsEntries},
		{get, all + "/settings", update, s.pointsSettings},
		{post, all + "/settings", update, s.pointsSave},
		{get, all + "/products", read, s.pointsProducts},
		{post, all + "/products", update, s.pointsRate},
		{post, all + "/products/end", update, s.pointsRateEnd},
		{get, all + "/mall", read, s.mallList},
		{get, all + "/mall/new", update, s.mallNew},
		{post, all + "/mall/new", update, s.mallCreate},
		{get, all + "/mall/:id", read, s.mallShow},
		{get, all + "/mall/:id/edit", update, s.mallEdit},
		{post, all + "/mall/:id/edit", update, s.mallUpdate},
		{post, all + "/mall/:id/stop", update, s.mallStop},
		{get, member, read, s.pointsMember},
		{post, member, adjust, s.pointsAdjust},
	}
}
