package console

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/sheet"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/payments"
	"galleria/payments/transfer"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Payouts moves what the shop pays to people; *transfer.Service is one.
type Payouts interface {
	Cancel(ctx context.Context, id tenant.ID, outBillNo, actor, reason string) error
	Retry(ctx context.Context, id tenant.ID, outBillNo, actor string) error
}

// transferTable lists the routes of payouts to people.
func (s *Console) transferTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const list, one = shopPath + "/transfers", shopPath + "/transfers/:out_bill_no"
	return []route{
		{get, list, authz.Require(authz.TransferRead), s.transferList},
		{post, list + "/export", authz.Require(authz.TransferExport), s.transferExport},
		{get, one, authz.Require(authz.TransferRead), s.transferShow},
		{post, one + "/retry", authz.Require(authz.TransferManage), s.transferRetry},
		{post, one + "/cancel", authz.Require(authz.TransferManage).StepUp(), s.transferCancel},
	}
}

// transferList shows what the shop pays to people.
func (s *Console) transferList(c *fiber.Ctx, v *visit) error {
	in, shown := s.moneyFilter(query(c), readmodel.TransferTabs())
	page, err := s.pages.Transfers(c.UserContext(), v.shop.ID, in)
	if err != nil {
		return err
	}
	return render(c, view.TransferListPage(s.page(c, v, v.text.T("payout.list"), "nav.transfers"), view.TransferList{
		MoneyPage: page, MoneyQuery: shown, MayExport: v.granted[authz.TransferExport],
	}))
}

// transferShow shows one transfer.
func (s *Console) transferShow(c *fiber.Ctx, v *visit) error {
	return s.transferPage(c, v, view.TransferShow{Done: done(c, v)})
}

func (s *Console) transferPage(c *fiber.Ctx, v *visit, show view.TransferShow) error {
	no, err := pathNumber(c, "out_bill_no")
	if err != nil {
		return err
	}
	if show.TransferDetail, err = s.pages.Transfer(c.UserContext(), v.shop.ID, no); err != nil {
		return err
	}
	if v.granted[authz.TransferManage] {
		t := transfer.Transfer{Channel: payments.Code(show.Channel), Status: transfer.Status(show.Status), LastCode: show.LastCode}
		show.MayCancel, show.MayRetry = t.Cancellable(), t.Retryable()
	}
	show.SeesBuyer = v.granted[authz.MemberRead]
	return render(c, view.TransferShowPage(s.page(c, v, v.text.T("payout.one")+" "+no, "nav.transfers"), show))
}

// transferRetry lets the provider be asked again, now.
func (s *Console) transferRetry(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "out_bill_no")
	if err != nil {
		return err
	}
	return s.transferred(c, v, no, "transfer_retried", s.Payouts.Retry(c.UserContext(), v.shop.ID, no, actor(v.session.StaffID)))
}

// transferCancel takes a transfer back, as far as its provider lets it.
func (s *Console) transferCancel(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "out_bill_no")
	if err != nil {
		return err
	}
	show := view.TransferShow{Reason: strings.TrimSpace(form(c, "reason"))}
	if n := utf8.RuneCountInString(show.Reason); n == 0 || n > 200 {
		show.ReasonBad = v.text.T("payout.cancel_reason_bad")
	} else if form(c, "sure") != "1" {
		show.Problem = v.text.T("refund.unsure")
	}
	if show.ReasonBad != "" || show.Problem != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.transferPage(c, v, show)
	}
	return s.transferred(c, v, no, "transfer_cancelled", s.Payouts.Cancel(c.UserContext(), v.shop.ID, no, actor(v.session.StaffID), show.Reason))
}

// transferred leads on after an act on a transfer, or shows it with why that was refused.
func (s *Console) transferred(c *fiber.Ctx, v *visit, no, what string, err error) error {
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/transfers/"+no+"?done="+what), fiber.StatusSeeOther)
	}
	if fault.KindOf(err) != fault.Conflict {
		return err
	}
	c.Status(fiber.StatusConflict)
	s.note(c, v, err)
	return s.transferPage(c, v, view.TransferShow{Problem: textOf(v, err)})
}

// transferExport sends the transfers that the list shows.
func (s *Console) transferExport(c *fiber.Ctx, v *visit) error {
	in, shown := s.moneyFilter(posted(c), readmodel.TransferTabs())
	in.Before = 0
	t, shop := v.text, v.shop.ID
	return s.export(c, v, table{
		name: "transfers", title: t.T("payout.list"), action: "transfers.exported", detail: asked(shown),
		head: []string{
			t.T("payout.no"), t.T("payout.for"), t.T("payout.source_no"), t.T("export.channel"), t.T("payment.account"), t.T("export.merchant_no"), t.T("payout.receiver"), t.T("payout.words"),
			t.T("refund.col.amount"), t.T("refund.col.status"), t.T("export.hold"), t.T("payout.fail_reason"), t.T("payout.created"), t.T("payout.finished"),
		},
		stream: func(ctx context.Context, row func(...sheet.Cell) error) error {
			return s.pages.EachTransfer(ctx, shop, in, func(r readmodel.TransferRow) error {
				hold := ""
				if r.Stuck() {
					hold = t.Code("payout.hold", r.LastCode)
				}
				return row(sheet.Text(r.OutBillNo), sheet.Text(t.Code("payout.source", r.SourceKind)), sheet.Text(r.SourceNo), sheet.Text(t.Code("channel", r.Channel)), sheet.Text(r.Account),
					sheet.Text(r.MerchantNo), sheet.Text(r.Receiver), sheet.Text(r.Title), sheet.Yuan(r.Amount), sheet.Text(t.Code("payout.status", r.Status)), sheet.Text(hold),
					sheet.Text(r.FailReason), sheet.At(&r.CreatedAt), sheet.At(r.FinishedAt))
			})
		},
	})
}
