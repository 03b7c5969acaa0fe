package console

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/notice"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

const mailPath = messagesPath + "/mail"

// mailTable lists the routes of mails. The account's password wants a person who has just
// proved to be the one; which notices come by mail, everybody chooses alone.
func (s *Console) mailTable() []route {
	const get, post, one = fiber.MethodGet, fiber.MethodPost, shopPath + mailPath + "/templates/:audience/:event"
	read, update, keys, anybody := authz.Require(authz.MessageRead), authz.Require(authz.MessageUpdate), authz.Require(authz.AppUpdate).StepUp(), authz.Require(authz.DashboardRead)
	return []route{
		{get, shopPath + mailPath, read, s.mailShow},
		{get, shopPath + mailPath + "/account", keys, s.mailAccount},
		{post, shopPath + mailPath + "/account", keys, s.mailBind},
		{post, shopPath + mailPath + "/switch", keys, s.mailSwitch},
		{get, one, update, s.mailTemplate},
		{post, one, update, s.mailTemplateSave},
		{post, one + "/test", update, s.mailTest},
		{get, shopPath + noticesPath + "/mail", anybody, s.mailChoice},
		{post, shopPath + noticesPath + "/mail", anybody, s.mailChoose},
	}
}

// mailOf reads the shop's mail account; bound is false without one.
func (s *Console) mailOf(c *fiber.Ctx, v *visit) (a notice.MailAccount, bound bool, err error) {
	a, err = s.Messages.MailAccount(c.UserContext(), v.shop.ID)
	if errors.Is(err, fault.ErrNotFound) {
		return a, false, nil
	}
	return a, err == nil, err
}

// mailShow shows the shop's mail account and which words it uses.
func (s *Console) mailShow(c *fiber.Ctx, v *visit) error {
	m := view.Mail{MayBind: v.granted[authz.AppUpdate], MaySet: v.granted[authz.MessageUpdate]}
	var err error
	if m.MailAccount, m.Bound, err = s.mailOf(c, v); err != nil {
		return err
	}
	page := s.page(c, v, v.text.T("mailing.title"), "nav.messages")
	page.Done = done(c, v)
	return render(c, view.MailPage(page, m))
}

// mailAccount shows the form of an account.
func (s *Console) mailAccount(c *fiber.Ctx, v *visit) error {
	a, bound, err := s.mailOf(c, v)
	if err != nil {
		return err
	}
	f := view.MailForm{Port: "465", Security: string(notice.ImplicitTLS), SenderName: v.shop.Name}
	if bound {
		f = view.MailForm{
			Host: a.Host, Port: strconv.Itoa(a.Port), Security: string(a.Security), Username: a.Username,
			SenderName: a.SenderName, SenderAddress: a.SenderAddress, Desk: a.Provider == notice.MailDesk,
		}
	}
	return s.mailForm(c, v, f)
}

func (s *Console) hasDesk() bool { return s.Opening != nil && s.Opening.Desk != nil }

func (s *Console) mailForm(c *fiber.Ctx, v *visit, f view.MailForm) error {
	f.HasDesk = s.hasDesk()
	return render(c, view.MailFormPage(s.page(c, v, v.text.T("mailing.title"), "nav.messages"), f))
}

