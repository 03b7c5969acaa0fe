package console

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/aftersale"
	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
)

// Cases is the part of aftersale.Service that staff move.
type Cases interface {
	Get(ctx context.Context, id tenant.ID, memberID int64, caseNo string) (aftersale.Case, error)
	Settings(ctx context.Context, id tenant.ID) (aftersale.Settings, error)
	Approve(ctx context.Context, id tenant.ID, in aftersale.ApproveInput) (aftersale.Case, error)
	Reject(ctx context.Context, id tenant.ID, caseNo, body, actor string) (aftersale.Case, error)
	Arrive(ctx context.Context, id tenant.ID, caseNo, actor string) (aftersale.Case, error)
	Inspect(ctx context.Context, id tenant.ID, in aftersale.InspectInput) (aftersale.Case, error)
	RefuseReceipt(ctx context.Context, id tenant.ID, caseNo, body, actor string) (aftersale.Case, error)
	SendBack(ctx context.Context, id tenant.ID, in aftersale.SendBackInput) (aftersale.Case, error)
	Reship(ctx context.Context, id tenant.ID, caseNo, courier, trackingNo, actor string) (aftersale.Case, error)
	PayInstead(ctx context.Context, id tenant.ID, caseNo string, lines map[int64]aftersale.Found, body, actor string) (aftersale.Case, error)
	RetryRefund(ctx context.Context, id tenant.ID, caseNo, actor string) (aftersale.Case, error)
	Say(ctx context.Context, id tenant.ID, in aftersale.SayInput) (out aftersale.Case, replayed bool, err error)
	SetTerms(ctx context.Context, id tenant.ID, t aftersale.Terms, actor string) error
	AddAddress(ctx context.Context, id tenant.ID, a aftersale.Address, actor string) error
	RemoveAddress(ctx context.Context, id tenant.ID, addressID int64, actor string) error
}

// aftersaleTable lists the routes of the after-sales desk.
func (s *Console) aftersaleTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const desk, one, set = shopPath + "/aftersales", shopPath + "/aftersales/:case_no", shopPath + "/aftersale-settings"
	return []route{
		{get, desk, authz.Require(authz.AfterSaleRead), s.caseList},
		{get, one, authz.Require(authz.AfterSaleRead), s.caseShow},
		{post, one + "/act", authz.Require(authz.AfterSaleHandle).StepUp(), s.caseAct},
		{post, one + "/messages", authz.Require(authz.AfterSaleHandle), s.caseSay},
		{get, set, authz.Require(authz.AfterSaleRead), s.caseSettings},
		{post, set, authz.Require(authz.ShopUpdate), s.caseTerms},
		{post, set + "/addresses", authz.Require(authz.ShopUpdate), s.returnAddressAdd},
		{post, set + "/addresses/:id/delete", authz.Require(authz.ShopUpdate), s.returnAddressDelete},
	}
}

// caseList shows the desk.
func (s *Console) caseList(c *fiber.Ctx, v *visit) error {
	tab, query := c.Query("tab"), searchWords(c.Query("q"))
	offset := cursor(c.Query("before"))
	page, err := s.pages.Cases(c.UserContext(), v.shop.ID, tab, query, offset)
	if err != nil {
		return err
	}
	return render(c, view.CaseListPage(s.page(c, v, v.text.T("aftersale.title"), "nav.aftersales"), view.CaseList{
		MoneyPage: page, Tab: tab, Query: query, OnFirst: offset == 0,
	}))
}

// caseShow shows one case.
func (s *Console) caseShow(c *fiber.Ctx, v *visit) error {
	return s.casePage(c, v, view.CaseShow{Done: done(c, v), Typed: map[string]string{}})
}

