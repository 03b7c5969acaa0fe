package console

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/aftersale"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Cases is the part of aftersale.Service that staff move.
type Cases interface {
	Get(ctx context.Context, id tenant.ID, memberID int64, caseNo string) (aftersale.Case, error)
	Settings(ctx context.Context, id tenant.ID) (aftersale.Settings, error)
	PlacesOf(ctx context.Context, id tenant.ID, c aftersale.Case) (aftersale.Places, error)
	OpenFor(ctx context.Context, id tenant.ID, in aftersale.OpenInput, addressID int64) (out aftersale.Opened, replayed bool, err error)
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
		{get, shopPath + "/orders/:order_no/aftersale", authz.Require(authz.AfterSaleHandle), s.caseNew},
		{post, shopPath + "/orders/:order_no/aftersale", authz.Require(authz.AfterSaleHandle).StepUp(), s.caseCreate},
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
	if v.look != nil {
		maskCases(page.Rows)
	}
	return render(c, view.CaseListPage(s.page(c, v, v.text.T("aftersale.title"), "nav.aftersales"), view.CaseList{
		MoneyPage: page, Tab: tab, Query: query, OnFirst: offset == 0, Now: s.Now(),
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
	if show.CaseAside, err = s.pages.CaseAside(c.UserContext(), v.shop.ID, no); err != nil {
		return err
	}
	if show.Limit, err = s.Refunds.RefundApproval(c.UserContext(), v.shop.ID); err != nil {
		return err
	}
	if show.Status == aftersale.Inspecting && v.granted[authz.AfterSaleHandle] {
		if show.Places, err = s.Cases.PlacesOf(c.UserContext(), v.shop.ID, show.Case); err != nil {
			return err
		}
		for i, at := range show.Places.Open {
			show.Places.Open[i].Name = placeName(v, at)
		}
	}
	if v.look != nil {
		show.Buyer = maskText(show.Buyer)
	}
	show.Addresses, show.MayHandle, show.MaySet = set.Addresses, v.granted[authz.AfterSaleHandle], v.granted[authz.ShopUpdate]
	show.SeesRefunds, show.Key, show.Now = v.granted[authz.RefundRead], rand.Text(), s.Now()
	return render(c, view.CaseShowPage(s.page(c, v, v.text.T("aftersale.one")+" "+no, "nav.aftersales"), show))
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
		l.Typed = map[string]string{}
	}
	for name, kept := range map[string]int64{"answer_hours": set.AnswerHours, "send_back_days": set.SendBackDays, "inspect_days": set.InspectDays} {
		if _, typed := l.Typed[name]; !typed { // the other form of the page was refused
			l.Typed[name] = strconv.FormatInt(kept, 10)
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
	bad, _ := wrongFields(v, err)
	return s.caseSettingsPage(c, v, view.CaseSettings{Typed: typed, Bad: bad})
}