// mailBind stores the account.
func (s *Console) mailBind(c *fiber.Ctx, v *visit) error {
	f := view.MailForm{
		Host: strings.TrimSpace(form(c, "host")), Port: strings.TrimSpace(form(c, "port")), Security: form(c, "security"), Username: strings.TrimSpace(form(c, "username")),
		SenderName: strings.TrimSpace(form(c, "sender_name")), SenderAddress: strings.TrimSpace(form(c, "sender_address")),
		Desk: form(c, "desk") != "" && s.hasDesk(), Bad: map[string]string{},
	}
	in := notice.MailInput{
		Provider: notice.MailServer, Host: f.Host, Security: notice.Security(f.Security), Username: f.Username, Password: vault.NewSecret([]byte(form(c, "secret"))),
		SenderName: f.SenderName, SenderAddress: f.SenderAddress, Actor: actor(v.session.StaffID),
	}
	in.Port, _ = strconv.Atoi(f.Port) // what is no number is none of the ports
	if f.Desk {
		in.Provider = notice.MailDesk
	}
	err := s.Messages.SetMail(c.UserContext(), v.shop.ID, in)
	if refused, ok := errors.AsType[*fault.Error](err); ok && errors.Is(err, fault.ErrValidation) {
		for _, field := range refused.Fields() {
			f.Bad[field.Path] = v.text.Code("mailing.bad", field.Path)
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.mailForm(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(mailPath+"?done=mail_bound"), fiber.StatusSeeOther)
}

// mailSwitch lets mails rest, or sends them again.
func (s *Console) mailSwitch(c *fiber.Ctx, v *visit) error {
	if err := s.Messages.SwitchMail(c.UserContext(), v.shop.ID, form(c, "on") != "", actor(v.session.StaffID)); err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(mailPath+"?done=mail_switched"), fiber.StatusSeeOther)
}

// mailTemplateForm is the form of the event in the address, with the words that the shop
// uses. Faults: NOT_FOUND.
func (s *Console) mailTemplateForm(c *fiber.Ctx, v *visit) (f view.MailTemplateForm, err error) {
	kind, ok := notice.KindOf(c.Params("event"))
	audience := notice.Audience(c.Params("audience"))
	if (audience != notice.Buyer && audience != notice.Staff) || !ok || !kind.Mailed(audience) {
		return f, fault.ErrNotFound
	}
	f = view.MailTemplateForm{Kind: kind, Bad: map[string]string{}, Done: done(c, v)}
	f.Event, f.Audience = kind.Event, audience
	a, bound, err := s.mailOf(c, v)
	if err != nil {
		return f, err
	}
	f.Bound = bound && a.Enabled
	for _, t := range a.Templates {
		if t.Event == f.Event && t.Audience == f.Audience {
			f.MailTemplate = t
		}
	}
	me, err := s.Staff.ByID(c.UserContext(), v.session.StaffID)
	f.To = me.Mail
	return f, err
}

func (s *Console) mailTemplatePage(c *fiber.Ctx, v *visit, f view.MailTemplateForm) error {
	lang := string(v.text.Lang())
	f.PreviewSubject, f.PreviewText = f.Letter(notice.SampleOf(f.Kind.Event, s.Now()), lang)
	return render(c, view.MailTemplatePage(s.page(c, v, f.Kind.Title(f.Audience, lang), "nav.messages"), f))
}

// mailTemplate shows the words of a mail and what they make of sample values.
func (s *Console) mailTemplate(c *fiber.Ctx, v *visit) error {
	f, err := s.mailTemplateForm(c, v)
	if err != nil {
		return err
	}
	return s.mailTemplatePage(c, v, f)
}

// mailTemplateSave stores the words, or shows what they would make; without any, the
// catalogue's are used.
func (s *Console) mailTemplateSave(c *fiber.Ctx, v *visit) error {
	f, err := s.mailTemplateForm(c, v)
	if err != nil {
		return err
	}
	f.Subject, f.Body = strings.TrimSpace(form(c, "subject")), strings.TrimSpace(strings.ReplaceAll(form(c, "body"), "\r\n", "\n"))
	if form(c, "preview") != "" {
		return s.mailTemplatePage(c, v, f)
	}
	err = s.Messages.SaveMailTemplate(c.UserContext(), v.shop.ID, f.MailTemplate, actor(v.session.StaffID))
	if refused, ok := errors.AsType[*fault.Error](err); ok && errors.Is(err, notice.ErrTemplate) {
		for _, field := range refused.Fields() {
			f.Bad[field.Path] = v.text.Code("mailing.bad", field.Path)
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.mailTemplatePage(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(mailPath+"?done=template_saved"), fiber.StatusSeeOther)
}

// mailTest sends a mail with sample values, and says what the server answered.
func (s *Console) mailTest(c *fiber.Ctx, v *visit) error {
	f, err := s.mailTemplateForm(c, v)
	if err != nil {
		return err
	}
	f.To = strings.TrimSpace(form(c, "to"))
	code, err := s.Messages.TestMail(c.UserContext(), v.shop.ID, notice.MailTest{
		Event: f.Event, Audience: f.Audience, To: f.To, Lang: string(v.text.Lang()), AccountID: v.session.StaffID, Actor: actor(v.session.StaffID),
	})
	switch {
	case errors.Is(err, fault.ErrValidation):
		f.Bad["to"] = v.text.T("mailing.bad.to")
		c.Status(fiber.StatusUnprocessableEntity)
	case s.refusedForm(c, v, err):
		f.Bad["to"] = textOf(v, err)
	case err != nil:
		return err
	case code == "":
		f.Done = "mail_tested"
	default:
		f.Refused = notice.ProviderWords(code, string(v.text.Lang()))
	}
	return s.mailTemplatePage(c, v, f)
}

// mailChoice shows which notices the viewer has sent by mail.
func (s *Console) mailChoice(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	me, err := s.Staff.ByID(ctx, v.session.StaffID)
	if err != nil {
		return err
	}
	chosen, err := s.Messages.MailChoice(ctx, v.shop.ID, v.session.StaffID)
	if err != nil {
		return err
	}
	a, bound, err := s.mailOf(c, v)
	if err != nil {
		return err
	}
	page := view.MailChoice{Mail: me.Mail, Bound: bound && a.Enabled, Done: done(c, v)}
	for _, k := range notice.Catalogue() {
		if k.Mailed(notice.Staff) && v.may(k.Permission) {
			page.Events = append(page.Events, view.MailEvent{Kind: k, On: slices.Contains(chosen, k.Event)})
		}
	}
	return render(c, view.MailChoicePage(s.page(c, v, v.text.T("mailing.choice"), ""), page))
}

// mailChoose stores it.
func (s *Console) mailChoose(c *fiber.Ctx, v *visit) error {
	var events []string
	for _, k := range notice.Catalogue() {
		if k.Mailed(notice.Staff) && v.may(k.Permission) && form(c, "on:"+k.Event) != "" {
			events = append(events, k.Event)
		}
	}
	if err := s.Messages.ChooseMail(c.UserContext(), v.shop.ID, v.session.StaffID, events, string(v.text.Lang())); err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(noticesPath+"/mail?done=mail_chosen"), fiber.StatusSeeOther)
}
