package console

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/distribution"
	"galleria/commerce/sheet"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/plan"
)

// commissionList shows what is owed for which order.
func (s *Console) commissionList(c *fiber.Ctx, v *visit) (err error) {
	f := entryFilter(c.Query)
	f.Before = cursor(c.Query("before"))
	l := view.EntryList{Status: string(f.Status), OrderNo: f.OrderNo, Distributor: f.DistributorID, OnFirst: f.Before == 0, MayExport: v.granted[authz.DistributionExport]}
	if l.DistributionNav, err = s.distributionNav(c, v, "commissions"); err != nil {
		return err
	}
	if l.Rows, l.Next, err = s.Distribution.Entries(c.UserContext(), v.shop.ID, f); err != nil {
		return err
	}
	if l.Sums, err = s.Distribution.Sums(c.UserContext(), v.shop.ID); err != nil {
		return err
	}
	return render(c, view.EntryListPage(s.page(c, v, v.text.T("dist.nav.commissions"), navDistribution), l))
}

// entryFilter reads which commissions are asked for; what is none of ours is left out.
func entryFilter(read func(name string, otherwise ...string) string) distribution.EntryFilter {
	f := distribution.EntryFilter{DistributorID: cursor(read("distributor")), OrderNo: searchWords(read("order"))}
	if status := distribution.EntryStatus(read("status")); slices.Contains(distribution.EntryStatuses(), status) {
		f.Status = status
	}
	return f
}

// commissionExport sends the commissions that the list shows.
func (s *Console) commissionExport(c *fiber.Ctx, v *visit) error {
	f := entryFilter(func(name string, _ ...string) string { return form(c, name) })
	t, shop := v.text, v.shop.ID
	return s.export(c, v, table{
		name: "commissions", title: t.T("dist.nav.commissions"), action: "commissions.exported",
		detail: map[string]any{"status": string(f.Status), "order_no": f.OrderNo, "distributor": f.DistributorID},
		head: []string{
			t.T("dist.order_no"), t.T("dist.goods"), t.T("dist.distributor_no"), t.T("dist.one"), t.T("dist.tier"), t.T("dist.buyer"), t.T("dist.base"), t.T("dist.rate"),
			t.T("dist.amount_all"), t.T("dist.reversed_col"), t.T("dist.amount"), t.T("dist.state"), t.T("dist.created_at"),
		},
		stream: func(ctx context.Context, row func(...sheet.Cell) error) error {
			return s.Distribution.EachEntry(ctx, shop, f, func(e distribution.Entry) error {
				return row(sheet.Text(e.OrderNo), sheet.Text(strings.TrimSpace(e.Title+" "+e.Spec)), sheet.Text(itoa64(e.DistributorID)), sheet.Text(e.Distributor),
					sheet.Text(t.T("dist.tier."+itoa64(int64(e.Tier)))), sheet.Text(e.Buyer), sheet.Yuan(e.BaseFen), sheet.Text(view.Percent(e.RateBps)), sheet.Yuan(e.AmountFen),
					sheet.Yuan(e.ReversedFen), sheet.Yuan(e.NetFen()), sheet.Text(t.Code("dist.entry", string(e.Status))), sheet.At(&e.CreatedAt))
			})
		},
	})
}

// withdrawalList shows what distributors draw.
func (s *Console) withdrawalList(c *fiber.Ctx, v *visit) (err error) {
	l := view.WithdrawalList{Distributor: cursor(c.Query("distributor")), MayExport: v.granted[authz.WithdrawalExport], Done: done(c, v)}
	if status := distribution.WithdrawalStatus(c.Query("status")); slices.Contains(distribution.WithdrawalStatuses(), status) {
		l.Status = string(status)
	}
	before := cursor(c.Query("before"))
	l.OnFirst, l.Periods = before == 0, periodsAt(s.Now())
	if l.DistributionNav, err = s.distributionNav(c, v, "withdrawals"); err != nil {
		return err
	}
	if l.Rows, l.Next, err = s.Distribution.Withdrawals(c.UserContext(), v.shop.ID, l.Distributor, distribution.WithdrawalStatus(l.Status), before); err != nil {
		return err
	}
	if l.Counts, err = s.Distribution.Waiting(c.UserContext(), v.shop.ID); err != nil {
		return err
	}
	return render(c, view.WithdrawalListPage(s.page(c, v, v.text.T("dist.nav.withdrawals"), navDistribution), l))
}

