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
func (s *Console) orderShow(c *fiber.Ctx, v *visit) error { return s.orderPage(c, v, "") }

// orderPage shows an order, with what was wrong with what was asked of it.
func (s *Console) orderPage(c *fiber.Ctx, v *visit, problem string) error {
	orderNo, err := pathOrder(c)
	if err != nil {
		return err
	}
	order, err := s.pages.Order(c.UserContext(), v.shop.ID, orderNo)
	if err != nil {
		return err
	}
	if v.look != nil {
		maskOrder(&order)
	}
	rider, err := s.rider(c, v, order.OrderNo, order.Fulfil.Delivery, len(order.Fulfil.Parcels))
	if err != nil {
		return err
	}
	invoice, err := s.orderInvoice(c, v, order.OrderNo)
	if err != nil {
		return err
	}
	title := v.text.T("order.one") + " " + order.OrderNo
	page := s.page(c, v, title, "nav.orders")
	page.Done = done(c, v)
	return render(c, view.OrderShowPage(page, view.OrderShow{
		OrderDetail: order, Problem: problem, Rider: rider, Invoice: invoice, Now: s.Now(),
		SeesCoupons: v.granted[authz.CouponRead], SeesCases: v.granted[authz.AfterSaleRead], MayHandleCases: v.granted[authz.AfterSaleHandle] && v.granted[authz.RefundCreate],
		MayRefund: v.granted[authz.RefundCreate], Rest: refundable(order),
		MayShip: v.granted[authz.OrderShip], MayUpdate: v.granted[authz.OrderUpdate], MayVerify: v.granted[authz.OrderVerify], MayShowCards: v.granted[authz.CardShow] && v.look == nil,
	}))
}

var orderForm = regexp.MustCompile(`^[0-9A-Za-z]{8,32}$`)

// pathOrder reads an order's number out of the address. Faults: NOT_FOUND.
func pathOrder(c *fiber.Ctx) (string, error) {
	if no := c.Params("order_no"); orderForm.MatchString(no) {
		return no, nil
	}
	return "", fault.ErrNotFound
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
