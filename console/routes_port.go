package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

// The routes of files; an upload comes with one.
const (
	importsPath = shopPath + "/imports"
	importPath  = importsPath + "/new/:kind"
	exportsPath = shopPath + "/exports"
)

// portTable lists the routes of files that come in and go out. What a file is about demands a
// permission of its own, which the handlers ask for.
func (s *Console) portTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	run, export := authz.Require(authz.ImportRun), authz.Require(authz.ExportRun)
	return []route{
		{get, importsPath, run, s.importList},
		{get, importPath, run, s.importNew},
		{post, importPath, run, s.importCreate},
		{get, importPath + "/template", run, s.importTemplate},
		{get, importsPath + "/:id", run, s.importShow},
		{post, importsPath + "/:id/confirm", run, s.importConfirm},
		{post, importsPath + "/:id/cancel", run, s.importCancel},
		{post, importsPath + "/:id/result", run, s.importResult},
		{get, exportsPath, export, s.exportList},
		{post, exportsPath, export, s.exportCreate},
		{get, exportsPath + "/:id", export, s.exportShow},
		{post, exportsPath + "/:id/cancel", export, s.exportCancel},
		{post, exportsPath + "/:id/file", export, s.exportFile},
	}
}