func (s *Console) casePage(c *fiber.Ctx, v *visit, show view.CaseShow) error {
	no, err := pathNumber(c, "case_no")
	if err != nil {
		return err
	}
	if show.Case, err = s.Cases.Get(c.UserContext(), v.shop.ID, 0, no); err != nil {
		return err
	}
	set, err := s.Cases.Settings(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	show.Addresses, show.MayHandle, show.MaySet = set.Addresses, v.granted[authz.AfterSaleHandle], v.granted[authz.ShopUpdate]
	show.SeesRefunds, show.Key = v.granted[authz.RefundRead], rand.Text()
	return render(c, view.CaseShowPage(s.page(c, v, v.text.T("aftersale.one")+" "+no, "nav.aftersales"), show))
}

// caseAct does one event of a case; which ones there are, the page computes from the table.
func (s *Console) caseAct(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "case_no")
	if err != nil {
		return err
	}
	show := view.CaseShow{Typed: map[string]string{}, Event: form(c, "event")}
	for _, name := range []string{"amount", "body", "courier", "tracking_no"} {
		show.Typed[name] = strings.TrimSpace(form(c, name))
	}
	if show.Problem = s.caseUnsure(c, v, show); show.Problem != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.casePage(c, v, show)
	}
	err = s.doCase(c, v, no, show.Event, show.Typed)
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/aftersales/"+no+"?done=aftersale"), fiber.StatusSeeOther)
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
	if show.Problem = textOf(v, err); fault.KindOf(err) == fault.Invalid {
		show.Problem = v.text.T("aftersale.bad")
	}
	return s.casePage(c, v, show)
}

// caseUnsure says what a form lacks before it is tried: what cannot be undone is confirmed,
// and a no is explained.
func (s *Console) caseUnsure(c *fiber.Ctx, v *visit, show view.CaseShow) string {
	event := aftersale.Event(show.Event)
	switch {
	case (event == aftersale.EventReject || event == aftersale.EventRefuse) && show.Typed["body"] == "":
		return v.text.T("aftersale.body_bad")
	case view.CaseFinal(event) && form(c, "sure") != "1":
		return v.text.T("refund.unsure")
	}
	if show.Typed["amount"] != "" {
		if fen, err := money.ParseYuan(show.Typed["amount"]); err != nil || fen < 0 {
			return v.text.T("refund.amount_bad")
		}
	}
	return ""
}

func (s *Console) doCase(c *fiber.Ctx, v *visit, no, event string, typed map[string]string) (err error) {
	ctx, shop, who := c.UserContext(), v.shop.ID, actor(v.session.StaffID)
	var amount *money.Fen
	if typed["amount"] != "" {
		fen, err := money.ParseYuan(typed["amount"])
		if err != nil {
			return fault.Invalidf("amount", "is not an amount")
		}
		amount = &fen
	}
	switch aftersale.Event(event) {
	case aftersale.EventApprove:
		address, _ := strconv.ParseInt(form(c, "address_id"), 10, 64)
		_, err = s.Cases.Approve(ctx, shop, aftersale.ApproveInput{CaseNo: no, AmountFen: amount, AddressID: address, Body: typed["body"], Actor: who})
	case aftersale.EventReject:
		_, err = s.Cases.Reject(ctx, shop, no, typed["body"], who)
	case aftersale.EventSendBack:
		_, err = s.Cases.SendBack(ctx, shop, aftersale.SendBackInput{CaseNo: no, Courier: typed["courier"], TrackingNo: typed["tracking_no"], Actor: who})
	case aftersale.EventArrive:
		_, err = s.Cases.Arrive(ctx, shop, no, who)
	case aftersale.EventInspect:
		_, err = s.Cases.Inspect(ctx, shop, aftersale.InspectInput{CaseNo: no, Lines: foundIn(c), AmountFen: amount, Body: typed["body"], Actor: who})
	case aftersale.EventRefuse:
		_, err = s.Cases.RefuseReceipt(ctx, shop, no, typed["body"], who)
	case aftersale.EventReship:
		_, err = s.Cases.Reship(ctx, shop, no, typed["courier"], typed["tracking_no"], who)
	case aftersale.EventPayInstead:
		_, err = s.Cases.PayInstead(ctx, shop, no, foundIn(c), typed["body"], who)
	case aftersale.EventRetry:
		_, err = s.Cases.RetryRefund(ctx, shop, no, who)
	default:
		return fault.Invalidf("event", "is not something staff do")
	}
	return err
}

