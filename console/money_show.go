package console

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/sheet"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/payments/ledger"
)

// moneyShow shows where the shop's money is.
func (s *Console) moneyShow(c *fiber.Ctx, v *visit) error {
	where, err := s.pages.Whereabouts(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	return render(c, view.WhereaboutsPage(s.page(c, v, v.text.T("whereabouts.title"), "nav.whereabouts"), view.Whereabouts{
		Whereabouts: where, SeesOrders: v.granted[authz.OrderRead],
	}))
}

const (
	// settlementDays is the period that is shown unless another one is asked for.
	settlementDays = 30
	// mostSettlementDays is the longest period that a page shows.
	mostSettlementDays = 366
)

// settlementPeriod reads a number of days up to today, or a range of one's own. preset is 0
// for the latter; invalid is the text key of a refused range.
func (s *Console) settlementPeriod(days, first, last string) (p readmodel.FlowPeriod, preset int, invalid string) {
	today := ledger.BusinessDay(s.Now())
	preset = settlementDays
	if n, err := strconv.Atoi(days); err == nil && slices.Contains(view.SettlementPresets(), n) {
		preset = n
	}
	usual := readmodel.FlowPeriod{From: today.AddDate(0, 0, 1-preset), To: today}
	if first == "" && last == "" {
		return usual, preset, ""
	}
	from, until, invalid := s.dateRange(first, last)
	if invalid != "" {
		return usual, preset, invalid
	}
	p = readmodel.FlowPeriod{From: ledger.BusinessDay(from), To: today}
	if !until.IsZero() {
		p.To = ledger.BusinessDay(until.AddDate(0, 0, -1))
	}
	if from.IsZero() {
		p.From = p.To.AddDate(0, 0, 1-settlementDays)
	}
	if p.To.Before(p.From) {
		return usual, preset, "filter.bad_range"
	}
	if p.Days() > mostSettlementDays {
		p.From = p.To.AddDate(0, 0, 1-mostSettlementDays)
		return p, 0, "settlement.too_long"
	}
	return p, 0, ""
}

// settlementShow shows what moved in a period, day by day and by channel.
func (s *Console) settlementShow(c *fiber.Ctx, v *visit) error {
	period, preset, invalid := s.settlementPeriod(c.Query("days"), c.Query("from"), c.Query("to"))
	flows, err := s.pages.Settlement(c.UserContext(), v.shop.ID, period)
	if err != nil {
		return err
	}
	return render(c, view.SettlementPage(s.page(c, v, v.text.T("settlement.title"), "nav.settlement"), view.Settlement{
		Settlement: flows, Preset: preset, Invalid: invalid, MayExport: v.granted[authz.LedgerExport],
	}))
}

// settlementExport sends the days of the overview.
func (s *Console) settlementExport(c *fiber.Ctx, v *visit) error {
	period, _, _ := s.settlementPeriod("", form(c, "from"), form(c, "to"))
	flows, err := s.pages.Settlement(c.UserContext(), v.shop.ID, period)
	if err != nil {
		return err
	}
	t := v.text
	return s.export(c, v, table{
		name: "settlement", title: t.T("settlement.title"), action: "settlement.exported",
		detail: map[string]any{"from": period.From.Format(time.DateOnly), "to": period.To.Format(time.DateOnly)},
		head: []string{
			t.T("reconcile.col.day"), t.T("whereabouts.received"), t.T("whereabouts.refunded"), t.T("whereabouts.fees"), t.T("settlement.net"),
			t.T("whereabouts.settled"), t.T("whereabouts.paid_out"), t.T("whereabouts.other"),
		},
		rows: func(row func(...sheet.Cell) error) error {
			for _, d := range flows.Days {
				if err := row(sheet.Day(d.Day), sheet.Yuan(d.Received), sheet.Yuan(-d.Refunded), sheet.Yuan(-d.Fees), sheet.Yuan(d.Net()), sheet.Yuan(d.Settled), sheet.Yuan(d.PaidOut), sheet.Yuan(d.Other)); err != nil {
					return err
				}
			}
			return nil
		},
	})
}
