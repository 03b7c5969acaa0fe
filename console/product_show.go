package console

import (
	"crypto/rand"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// productShow shows one product with its SKUs and stock.
func (s *Console) productShow(c *fiber.Ctx, v *visit) error {
	id := cursor(c.Params("id"))
	if id == 0 {
		return fault.ErrNotFound
	}
	return s.productPage(c, v, id, "")
}

func (s *Console) productPage(c *fiber.Ctx, v *visit, id int64, problem string) error {
	product, err := s.pages.Product(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	p := s.page(c, v, product.Title, "nav.products")
	return render(c, view.ProductShowPage(p, view.ProductShow{
		ProductDetail: product, MayUpdate: v.granted[authz.ProductUpdate], SeesReviews: v.granted[authz.ReviewRead], Done: done(c, v), Problem: problem, CopyKey: rand.Text(),
	}))
}
