package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/payments/account"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
)

// onboardingShow lists what a new shop still needs before it can open.
func (s *Console) onboardingShow(c *fiber.Ctx, v *visit) error {
	return s.onboardingPage(c, v, nil)
}

func (s *Console) onboardingPage(c *fiber.Ctx, v *visit, refused error) error {
	steps, err := s.onboardingSteps(c, v)
	if err != nil {
		return err
	}
	show := view.Onboarding{Steps: steps, Open: v.shop.Status != tenant.Onboarding, MayOpen: v.granted[authz.ShopManage]}
	if refused != nil {
		s.note(c, v, refused)
		refuseForm(c, refused)
		show.Problem = textOf(v, refused)
	}
	p := s.page(c, v, v.text.T("onboarding.title"), "")
	p.Back = view.Shop{Handle: v.shop.Handle}.URL("/onboarding")
	p.Shop.NoticeHref = "" // it leads here
	return render(c, view.OnboardingPage(p, show))
}

// onboardingSteps computes the steps from the shop's data and the stored results of its live
// checks. Nothing is asked of anybody: the page costs two round trips.
func (s *Console) onboardingSteps(c *fiber.Ctx, v *visit) ([]view.OnboardingStep, error) {
	apps, err := s.MiniPrograms.Apps(c.UserContext(), v.shop.ID)
	if err != nil {
		return nil, err
	}
	set, err := s.pages.Setup(c.UserContext(), v.shop.ID)
	if err != nil {
		return nil, err
	}
	product := view.OnboardingStep{Key: "product", Icon: "package", Href: "/products", State: view.StepTodo, Needed: true}
	if set.Products > 0 {
		product.State = view.StepDone
	}
	test := view.OnboardingStep{Key: "test", Icon: "shopping-cart", Href: "/onboarding/purchase", State: view.StepTodo}
	if set.Tested {
		test.State = view.StepDone
	}
	return []view.OnboardingStep{appStep(v, apps), accountStep(v, set), s.addressStep(v, apps, set), product, test}, nil
}

// appStep is done with one app whose keys the provider accepts. Keys that were never checked,
// or whose check says nothing of them, wait; refused ones say where to mend them.
func appStep(v *visit, apps []miniprogram.App) view.OnboardingStep {
	step := view.OnboardingStep{Key: "app", Icon: "apps", Href: "/apps/new", State: view.StepTodo, Needed: true}
	for _, a := range apps {
		if !a.Enabled {
			continue
		}
		state := view.StepFailed
		switch {
		case a.Check.OK():
			state = view.StepDone
		case a.Check.Unsure():
			state = view.StepWaiting
		}
		if worthMore(step.State, state) {
			step.State, step.Href, step.Words, step.Said = state, "/apps/"+a.ID.String(), "", ""
			if state != view.StepDone {
				step.Words = v.text.T("onboarding.check", a.Name, view.CheckSentence(v.text, a.Check))
				step.Said = strings.TrimSpace(a.Check.ProviderCode + " " + a.Check.Message)
			}
		}
	}
	return step
}

// worthMore orders what is found of several: one that works is enough, and of the others the
// one that is nearest to it is told of.
func worthMore(have, found view.StepState) bool {
	rank := map[view.StepState]int{view.StepTodo: 0, view.StepFailed: 1, view.StepWaiting: 2, view.StepDone: 3}
	return rank[found] > rank[have]
}

// accountStep is done with one account that collects for a Mini Program and whose keys the
// provider accepts. Keys that were never checked, or whose check says nothing of them, wait;
// refused ones say where to mend them.
func accountStep(v *visit, set readmodel.Setup) view.OnboardingStep {
	step := view.OnboardingStep{Key: "account", Icon: "credit-card", Href: "/payment-accounts", State: view.StepTodo, Needed: true}
	for _, a := range set.Accounts {
		if !a.Active {
			continue
		}
		state, words := accountState(v, a)
		if worthMore(step.State, state) {
			step.State, step.Href, step.Words = state, "/payment-accounts/"+strconv.FormatInt(a.ID, 10), words
		}
	}
	return step
}

// accountState is how near an account is to collecting, and what is in its way.
func accountState(v *visit, a readmodel.SetupAccount) (view.StepState, string) {
	if !a.Bound {
		return view.StepFailed, v.text.T("onboarding.account_unbound", a.Name)
	}
	outcome := account.Outcome(a.CheckOutcome)
	if !a.CheckCurrent {
		outcome = account.Unchecked
	}
	if outcome == account.Fits {
		return view.StepDone, ""
	}
	words := v.text.T("onboarding.check", a.Name, view.KeySentence(v.text, a.Channel, string(outcome)))
	if outcome.Wrong() {
		return view.StepFailed, words
	}
	return view.StepWaiting, words
}

// addressStep lists what is copied to the providers' pages. That it was done shows by a buyer
// who signed in: until our address is allowed there, a Mini Program cannot reach us.
func (s *Console) addressStep(v *visit, apps []miniprogram.App, set readmodel.Setup) view.OnboardingStep {
	step := view.OnboardingStep{Key: "address", Icon: "copy", State: view.StepTodo}
	if set.Visited {
		step.State = view.StepDone
	}
	step.Settings = append(step.Settings, view.Copied{
		ID: "copy-domain", Label: v.text.T("onboarding.copy.domain"), Value: s.origin, Hint: v.text.T("onboarding.copy.domain_hint"),
	})
	seen := slices.Clone(s.EgressAddresses)
	for _, a := range apps {
		if a.Check.Address != "" && !slices.Contains(seen, a.Check.Address) {
			seen = append(seen, a.Check.Address)
		}
	}
	for i, address := range seen {
		step.Settings = append(step.Settings, view.Copied{
			ID: "copy-address-" + strconv.Itoa(i), Label: v.text.T("onboarding.copy.address"), Value: address, Hint: v.text.T("onboarding.copy.address_hint"),
		})
	}
	if v.granted[authz.PaymentAccountRead] {
		for i, a := range set.Accounts {
			step.Settings = append(step.Settings, view.Copied{
				ID: "copy-callback-" + strconv.Itoa(i), Label: v.text.T("onboarding.copy.callback", a.Name),
				Value: s.origin + "/notify/" + a.Channel + "/" + a.Key, Hint: v.text.T("onboarding.copy.callback_hint"),
			})
		}
	}
	return step
}
