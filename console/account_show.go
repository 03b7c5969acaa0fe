package console

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"galleria/console/staff"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// accountShow shows a person's own account: password, second factor, sessions.
func (s *Console) accountShow(c *fiber.Ctx, v *visit) error {
	return s.showAccount(c, v, view.PasswordForm{}, done(c, v))
}

func (s *Console) showAccount(c *fiber.Ctx, v *visit, form view.PasswordForm, did string) error {
	ctx := c.UserContext()
	me, err := s.Staff.ByID(ctx, v.session.StaffID)
	if err != nil {
		return err
	}
	factor, err := s.factors.State(ctx, me.ID)
	if err != nil {
		return err
	}
	devices, err := s.sessions.Devices(ctx, me.ID, v.binding)
	if err != nil {
		return err
	}
	page := view.Account{
		Login: me.Login, Mail: me.Mail, Phone: me.Phone, Enrolled: !factor.Since.IsZero(), Since: factor.Since, RecoveryLeft: factor.RecoveryLeft,
		Mandatory: s.SecondFactor && v.session.Guarded, Password: form, Done: did,
	}
	for _, d := range devices {
		page.Devices = append(page.Devices, view.Device{ID: d.ID, Agent: d.Agent, IP: d.IP, Start: d.StartedAt, SeenAt: d.SeenAt, Here: d.Here})
	}
	return render(c, view.AccountPage(s.page(c, v, v.text.T("account_own.title"), ""), page))
}

// passwordUpdate sets a new password after the old one. The person's other sessions end,
// and this one goes on under a new token.
func (s *Console) passwordUpdate(c *fiber.Ctx, v *visit) error {
	ctx, who := c.UserContext(), v.session
	_, err := s.Staff.Authenticate(ctx, staff.Credentials{Login: who.Login, Password: form(c, "current"), IP: clientIP(c)})
	if refused, status, ok := proofRefused(v, err); ok {
		s.note(c, v, err)
		c.Status(status)
		return s.showAccount(c, v, view.PasswordForm{CurrentBad: refused}, "")
	}
	if err != nil {
		return err
	}
	hashed, problem, err := s.newPassword(c, v, who.Login, who.Name)
	if problem.NewBad != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showAccount(c, v, problem, "")
	}
	if err != nil {
		return err
	}
	err = s.renew(c, v, audit.Entry{Action: "console.password_changed", Detail: map[string]any{"ip": clientIP(c)}},
		func(tx tenantdb.Tx) error { return s.Staff.SetPasswordTx(ctx, tx, who.StaffID, hashed) },
		func(tx tenantdb.Tx) error {
			_, err := s.sessions.EndOthersTx(ctx, tx, who.StaffID, s.cookies.Token(c))
			return err
		})
	if err != nil {
		return err
	}
	return c.Redirect("/console/account?done=password", fiber.StatusSeeOther)
}

// newPassword weighs and hashes the new password of a form, or says what is wrong with it.
// own are words that make a password no stronger.
func (s *Console) newPassword(c *fiber.Ctx, v *visit, own ...string) (staff.HashedPassword, view.PasswordForm, error) {
	secret := form(c, "password")
	if v.session != nil {
		for _, shop := range v.session.Shops {
			own = append(own, shop.Name, shop.Handle)
		}
	}
	strength := staff.Weigh(secret, own...)
	shown := view.PasswordForm{Weighed: true, Score: strength.Score}
	switch {
	case strength.Problem != "":
		shown.NewBad = v.text.T("password.problem." + strength.Problem)
		return staff.HashedPassword{}, shown, nil
	case secret != form(c, "repeat"):
		shown.NewBad = v.text.T("password.problem.repeat")
		return staff.HashedPassword{}, shown, nil
	}
	hashed, err := s.Staff.HashPassword(c.UserContext(), secret, own...)
	return hashed, shown, err
}

// deviceDelete ends one of the person's own sessions.
func (s *Console) deviceDelete(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if id == v.session.ID {
		return fault.ErrConflict // that is what signing out is for
	}
	e := audit.Entry{Action: "console.session_ended", Detail: map[string]any{"session": id}}
	err = s.act(c, v, &e, func(tx tenantdb.Tx) error {
		found, err := s.sessions.EndOneTx(c.UserContext(), tx, v.session.StaffID, id)
		if err == nil && !found {
			return fault.ErrNotFound
		}
		return err
	})
	if err != nil && !errors.Is(err, fault.ErrNotFound) { // it ended by itself meanwhile
		return err
	}
	return c.Redirect("/console/account?done=session", fiber.StatusSeeOther)
}

// deviceDeleteOthers ends all of the person's own sessions but this one.
func (s *Console) deviceDeleteOthers(c *fiber.Ctx, v *visit) error {
	e := audit.Entry{Action: "console.sessions_ended", Detail: map[string]any{}}
	err := s.act(c, v, &e, func(tx tenantdb.Tx) error {
		n, err := s.sessions.EndOthersTx(c.UserContext(), tx, v.session.StaffID, v.binding)
		e.Detail["sessions"] = n
		return err
	})
	if err != nil {
		return err
	}
	return c.Redirect("/console/account?done=sessions", fiber.StatusSeeOther)
}
