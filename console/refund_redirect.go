package console

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/payments"
	"galleria/tenant/fault"
)

// refundRedirect sends the money of an abnormal refund to a bank card of the buyer's, or
// back to the shop. The card's number is not shown again, whatever was wrong.
func (s *Console) refundRedirect(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "out_refund_no")
	if err != nil {
		return err
	}
	typed := view.RedirectForm{To: form(c, "to"), Bank: form(c, "bank"), Holder: strings.TrimSpace(form(c, "holder")), Bad: map[string]string{}}
	if form(c, "sure") != "1" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.refundPage(c, v, view.RefundShow{Redirect: typed, Problem: v.text.T("refund.unsure")})
	}
	err = s.Refunds.RedirectRefund(c.UserContext(), v.shop.ID, payments.RedirectInput{
		Redirect: payments.Redirect{OutRefundNo: no, To: payments.RedirectTo(typed.To), Bank: typed.Bank, Card: form(c, "card"), Holder: typed.Holder},
		Actor:    actor(v.session.StaffID),
	})
	refused, ok := errors.AsType[*fault.Error](err)
	if ok && errors.Is(err, fault.ErrValidation) {
		for _, field := range refused.Fields() {
			typed.Bad[field.Path] = v.text.T("refund.redirect_bad." + field.Path)
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.refundPage(c, v, view.RefundShow{Redirect: typed})
	}
	if errors.Is(err, payments.ErrRefundUnderWay) { // sent before, or ended meanwhile: that is what was wanted
		err = nil
	}
	return s.acted(c, v, no, "refund_redirected", err)
}
