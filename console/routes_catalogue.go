package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

// picturesPath takes files.
const picturesPath = shopPath + "/pictures"

// catalogueTable lists the routes of what stands around products: several at once, copies,
// categories, brands and the picture library.
func (s *Console) catalogueTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	read, update := authz.Require(authz.ProductRead), authz.Require(authz.ProductUpdate)
	const approvals = shopPath + "/approvals"
	return []route{
		{post, shopPath + "/products/bulk", update, s.productBulk},
		{post, shopPath + "/products/prices", update, s.productPrices},
		{post, shopPath + "/products/:id/copy", update, s.productCopy},
		{get, approvals, read, s.approvalList},
		{post, approvals, authz.Require(authz.ShopUpdate), s.approvalSet},
		{post, shopPath + "/products/:id/approval", authz.Require(authz.ProductApprove), s.productDecide},
		{post, shopPath + "/products/:id/withdraw", update, s.productWithdraw},
		{get, shopPath + "/categories", read, s.categoryList},
		{post, shopPath + "/categories", update, s.categorySave},
		{post, shopPath + "/categories/:id", update, s.categorySave},
		{post, shopPath + "/categories/:id/move", update, s.categoryMove},
		{get, shopPath + "/pictures", read, s.pictureList},
		{post, picturesPath, update, s.pictureUpload},
		{post, shopPath + "/pictures/:id/delete", update, s.pictureDelete},
		{get, shopPath + "/brands", read, s.brandList},
		{post, shopPath + "/brands", update, s.brandSave},
		{post, shopPath + "/brands/:id", update, s.brandSave},
		{post, shopPath + "/brands/:id/move", update, s.brandMove},
	}
}
