package console

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/sheet"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// asked is what the entry of an export of a list says: which filters were set.
func asked(shown view.MoneyQuery) map[string]any {
	detail := map[string]any{}
	pairs := shown.Pairs()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			detail[pairs[i]] = pairs[i+1]
		}
	}
	if len(detail) == 0 {
		return nil
	}
	return map[string]any{"filter": detail}
}

// paymentExport sends the payments that the list shows.
func (s *Console) paymentExport(c *fiber.Ctx, v *visit) error {
	in, shown := s.moneyFilter(posted(c), view.PaymentStatuses())
	in.Before = 0
	t, shop := v.text, v.shop.ID
	return s.export(c, v, table{
		name: "payments", title: t.T("payment.list"), action: "payments.exported", detail: asked(shown),
		head: []string{
			t.T("payment.out_trade_no"), t.T("order.one"), t.T("payment.transaction_id"), t.T("export.channel"), t.T("payment.account"), t.T("export.merchant_no"), t.T("refund.col.amount"),
			t.T("payment.refunded"), t.T("refund.held"), t.T("refund.col.status"), t.T("payment.surplus"), t.T("payment.created"), t.T("payment.paid"),
		},
		stream: func(ctx context.Context, row func(...sheet.Cell) error) error {
			return s.pages.EachPayment(ctx, shop, in, func(p readmodel.PaymentRow) error {
				surplus := ""
				if p.Surplus {
					surplus = t.T("payment.surplus")
				}
				return row(sheet.Text(p.OutTradeNo), sheet.Text(p.OrderNo), sheet.Text(p.TransactionID), sheet.Text(t.Code("channel", p.Channel)), sheet.Text(p.Account), sheet.Text(p.MerchantNo),
					sheet.Yuan(p.Amount), sheet.Yuan(p.Refunded), sheet.Yuan(p.Reserved), sheet.Text(t.Code("payment.status", p.Status)), sheet.Text(surplus), sheet.At(&p.CreatedAt), sheet.At(p.PaidAt))
			})
		},
	})
}

// refundExport sends the refunds that the list shows.
func (s *Console) refundExport(c *fiber.Ctx, v *visit) error {
	in, shown := s.moneyFilter(posted(c), readmodel.RefundTabs())
	in.Before = 0
	t, shop := v.text, v.shop.ID
	return s.export(c, v, table{
		name: "refunds", title: t.T("refund.list"), action: "refunds.exported", detail: asked(shown),
		head: []string{
			t.T("refund.out_refund_no"), t.T("payment.out_trade_no"), t.T("order.one"), t.T("export.channel"), t.T("refund.col.amount"), t.T("refund.col.why"), t.T("export.note"),
			t.T("refund.col.status"), t.T("export.hold"), t.T("refund.requested"), t.T("refund.finished"),
		},
		stream: func(ctx context.Context, row func(...sheet.Cell) error) error {
			return s.pages.EachRefund(ctx, shop, in, func(r readmodel.RefundRow) error {
				hold := ""
				if r.Hold != "" {
					hold = t.Code("refund.hold", r.Hold)
				}
				return row(sheet.Text(r.OutRefundNo), sheet.Text(r.OutTradeNo), sheet.Text(r.OrderNo), sheet.Text(t.Code("channel", r.Channel)), sheet.Yuan(r.Amount), sheet.Text(t.Code("refund.reason", r.Reason)),
					sheet.Text(r.Note), sheet.Text(t.Code("refund.status", r.Status)), sheet.Text(hold), sheet.At(&r.RequestedAt), sheet.At(r.FinishedAt))
			})
		},
	})
}

// reconcileExport sends the business days that the list shows.
func (s *Console) reconcileExport(c *fiber.Ctx, v *visit) error {
	in := readmodel.BillDayFilter{AccountID: cursor(form(c, "account")), OnlyOpen: form(c, "only") == "open"}
	t, shop := v.text, v.shop.ID
	return s.export(c, v, table{
		name: "reconciliation", title: t.T("reconcile.title"), action: "reconcile.exported", detail: map[string]any{"account": in.AccountID, "only_open": in.OnlyOpen},
		head: []string{
			t.T("reconcile.col.day"), t.T("export.channel"), t.T("payment.account"), t.T("export.merchant_no"), t.T("refund.col.status"), t.T("export.their_paid"), t.T("export.our_paid"),
			t.T("export.their_refunded"), t.T("export.our_refunded"), t.T("whereabouts.fees"), t.T("whereabouts.settled"), t.T("export.open"), t.T("export.unexplained"), t.T("export.closed_at"),
		},
		stream: func(ctx context.Context, row func(...sheet.Cell) error) error {
			return s.pages.EachBillDay(ctx, shop, in, func(d readmodel.BillDay) error {
				return row(sheet.Day(d.Day), sheet.Text(t.Code("channel", d.Channel)), sheet.Text(d.Account), sheet.Text(d.MerchantNo), sheet.Text(t.Code("reconcile.status", d.Status)),
					sheet.Yuan(d.TheirPaid), sheet.Yuan(d.OurPaid), sheet.Yuan(d.TheirRefunded), sheet.Yuan(d.OurRefunded), sheet.Yuan(d.Fee), sheet.Yuan(d.Settled),
					sheet.Count(d.OpenCount), sheet.Yuan(d.Unexplained), sheet.At(d.ClosedAt))
			})
		},
	})
}
