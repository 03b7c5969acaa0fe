package console

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// moneyFilter reads what a list of money is narrowed to; a status that no link of ours
// makes is left out.
func moneyFilter(c *fiber.Ctx, statuses []string) readmodel.MoneyFilter {
	in := readmodel.MoneyFilter{Status: c.Query("status"), Query: searchWords(c.Query("q")), Before: cursor(c.Query("before"))}
	if !slices.Contains(statuses, in.Status) {
		in.Status = ""
	}
	return in
}

// paymentList shows every try to collect money.
func (s *Console) paymentList(c *fiber.Ctx, v *visit) error {
	in := moneyFilter(c, view.PaymentStatuses())
	page, err := s.pages.Payments(c.UserContext(), v.shop.ID, in)
	if err != nil {
		return err
	}
	return render(c, view.PaymentListPage(s.page(c, v, v.text.T("payment.list"), "nav.payments"), view.PaymentList{
		MoneyPage: page, Status: in.Status, Query: in.Query, OnFirst: in.Before == 0,
	}))
}

var numberForm = regexp.MustCompile(`^[0-9A-Za-z]{8,32}$`)

// pathNumber reads one of our numbers out of the address. Faults: NOT_FOUND.
func pathNumber(c *fiber.Ctx, name string) (string, error) {
	no := strings.Clone(c.Params(name))
	if !numberForm.MatchString(no) {
		return "", fault.ErrNotFound
	}
	return no, nil
}

// paymentShow shows one payment with everything that was said about it.
func (s *Console) paymentShow(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "out_trade_no")
	if err != nil {
		return err
	}
	payment, err := s.pages.Payment(c.UserContext(), v.shop.ID, no)
	if err != nil {
		return err
	}
	return render(c, view.PaymentShowPage(s.page(c, v, v.text.T("payment.one")+" "+no, "nav.payments"), view.PaymentShow{
		PaymentDetail: payment, MayRefund: v.granted[authz.RefundCreate], SeesRefunds: v.granted[authz.RefundRead],
		MayRaw: v.granted[authz.CallbackRaw] && v.granted[authz.CallbackRead], CallbackBase: view.Shop{Handle: v.shop.Handle}.URL("/callbacks"),
	}))
}

// anomalyList shows the messages that verified and did not fit: first what is open.
func (s *Console) anomalyList(c *fiber.Ctx, v *visit) error {
	in := moneyFilter(c, []string{"open", "resolved"})
	if in.Status == "" {
		in.Status = "open"
	}
	page, err := s.pages.Anomalies(c.UserContext(), v.shop.ID, in)
	if err != nil {
		return err
	}
	return render(c, view.AnomalyListPage(s.page(c, v, v.text.T("anomaly.list"), "nav.anomalies"), view.AnomalyList{
		MoneyPage: page, Status: in.Status, Query: in.Query, OnFirst: in.Before == 0, Done: done(c, v),
	}))
}

// anomalyShow shows one anomaly.
func (s *Console) anomalyShow(c *fiber.Ctx, v *visit) error {
	return s.anomalyPage(c, v, view.AnomalyShow{Done: done(c, v)})
}

func (s *Console) anomalyPage(c *fiber.Ctx, v *visit, show view.AnomalyShow) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if show.AnomalyRow, err = s.pages.Anomaly(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	show.MayResolve = v.granted[authz.AnomalyResolve]
	return render(c, view.AnomalyShowPage(s.page(c, v, v.text.T("anomaly.one"), "nav.anomalies"), show))
}

// anomalyResolve takes a person's word that an anomaly has been dealt with.
func (s *Console) anomalyResolve(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	note := form(c, "note")
	if n := len([]rune(strings.TrimSpace(note))); n == 0 || n > 500 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.anomalyPage(c, v, view.AnomalyShow{Note: note, NoteBad: v.text.T("anomaly.note_bad")})
	}
	err = s.Refunds.ResolveAnomaly(c.UserContext(), v.shop.ID, id, note, actor(v.session.StaffID))
	if words := sentence(v, err); words != "" && fault.KindOf(err) == fault.Conflict {
		c.Status(fiber.StatusConflict)
		return s.anomalyPage(c, v, view.AnomalyShow{Note: note, Problem: words})
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/anomalies?done=anomaly_resolved"), fiber.StatusSeeOther)
}