// periodsAt are the months and years that can be exported: a year back, and three years.
func periodsAt(now time.Time) []string {
	const months, years = 12, 3
	day := tenant.BusinessDay(now)
	first := day.AddDate(0, 0, 1-day.Day())
	var list []string
	for i := range months {
		list = append(list, first.AddDate(0, -i, 0).Format("2006-01"))
	}
	for i := range years {
		list = append(list, first.AddDate(-i, 0, 0).Format("2006"))
	}
	return list
}

// withdrawalExport sends what was paid out in a time, with what was withheld: every withdrawal,
// or a line for each distributor and month.
func (s *Console) withdrawalExport(c *fiber.Ctx, v *visit) error {
	period, err := distribution.ParsePeriod(form(c, "period"))
	if err != nil {
		return err
	}
	period.DistributorID = cursor(form(c, "distributor"))
	t, shop := v.text, v.shop.ID
	file := table{
		name: "withdrawals", title: t.T("dist.nav.withdrawals"), action: "withdrawals.exported",
		detail: map[string]any{"period": form(c, "period"), "by": form(c, "by"), "distributor": period.DistributorID},
	}
	if form(c, "by") == "each" {
		file.head = []string{
			t.T("draw.no"), t.T("dist.distributor_no"), t.T("dist.one"), t.T("draw.way"), t.T("draw.receiver"), t.T("draw.amount"), t.T("draw.fee"), t.T("draw.tax"), t.T("draw.pay"),
			t.T("draw.finished_at"), t.T("draw.reference"),
		}
		file.stream = func(ctx context.Context, row func(...sheet.Cell) error) error {
			return s.Distribution.EachPaidOut(ctx, shop, period, func(w distribution.Withdrawal) error {
				return row(sheet.Text(w.No), sheet.Text(itoa64(w.DistributorID)), sheet.Text(w.Distributor), sheet.Text(t.Code("draw.way", string(w.Way))), sheet.Text(w.Receiver),
					sheet.Yuan(w.AmountFen), sheet.Yuan(w.FeeFen), sheet.Yuan(w.TaxFen), sheet.Yuan(w.PayFen), sheet.At(&w.FinishedAt), sheet.Text(w.Reason))
			})
		}
		return s.export(c, v, file)
	}
	file.head = []string{
		t.T("dist.distributor_no"), t.T("dist.one"), t.T("dist.month"), t.T("draw.count"), t.T("draw.amount"), t.T("draw.fee"), t.T("draw.taxable"), t.T("draw.tax"), t.T("draw.pay"),
	}
	file.stream = func(ctx context.Context, row func(...sheet.Cell) error) error {
		list, err := s.Distribution.PaidByMonth(ctx, shop, period)
		for _, m := range list {
			err := row(sheet.Text(itoa64(m.DistributorID)), sheet.Text(m.Distributor), sheet.Text(m.Month), sheet.Text(itoa64(m.N)), sheet.Yuan(m.AmountFen), sheet.Yuan(m.FeeFen),
				sheet.Yuan(m.AmountFen-m.FeeFen), sheet.Yuan(m.TaxFen), sheet.Yuan(m.PayFen))
			if err != nil {
				return err
			}
		}
		return err
	}
	return s.export(c, v, file)
}

// withdrawalShow shows one withdrawal, with whose it is and its transfer.
func (s *Console) withdrawalShow(c *fiber.Ctx, v *visit) error {
	return s.withdrawalPage(c, v, view.WithdrawalShow{Done: done(c, v)})
}

func (s *Console) withdrawalPage(c *fiber.Ctx, v *visit, w view.WithdrawalShow) error {
	ctx, shop := c.UserContext(), v.shop.ID
	no, err := pathNumber(c, "no")
	if err != nil {
		return err
	}
	if w.Withdrawal, err = s.Distribution.FindWithdrawal(ctx, shop, no); err != nil {
		return err
	}
	if w.Owner, err = s.Distribution.Find(ctx, shop, w.DistributorID); err != nil {
		return err
	}
	if w.Signals, _, err = s.Distribution.Signals(ctx, shop, w.DistributorID, true, 0); err != nil {
		return err
	}
	if w.Way == distribution.WayManual {
		if w.Proofs, err = s.Distribution.Proofs(ctx, shop, no); err != nil {
			return err
		}
		terms, err := s.Distribution.Plan(ctx, shop)
		if err != nil {
			return err
		}
		w.MustProve = terms.Proof
	} else {
		sent, err := s.pages.Transfers(ctx, shop, readmodel.MoneyFilter{Query: no})
		if err != nil {
			return err
		}
		if len(sent.Rows) > 0 {
			w.Transfer = &sent.Rows[0]
		}
	}
	w.SeesTransfer, w.MayHandle = v.granted[authz.TransferRead], v.granted[authz.WithdrawalHandle]
	return render(c, view.WithdrawalPage(s.page(c, v, v.text.T("draw.one")+" "+no, navDistribution), w))
}

