package console

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/aftersale"
	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
)

// maskCases hides the buyers of a list from a guest.
func maskCases(rows []readmodel.CaseRow) {
	for i := range rows {
		rows[i].Buyer = maskText(rows[i].Buyer)
	}
}

// caseAct does one event of a case; which ones there are, the page computes from the table.
func (s *Console) caseAct(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "case_no")
	if err != nil {
		return err
	}
	show := view.CaseShow{Typed: map[string]string{}, Bad: map[string]string{}, Event: form(c, "event")}
	for key, value := range c.Request().PostArgs().All() {
		show.Typed[string(key)] = strings.TrimSpace(string(value))
	}
	if amount := caseUnsure(v, &show); len(show.Bad) == 0 {
		err = s.doCase(c, v, no, amount, show)
	}
	if err == nil && len(show.Bad) == 0 {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/aftersales/"+no+"?done=aftersale"), fiber.StatusSeeOther)
	}
	if err = s.caseRefused(c, v, &show, err); err != nil {
		return err
	}
	return s.casePage(c, v, show)
}

// caseUnsure says beside its fields what a form lacks before it is tried: what cannot be
// undone is confirmed, and a no is explained. It returns the amount that was typed, if any.
func caseUnsure(v *visit, show *view.CaseShow) (amount *money.Fen) {
	event := aftersale.Event(show.Event)
	if (event == aftersale.EventReject || event == aftersale.EventRefuse) && show.Typed["body"] == "" {
		show.Bad["body"] = v.text.T("aftersale.body_bad")
	}
	if utf8.RuneCountInString(show.Typed["body"]) > aftersale.MaxBody {
		show.Bad["body"] = v.text.T("aftersale.wrong.body")
	}
	if view.CaseFinal(event) && show.Typed["sure"] != "1" {
		show.Bad["sure"] = v.text.T("aftersale.wrong.sure")
	}
	if show.Typed["amount"] == "" {
		return nil
	}
	fen, err := money.ParseYuan(show.Typed["amount"])
	if err != nil || fen < 0 {
		show.Bad["amount"] = v.text.T("aftersale.amount_bad")
	}
	return &fen
}

// caseRefused says of a form that was not carried out what is wrong with it, beside the
// field where it can; what is no refusal of the form is returned.
func (s *Console) caseRefused(c *fiber.Ctx, v *visit, show *view.CaseShow, err error) error {
	if err == nil { // the form lacked something
		c.Status(fiber.StatusUnprocessableEntity)
		return nil
	}
	switch fault.KindOf(err) {
	case fault.Conflict, fault.Precondition:
		c.Status(fiber.StatusConflict)
	case fault.Invalid:
		c.Status(fiber.StatusUnprocessableEntity)
	default:
		return err
	}
	s.note(c, v, err)
	f, _ := errors.AsType[*fault.Error](err)
	switch {
	case errors.Is(err, aftersale.ErrAmount):
		least, _ := f.Data()["least_fen"].(int64)
		most, _ := f.Data()["most_fen"].(int64)
		show.Bad["amount"] = v.text.T("aftersale.amount_range", v.text.Money(money.Fen(least)), v.text.Money(money.Fen(most)))
	case errors.Is(err, aftersale.ErrNoReturnAddress):
		show.Bad["address_id"] = textOf(v, err)
	case errors.Is(err, inventory.ErrLocationClosed):
		for key, value := range show.Typed {
			if strings.HasPrefix(key, "place-") && value == fmt.Sprint(f.Data()["location_id"]) {
				show.Bad[key] = textOf(v, err)
			}
		}
	case errors.Is(err, aftersale.ErrState), errors.Is(err, fault.ErrConflict):
		show.Problem, show.Event = v.text.T("aftersale.changed"), ""
	case fault.KindOf(err) == fault.Invalid:
		show.Bad, show.Problem = wrongFields(v, err)
	default:
		show.Problem = textOf(v, err)
	}
	return nil
}

