package console

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/notice"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// messageSettings shows what the shop tells whom, how, and when not.
func (s *Console) messageSettings(c *fiber.Ctx, v *visit) error {
	settings, err := s.Messages.Settings(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	return s.messagePage(c, v, view.MessageSettings{
		Settings: settings, From: clockText(settings.Hours.From), Until: clockText(settings.Hours.Until), Done: done(c, v),
	})
}

func (s *Console) messagePage(c *fiber.Ctx, v *visit, set view.MessageSettings) error {
	apps, err := s.MiniPrograms.Apps(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	for _, a := range apps {
		if a.Provider == tenant.WeChat || a.Provider == tenant.Alipay {
			set.Apps = append(set.Apps, view.MessageApp{ID: a.ID.String(), Name: a.Name, Alipay: a.Provider == tenant.Alipay})
		}
	}
	set.MaySet = v.granted[authz.MessageUpdate]
	return render(c, view.MessageSettingsPage(s.page(c, v, v.text.T("message.title"), "nav.messages"), set))
}

// clockText is minutes of a day as an input of type "time" has them.
func clockText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// clockMinutes reads them; ok is false for what is no time of a day.
func clockMinutes(text string) (minutes int, ok bool) {
	at, err := time.Parse("15:04", text)
	return at.Hour()*60 + at.Minute(), err == nil
}

// messageSave stores the matrix and the quiet hours.
func (s *Console) messageSave(c *fiber.Ctx, v *visit) error {
	set := view.MessageSettings{From: strings.TrimSpace(form(c, "quiet_from")), Until: strings.TrimSpace(form(c, "quiet_until")), Bad: map[string]string{}}
	on := map[notice.Choice]bool{}
	for _, k := range notice.Catalogue() {
		for _, a := range []notice.Audience{notice.Buyer, notice.Staff} {
			for _, channel := range k.Channels(a) {
				choice := notice.Choice{Event: k.Event, Audience: a, Channel: channel}
				on[choice] = form(c, view.ChoiceName(choice)) != ""
			}
		}
	}
	var hours notice.Hours
	for name, field := range map[string]struct {
		text string
		to   *int
	}{"quiet_from": {set.From, &hours.From}, "quiet_until": {set.Until, &hours.Until}} {
		minutes, ok := clockMinutes(field.text)
		if !ok {
			set.Bad[name] = v.text.T("message.hours_bad")
		}
		*field.to = minutes
	}
	if len(set.Bad) > 0 {
		have, err := s.Messages.Settings(c.UserContext(), v.shop.ID)
		if err != nil {
			return err
		}
		set.Settings = have
		set.On = on
		c.Status(fiber.StatusUnprocessableEntity)
		return s.messagePage(c, v, set)
	}
	if err := s.Messages.SaveSettings(c.UserContext(), v.shop.ID, on, hours, actor(v.session.StaffID)); err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(messagesPath+"?done=messages_saved"), fiber.StatusSeeOther)
}

// messageTemplate shows the form of an event's template in a Mini Program.
func (s *Console) messageTemplate(c *fiber.Ctx, v *visit) error {
	f, err := s.templateForm(c, v)
	if err != nil {
		return err
	}
	if err := s.templateOf(c, v, &f); err != nil {
		return err
	}
	f.Done = done(c, v)
	return s.templatePage(c, v, f)
}

// templateOf fills the form with the template that the shop has, and what it shows.
func (s *Console) templateOf(c *fiber.Ctx, v *visit, f *view.TemplateForm) error {
	settings, err := s.Messages.Settings(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	for _, t := range settings.Templates {
		if t.AppID == f.App.ID && t.Event == f.Kind.Event && t.Kind == f.By {
			f.Template, f.Exists = t, true
			f.Preview = t.Preview(notice.SampleOf(t.Event, s.Now()))
		}
	}
	f.Rows = view.TemplateRows(f.Fields)
	return nil
}

// messageTest sends an event's message with sample values to a member.
func (s *Console) messageTest(c *fiber.Ctx, v *visit) error {
	f, err := s.templateForm(c, v)
	if err != nil {
		return err
	}
	f.Member = strings.TrimSpace(form(c, "member"))
	in := notice.Test{AppID: f.App.ID, Event: f.Kind.Event, Kind: f.By, Actor: actor(v.session.StaffID)}
	if in.MemberID, err = strconv.ParseInt(f.Member, 10, 64); err != nil {
		err = notice.ErrTestMember.With(notice.ErrTestMember.At("member"))
	} else {
		err = s.Messages.AskTest(c.UserContext(), v.shop.ID, in)
	}
	if s.refusedForm(c, v, err) {
		f.Bad["member"] = textOf(v, err)
		if err := s.templateOf(c, v, &f); err != nil {
			return err
		}
		return s.templatePage(c, v, f)
	}
	if err != nil {
		return err
	}
	to := messagesPath + "/templates/" + f.App.ID + "/" + f.Kind.Event + "?kind=" + string(f.By) + "&done=message_tested"
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(to), fiber.StatusSeeOther)
}

// templateForm is an empty form for the app, the event and the kind of template of the address.
// Faults: NOT_FOUND.
func (s *Console) templateForm(c *fiber.Ctx, v *visit) (view.TemplateForm, error) {
	kind, ok := notice.KindOf(c.Params("event"))
	if !ok || len(kind.Buyers) == 0 {
		return view.TemplateForm{}, fault.ErrNotFound
	}
	by := notice.TemplateKind(c.Query("kind"))
	if c.Method() == fiber.MethodPost {
		by = notice.TemplateKind(form(c, "kind"))
	}
	if by == "" {
		by = notice.BySubscription
	}
	apps, err := s.MiniPrograms.Apps(c.UserContext(), v.shop.ID)
	if err != nil {
		return view.TemplateForm{}, err
	}
	for _, a := range apps {
		knows := (a.Provider == tenant.WeChat && by == notice.BySubscription) || (a.Provider == tenant.Alipay && slices.Contains(notice.TemplateKinds(), by))
		if knows && a.ID.String() == c.Params("app") {
			return view.TemplateForm{Kind: kind, By: by, App: view.MessageApp{ID: a.ID.String(), Name: a.Name, Alipay: a.Provider == tenant.Alipay}, Bad: map[string]string{}}, nil
		}
	}
	return view.TemplateForm{}, fault.ErrNotFound
}

func (s *Console) templatePage(c *fiber.Ctx, v *visit, f view.TemplateForm) error {
	return render(c, view.TemplateFormPage(s.page(c, v, f.Kind.Title(notice.Buyer, string(v.text.Lang())), "nav.messages"), f))
}

// messageTemplateSave stores a template, or shows what it would say.
func (s *Console) messageTemplateSave(c *fiber.Ctx, v *visit) error {
	f, err := s.templateForm(c, v)
	if err != nil {
		return err
	}
	f.Template = notice.Template{
		AppID: f.App.ID, Event: f.Kind.Event, Kind: f.By, TemplateID: strings.TrimSpace(form(c, "template_id")), Page: strings.TrimSpace(form(c, "page")),
		Fields: map[string]string{},
	}
	f.Exists = form(c, "exists") != ""
	for i := range view.MaxTemplateRows {
		row := view.TemplateRow{Keyword: strings.TrimSpace(form(c, "keyword"+strconv.Itoa(i))), Value: form(c, "value"+strconv.Itoa(i))}
		f.Rows = append(f.Rows, row)
		if row.Keyword != "" {
			f.Fields[row.Keyword] = row.Value
		}
	}
	if form(c, "preview") != "" {
		f.Preview = f.Template.Preview(notice.SampleOf(f.Kind.Event, s.Now()))
		return s.templatePage(c, v, f)
	}
	err = s.Messages.SaveTemplate(c.UserContext(), v.shop.ID, f.Template, actor(v.session.StaffID))
	if refused, ok := errors.AsType[*fault.Error](err); ok && errors.Is(err, notice.ErrTemplate) {
		for _, field := range refused.Fields() {
			f.Bad[field.Path] = v.text.Code("message.bad", field.Path)
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.templatePage(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(messagesPath+"?done=template_saved"), fiber.StatusSeeOther)
}

// messageTemplateDrop ends the messages of an event in a Mini Program.
func (s *Console) messageTemplateDrop(c *fiber.Ctx, v *visit) error {
	f, err := s.templateForm(c, v)
	if err != nil {
		return err
	}
	if err := s.Messages.DropTemplate(c.UserContext(), v.shop.ID, notice.Template{AppID: f.App.ID, Event: f.Kind.Event, Kind: f.By}, actor(v.session.StaffID)); err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(messagesPath+"?done=template_dropped"), fiber.StatusSeeOther)
}

// messageLog shows what became of the messages that need a template.
func (s *Console) messageLog(c *fiber.Ctx, v *visit) error {
	before := cursor(c.Query("before"))
	l := view.MessageLog{State: notice.State(c.Query("state")), OnFirst: before == 0, MayMembers: v.granted[authz.MemberRead]}
	var err error
	if l.Entries, l.Next, err = s.Messages.Log(c.UserContext(), v.shop.ID, l.State, before); err != nil {
		return err
	}
	return render(c, view.MessageLogPage(s.page(c, v, v.text.T("message.log"), "nav.messages"), l))
}