// onWithdrawal does something with the withdrawal of the address, and leads back.
func (s *Console) onWithdrawal(c *fiber.Ctx, v *visit, what string, do func(ctx context.Context, no, by string) error) error {
	no, err := pathNumber(c, "no")
	if err != nil {
		return err
	}
	err = do(c.UserContext(), no, actor(v.session.StaffID))
	if err == nil {
		return s.toDistribution(c, v, "/withdrawals/"+no+"?done="+what)
	}
	w := view.WithdrawalShow{Typed: map[string]string{"reason": form(c, "reason"), "reference": form(c, "reference")}, Bad: map[string]string{}}
	for _, name := range refusedFields(err) {
		w.Bad[name] = v.text.Code("draw.bad", name)
	}
	if wrongProof(err) {
		s.note(c, v, err)
		w.Bad["proof_file"] = textOf(v, err)
	}
	switch {
	case len(w.Bad) > 0:
		c.Status(fiber.StatusUnprocessableEntity)
	case errors.Is(err, errUnsure):
		c.Status(fiber.StatusUnprocessableEntity)
		w.Problem = v.text.T("refund.unsure")
	case s.refusedForm(c, v, err):
		w.Problem = sentence(v, err)
	default:
		return err
	}
	return s.withdrawalPage(c, v, w)
}

// errUnsure is an act without the tick that confirms it.
var errUnsure = errors.New("not confirmed")

// withdrawalApprove lets a withdrawal go.
func (s *Console) withdrawalApprove(c *fiber.Ctx, v *visit) error {
	return s.onWithdrawal(c, v, "withdrawal_approved", func(ctx context.Context, no, by string) error {
		if form(c, "sure") != "1" {
			return errUnsure
		}
		return s.Distribution.Approve(ctx, v.shop.ID, no, by)
	})
}

// withdrawalReject refuses a withdrawal; the money may be drawn again.
func (s *Console) withdrawalReject(c *fiber.Ctx, v *visit) error {
	return s.onWithdrawal(c, v, "withdrawal_rejected", func(ctx context.Context, no, by string) error {
		return s.Distribution.Reject(ctx, v.shop.ID, no, form(c, "reason"), by)
	})
}

// withdrawalPaid says that a withdrawal was paid by hand, with what proves it.
func (s *Console) withdrawalPaid(c *fiber.Ctx, v *visit) error {
	typedParts(c)
	return s.onWithdrawal(c, v, "withdrawal_paid", func(ctx context.Context, no, by string) error {
		if form(c, "sure") != "1" && strings.TrimSpace(form(c, "reference")) != "" {
			return errUnsure
		}
		var files []distribution.File
		err := eachPart(c, "proof_file", distribution.MaxProof, distribution.ErrProofLarge, func(name string, raw []byte) {
			files = append(files, distribution.File{Name: name, Raw: raw})
		})
		if err != nil {
			return err
		}
		return s.Distribution.MarkPaid(ctx, v.shop.ID, no, form(c, "reference"), files, by)
	})
}

// wrongProof reports what is wrong with the files and not with the withdrawal.
func wrongProof(err error) bool {
	for _, e := range []error{distribution.ErrProof, distribution.ErrProofType, distribution.ErrProofLarge, distribution.ErrProofMany, distribution.ErrProofStore, plan.ErrQuota} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// withdrawalProof sends a file that proves a payment by hand.
func (s *Console) withdrawalProof(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "no")
	if err != nil {
		return err
	}
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	found, err := s.Distribution.OpenProof(c.UserContext(), v.shop.ID, no, id, actor(v.session.StaffID))
	if err != nil {
		return err
	}
	return sendPrivate(c, typesOfProofs()[found.Kind], found.Name, found.Body)
}

// withdrawalReveal shows whom to pay by hand, for this one answer. Who looked is recorded first.
func (s *Console) withdrawalReveal(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "no")
	if err != nil {
		return err
	}
	if _, err := s.Distribution.FindWithdrawal(c.UserContext(), v.shop.ID, no); err != nil {
		return err
	}
	entry := audit.Entry{TenantID: v.shop.ID, Actor: actor(v.session.StaffID), Action: "withdrawal.revealed", Object: "withdrawal:" + no}
	if err := s.Audit.Record(c.UserContext(), entry); err != nil {
		return err
	}
	w := view.WithdrawalShow{}
	if w.Account, w.Name, err = s.Distribution.Reveal(c.UserContext(), v.shop.ID, no); err != nil {
		return err
	}
	return s.withdrawalPage(c, v, w)
}
