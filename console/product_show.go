package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/tenant/fault"
)

// productShow shows one product with its SKUs and stock.
func (s *Console) productShow(c *fiber.Ctx, v *visit) error {
	id := cursor(c.Params("id"))
	if id == 0 {
		return fault.ErrNotFound
	}
	product, err := s.pages.Product(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	return render(c, view.ProductShowPage(s.page(c, v, product.Title, "nav.products"), view.ProductShow{ProductDetail: product}))
}
