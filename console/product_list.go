package console

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// productList shows the products that match the filters.
func (s *Console) productList(c *fiber.Ctx, v *visit) error {
	list := view.ProductList{Shelf: c.Query("shelf"), Query: searchWords(c.Query("q"))}
	if !slices.Contains(view.Shelves(), list.Shelf) {
		list.Shelf = ""
	}
	before := cursor(c.Query("before"))
	list.OnFirst = before == 0
	page, err := s.pages.Products(c.UserContext(), v.shop.ID, readmodel.ProductFilter{Shelf: list.Shelf, Query: list.Query, Before: before, WithCategories: v.granted[authz.ProductUpdate]})
	if err != nil {
		return err
	}
	list.ProductPage, list.MayAdd, list.Done = page, v.granted[authz.ProductUpdate], done(c, v)
	list.SeesApprovals = page.NeedsApproval || page.ToApprove > 0 || v.granted[authz.ShopUpdate]
	for _, category := range page.Places {
		list.Categories = append(list.Categories, view.Choice{Value: itoa64(category.ID), Label: category.Name})
	}
	return render(c, view.ProductListPage(s.page(c, v, v.text.T("product.title"), "nav.products"), list))
}
