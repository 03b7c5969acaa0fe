package console

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/payments/reconcile"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
)

// reconcileShow shows one day: both sides' sums, its differences, its files.
func (s *Console) reconcileShow(c *fiber.Ctx, v *visit) error {
	return s.showBillDay(c, v, view.BillDayShow{})
}

func (s *Console) showBillDay(c *fiber.Ctx, v *visit, page view.BillDayShow) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	page.Filter = c.Query("status")
	if !slices.Contains(view.DifferenceStatuses(), page.Filter) {
		page.Filter = ""
	}
	after := cursor(c.Query("after"))
	page.OnFirst = after == 0
	if page.BillDayDetail, err = s.pages.BillDayDetail(c.UserContext(), v.shop.ID, id, page.Filter, after); err != nil {
		return err
	}
	page.MayResolve, page.MayOrders, page.Done = v.granted[authz.ReconcileResolve] && v.look == nil, v.granted[authz.OrderRead], done(c, v)
	for _, r := range reconcile.Resolutions() {
		page.Resolutions = append(page.Resolutions, string(r))
	}
	return render(c, view.BillDayShowPage(s.page(c, v, v.text.T("reconcile.day_title", view.BillDate(v.text, page.Day)), "nav.reconcile"), page))
}

func (s *Console) toBillDay(c *fiber.Ctx, v *visit, id int64, did string) error {
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/reconciliation/"+strconv.FormatInt(id, 10))+"?done="+did, fiber.StatusSeeOther)
}

// differenceResolve explains a difference.
func (s *Console) differenceResolve(c *fiber.Ctx, v *visit) error {
	dayID, err := pathID(c, "id")
	if err != nil {
		return err
	}
	id, err := pathID(c, "difference")
	if err != nil {
		return err
	}
	in := reconcile.ResolveInput{
		Tenant: v.shop.ID, ID: id, Resolution: reconcile.Resolution(form(c, "resolution")), Note: form(c, "note"), Actor: actor(v.session.StaffID),
	}
	err = s.Reconcile.Resolve(c.UserContext(), in)
	if err == nil {
		return s.toBillDay(c, v, dayID, "difference_explained")
	}
	page := view.BillDayShow{Tried: id, Resolution: string(in.Resolution), Note: in.Note}
	f, _ := errors.AsType[*fault.Error](err)
	switch {
	case errors.Is(err, fault.ErrValidation):
		for _, wrong := range f.Fields() {
			if wrong.Path == "note" {
				page.BadNote = true
			} else {
				page.BadResolution = true
			}
		}
		c.Status(fiber.StatusUnprocessableEntity)
	case errors.Is(err, reconcile.ErrSettled):
		page.Problem = textOf(v, err)
		c.Status(fiber.StatusConflict)
	default:
		return err
	}
	s.note(c, v, err)
	return s.showBillDay(c, v, page)
}

// billAgain has a day's bills fetched and compared again.
func (s *Console) billAgain(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	err = s.Reconcile.FetchAgain(c.UserContext(), v.shop.ID, id, actor(v.session.StaffID))
	if err == nil {
		return s.toBillDay(c, v, id, "bill_again")
	}
	if sentence(v, err) == "" || fault.KindOf(err) == fault.NotFound {
		return err
	}
	s.note(c, v, err)
	c.Status(fiber.StatusConflict)
	return s.showBillDay(c, v, view.BillDayShow{Problem: sentence(v, err)})
}

// billDownload sends a kept file as the provider packed it. That it was taken is recorded,
// because it names buyers.
func (s *Console) billDownload(c *fiber.Ctx, v *visit) error {
	dayID, err := pathID(c, "id")
	if err != nil {
		return err
	}
	id, err := pathID(c, "file")
	if err != nil {
		return err
	}
	detail, err := s.pages.BillDayDetail(c.UserContext(), v.shop.ID, dayID, "", 0)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(detail.Files, func(f readmodel.BillFile) bool { return f.ID == id })
	if at < 0 {
		return fault.ErrNotFound
	}
	file := detail.Files[at]
	err = s.Audit.Record(c.UserContext(), audit.Entry{
		TenantID: v.shop.ID, Actor: actor(v.session.StaffID), Action: "reconcile.bill_downloaded", Object: "bill_file:" + strconv.FormatInt(id, 10),
		Detail: map[string]any{"day": detail.Day.Format("2006-01-02"), "name": file.Name},
	})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	c.Attachment(file.Name)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), exportTime)
	read, write := io.Pipe()
	shop := v.shop.ID
	go func() {
		defer cancel()
		_ = write.CloseWithError(s.Reconcile.WriteFile(ctx, shop, id, write))
	}()
	c.Context().SetBodyStream(read, -1)
	return nil
}
