package console

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Refunds gives money back and takes people's words about money; *payments.Service is one.
type Refunds interface {
	AskRefund(ctx context.Context, id tenant.ID, in payments.AskInput) (payments.Refund, error)
	DecideRefund(ctx context.Context, id tenant.ID, in payments.DecideInput) error
	RetryRefund(ctx context.Context, id tenant.ID, outRefundNo, actor string) (goesOn string, err error)
	SettleRefund(ctx context.Context, id tenant.ID, in payments.SettleInput) error
	RedirectRefund(ctx context.Context, id tenant.ID, in payments.RedirectInput) error
	Banks(channel payments.Code) []string
	WithdrawRefund(ctx context.Context, id tenant.ID, outRefundNo, actor string) error
	RefundApproval(ctx context.Context, id tenant.ID) (money.Fen, error)
	SetRefundApproval(ctx context.Context, id tenant.ID, limit money.Fen, actor string) error
	ResolveAnomaly(ctx context.Context, id tenant.ID, anomalyID int64, note, actor string) error
}

// refundList shows the shop's refunds.
func (s *Console) refundList(c *fiber.Ctx, v *visit) error {
	limit := ""
	if v.granted[authz.ShopManage] {
		fen, err := s.Refunds.RefundApproval(c.UserContext(), v.shop.ID)
		if err != nil {
			return err
		}
		if fen != payments.NoApproval {
			limit = fen.Yuan()
		}
	}
	return s.refundsPage(c, v, limit, "")
}

func (s *Console) refundsPage(c *fiber.Ctx, v *visit, limit, limitBad string) error {
	in, shown := s.moneyFilter(query(c), readmodel.RefundTabs())
	page, err := s.pages.Refunds(c.UserContext(), v.shop.ID, in)
	if err != nil {
		return err
	}
	return render(c, view.RefundListPage(s.page(c, v, v.text.T("refund.list"), "nav.refunds"), view.RefundList{
		MoneyPage: page, MoneyQuery: shown, MayExport: v.granted[authz.RefundExport], Done: done(c, v),
		MayLimit: v.granted[authz.ShopManage], Limit: limit, LimitBad: limitBad,
	}))
}

// refundLimit sets from which amount a refund needs a second person; an empty field is
// none.
func (s *Console) refundLimit(c *fiber.Ctx, v *visit) error {
	typed := strings.TrimSpace(form(c, "limit"))
	limit := payments.NoApproval
	if typed != "" {
		fen, err := money.ParseYuan(typed)
		if err != nil || fen < 0 {
			c.Status(fiber.StatusUnprocessableEntity)
			return s.refundsPage(c, v, typed, v.text.T("refund.limit_bad"))
		}
		limit = fen
	}
	if err := s.Refunds.SetRefundApproval(c.UserContext(), v.shop.ID, limit, actor(v.session.StaffID)); err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/refunds?done=refund_limit"), fiber.StatusSeeOther)
}

// refundShow shows one refund.
func (s *Console) refundShow(c *fiber.Ctx, v *visit) error {
	return s.refundPage(c, v, view.RefundShow{Done: done(c, v)})
}

func (s *Console) refundPage(c *fiber.Ctx, v *visit, show view.RefundShow) error {
	no, err := pathNumber(c, "out_refund_no")
	if err != nil {
		return err
	}
	if show.RefundDetail, err = s.pages.Refund(c.UserContext(), v.shop.ID, no); err != nil {
		return err
	}
	show.Banks = s.Refunds.Banks(payments.Code(show.Channel))
	show.Own = v.session != nil && show.RequestedBy == actor(v.session.StaffID)
	show.MayApprove, show.MaySettle, show.MayCreate = v.granted[authz.RefundApprove], v.granted[authz.RefundSettle], v.granted[authz.RefundCreate]
	return render(c, view.RefundShowPage(s.page(c, v, v.text.T("refund.one")+" "+no, "nav.refunds"), show))
}

// acted leads on after an act on a refund, or shows the refund with why it was refused.
func (s *Console) acted(c *fiber.Ctx, v *visit, no, what string, err error) error {
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/refunds/"+no+"?done="+what), fiber.StatusSeeOther)
	}
	switch fault.KindOf(err) {
	case fault.Conflict:
		c.Status(fiber.StatusConflict)
	case fault.Forbidden:
		c.Status(fiber.StatusForbidden)
	case fault.Unavailable: // the provider, for now
		c.Status(fiber.StatusServiceUnavailable)
	case fault.Upstream, fault.UpstreamTimeout:
		c.Status(fiber.StatusBadGateway)
	default: // the others are the error page's
		return err
	}
	s.note(c, v, err)
	return s.refundPage(c, v, view.RefundShow{Problem: textOf(v, err)})
}
