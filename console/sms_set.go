package console

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/money"
	"galleria/commerce/notice"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

const smsPath = messagesPath + "/sms"

// smsTable lists the routes of text messages. The account is money: its keys want a person
// who has just proved to be the one.
func (s *Console) smsTable() []route {
	const get, post, one = fiber.MethodGet, fiber.MethodPost, shopPath + smsPath + "/templates/:event"
	read, update, keys := authz.Require(authz.MessageRead), authz.Require(authz.MessageUpdate), authz.Require(authz.AppUpdate).StepUp()
	return []route{
		{get, shopPath + smsPath, read, s.smsShow},
		{get, shopPath + smsPath + "/key", keys, s.smsKey},
		{post, shopPath + smsPath + "/key", keys, s.smsBind},
		{post, shopPath + smsPath + "/switch", keys, s.smsSwitch},
		{get, one, update, s.smsTemplate},
		{post, one, update, s.smsTemplateSave},
		{post, one + "/test", update, s.smsTest},
	}
}

// smsShow shows the shop's account for text messages and its templates.
func (s *Console) smsShow(c *fiber.Ctx, v *visit) error {
	a, err := s.Messages.SMSAccount(c.UserContext(), v.shop.ID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	page := s.page(c, v, v.text.T("sms.title"), "nav.messages")
	page.Done = done(c, v)
	return render(c, view.SMSPage(page, view.SMS{
		SMSAccount: a, Bound: err == nil, MayBind: v.granted[authz.AppUpdate], MaySet: v.granted[authz.MessageUpdate],
	}))
}

// smsKey shows the form of an account.
func (s *Console) smsKey(c *fiber.Ctx, v *visit) error {
	a, err := s.Messages.SMSAccount(c.UserContext(), v.shop.ID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	f := view.SMSForm{KeyID: a.KeyID, SignName: a.SignName, PerDay: "5", Unreached: true, Piece: "0.05", Month: "0"}
	if err == nil {
		f.PerDay, f.Unreached, f.Desk = strconv.Itoa(a.PerDay), a.Unreached, a.Provider == notice.SMSDesk
		f.Piece, f.Month = a.PieceFen.Yuan(), a.MonthFen.Yuan()
	}
	return s.smsForm(c, v, f)
}

func (s *Console) smsForm(c *fiber.Ctx, v *visit, f view.SMSForm) error {
	f.HasDesk = s.Opening != nil && s.Opening.Desk != nil
	return render(c, view.SMSFormPage(s.page(c, v, v.text.T("sms.title"), "nav.messages"), f))
}

// smsBind stores the account.
func (s *Console) smsBind(c *fiber.Ctx, v *visit) error {
	f := view.SMSForm{
		KeyID: strings.TrimSpace(form(c, "key_id")), SignName: strings.TrimSpace(form(c, "sign_name")), PerDay: strings.TrimSpace(form(c, "per_day")),
		Piece: strings.TrimSpace(form(c, "piece_fen")), Month: strings.TrimSpace(form(c, "month_fen")),
		Unreached: form(c, "unreached") != "", Desk: form(c, "desk") != "" && s.Opening != nil && s.Opening.Desk != nil, Bad: map[string]string{},
	}
	in := notice.SMSInput{
		Provider: notice.SMSVendor, KeyID: f.KeyID, Secret: vault.NewSecret([]byte(strings.TrimSpace(form(c, "secret")))), SignName: f.SignName,
		Unreached: f.Unreached, Actor: actor(v.session.StaffID),
	}
	in.PerDay, _ = strconv.Atoi(f.PerDay) // what is no number is out of bounds
	for field, typed := range map[*money.Fen]string{&in.PieceFen: f.Piece, &in.MonthFen: f.Month} {
		fen, err := yuan(typed)
		if err != nil {
			fen = -1 // what is no amount is out of bounds
		}
		*field = fen
	}
	if f.Desk {
		in.Provider = notice.SMSDesk
	}
	err := s.Messages.SetSMS(c.UserContext(), v.shop.ID, in)
	if refused, ok := errors.AsType[*fault.Error](err); ok && errors.Is(err, fault.ErrValidation) {
		for _, field := range refused.Fields() {
			f.Bad[field.Path] = v.text.Code("sms.bad", field.Path)
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.smsForm(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(smsPath+"?done=sms_bound"), fiber.StatusSeeOther)
}

// smsSwitch lets text messages rest, or sends them again.
func (s *Console) smsSwitch(c *fiber.Ctx, v *visit) error {
	if err := s.Messages.SwitchSMS(c.UserContext(), v.shop.ID, form(c, "on") != "", actor(v.session.StaffID)); err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(smsPath+"?done=sms_switched"), fiber.StatusSeeOther)
}

// smsTemplateForm is the form of the event in the address. Faults: NOT_FOUND.
func (s *Console) smsTemplateForm(c *fiber.Ctx, v *visit) (view.SMSTemplateForm, error) {
	kind, ok := notice.KindOf(c.Params("event"))
	if _, told := kind.Buyers[notice.SMS]; !ok || !told {
		return view.SMSTemplateForm{}, fault.ErrNotFound
	}
	return view.SMSTemplateForm{Kind: kind, Bad: map[string]string{}, Done: done(c, v)}, nil
}

// smsTemplate shows which template tells of an event.
func (s *Console) smsTemplate(c *fiber.Ctx, v *visit) error {
	f, err := s.smsTemplateForm(c, v)
	if err != nil {
		return err
	}
	if err := s.smsTemplateOf(c, v, &f); err != nil {
		return err
	}
	return s.smsTemplatePage(c, v, f)
}

// smsTemplateOf fills the form with the template that the shop has, and what it shows and
// costs.
func (s *Console) smsTemplateOf(c *fiber.Ctx, v *visit, f *view.SMSTemplateForm) error {
	a, err := s.Messages.SMSAccount(c.UserContext(), v.shop.ID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	f.Bound = err == nil && a.Enabled
	for _, t := range a.Templates {
		if t.Event == f.Kind.Event {
			f.SMSTemplate, f.Preview, f.Exists = t, t.Preview(notice.SampleOf(t.Event, s.Now())), true
			f.Text, f.Pieces = t.Filled(f.Preview), t.Pieces(a.SignName, f.Preview)
			f.CostFen = a.PieceFen * money.Fen(f.Pieces)
		}
	}
	f.Rows = view.TemplateRows(f.Fields)
	return nil
}

// smsTest sends a text message with sample values, and says what the vendor answered.
func (s *Console) smsTest(c *fiber.Ctx, v *visit) error {
	f, err := s.smsTemplateForm(c, v)
	if err != nil {
		return err
	}
	if err := s.smsTemplateOf(c, v, &f); err != nil {
		return err
	}
	ctx := c.UserContext()
	f.Phone = strings.NewReplacer(" ", "", "-", "").Replace(form(c, "phone"))
	index, err := s.Members.PhoneIndex(ctx, v.shop.ID, f.Phone)
	if err != nil {
		return err
	}
	if index == nil {
		f.Bad["phone"] = v.text.T("sms.bad.phone")
		c.Status(fiber.StatusUnprocessableEntity)
		return s.smsTemplatePage(c, v, f)
	}
	code, err := s.Messages.TestSMS(ctx, v.shop.ID, notice.SMSTest{
		Event: f.Kind.Event, Phone: vault.NewSecret([]byte(f.Phone)), PhoneIndex: index, AccountID: v.session.StaffID, Actor: actor(v.session.StaffID),
	})
	switch {
	case s.refusedForm(c, v, err):
		f.Bad["phone"] = textOf(v, err)
	case err != nil:
		return err
	case code == "":
		f.Done = "sms_tested"
	default:
		f.Refused = notice.ProviderWords(code, string(v.text.Lang()))
	}
	return s.smsTemplatePage(c, v, f)
}

func (s *Console) smsTemplatePage(c *fiber.Ctx, v *visit, f view.SMSTemplateForm) error {
	return render(c, view.SMSTemplatePage(s.page(c, v, f.Kind.Title(notice.Buyer, string(v.text.Lang())), "nav.messages"), f))
}

// smsTemplateSave stores it; without a code, the event is told by text message no more.
func (s *Console) smsTemplateSave(c *fiber.Ctx, v *visit) error {
	f, err := s.smsTemplateForm(c, v)
	if err != nil {
		return err
	}
	f.SMSTemplate = notice.SMSTemplate{Event: f.Kind.Event, Code: strings.TrimSpace(form(c, "code")), Fields: map[string]string{}, Words: strings.TrimSpace(form(c, "words"))}
	for i := range view.MaxTemplateRows {
		row := view.TemplateRow{Keyword: strings.TrimSpace(form(c, "keyword"+strconv.Itoa(i))), Value: form(c, "value"+strconv.Itoa(i))}
		f.Rows = append(f.Rows, row)
		if row.Keyword != "" {
			f.Fields[row.Keyword] = row.Value
		}
	}
	err = s.Messages.SaveSMSTemplate(c.UserContext(), v.shop.ID, f.SMSTemplate, actor(v.session.StaffID))
	if refused, ok := errors.AsType[*fault.Error](err); ok && errors.Is(err, notice.ErrTemplate) {
		for _, field := range refused.Fields() {
			f.Bad[field.Path] = v.text.Code("sms.bad", field.Path)
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.smsTemplatePage(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(smsPath+"?done=template_saved"), fiber.StatusSeeOther)
}
