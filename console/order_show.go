package console

import (
	"regexp"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/console/readmodel"
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
	return render(c, view.OrderShowPage(s.page(c, v, title, "nav.orders"), view.OrderShow{
		OrderDetail: order, MayRefund: v.granted[authz.RefundCreate], Rest: refundable(order),
	}))
}

// refundable is what is left to give back of the payment that paid an order.
func refundable(o readmodel.OrderDetail) money.Fen {
	for _, a := range o.Attempts {
		if a.Status == "succeeded" && !a.Surplus {
			return a.Amount - a.Reserved - a.Refunded
		}
	}
	return 0
}
