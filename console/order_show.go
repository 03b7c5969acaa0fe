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

// orderReveal shows whole, in this one answer, who an order goes to; the audit log has it
// before the page does.
func (s *Console) orderReveal(c *fiber.Ctx, v *visit) error {
	orderNo, err := pathOrder(c)
	if err != nil {
		return err
	}
	if err := s.Orders.RecordReveal(c.UserContext(), v.shop.ID, orderNo, actor(v.session.StaffID)); err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return s.orderWith(c, v, view.OrderShow{Revealed: true})
}

// orderPage shows an order, with what was wrong with what was asked of it.
func (s *Console) orderPage(c *fiber.Ctx, v *visit, problem string) error {
	return s.orderWith(c, v, view.OrderShow{Problem: problem})
}

func (s *Console) orderWith(c *fiber.Ctx, v *visit, show view.OrderShow) error {
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
	} else if !show.Revealed {
		maskReceiver(&order.Address)
	}
	rider, err := s.rider(c, v, order.OrderNo, order.Fulfil.Delivery, len(order.Fulfil.Parcels))
	if err != nil {
		return err
	}
	invoice, err := s.orderInvoice(c, v, order.OrderNo)
	if err != nil {
		return err
	}
	vouchers, err := s.orderVouchers(c, v, order)
	if err != nil {
		return err
	}
	title := v.text.T("order.one") + " " + order.OrderNo
	page := s.page(c, v, title, "nav.orders")
	page.Done = done(c, v)
	return render(c, view.OrderShowPage(page, view.OrderShow{
		OrderDetail: order, Problem: show.Problem, Rider: rider, Invoice: invoice, Vouchers: vouchers, Now: s.Now(), Revealed: show.Revealed, MayReveal: v.granted[authz.MemberReveal] && v.look == nil,
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
