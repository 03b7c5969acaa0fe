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
		return leadTo(c, view.Shop{Handle: a.Handle}.URL(""))
	}
	show := view.SignUpProgress{
		Name: a.Name, State: string(a.Status), Reason: a.Reason, Failed: a.StepFailed, Moving: a.Status == signup.Provisioning, Steps: progressSteps(a),
	}
	p := s.page(c, v, v.text.T("signup.progress.title."+show.State, a.Name), "")
	p.Back = "/console/signup/progress"
	if show.Moving {
		p.Refresh = refreshAfter
	}
	return render(c, view.SignUpProgressPage(p, show))
}

// progressSteps are the job's steps as the page shows them.
func progressSteps(a signup.Application) []view.ProgressStep {
	var steps []view.ProgressStep
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
		steps = append(steps, view.ProgressStep{Key: string(step), State: state})
	}
	return steps
}

// leadTo sends browser and script to another page. A script would follow a redirect and
// take a part of the wrong page, so it is told where to go.
func leadTo(c *fiber.Ctx, target string) error {
	if c.Get("HX-Request") != "" {
		c.Set("HX-Redirect", target)
		return c.SendStatus(fiber.StatusNoContent)
	}
	return c.Redirect(target, fiber.StatusSeeOther)
}
