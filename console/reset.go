package console

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/console/courier"
	"galleria/console/staff"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/tenantdb"
)

const (
	// posting is how many messages are under way at once; more are dropped, and asked for again.
	posting = 16
	// postFor is how long one message may take.
	postFor = 30 * time.Second
)

// forgotNew asks where a link for a new password is to go.
func (s *Console) forgotNew(c *fiber.Ctx, v *visit) error {
	return render(c, view.ForgotPage(s.page(c, v, v.text.T("forgot.title"), ""), "", "", false))
}

// forgotCreate sends the link to an address that somebody has proven to own. The answer
// is the same, and as fast, for an address that is nobody's.
func (s *Console) forgotCreate(c *fiber.Ctx, v *visit) error {
	ctx, typed := c.UserContext(), form(c, "address")
	p := s.page(c, v, v.text.T("forgot.title"), "")
	to, err := staff.ParseAddress(typed)
	if err != nil {
		c.Status(fiber.StatusUnprocessableEntity)
		return render(c, view.ForgotPage(p, typed, v.text.T("invite.address_bad"), false))
	}
	if !s.Courier.Goes(to.Way, courier.PasswordReset) {
		c.Status(fiber.StatusUnprocessableEntity)
		return render(c, view.ForgotPage(p, typed, courier.ErrOtherWay.Text(string(v.text.Lang())), false))
	}
	reset, ok, err := s.Staff.AskReset(ctx, to, clientIP(c))
	if refused, status, throttled := proofRefused(v, err); throttled {
		s.note(c, v, err)
		c.Status(status)
		return render(c, view.ForgotPage(p, typed, refused, false))
	}
	if err != nil {
		return err
	}
	who := "anonymous"
	if ok {
		who = actor(reset.StaffID)
		s.post(ctx, courier.Message{
			Way: to.Way, To: to.Value, Kind: courier.PasswordReset, Subject: v.text.T("mail.reset.subject"),
			// The address is the configured one: what a request calls this host is not believed.
			Text:   v.text.T("mail.reset.text", s.origin+"/console/reset/"+reset.Token),
			Values: map[string]string{courier.ValueToken: reset.Token},
		})
	}
	if err := s.Audit.Record(ctx, audit.Entry{Actor: who, Action: "console.reset_asked", Detail: map[string]any{"ip": clientIP(c), "way": string(to.Way)}}); err != nil {
		return err
	}
	return render(c, view.ForgotPage(p, to.Value, "", true))
}

// post sends a message without letting the answer wait for it.
func (s *Console) post(ctx context.Context, m courier.Message) {
	select {
	case s.posts <- struct{}{}:
	default:
		s.Log.WarnContext(ctx, "message dropped: too many under way", slog.Any("message", m))
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), postFor)
	go func() {
		defer func() { cancel(); <-s.posts }()
		if err := s.Courier.Send(ctx, m); err != nil {
			s.Log.WarnContext(ctx, "message not sent", slog.Any("message", m), slog.String("error", err.Error()))
		}
	}()
}

// resetNew takes the new password of a link.
func (s *Console) resetNew(c *fiber.Ctx, v *visit) error {
	return s.showReset(c, v, view.PasswordForm{})
}

func (s *Console) showReset(c *fiber.Ctx, v *visit, f view.PasswordForm) error {
	me, err := s.Staff.ResetOf(c.UserContext(), c.Params("token"))
	if errors.Is(err, staff.ErrLinkEnded) {
		return s.ended(c, v, err, "reset", "/console/forgot")
	}
	if err != nil {
		return err
	}
	return render(c, view.ResetPage(s.page(c, v, v.text.T("reset.title"), ""), c.Params("token"), me.Login, f))
}

// resetCreate sets the new password and ends every session of the person. Signing in
// afterwards still asks for the second factor.
func (s *Console) resetCreate(c *fiber.Ctx, v *visit) error {
	ctx, token := c.UserContext(), c.Params("token")
	me, err := s.Staff.ResetOf(ctx, token)
	if errors.Is(err, staff.ErrLinkEnded) {
		return s.ended(c, v, err, "reset", "/console/forgot")
	}
	if err != nil {
		return err
	}
	hashed, problem, err := s.newPassword(c, v, me.Login, me.Name)
	if err != nil {
		return err
	}
	if problem.NewBad != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showReset(c, v, problem)
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		id, err := s.Staff.ResetTx(ctx, tx, token, hashed)
		if err != nil {
			return err
		}
		if _, err := s.sessions.EndAllTx(ctx, tx, id); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor(id), Action: "console.password_reset", Detail: map[string]any{"ip": clientIP(c)}})
	})
	if errors.Is(err, staff.ErrLinkEnded) {
		return s.ended(c, v, err, "reset", "/console/forgot")
	}
	if err != nil {
		return err
	}
	s.cookies.ClearToken(c)
	return c.Redirect("/console/login?done=reset", fiber.StatusSeeOther)
}
