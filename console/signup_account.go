package console

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"galleria/console/session"
	"galleria/console/staff"
	"galleria/console/verify"
	"galleria/console/view"
	"galleria/tenant/audit"
)

// signupAccount asks for a name and a password once the address is proved.
func (s *Console) signupAccount(c *fiber.Ctx, v *visit) error {
	o, state, done, err := s.provedAddress(c, v)
	if done || err != nil {
		return err
	}
	return s.signupAccountPage(c, v, view.SignUpAccount{SignUpFrame: o.wizardStep(1, ""), Login: state.Address.Text})
}

func (s *Console) provedAddress(c *fiber.Ctx, v *visit) (o *Opening, state verify.State, done bool, err error) {
	if o, err = s.opening(); err != nil {
		return nil, state, false, err
	}
	state, done, err = s.proof(c, v, o)
	if !done && err == nil && !state.Proved {
		return o, state, true, c.Redirect("/console/signup/code", fiber.StatusSeeOther)
	}
	return o, state, done, err
}

func (s *Console) signupAccountPage(c *fiber.Ctx, v *visit, show view.SignUpAccount) error {
	p := s.page(c, v, v.text.T("signup.account.title"), "")
	p.Back = "/console/signup/account"
	return render(c, view.SignUpAccountPage(p, show))
}

// signupJoin makes the account and signs the person in.
func (s *Console) signupJoin(c *fiber.Ctx, v *visit) error {
	o, state, done, err := s.provedAddress(c, v)
	if done || err != nil {
		return err
	}
	ctx := c.UserContext()
	login, name, password := state.Address.Text, strings.TrimSpace(form(c, "name")), form(c, "password")
	show := view.SignUpAccount{SignUpFrame: o.wizardStep(1, ""), Login: login, Name: name}
	if n := utf8.RuneCountInString(name); n < 1 || n > 40 || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 }) {
		show.NameProblem = v.text.T("signup.account.name_form")
	}
	if strength := staff.Weigh(password, login, name); strength.Problem != "" {
		show.WordsProblem = v.text.T("password.problem." + strength.Problem)
	}
	if show.NameProblem != "" || show.WordsProblem != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.signupAccountPage(c, v, show)
	}
	member, err := s.Staff.Add(ctx, applicant(state.Address, name, password))
	if taken(err) { // made meanwhile; the visitor has proved that it is his
		c.Status(fiber.StatusConflict)
		show.Taken, show.Problem = true, textOf(v, err)
		return s.signupAccountPage(c, v, show)
	}
	if err != nil {
		return err
	}
	if err := o.Proofs.Forget(ctx, v.binding, verify.SignUp); err != nil {
		return err
	}
	token, err := s.sessions.Start(ctx, session.StartInput{
		StaffID: member.ID, Replaces: s.cookies.Token(c), UserAgent: c.Get(fiber.HeaderUserAgent), IP: clientIP(c),
	})
	if err != nil {
		return err
	}
	err = s.Audit.Record(ctx, audit.Entry{
		Actor: "staff:" + strconv.FormatInt(member.ID, 10), Action: "console.account_created", Detail: map[string]any{"ip": clientIP(c), "way": string(state.Address.Way)},
	})
	if err != nil { // nobody works unrecorded
		return errors.Join(err, s.sessions.End(ctx, token))
	}
	s.cookies.SetToken(c, token)
	return c.Redirect("/console/signup/shop", fiber.StatusSeeOther)
}

// applicant is the account of somebody who proved an address a moment ago: it is the
// account's name, and where links for a new password go.
func applicant(address verify.Address, name, password string) staff.AddInput {
	add := staff.AddInput{Login: address.Text, Name: name, Password: password}
	if proven, err := staff.ParseAddress(address.To()); err == nil {
		add = newcomer(proven, name, password)
		add.Login = address.Text
	}
	return add
}

// taken reports whether another account has the name or the address.
func taken(err error) bool {
	return errors.Is(err, staff.ErrLoginTaken) || errors.Is(err, staff.ErrAddressTaken)
}
