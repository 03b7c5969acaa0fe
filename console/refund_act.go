package console

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/payments"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// refundDecide takes the second person's word. What that person may do is read anew: the
// right may have been taken away a moment ago, on another process.
func (s *Console) refundDecide(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "out_refund_no")
	if err != nil {
		return err
	}
	s.rights.Forget(v.shop.ID)
	if v.granted, err = s.rights.Granted(c.UserContext(), v.shop.ID, v.session.StaffID); err != nil {
		return err
	}
	if !v.granted[authz.RefundApprove] {
		return ErrForbidden
	}
	approve, note := form(c, "decision") == "approve", strings.TrimSpace(form(c, "note"))
	if !approve && form(c, "decision") != "refuse" {
		return fault.Invalidf("decision", "must be approve or refuse")
	}
	if n := utf8.RuneCountInString(note); n > 200 || (!approve && n == 0) {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.refundPage(c, v, view.RefundShow{Decision: note, DecisionBad: v.text.T("refund.decision_bad")})
	}
	err = s.Refunds.DecideRefund(c.UserContext(), v.shop.ID, payments.DecideInput{OutRefundNo: no, Approve: approve, Note: note, Actor: actor(v.session.StaffID)})
	what := "refund_refused"
	if approve {
		what = "refund_approved"
	}
	return s.acted(c, v, no, what, err)
}

// refundRetry lets the provider be asked again, now.
func (s *Console) refundRetry(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "out_refund_no")
	if err != nil {
		return err
	}
	goesOn, err := s.Refunds.RetryRefund(c.UserContext(), v.shop.ID, no, actor(v.session.StaffID))
	if err == nil {
		no = goesOn
	}
	return s.acted(c, v, no, "refund_retried", err)
}

// refundWithdraw takes back a refund of which the provider has not heard.
func (s *Console) refundWithdraw(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "out_refund_no")
	if err != nil {
		return err
	}
	if form(c, "sure") != "1" {
		return s.unsure(c, v)
	}
	return s.acted(c, v, no, "refund_withdrawn", s.Refunds.WithdrawRefund(c.UserContext(), v.shop.ID, no, actor(v.session.StaffID)))
}

func (s *Console) unsure(c *fiber.Ctx, v *visit) error {
	c.Status(fiber.StatusUnprocessableEntity)
	return s.refundPage(c, v, view.RefundShow{Problem: v.text.T("refund.unsure")})
}

// refundSettle ends a refund by hand, with what proves it.
func (s *Console) refundSettle(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "out_refund_no")
	if err != nil {
		return err
	}
	typedParts(c)
	typed := view.SettleForm{
		Means: form(c, "means"), Evidence: strings.TrimSpace(form(c, "evidence")), Ref: strings.TrimSpace(form(c, "evidence_ref")), Bad: map[string]string{},
	}
	if typed.Means != string(payments.AtProvider) && typed.Means != string(payments.Elsewhere) {
		typed.Bad["means"] = v.text.T("refund.means_bad")
	}
	if n := utf8.RuneCountInString(typed.Evidence); n == 0 || n > 500 {
		typed.Bad["evidence"] = v.text.T("refund.evidence_bad")
	}
	if len(typed.Ref) > 200 {
		typed.Bad["evidence_ref"] = v.text.T("refund.evidence_ref_bad")
	}
	show := view.RefundShow{Settle: typed}
	if len(typed.Bad) == 0 && form(c, "sure") != "1" {
		show.Problem = v.text.T("refund.unsure")
	}
	if len(typed.Bad) > 0 || show.Problem != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.refundPage(c, v, show)
	}
	files, err := s.takeEvidence(c, v)
	if err != nil {
		s.note(c, v, err)
		refuseForm(c, err)
		typed.Bad["evidence_file"] = textOf(v, err)
		return s.refundPage(c, v, show)
	}
	who := actor(v.session.StaffID)
	err = s.Refunds.SettleRefund(c.UserContext(), v.shop.ID, payments.SettleInput{
		OutRefundNo: no, Means: payments.Means(typed.Means), Evidence: typed.Evidence, EvidenceRef: typed.Ref, Actor: who,
		Attach: func(ctx context.Context, tx tenantdb.Tx) error { return s.Evidence.KeepTx(ctx, tx, no, who, files) },
	})
	if kind := fault.KindOf(err); err != nil && kind != fault.Internal && kind != fault.Unavailable {
		// Refused for sure. If the answer of a COMMIT was lost, the rows may be there: then the
		// sweep decides.
		err = errors.Join(err, s.Evidence.Drop(c.UserContext(), files))
	}
	return s.acted(c, v, no, "refund_settled", err)
}

