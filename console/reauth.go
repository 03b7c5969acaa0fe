package console

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/factor"
	"galleria/console/staff"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// keptPrefix begins the names under which an interrupted form's fields travel.
const keptPrefix = "kept:"

// reauthNew asks for the password or code before a page that wants a recent proof.
func (s *Console) reauthNew(c *fiber.Ctx, v *visit) error {
	return render(c, view.ReauthPage(s.page(c, v, v.text.T("reauth.title"), ""), s.reauthForm(v, orHome(localPath(c.Query("next"))))))
}

func (s *Console) reauthForm(v *visit, next string) view.Reauth {
	return view.Reauth{Next: next, ByCode: v.session.Enrolled}
}

// reauthCreate takes the proof, renews the session, and leads on: to the page that was
// asked for, or to the form that was interrupted.
func (s *Console) reauthCreate(c *fiber.Ctx, v *visit) error {
	ask := s.reauthForm(v, orHome(localPath(form(c, "next"))))
	ask.Action, ask.Dropped = localPath(form(c, "action")), form(c, "dropped") == "1"
	c.Request().PostArgs().VisitAll(func(name, value []byte) {
		if field, ok := strings.CutPrefix(string(name), keptPrefix); ok && field != "csrf" && len(ask.Kept) < maxKept {
			ask.Kept = append(ask.Kept, view.Kept{Name: field, Value: string(value)})
		}
	})
	if err := s.prove(c, v); err != nil {
		sentence, status, ok := proofRefused(v, err)
		if !ok {
			return err
		}
		s.note(c, v, err)
		c.Status(status)
		ask.Problem = sentence
		return render(c, view.ReauthPage(s.page(c, v, v.text.T("reauth.title"), ""), ask))
	}
	if ask.Action == "" {
		return c.Redirect(ask.Next, fiber.StatusSeeOther)
	}
	return render(c, view.ContinuePage(s.page(c, v, v.text.T("reauth.done"), ""), ask))
}

// prove checks the password or code of the form and renews the session with it.
func (s *Console) prove(c *fiber.Ctx, v *visit) error {
	ctx, who := c.UserContext(), v.session
	if who.Enrolled {
		if _, err := s.factors.Check(ctx, who.StaffID, form(c, "code"), clientIP(c)); err != nil {
			return err
		}
	} else if _, err := s.Staff.Authenticate(ctx, staff.Credentials{Login: who.Login, Password: form(c, "password"), IP: clientIP(c)}); err != nil {
		return err
	}
	return s.renew(c, v, audit.Entry{Action: "console.reauth", Detail: map[string]any{"ip": clientIP(c)}})
}

// renew gives the session a new token in one transaction with what is to be recorded and
// done about it.
func (s *Console) renew(c *fiber.Ctx, v *visit, e audit.Entry, also ...func(tx tenantdb.Tx) error) error {
	ctx, token := c.UserContext(), ""
	e.Actor = actor(v.session.StaffID)
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		for _, do := range also {
			if err := do(tx); err != nil {
				return err
			}
		}
		if token, err = s.sessions.RenewTx(ctx, tx, s.cookies.Token(c)); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, e)
	})
	if err != nil {
		return err
	}
	s.cookies.SetToken(c, token)
	v.binding = token
	v.session.ProvedAt = s.Now()
	return nil
}

// actor names a person in the audit log.
func actor(staffID int64) string { return "staff:" + strconv.FormatInt(staffID, 10) }

// proofRefused is the sentence and status of a proof that was refused; ok is false for
// any other failure.
func proofRefused(v *visit, err error) (sentence string, status int, ok bool) {
	var f *fault.Error
	switch {
	case !errors.As(err, &f):
		return "", 0, false
	case errors.Is(err, staff.ErrTooManyTries):
		return f.Text(string(v.text.Lang())), fiber.StatusTooManyRequests, true
	case errors.Is(err, staff.ErrWrongLogin):
		return v.text.T("reauth.wrong_password"), fiber.StatusUnauthorized, true
	case errors.Is(err, factor.ErrWrongCode):
		return f.Text(string(v.text.Lang())), fiber.StatusUnauthorized, true
	}
	return "", 0, false
}
