package console

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/port"
	"galleria/commerce/sheet"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// exportList shows what was exported, and the forms that export.
func (s *Console) exportList(c *fiber.Ctx, v *visit) error { return s.exportPage(c, v, "", nil) }

func (s *Console) exportPage(c *fiber.Ctx, v *visit, problem string, typed *view.ExportForm) error {
	kinds, before := portKinds(v, port.Export), cursor(c.Query("before"))
	page, err := s.Ports.List(c.UserContext(), v.shop.ID, port.Export, kinds, before)
	if err != nil {
		return err
	}
	l := view.PortList{Page: page, Kinds: kinds, OnFirst: before == 0, MayReveal: v.granted[authz.MemberReveal], Problem: problem}
	if typed != nil {
		l.Form = *typed
	}
	return render(c, view.ExportListPage(s.page(c, v, v.text.T("export.title"), "nav.exports"), l))
}

// exportCreate has a file made.
func (s *Console) exportCreate(c *fiber.Ctx, v *visit) error {
	k := port.Kind(form(c, "kind"))
	if !slices.Contains(portKinds(v, port.Export), k) {
		return fault.ErrNotFound
	}
	f := view.ExportForm{Status: form(c, "status"), From: form(c, "from"), To: form(c, "to"), Reveal: form(c, "reveal") == "1"}
	o := port.Options{Lang: string(v.text.Lang())}
	if k == port.Orders {
		if f.Reveal && !v.granted[authz.MemberReveal] {
			return fault.ErrNotFound
		}
		var invalid string
		if o.From, o.Until, invalid = s.dateRange(f.From, f.To); invalid != "" {
			c.Status(fiber.StatusUnprocessableEntity)
			return s.exportPage(c, v, v.text.T(invalid), &f)
		}
		o.Reveal = f.Reveal
		if slices.Contains(view.ExportStatuses(), f.Status) {
			o.Status = f.Status
		}
	}
	id, err := s.Ports.Export(c.UserContext(), v.shop.ID, k, o, actor(v.session.StaffID))
	if problem := sentence(v, err); err != nil && problem != "" {
		s.note(c, v, err)
		refuseForm(c, err)
		return s.exportPage(c, v, problem, &f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/exports/"+itoa64(id)), fiber.StatusSeeOther)
}

// exportShow shows how far an export is, and gives its file.
func (s *Console) exportShow(c *fiber.Ctx, v *visit) error {
	r, err := s.importOf(c, v, port.Export)
	if err != nil {
		return err
	}
	p := s.page(c, v, v.text.Code("export.of", string(r.Kind)), "nav.exports")
	p.Back = view.Shop{Handle: v.shop.Handle}.URL("/exports/" + itoa64(r.ID))
	if r.State.Working() {
		p.Refresh = portRefresh
	}
	return render(c, view.ExportShowPage(p, r.Job, mayTake(v, r.Job)))
}

// mayTake says whether the viewer may have an export's file: what shows personal data only goes
// to those who may see it.
func mayTake(v *visit, j port.Job) bool { return !j.Options.Reveal || v.granted[authz.MemberReveal] }

// exportCancel ends an export.
func (s *Console) exportCancel(c *fiber.Ctx, v *visit) error {
	r, err := s.importOf(c, v, port.Export)
	if err == nil {
		err = s.Ports.Cancel(c.UserContext(), v.shop.ID, r.ID, actor(v.session.StaffID))
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/exports/"+itoa64(r.ID)), fiber.StatusSeeOther)
}

// exportFile sends an export's file; that it was taken is recorded first.
func (s *Console) exportFile(c *fiber.Ctx, v *visit) error {
	r, err := s.importOf(c, v, port.Export)
	if err == nil && !mayTake(v, r.Job) {
		err = fault.ErrNotFound
	}
	if err != nil {
		return err
	}
	job, err := s.Ports.Taken(c.UserContext(), v.shop.ID, r.ID, actor(v.session.StaffID), string(sheet.Parse(form(c, "format"))))
	if err != nil {
		return err
	}
	head := []string{}
	for _, col := range port.Columns(job.Kind) {
		head = append(head, col.Name(job.Options.Lang))
	}
	return s.export(c, v, table{
		name: string(job.Kind), title: v.text.Code("export.of", string(job.Kind)), action: "export.sent", detail: map[string]any{"export": job.ID}, head: head,
		stream: func(ctx context.Context, row func(...sheet.Cell) error) error { return s.Ports.EachLine(ctx, job, row) },
	})
}