// refundNew asks how much of an order's money is to go back, and why.
func (s *Console) refundNew(c *fiber.Ctx, v *visit) error {
	var key [16]byte
	if _, err := rand.Read(key[:]); err != nil {
		return err
	}
	return s.refundForm(c, v, view.RefundForm{Key: hex.EncodeToString(key[:])})
}

// refundForm shows the form over what the order's payment has left.
func (s *Console) refundForm(c *fiber.Ctx, v *visit, f view.RefundForm) error {
	no, err := pathNumber(c, "order_no")
	if err != nil {
		return err
	}
	order, err := s.pages.Order(c.UserContext(), v.shop.ID, no)
	if err != nil {
		return err
	}
	f.OrderNo, f.Unsent = no, !anySent(order.Fulfil.Sent)
	for _, a := range order.Attempts {
		if a.Status == "succeeded" && !a.Surplus {
			payment, err := s.pages.Payment(c.UserContext(), v.shop.ID, a.OutTradeNo)
			if err != nil {
				return err
			}
			f.Paid, f.Gone, f.Held, f.Rest, f.Channel = payment.Amount, payment.Refunded, payment.Reserved, payment.Rest(), payment.Channel
		}
	}
	if f.Paid == 0 { // nobody paid: there is nothing to give back
		return fault.ErrNotFound
	}
	if f.Limit, err = s.Refunds.RefundApproval(c.UserContext(), v.shop.ID); err != nil {
		return err
	}
	if f.Amount == "" && f.Bad == nil {
		f.Amount = f.Rest.Yuan()
	}
	return render(c, view.RefundFormPage(s.page(c, v, v.text.T("refund.new"), "nav.orders"), f))
}

func anySent(sent map[int64]int64) bool {
	for _, pieces := range sent {
		if pieces > 0 {
			return true
		}
	}
	return false
}

// stillUnsent refuses a refund that was decided on before anything was sent, once something
// is: of the one who sends and the one who refunds, whoever comes second looks again.
func (s *Console) stillUnsent(c *fiber.Ctx, orderNo string) func(context.Context, tenantdb.Tx) error {
	if form(c, "unsent") != "1" {
		return nil
	}
	return func(ctx context.Context, tx tenantdb.Tx) error { return s.Orders.NothingSentTx(ctx, tx, orderNo) }
}

// refundCreate asks for a refund. The same form makes one refund, however often it is sent.
func (s *Console) refundCreate(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "order_no")
	if err != nil {
		return err
	}
	f := view.RefundForm{Key: form(c, "form"), Amount: strings.TrimSpace(form(c, "amount")), Note: strings.TrimSpace(form(c, "note")), Bad: map[string]string{}}
	amount, parse := money.ParseYuan(f.Amount)
	if parse != nil || amount <= 0 {
		f.Bad["amount"] = v.text.T("refund.amount_bad")
	}
	if n := utf8.RuneCountInString(f.Note); n == 0 || n > 80 {
		f.Bad["note"] = v.text.T("refund.note_bad")
	}
	if form(c, "sure") != "1" {
		f.Bad["sure"] = v.text.T("refund.unsure")
	}
	if len(f.Bad) > 0 || !numberForm.MatchString(f.Key) {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.refundForm(c, v, f)
	}
	made, err := s.Refunds.AskRefund(c.UserContext(), v.shop.ID, payments.AskInput{
		BusinessNo: no, AmountFen: amount, Reason: payments.ByStaff, Note: f.Note, SourceKind: payments.SourceStaff, SourceNo: f.Key,
		Actor: actor(v.session.StaffID), Still: s.stillUnsent(c, no),
	})
	switch {
	case errors.Is(err, payments.ErrRefundExceeds), errors.Is(err, payments.ErrNothingToRefund):
		c.Status(fiber.StatusConflict)
		f.Bad["amount"] = textOf(v, err)
		return s.refundForm(c, v, f)
	case fault.KindOf(err) == fault.Conflict && err != nil:
		c.Status(fiber.StatusConflict)
		f.Problem = textOf(v, err)
		return s.refundForm(c, v, f)
	case err != nil:
		return err
	}
	what := "refund_asked"
	if made.Status == payments.RefundAwaitingApproval {
		what = "refund_awaits"
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/refunds/"+made.OutRefundNo+"?done="+what), fiber.StatusSeeOther)
}
