package console

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/trial"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Tryout lets a shop try itself out in the provider sandbox.
type Tryout interface {
	// App is the AppID that test purchases are made in: one of the shop's own that the
	// sandbox knows and a sandbox account collects for. Faults: NOT_FOUND.
	App(ctx context.Context, shop tenant.ID) (appID string, err error)
	// Setup makes such an AppID and account for the shop. Safe to repeat.
	Setup(ctx context.Context, shop tenant.ID, actor string) error
	// Begin starts a test purchase, or takes up one that was stopped; anew: from the
	// beginning. Faults: TRIAL_RUNNING.
	Begin(ctx context.Context, shop tenant.ID, in trial.BeginInput) error
}

// tryoutShow shows how far the shop's test purchase is.
func (s *Console) tryoutShow(c *fiber.Ctx, v *visit) error { return s.tryoutPage(c, v, nil) }

func (s *Console) tryoutPage(c *fiber.Ctx, v *visit, refused error) error {
	ctx := c.UserContext()
	last, err := s.pages.TestPurchase(ctx, v.shop.ID)
	if err != nil {
		return err
	}
	overview, _, err := s.pages.Overview(ctx, v.shop.ID, s.Now(), s.texts.Shanghai(), actor(v.session.StaffID))
	if err != nil {
		return err
	}
	show := view.Tryout{
		Purchase: last, Offered: s.Tryout != nil, MayAct: v.granted[authz.ShopUpdate], MayOrders: v.granted[authz.OrderRead], HasProduct: overview.Products > 0,
		Onboarding: v.shop.Status == tenant.Onboarding,
	}
	if s.Tryout != nil {
		if show.AppID, err = s.Tryout.App(ctx, v.shop.ID); err != nil && !errors.Is(err, fault.ErrNotFound) {
			return err
		}
	}
	show.Steps = tryoutSteps(last, s.Now())
	p := s.page(c, v, v.text.T("tryout.title"), "")
	p.Back = view.Shop{Handle: v.shop.Handle}.URL("/onboarding/purchase")
	if moving(show.Steps) {
		p.Refresh = 2
	}
	if refused != nil {
		s.note(c, v, refused)
		refuseForm(c, refused)
		show.Problem = textOf(v, refused)
	}
	return render(c, view.TryoutPage(p, show))
}

func moving(steps []view.TryoutStep) bool {
	return slices.ContainsFunc(steps, func(step view.TryoutStep) bool { return step.State == view.StepNow })
}

const (
	// silence is how long a step may take before the page says that nobody works on it.
	silence = 40 * time.Second
	// callbackWait is how long the provider's word may take.
	callbackWait = 20 * time.Second
)

// tryoutSteps are the steps as they stand. The last two are facts: the provider's signed
// word, and the order's own status.
func tryoutSteps(p readmodel.TestPurchase, now time.Time) []view.TryoutStep {
	steps, reached := make([]view.TryoutStep, 0, len(trial.Steps())+1), false
	for _, key := range trial.Steps() {
		if key == trial.Confirm {
			break
		}
		step := view.TryoutStep{Key: string(key), State: view.StepDone}
		switch {
		case p.ID == 0 || reached:
			step.State = view.StepWaiting
		case string(key) == p.Step:
			reached, step.State = true, view.StepNow
			if p.Fault != "" {
				step.State, step.Fault, step.Message = view.StepFailed, p.Fault, p.Message
			} else if now.Sub(p.UpdatedAt) > silence {
				step.State, step.Fault = view.StepFailed, "SILENT"
			}
		}
		steps = append(steps, step)
	}
	return append(steps, tryoutFacts(p, now)...)
}

// tryoutFacts are the provider's word and the order's own status.
func tryoutFacts(p readmodel.TestPurchase, now time.Time) []view.TryoutStep {
	callback, paid := view.TryoutStep{Key: "callback", State: view.StepWaiting}, view.TryoutStep{Key: "paid", State: view.StepWaiting}
	if p.ID == 0 || p.Step != string(trial.Confirm) {
		return []view.TryoutStep{callback, paid}
	}
	callback.State = view.StepNow
	switch {
	case p.Told:
		callback.State = view.StepDone
	case p.Refused > 0:
		callback.State, callback.Fault = view.StepFailed, "CALLBACK_REFUSED"
	case now.Sub(p.UpdatedAt) > callbackWait:
		callback.State, callback.Fault = view.StepFailed, "CALLBACK_MISSING"
	}
	paid.State = view.StepNow
	if p.PaidAt != nil {
		paid.State = view.StepDone
	} else if p.Status == "closed" {
		paid.State, paid.Fault = view.StepFailed, "ORDER_CLOSED"
	}
	return []view.TryoutStep{callback, paid}
}

// tryoutBegin starts the purchase, or takes it up.
func (s *Console) tryoutBegin(c *fiber.Ctx, v *visit) error {
	if s.Tryout == nil {
		return fault.ErrNotFound
	}
	app, err := s.Tryout.App(c.UserContext(), v.shop.ID)
	if errors.Is(err, fault.ErrNotFound) {
		return c.Redirect(tryoutURL(v), fiber.StatusSeeOther) // the page says what is missing
	}
	if err != nil {
		return err
	}
	err = s.Tryout.Begin(c.UserContext(), v.shop.ID, trial.BeginInput{AppID: app, Anew: form(c, "anew") != "", Actor: actor(v.session.StaffID)})
	return s.tried(c, v, err)
}

// tryoutSetup makes a test app and a test account for the shop.
func (s *Console) tryoutSetup(c *fiber.Ctx, v *visit) error {
	if s.Tryout == nil {
		return fault.ErrNotFound
	}
	return s.tried(c, v, s.Tryout.Setup(c.UserContext(), v.shop.ID, actor(v.session.StaffID)))
}

// tried leads back to the page, or shows it with what was refused.
func (s *Console) tried(c *fiber.Ctx, v *visit, err error) error {
	if err == nil {
		return c.Redirect(tryoutURL(v), fiber.StatusSeeOther)
	}
	if textOf(v, err) == "" {
		return err
	}
	return s.tryoutPage(c, v, err)
}

func tryoutURL(v *visit) string {
	return view.Shop{Handle: v.shop.Handle}.URL("/onboarding/purchase")
}
