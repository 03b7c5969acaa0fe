package console

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/delivery"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

// Tracking is the part of delivery.Service that keeps a shop's key at the tracking service.
type Tracking interface {
	Tracking(ctx context.Context, id tenant.ID) (delivery.TrackingAccount, error)
	SetTracking(ctx context.Context, id tenant.ID, in delivery.TrackingInput) error
	SwitchTracking(ctx context.Context, id tenant.ID, on bool, actor string) error
	Ask(ctx context.Context, id tenant.ID, parcelNo string) error
}

const trackingPath = "/delivery/tracking"

// trackingTable lists the routes of the shop's key at the tracking service.
func (s *Console) trackingTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	update := authz.Require(authz.AppUpdate).StepUp()
	return []route{
		{get, shopPath + trackingPath, authz.Require(authz.ShopRead), s.trackingShow},
		{get, shopPath + trackingPath + "/key", update, s.trackingKey},
		{post, shopPath + trackingPath + "/key", update, s.trackingBind},
		{post, shopPath + trackingPath + "/switch", update, s.trackingSwitch},
		{post, shopPath + "/orders/:order_no/parcels/:parcel_no/track", authz.Require(authz.OrderShip), s.parcelAsk},
	}
}

// trackingShow shows the shop's key at the tracking service.
func (s *Console) trackingShow(c *fiber.Ctx, v *visit) error {
	a, err := s.Deliveries.Tracking(c.UserContext(), v.shop.ID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	page := s.page(c, v, v.text.T("tracking.title"), "nav.delivery")
	page.Done = done(c, v)
	return render(c, view.TrackingPage(page, view.Tracking{
		TrackingAccount: a, Bound: err == nil, MayUpdate: v.granted[authz.AppUpdate],
	}))
}

// trackingKey shows the form of a key.
func (s *Console) trackingKey(c *fiber.Ctx, v *visit) error {
	a, err := s.Deliveries.Tracking(c.UserContext(), v.shop.ID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	return s.trackingForm(c, v, view.TrackingForm{Customer: a.Customer, Sandbox: a.Sandbox})
}

func (s *Console) trackingForm(c *fiber.Ctx, v *visit, f view.TrackingForm) error {
	f.HasSandbox = s.SandboxURL != ""
	return render(c, view.TrackingFormPage(s.page(c, v, v.text.T("tracking.title"), "nav.delivery"), f))
}

// trackingBind stores the shop's key.
func (s *Console) trackingBind(c *fiber.Ctx, v *visit) error {
	f := view.TrackingForm{Customer: form(c, "customer"), Sandbox: form(c, "sandbox") != ""}
	in := delivery.TrackingInput{Customer: f.Customer, Key: vault.NewSecret([]byte(form(c, "key"))), Actor: actor(v.session.StaffID)}
	if f.Sandbox {
		in.Base = s.SandboxURL
	}
	err := s.Deliveries.SetTracking(c.UserContext(), v.shop.ID, in)
	if s.refusedForm(c, v, err) {
		f.Bad, f.Problem = badFields(v, err)
		return s.trackingForm(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(trackingPath+"?done=tracking_bound"), fiber.StatusSeeOther)
}

// trackingSwitch lets the shop's key rest, or uses it again.
func (s *Console) trackingSwitch(c *fiber.Ctx, v *visit) error {
	on := form(c, "on") != ""
	if err := s.Deliveries.SwitchTracking(c.UserContext(), v.shop.ID, on, actor(v.session.StaffID)); err != nil {
		return err
	}
	what := "tracking_off"
	if on {
		what = "tracking_on"
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(trackingPath+"?done="+what), fiber.StatusSeeOther)
}

// parcelAsk asks the tracking service about a parcel now.
func (s *Console) parcelAsk(c *fiber.Ctx, v *visit) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	for _, p := range o.Fulfil.Parcels {
		if p.ParcelNo != c.Params("parcel_no") {
			continue
		}
		if err := s.Deliveries.Ask(c.UserContext(), v.shop.ID, p.ParcelNo); err != nil {
			problem := sentence(v, err)
			if errors.Is(err, delivery.ErrTrackingKey) || errors.Is(err, delivery.ErrTrackingBusy) {
				problem = textOf(v, err) // the service's no is no defect of ours
			}
			if problem == "" {
				return err
			}
			s.note(c, v, err)
			refuseForm(c, err)
			return s.orderPage(c, v, problem)
		}
		return c.Redirect(orderURL(v, o.OrderNo, "parcel_asked"), fiber.StatusSeeOther)
	}
	return fault.ErrNotFound
}