// wrongFields are the texts for the fields that a fault of a case or its settings names;
// whole is for a fault that names none of the form's.
func wrongFields(v *visit, err error) (bad map[string]string, whole string) {
	bad = map[string]string{}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return bad, ""
	}
	for _, field := range f.Fields() {
		name, line, _ := strings.Cut(field.Path, ".")
		switch {
		case name == "lines" && line != "":
			bad[field.Path] = v.text.T("aftersale.found_bad")
		case v.text.Has("aftersale.wrong." + name):
			bad[name] = v.text.T("aftersale.wrong." + name)
		}
	}
	if len(bad) == 0 {
		whole = sentence(v, err)
	}
	return bad, whole
}

func (s *Console) doCase(c *fiber.Ctx, v *visit, no string, amount *money.Fen, show view.CaseShow) (err error) {
	ctx, shop, who, typed := c.UserContext(), v.shop.ID, actor(v.session.StaffID), show.Typed
	switch aftersale.Event(show.Event) {
	case aftersale.EventApprove:
		address, _ := strconv.ParseInt(typed["address_id"], 10, 64)
		_, err = s.Cases.Approve(ctx, shop, aftersale.ApproveInput{CaseNo: no, AmountFen: amount, AddressID: address, Body: typed["body"], Actor: who})
	case aftersale.EventReject:
		_, err = s.Cases.Reject(ctx, shop, no, typed["body"], who)
	case aftersale.EventSendBack:
		_, err = s.Cases.SendBack(ctx, shop, aftersale.SendBackInput{CaseNo: no, Courier: typed["courier"], TrackingNo: typed["tracking_no"], Actor: who})
	case aftersale.EventArrive:
		_, err = s.Cases.Arrive(ctx, shop, no, who)
	case aftersale.EventInspect:
		_, err = s.Cases.Inspect(ctx, shop, aftersale.InspectInput{CaseNo: no, Lines: foundIn(typed), AmountFen: amount, Body: typed["body"], Actor: who})
	case aftersale.EventRefuse:
		_, err = s.Cases.RefuseReceipt(ctx, shop, no, typed["body"], who)
	case aftersale.EventReship:
		_, err = s.Cases.Reship(ctx, shop, no, typed["courier"], typed["tracking_no"], who)
	case aftersale.EventPayInstead:
		_, err = s.Cases.PayInstead(ctx, shop, no, foundIn(typed), typed["body"], who)
	case aftersale.EventRetry:
		_, err = s.Cases.RetryRefund(ctx, shop, no, who)
	default:
		return fault.Invalidf("event", "is not something staff do")
	}
	return err
}

// foundIn reads the inspection's numbers: "sellable-31" and so on, and "place-31", where the
// sellable ones go. What is no number counts as missing from the sum, which is then refused.
func foundIn(typed map[string]string) map[int64]aftersale.Found {
	out := map[int64]aftersale.Found{}
	for key, value := range typed {
		what, line, ok := strings.Cut(key, "-")
		id, err := strconv.ParseInt(line, 10, 64)
		n, bad := strconv.ParseInt(value, 10, 64)
		if !ok || err != nil || bad != nil {
			continue
		}
		f := out[id]
		switch what {
		case "sellable":
			f.Sellable = n
		case "damaged":
			f.Damaged = n
		case "missing":
			f.Missing = n
		case "place":
			f.Place = &n
		}
		out[id] = f
	}
	return out
}

// caseSay adds a message to the thread; the same form adds one.
func (s *Console) caseSay(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "case_no")
	if err != nil {
		return err
	}
	body, who := strings.TrimSpace(form(c, "say")), actor(v.session.StaffID)
	_, _, err = s.Cases.Say(c.UserContext(), v.shop.ID, aftersale.SayInput{
		CaseNo: no, Body: body, Actor: who, Key: idempotency.Key{Scope: who + ":aftersale.say:" + no, Value: form(c, "form"), Body: []byte(body)},
	})
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/aftersales/"+no+"?done=said"), fiber.StatusSeeOther)
	}
	show := view.CaseShow{Typed: map[string]string{"say": body}}
	switch fault.KindOf(err) {
	case fault.Conflict:
		c.Status(fiber.StatusConflict)
		show.Problem = textOf(v, err)
	case fault.Invalid:
		c.Status(fiber.StatusUnprocessableEntity)
		show.Bad = map[string]string{"say": v.text.T("aftersale.say_bad")}
	default:
		return err
	}
	return s.casePage(c, v, show)
}
