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
	return s.productShown(c, v, id, problem, "")
}

// productShown shows a product again after a form that was refused; reason is what was typed.
func (s *Console) productShown(c *fiber.Ctx, v *visit, id int64, problem, reason string) error {
	product, err := s.pages.Product(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	p := s.page(c, v, product.Title, "nav.products")
	request, err := s.requestOf(c, v, product)
	if err != nil {
		return err
	}
	if request != nil {
		request.Reason = reason
	}
	return render(c, view.ProductShowPage(p, view.ProductShow{
		Request: request, Approves: v.granted[authz.ProductApprove],
		ProductDetail: product, MayUpdate: v.granted[authz.ProductUpdate], SeesReviews: v.granted[authz.ReviewRead], Done: done(c, v), Problem: problem, CopyKey: rand.Text(),
	}))
}
