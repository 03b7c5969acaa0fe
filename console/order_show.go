package console

import (
	"regexp"

	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/tenant/fault"
)

// orderShow shows one order with everything that happened to it.
func (s *Console) orderShow(c *fiber.Ctx, v *visit) error {
	orderNo := c.Params("order_no")
	if !regexp.MustCompile(`^[0-9A-Za-z]{8,32}$`).MatchString(orderNo) {
		return fault.ErrNotFound
	}
	order, err := s.pages.Order(c.UserContext(), v.shop.ID, orderNo)
	if err != nil {
		return err
	}
	if v.look != nil {
		maskOrder(&order)
	}
	title := v.text.T("order.one") + " " + order.OrderNo
	return render(c, view.OrderShowPage(s.page(c, v, title, "nav.orders"), view.OrderShow{OrderDetail: order}))
}
