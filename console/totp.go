package console

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"galleria/console/factor"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// codeNew asks for the second factor of a session that still owes it.
func (s *Console) codeNew(c *fiber.Ctx, v *visit) error {
	next := localPath(c.Query("next"))
	if v.session != nil {
		return c.Redirect(orHome(next), fiber.StatusSeeOther)
	}
	if v.pending == nil {
		return c.Redirect("/console/login", fiber.StatusSeeOther)
	}
	return render(c, view.CodePage(s.page(c, v, v.text.T("factor.ask"), ""), next, ""))
}

// codeCreate takes the second factor and makes the session whole, under a new token.
func (s *Console) codeCreate(c *fiber.Ctx, v *visit) error {
	if v.pending == nil {
		return c.Redirect("/console/login", fiber.StatusSeeOther)
	}
	ctx, next := c.UserContext(), localPath(form(c, "next"))
	how, err := s.factors.Check(ctx, v.pending.StaffID, form(c, "code"), clientIP(c))
	if err != nil {
		refused, status, ok := proofRefused(v, err)
		if !ok {
			return err
		}
		s.note(c, v, err)
		if auditErr := s.Audit.Record(ctx, audit.Entry{
			Actor: actor(v.pending.StaffID), Action: "console.code_failed", Detail: map[string]any{"ip": clientIP(c)},
		}); auditErr != nil {
			return auditErr
		}
		c.Status(status)
		return render(c, view.CodePage(s.page(c, v, v.text.T("factor.ask"), ""), next, refused))
	}
	token := ""
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		if token, err = s.sessions.RenewTx(ctx, tx, v.binding); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor(v.pending.StaffID), Action: "console.login", Detail: map[string]any{"ip": clientIP(c), "second_factor": string(how)},
		})
	})
	if err != nil {
		return err
	}
	s.cookies.SetToken(c, token)
	return c.Redirect(orHome(next), fiber.StatusSeeOther)
}

// totpNew offers an authenticator to be set up.
func (s *Console) totpNew(c *fiber.Ctx, v *visit) error { return s.showEnrolment(c, v, "") }

func (s *Console) showEnrolment(c *fiber.Ctx, v *visit, problem string) error {
	offer, err := s.factors.Begin(c.UserContext(), v.session.StaffID, v.session.Login)
	if err != nil {
		return err
	}
	return render(c, view.EnrolPage(s.page(c, v, v.text.T("factor.set_up"), ""), view.Enrolment{
		Key: offer.Key, Mandatory: s.SecondFactor && v.session.Guarded && !v.session.Enrolled, Moving: v.session.Enrolled, Problem: problem,
	}))
}

// totpPicture draws the offered authenticator.
func (s *Console) totpPicture(c *fiber.Ctx, v *visit) error {
	offer, err := s.factors.Begin(c.UserContext(), v.session.StaffID, v.session.Login)
	if err != nil {
		return err
	}
	svg, err := offer.Picture()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/svg+xml")
	return c.Send(svg)
}

// totpCreate takes the authenticator's first code and shows the recovery codes, once.
func (s *Console) totpCreate(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	enrolment, err := s.factors.Try(ctx, v.session.StaffID, form(c, "code"), clientIP(c))
	var codes []string
	if err == nil {
		err = s.renew(c, v, audit.Entry{Action: "console.second_factor_on", Detail: map[string]any{"ip": clientIP(c), "moved": v.session.Enrolled}},
			func(tx tenantdb.Tx) (err error) {
				codes, err = s.factors.EnrolTx(ctx, tx, enrolment)
				return err
			})
	}
	if refused, status, ok := proofRefused(v, err); ok {
		s.note(c, v, err)
		c.Status(status)
		return s.showEnrolment(c, v, refused)
	}
	if err != nil {
		return err
	}
	return render(c, view.RecoveryPage(s.page(c, v, v.text.T("recovery.title"), ""), codes))
}

// totpDelete takes the second factor away from a person who may work without one.
func (s *Console) totpDelete(c *fiber.Ctx, v *visit) error {
	if s.SecondFactor && v.session.Guarded {
		return ErrForbidden
	}
	err := s.renew(c, v, audit.Entry{Action: "console.second_factor_off", Detail: map[string]any{"ip": clientIP(c)}},
		func(tx tenantdb.Tx) error { return s.factors.RemoveTx(c.UserContext(), tx, v.session.StaffID) })
	if err != nil && !errors.Is(err, factor.ErrNotEnrolled) {
		return err
	}
	return c.Redirect("/console/account?done=factor_off", fiber.StatusSeeOther)
}

// recoveryCreate replaces the recovery codes and shows the new ones, once.
func (s *Console) recoveryCreate(c *fiber.Ctx, v *visit) error {
	if !v.session.Enrolled {
		return fault.ErrConflict
	}
	var codes []string
	err := s.act(c, v, &audit.Entry{Action: "console.recovery_renewed"}, func(tx tenantdb.Tx) (err error) {
		codes, err = s.factors.RecoveryTx(c.UserContext(), tx, v.session.StaffID)
		return err
	})
	if err != nil {
		return err
	}
	return render(c, view.RecoveryPage(s.page(c, v, v.text.T("recovery.title"), ""), codes))
}
