package console

import (
	"errors"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/staff"
	"galleria/console/view"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// transferNew shows the form that gives the shop to another owner.
func (s *Console) transferNew(c *fiber.Ctx, v *visit) error {
	return s.showTransfer(c, v, view.Transfer{})
}

func (s *Console) showTransfer(c *fiber.Ctx, v *visit, page view.Transfer) error {
	people, err := s.Staff.People(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	page.Mandatory = s.SecondFactor
	for _, p := range people {
		if p.ID != v.session.StaffID && !p.Disabled && !slices.Contains(p.Roles, authz.Owner) {
			page.Heirs = append(page.Heirs, staffRow(v, p, nil))
		}
	}
	return render(c, view.TransferPage(s.page(c, v, v.text.T("transfer.title"), "nav.staff"), page))
}

// transferCreate gives the shop to another owner, once its handle was typed.
func (s *Console) transferCreate(c *fiber.Ctx, v *visit) error {
	heir, err := strconv.ParseInt(form(c, "heir"), 10, 64)
	page := view.Transfer{Chosen: heir, Confirm: form(c, "confirm")}
	switch {
	case err != nil:
		page.Problem = v.text.T("transfer.choose")
	case page.Confirm != v.shop.Handle:
		page.Problem = v.text.T("transfer.unconfirmed")
	}
	if page.Problem != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showTransfer(c, v, page)
	}
	e := audit.Entry{Action: "staff.owner_transferred", Detail: map[string]any{"staff_id": heir}}
	err = s.act(c, v, &e, func(tx tenantdb.Tx) error {
		return s.Staff.TransferTx(c.UserContext(), tx, v.shop.ID, v.session.StaffID, heir, s.SecondFactor)
	})
	if fault.KindOf(err) == fault.Conflict || errors.Is(err, staff.ErrNotHere) {
		s.note(c, v, err)
		page.Problem = sentence(v, err)
		c.Status(fiber.StatusConflict)
		return s.showTransfer(c, v, page)
	}
	if err != nil {
		return err
	}
	return c.Redirect(s.shopURL(v, "/staff?done=transferred"), fiber.StatusSeeOther)
}
