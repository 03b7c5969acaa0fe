package console

import (
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/aftersale"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
)

// caseNew shows the form that opens a case in a buyer's name.
func (s *Console) caseNew(c *fiber.Ctx, v *visit) error {
	f := view.CaseForm{Key: rand.Text(), Kind: string(aftersale.RefundOnly), Typed: map[string]string{}}
	if c.Query("lost") != "" {
		if err := s.forLostParcel(c, v, &f); err != nil {
			return err
		}
	}
	return s.caseForm(c, v, f)
}

// forLostParcel fills the form with what a lost parcel held.
func (s *Console) forLostParcel(c *fiber.Ctx, v *visit, f *view.CaseForm) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(o.Fulfil.Parcels, func(p readmodel.Parcel) bool {
		return p.ParcelNo == c.Query("lost") && p.Status == string(order.ParcelLost) && p.Remedy == ""
	})
	if i < 0 {
		return fault.ErrNotFound
	}
	f.Lost, f.Reason = o.Fulfil.Parcels[i].ParcelNo, string(aftersale.NotReceived)
	for _, l := range o.Fulfil.Parcels[i].Lines {
		f.Typed["qty-"+strconv.FormatInt(l.ID, 10)] = strconv.FormatInt(l.Qty, 10)
	}
	return nil
}

func (s *Console) caseForm(c *fiber.Ctx, v *visit, f view.CaseForm) (err error) {
	if !v.granted[authz.RefundCreate] { // it asks for money
		return ErrForbidden
	}
	if f.OrderNo, err = pathOrder(c); err != nil {
		return err
	}
	if f.Claimable, err = s.pages.Claimable(c.UserContext(), v.shop.ID, f.OrderNo); err != nil {
		return err
	}
	set, err := s.Cases.Settings(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	f.Addresses = set.Addresses
	if f.Limit, err = s.Refunds.RefundApproval(c.UserContext(), v.shop.ID); err != nil {
		return err
	}
	return render(c, view.CaseFormPage(s.page(c, v, v.text.T("aftersale.new"), "nav.orders"), f))
}

// caseCreate opens a case in a buyer's name and accepts it at once. The same form opens one,
// however often it is sent.
func (s *Console) caseCreate(c *fiber.Ctx, v *visit) error {
	if !v.granted[authz.RefundCreate] {
		return ErrForbidden
	}
	orderNo, err := pathOrder(c)
	if err != nil {
		return err
	}
	f := view.CaseForm{Key: form(c, "form"), Kind: form(c, "kind"), Reason: form(c, "reason"), Lost: form(c, "lost"), Typed: map[string]string{}, Bad: map[string]string{}}
	for key, value := range c.Request().PostArgs().All() {
		f.Typed[string(key)] = strings.TrimSpace(string(value))
	}
	who := actor(v.session.StaffID)
	in := aftersale.OpenInput{
		OrderNo: orderNo, Kind: aftersale.Kind(f.Kind), Reason: aftersale.Reason(f.Reason), Lost: f.Lost, Body: f.Typed["body"], Actor: who,
		Lines: piecesTyped(v, &f), AmountFen: yuanTyped(v, &f, "amount"), FreightFen: yuanTyped(v, &f, "freight"),
		Key: idempotency.Key{Scope: who + ":aftersale.open:" + orderNo, Value: f.Key, Body: c.Body()},
	}
	if !slices.Contains(aftersale.Kinds(), in.Kind) {
		f.Bad["kind"] = v.text.T("aftersale.new_kind_bad")
	}
	if f.Typed["sure"] != "1" {
		f.Bad["sure"] = v.text.T("aftersale.wrong.sure")
	}
	if len(f.Bad) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.caseForm(c, v, f)
	}
	address, _ := strconv.ParseInt(f.Typed["address_id"], 10, 64)
	opened, _, err := s.Cases.OpenFor(c.UserContext(), v.shop.ID, in, address)
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/aftersales/"+opened.CaseNo+"?done=aftersale_opened"), fiber.StatusSeeOther)
	}
	if err = s.caseNotOpened(c, v, &f, err); err != nil {
		return err
	}
	return s.caseForm(c, v, f)
}

// caseNotOpened says beside its fields why a case was not opened; what is no refusal of the
// form is returned.
func (s *Console) caseNotOpened(c *fiber.Ctx, v *visit, f *view.CaseForm, err error) error {
	switch fault.KindOf(err) {
	case fault.Conflict, fault.Precondition:
		c.Status(fiber.StatusConflict)
	case fault.Invalid:
		c.Status(fiber.StatusUnprocessableEntity)
	default:
		return err
	}
	s.note(c, v, err)
	e, _ := errors.AsType[*fault.Error](err)
	line, ofLine := e.Data()["line_id"].(int64)
	free, _ := e.Data()["free"].(int64)
	switch {
	case errors.Is(err, order.ErrClaimed) && ofLine:
		f.Bad["qty-"+strconv.FormatInt(line, 10)] = v.text.T("aftersale.new_free", strconv.FormatInt(free, 10))
	case errors.Is(err, order.ErrClaimed):
		f.Bad["freight"] = v.text.T("aftersale.new_freight_bad")
	case errors.Is(err, aftersale.ErrAmount):
		least, _ := e.Data()["least_fen"].(int64)
		most, _ := e.Data()["most_fen"].(int64)
		f.Bad["amount"] = v.text.T("aftersale.amount_range", v.text.Money(money.Fen(least)), v.text.Money(money.Fen(most)))
	case errors.Is(err, aftersale.ErrNoReturnAddress):
		f.Bad["address_id"] = textOf(v, err)
	case fault.KindOf(err) == fault.Invalid:
		f.Bad, f.Problem = wrongFields(v, err)
	default:
		f.Problem = textOf(v, err)
	}
	return nil
}

// piecesTyped are the pieces of the form's lines, those that are none left out.
func piecesTyped(v *visit, f *view.CaseForm) map[int64]int64 {
	lines := map[int64]int64{}
	for key, value := range f.Typed {
		name, ok := strings.CutPrefix(key, "qty-")
		id, err := strconv.ParseInt(name, 10, 64)
		if !ok || err != nil {
			continue
		}
		n, err := strconv.ParseInt(value, 10, 32)
		if value != "" && (err != nil || n < 0) {
			f.Bad[key] = v.text.T("aftersale.new_qty_bad")
		}
		if n > 0 {
			lines[id] = n
		}
	}
	if len(lines) == 0 && len(f.Bad) == 0 {
		f.Bad["lines"] = v.text.T("aftersale.new_lines_bad")
	}
	return lines
}

// yuanTyped is an amount that may be left empty.
func yuanTyped(v *visit, f *view.CaseForm, name string) *money.Fen {
	if f.Typed[name] == "" {
		return nil
	}
	fen, err := money.ParseYuan(f.Typed[name])
	if err != nil || fen < 0 {
		f.Bad[name] = v.text.T("aftersale.amount_bad")
	}
	return &fen
}
