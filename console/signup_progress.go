package console

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/tenant/fault"
	"galleria/tenant/signup"
)

// refreshAfter is how soon a browser without script looks again, in seconds.
const refreshAfter = 2

// signupProgress shows how far the shop is. When it stands, its owner is taken to it.
func (s *Console) signupProgress(c *fiber.Ctx, v *visit) error {
	o, err := s.opening()
	if err != nil {
		return err
	}
	a, err := o.Signups.Of(c.UserContext(), v.session.StaffID)
	if errors.Is(err, fault.ErrNotFound) || (err == nil && (a.Status == signup.Draft || a.Status == signup.Expired)) {
		return c.Redirect("/console/signup/shop", fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	if a.Status == signup.Opened {
		target := view.Shop{Handle: a.Handle}.URL("")
		if c.Get("HX-Request") != "" { // the script follows this one; the page it would swap in is another
			c.Set("HX-Redirect", target)
			return c.SendStatus(fiber.StatusNoContent)
		}
		return c.Redirect(target, fiber.StatusSeeOther)
	}
	show := view.SignUpProgress{Name: a.Name, State: string(a.Status), Reason: a.Reason, Failed: a.StepFailed, Moving: a.Status == signup.Provisioning}
	reached := false
	for _, step := range signup.Steps() {
		state := "done"
		switch {
		case reached:
			state = "waiting"
		case step == a.Step && a.StepFailed:
			state = "failed"
		case step == a.Step:
			state = "now"
		}
		reached = reached || step == a.Step
		show.Steps = append(show.Steps, view.ProgressStep{Key: string(step), State: state})
	}
	p := s.page(c, v, v.text.T("signup.progress.title."+show.State, a.Name), "")
	p.Back = "/console/signup/progress"
	if show.Moving {
		p.Refresh = refreshAfter
	}
	return render(c, view.SignUpProgressPage(p, show))
}
