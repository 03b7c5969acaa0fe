package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
)

// figuresTable lists the routes of the shop's figures.
func (s *Console) figuresTable() []route {
	read := authz.Require(authz.FiguresRead)
	var out []route
	for _, tab := range view.FigureTabs() {
		path := shopPath + "/figures"
		if tab != "" {
			path += "/" + tab
		}
		out = append(out,
			route{fiber.MethodGet, path, read, s.figuresShow(tab)},
			route{fiber.MethodPost, path + "/export", read, s.figuresExport(tab)})
	}
	return out
}
