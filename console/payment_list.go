package console

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// moneyFilter reads what a list of money is narrowed to; a status that no link of ours
// makes is left out.
func (s *Console) moneyFilter(value func(name string) string, statuses []string) (in readmodel.MoneyFilter, shown view.MoneyQuery) {
	shown = view.MoneyQuery{
		Status: value("status"), Query: searchWords(value("q")), From: value("from"), To: value("to"), Channel: value("channel"), Amount: strings.TrimSpace(value("amount")),
	}
	if !slices.Contains(statuses, shown.Status) {
		shown.Status = ""
	}
	if !slices.Contains(view.MoneyChannels(), shown.Channel) {
		shown.Channel = ""
	}
	in = readmodel.MoneyFilter{Status: shown.Status, Query: shown.Query, Channel: shown.Channel, Before: cursor(value("before"))}
	in.From, in.Until, shown.Invalid = s.dateRange(shown.From, shown.To)
	var ok bool
	if in.Least, in.Most, ok = amountRange(shown.Amount); !ok {
		shown.Invalid = "filter.bad_amount"
	}
	shown.OnFirst = in.Before == 0
	return in, shown
}

// amountRange reads "118", "100-200", "100-" or "-200": yuan, both ends included.
func amountRange(text string) (least, most money.Fen, ok bool) {
	if text == "" {
		return 0, 0, true
	}
	first, last, two := strings.Cut(strings.NewReplacer("～", "-", "~", "-", "–", "-", "—", "-", "¥", "", "￥", "", ",", "", " ", "").Replace(text), "-")
	if !two {
		last = first
	}
	for _, end := range []struct {
		text string
		into *money.Fen
	}{{first, &least}, {last, &most}} {
		if end.text == "" {
			continue
		}
		fen, err := money.ParseYuan(end.text)
		if err != nil || fen <= 0 {
			return 0, 0, false
		}
		*end.into = fen
	}
	if (least == 0 && most == 0) || (most > 0 && least > most) {
		return 0, 0, false
	}
	return least, most, true
}

// query reads a value of the address, for moneyFilter.
func query(c *fiber.Ctx) func(string) string {
	return func(name string) string { return c.Query(name) }
}

// posted reads a value of the posted form, for moneyFilter.
func posted(c *fiber.Ctx) func(string) string {
	return func(name string) string { return form(c, name) }
}

// paymentList shows every try to collect money.
func (s *Console) paymentList(c *fiber.Ctx, v *visit) error {
	in, shown := s.moneyFilter(query(c), view.PaymentStatuses())
	page, err := s.pages.Payments(c.UserContext(), v.shop.ID, in)
	if err != nil {
		return err
	}
	return render(c, view.PaymentListPage(s.page(c, v, v.text.T("payment.list"), "nav.payments"), view.PaymentList{
		MoneyPage: page, MoneyQuery: shown, MayExport: v.granted[authz.PaymentExport],
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
		MayRaw: v.granted[authz.CallbackRaw] && v.granted[authz.CallbackRead], CallbackBase: view.Shop{Handle: v.shop.Handle}.URL("/callbacks"), Now: s.Now(),
	}))
}

// anomalyList shows the messages that verified and did not fit: first what is open.
func (s *Console) anomalyList(c *fiber.Ctx, v *visit) error {
	in, shown := s.moneyFilter(query(c), []string{"open", "resolved"})
	if in.Status == "" {
		in.Status, shown.Status = "open", "open"
	}
	page, err := s.pages.Anomalies(c.UserContext(), v.shop.ID, in)
	if err != nil {
		return err
	}
	return render(c, view.AnomalyListPage(s.page(c, v, v.text.T("anomaly.list"), "nav.anomalies"), view.AnomalyList{
		MoneyPage: page, MoneyQuery: shown, Done: done(c, v),
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
