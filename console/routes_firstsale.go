package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

// The forms that come with files.
const (
	productsPath = "/console/:handle/products"
	productPath  = "/console/:handle/products/:id"
)

// firstSaleTable lists the routes of products and of the test purchase.
func (s *Console) firstSaleTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	return []route{
		{get, "/console/:handle/onboarding/purchase", authz.Require(authz.DashboardRead), s.tryoutShow},
		{post, "/console/:handle/onboarding/purchase", authz.Require(authz.ShopUpdate), s.tryoutBegin},
		{post, "/console/:handle/onboarding/purchase/setup", authz.Require(authz.ShopUpdate), s.tryoutSetup},
		{get, "/console/:handle/products/new", authz.Require(authz.ProductUpdate), s.productNew},
		{post, productsPath, authz.Require(authz.ProductUpdate), s.productCreate},
		{get, "/console/:handle/products/:id", authz.Require(authz.ProductRead), s.productShow},
		{post, productPath, authz.Require(authz.ProductUpdate), s.productUpdate},
		{get, "/console/:handle/products/:id/edit", authz.Require(authz.ProductUpdate), s.productEdit},
		{post, "/console/:handle/products/:id/shelf", authz.Require(authz.ProductUpdate), s.productShelf},
	}
}
