package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

const (
	invoicesPath = "/invoices"
	issuePath    = shopPath + invoicesPath + "/:id/issue"
)

// invoiceTable lists the routes of invoices.
func (s *Console) invoiceTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all, one = shopPath + invoicesPath, shopPath + invoicesPath + "/:id"
	read, handle := authz.Require(authz.InvoiceRead), authz.Require(authz.InvoiceHandle)
	return []route{
		{get, all, read, s.invoiceList},
		{post, all + "/offer", authz.Require(authz.ShopUpdate), s.invoiceOffer},
		{post, all + "/export", authz.Require(authz.InvoiceExport), s.invoiceExport},
		{get, one, read, s.invoiceShow},
		{get, one + "/file", handle, s.invoiceFile},
		{post, issuePath, handle, s.invoiceIssue},
		{post, one + "/refuse", handle, s.invoiceRefuse},
		{post, one + "/void", handle, s.invoiceVoid},
	}
}