// foundIn reads the inspection's numbers: "sellable-31" and so on.
func foundIn(c *fiber.Ctx) map[int64]aftersale.Found {
	out := map[int64]aftersale.Found{}
	for key, value := range c.Request().PostArgs().All() {
		what, line, ok := strings.Cut(string(key), "-")
		id, err := strconv.ParseInt(line, 10, 64)
		n, bad := strconv.ParseInt(string(value), 10, 32)
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
	show := view.CaseShow{Typed: map[string]string{"say": body}, Problem: textOf(v, err)}
	switch fault.KindOf(err) {
	case fault.Conflict:
		c.Status(fiber.StatusConflict)
	case fault.Invalid:
		c.Status(fiber.StatusUnprocessableEntity)
		show.Problem = v.text.T("aftersale.say_bad")
	default:
		return err
	}
	return s.casePage(c, v, show)
}

// caseSettings shows how long cases wait and where goods come back to.
func (s *Console) caseSettings(c *fiber.Ctx, v *visit) error {
	return s.caseSettingsPage(c, v, view.CaseSettings{Done: done(c, v)})
}

func (s *Console) caseSettingsPage(c *fiber.Ctx, v *visit, l view.CaseSettings) error {
	set, err := s.Cases.Settings(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	l.MaySet, l.Addresses = v.granted[authz.ShopUpdate], set.Addresses
	if l.Typed == nil {
		l.Typed = map[string]string{
			"answer_hours": strconv.FormatInt(set.AnswerHours, 10), "send_back_days": strconv.FormatInt(set.SendBackDays, 10), "inspect_days": strconv.FormatInt(set.InspectDays, 10),
		}
	}
	return render(c, view.CaseSettingsPage(s.page(c, v, v.text.T("aftersale.settings"), "nav.aftersales"), l))
}

func (s *Console) caseTerms(c *fiber.Ctx, v *visit) error {
	typed, numbers := map[string]string{}, map[string]int64{}
	for _, name := range []string{"answer_hours", "send_back_days", "inspect_days"} {
		typed[name] = strings.TrimSpace(form(c, name))
		numbers[name], _ = strconv.ParseInt(typed[name], 10, 32)
	}
	err := s.Cases.SetTerms(c.UserContext(), v.shop.ID, aftersale.Terms{
		AnswerHours: numbers["answer_hours"], SendBackDays: numbers["send_back_days"], InspectDays: numbers["inspect_days"],
	}, actor(v.session.StaffID))
	return s.caseSet(c, v, err, typed)
}

func (s *Console) returnAddressAdd(c *fiber.Ctx, v *visit) error {
	typed := map[string]string{"name": form(c, "name"), "phone": form(c, "phone"), "address": form(c, "address")}
	err := s.Cases.AddAddress(c.UserContext(), v.shop.ID, aftersale.Address{Name: typed["name"], Phone: typed["phone"], Address: typed["address"]}, actor(v.session.StaffID))
	return s.caseSet(c, v, err, typed)
}

func (s *Console) returnAddressDelete(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	return s.caseSet(c, v, s.Cases.RemoveAddress(c.UserContext(), v.shop.ID, id, actor(v.session.StaffID)), nil)
}

// caseSet leads back to the settings, or shows them with what was typed and is wrong.
func (s *Console) caseSet(c *fiber.Ctx, v *visit, err error, typed map[string]string) error {
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/aftersale-settings?done=aftersale_set"), fiber.StatusSeeOther)
	}
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	c.Status(fiber.StatusUnprocessableEntity)
	bad, _ := badFields(v, err)
	for name := range bad {
		bad[name] = v.text.T("aftersale.wrong." + name)
	}
	return s.caseSettingsPage(c, v, view.CaseSettings{Typed: typed, Bad: bad})
}
