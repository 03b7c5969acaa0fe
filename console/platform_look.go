package console

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/session"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/look"
)

// inOrder are the tenants of a map, always in the same order.
func inOrder[T any](of map[tenant.ID]T) []tenant.ID {
	return slices.SortedFunc(maps.Keys(of), func(a, b tenant.ID) int { return cmp.Compare(a.String(), b.String()) })
}

// lookNew asks why somebody wants to look into a shop.
func (s *Console) lookNew(c *fiber.Ctx, v *visit) error {
	shop, err := s.tenantOf(c.UserContext(), c)
	if err != nil {
		return err
	}
	return s.lookForm(c, v, shop, nil, "")
}

func (s *Console) lookForm(c *fiber.Ctx, v *visit, shop tenant.Tenant, problems map[string]string, problem string) error {
	f := view.ActForm{
		Title: v.text.T("look.title", shop.Name), Lead: v.text.T("look.lead"), Warning: v.text.T("look.warning"), Problem: problem,
		Back: platformURL + "/shops/" + shop.ID.String(), BackText: shop.Name, Submit: v.text.T("look.begin"), Problems: problems,
		Fields: []view.ActField{
			{Name: "ticket", Label: v.text.T("look.ticket"), Value: strings.TrimSpace(form(c, "ticket")), Hint: v.text.T("look.ticket_hint"), Max: "60"},
			s.reasonField(v, reasonOf(c), true),
		},
	}
	f.Action = f.Back + "/look"
	return render(c, view.ActPage(s.platformPage(c, v, f.Title, "platform.shops"), f))
}

// lookCreate begins a look and leads into the shop.
func (s *Console) lookCreate(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	shop, err := s.tenantOf(ctx, c)
	if err != nil {
		return err
	}
	if shop.Status == tenant.Closed {
		return fault.ErrNotFound
	}
	_, err = s.looks.Begin(ctx, look.Input{StaffID: v.session.StaffID, Shop: shop.ID, Ticket: form(c, "ticket"), Reason: form(c, "reason")})
	switch {
	case fault.KindOf(err) == fault.Invalid:
		c.Status(fiber.StatusUnprocessableEntity)
		return s.lookForm(c, v, shop, s.problemsOf(v, err), "")
	case err != nil && !errors.Is(err, look.ErrOpen):
		return err
	}
	return c.Redirect(view.Shop{Handle: shop.Handle}.URL(""), fiber.StatusSeeOther)
}

// lookExtend lets a look last longer.
func (s *Console) lookExtend(c *fiber.Ctx, v *visit) error {
	id, err := lookOf(c)
	if err != nil {
		return err
	}
	if err := s.looks.Extend(c.UserContext(), v.session.StaffID, id); err != nil {
		return err
	}
	return c.Redirect(s.formPage(c), fiber.StatusSeeOther)
}

// lookEnd ends a look.
func (s *Console) lookEnd(c *fiber.Ctx, v *visit) error {
	id, err := lookOf(c)
	if err != nil {
		return err
	}
	if err := s.looks.End(c.UserContext(), v.session.StaffID, id); err != nil {
		return err
	}
	return c.Redirect(platformURL+"?done=look_ended", fiber.StatusSeeOther)
}

func lookOf(c *fiber.Ctx) (int64, error) {
	id, err := strconv.ParseInt(c.Params("look"), 10, 64)
	if err != nil {
		return 0, fault.ErrNotFound
	}
	return id, nil
}

// guest lets one of the platform's staff see a page of a shop while a look into it lasts:
// pages that change nothing and are open to looks, and nothing else. Everything that is not
// allowed is like a shop that does not exist. What is looked at is recorded before it is
// shown.
func (s *Console) guest(ctx context.Context, c *fiber.Ctx, v *visit, r route) error {
	reading := r.method == fiber.MethodGet && (c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead)
	if !v.session.OnPlatform || !reading || r.access.NeedsStepUp() || !slices.Contains(authz.Lookable(), r.access.Permission()) {
		return fault.ErrNotFound
	}
	granted, err := s.rights.PlatformGranted(ctx, v.session.StaffID)
	if err != nil {
		return err
	}
	if !granted[authz.PlatformShopLook] {
		return fault.ErrNotFound
	}
	found, err := s.looks.Open(ctx, v.session.StaffID, c.Params("handle"), s.Now())
	if err != nil {
		return err
	}
	if err := s.looks.Saw(ctx, found, r.path); err != nil {
		return err // nobody looks unrecorded
	}
	v.look = &found
	v.shop = &session.Shop{ID: found.Shop.ID, Handle: found.Shop.Handle, Name: found.Shop.Name, Status: found.Shop.Status}
	v.granted = authz.Granted{}
	for _, p := range authz.Lookable() {
		v.granted[p] = true
	}
	return nil
}

// hidden replaces what says who somebody is.
const hidden = "***"

// maskText keeps the first character.
func maskText(text string) string {
	r := []rune(text)
	if len(r) == 0 {
		return ""
	}
	return string(r[:1]) + hidden
}

// maskRows hides the buyers of a list from a guest.
func maskRows(rows []readmodel.OrderRow) {
	for i := range rows {
		rows[i].Buyer, rows[i].Receiver, rows[i].Phone = maskText(rows[i].Buyer), maskText(rows[i].Receiver), maskEnd(rows[i].Phone)
	}
}

// maskEnd keeps the last two characters of a number.
func maskEnd(text string) string {
	r := []rune(text)
	if len(r) < 4 {
		return maskText(text)
	}
	return hidden + string(r[len(r)-2:])
}

// maskOrder hides the buyer of an order from a guest: name, address, what was remarked.
func maskOrder(o *readmodel.OrderDetail) {
	for i := range o.Events {
		if o.Events[i].ActorName == o.Buyer {
			o.Events[i].ActorName = maskText(o.Events[i].ActorName)
		}
	}
	o.Buyer = maskText(o.Buyer)
	maskCases(o.Cases)
	maskReceiver(&o.Address)
	if o.Fulfil.Note != "" {
		o.Fulfil.Note = hidden
	}
	if o.Remark != "" {
		o.Remark = hidden
	}
	for i := range o.Fulfil.Parcels {
		o.Fulfil.Parcels[i].Track.Events = nil // couriers name receivers and their phones
	}
	maskFindings(o.Anomalies)
}

// maskReceiver hides who an order goes to; the district stays.
func maskReceiver(a *readmodel.Address) {
	a.Name, a.Phone, a.Detail = maskText(a.Name), maskEnd(a.Phone), hiddenIf(a.Detail)
}

// maskFindings hides the openids that a finding about the payer compares.
func maskFindings(found []readmodel.Anomaly) {
	for i := range found {
		if found[i].Reason == "payer" {
			found[i].Expected, found[i].Got = hidden, hidden
		}
	}
}

// guestSearch lets a guest search by the greater part of an order's or a payment's number only:
// searching by name or phone would tell what is masked.
func guestSearch(words string) string {
	if !longNumber.MatchString(words) {
		return ""
	}
	return words
}

// longNumber is longer than any phone number. Orders have twelve digits before their letters.
var longNumber = regexp.MustCompile(`^[0-9]{12}[0-9A-Za-z]{4,20}$`)
