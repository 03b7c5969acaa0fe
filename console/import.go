package console

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/inventory"
	"galleria/commerce/listing"
	"galleria/commerce/port"
	"galleria/commerce/sheet"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Ports takes files in and gives them out; *port.Service is one.
type Ports interface {
	Upload(ctx context.Context, shop tenant.ID, in port.Upload) (int64, error)
	Export(ctx context.Context, shop tenant.ID, k port.Kind, o port.Options, actor string) (int64, error)
	List(ctx context.Context, shop tenant.ID, w port.Way, kinds []port.Kind, before int64) (port.Page, error)
	Look(ctx context.Context, shop tenant.ID, id int64) (port.Report, error)
	Confirm(ctx context.Context, shop tenant.ID, id int64, by listing.Editor) error
	Cancel(ctx context.Context, shop tenant.ID, id int64, actor string) error
	Taken(ctx context.Context, shop tenant.ID, id int64, actor, format string) (port.Job, error)
	EachRow(ctx context.Context, shop tenant.ID, id int64, take func(*port.Row) error) error
	EachLine(ctx context.Context, job port.Job, take func(...sheet.Cell) error) error
}

// portNeeds is what somebody must be allowed to besides importing or exporting.
func portNeeds(w port.Way, k port.Kind) authz.Permission {
	switch {
	case k == port.Products && w == port.Import:
		return authz.ProductUpdate
	case k == port.Products:
		return authz.ProductRead
	case k == port.Stock && w == port.Import:
		return authz.StockUpdate
	case k == port.Stock:
		return authz.StockRead
	case k == port.Tracking:
		return authz.OrderShip
	}
	return authz.OrderRead
}

// portKinds are the kinds of a way that the viewer may handle.
func portKinds(v *visit, w port.Way) []port.Kind {
	return slices.DeleteFunc(port.Kinds(w), func(k port.Kind) bool { return !v.granted[portNeeds(w, k)] })
}

// importKind reads the kind of the address. Faults: NOT_FOUND, also for one that the viewer may
// not handle.
func importKind(c *fiber.Ctx, v *visit) (port.Kind, error) {
	k := port.Kind(c.Params("kind"))
	if !slices.Contains(portKinds(v, port.Import), k) {
		return "", fault.ErrNotFound
	}
	return k, nil
}

// importList shows what was imported.
func (s *Console) importList(c *fiber.Ctx, v *visit) error {
	kinds, before := portKinds(v, port.Import), cursor(c.Query("before"))
	page, err := s.Ports.List(c.UserContext(), v.shop.ID, port.Import, kinds, before)
	if err != nil {
		return err
	}
	return render(c, view.ImportListPage(s.page(c, v, v.text.T("import.title"), "nav.imports"), view.PortList{Page: page, Kinds: kinds, OnFirst: before == 0}))
}

// importNew shows the form that takes a file.
func (s *Console) importNew(c *fiber.Ctx, v *visit) error {
	k, err := importKind(c, v)
	if err != nil {
		return err
	}
	return s.importForm(c, v, view.ImportForm{Kind: k})
}

func (s *Console) importForm(c *fiber.Ctx, v *visit, f view.ImportForm) error {
	return render(c, view.ImportFormPage(s.page(c, v, v.text.Code("import.of", string(f.Kind)), "nav.imports"), f))
}

// importCreate takes a file.
func (s *Console) importCreate(c *fiber.Ctx, v *visit) error {
	k, err := importKind(c, v)
	if err != nil {
		return err
	}
	sent, err := c.MultipartForm()
	if err != nil {
		return ErrForm
	}
	typedParts(c)
	in := port.Upload{Kind: k, Actor: actor(v.session.StaffID), Options: port.Options{Count: form(c, "mode") == "count", Reason: form(c, "reason"), Approves: v.granted[authz.ProductApprove]}}
	if !slices.Contains(inventory.Reasons(), inventory.Reason(in.Options.Reason)) {
		in.Options.Reason = ""
	}
	for _, head := range sent.File["file"] {
		if head.Size == 0 {
			continue
		}
		if head.Size > port.MaxBytes {
			err = port.ErrFileSize
			break
		}
		if in.Raw, err = readPart(head); err != nil {
			return ErrForm.Because(err)
		}
		in.Name = head.Filename
	}
	f := view.ImportForm{Kind: k, Count: in.Options.Count, Reason: in.Options.Reason}
	id := int64(0)
	switch {
	case err != nil:
	case len(in.Raw) == 0:
		f.Bad = v.text.T("import.none_chosen")
		c.Status(fiber.StatusUnprocessableEntity)
		return s.importForm(c, v, f)
	default:
		id, err = s.Ports.Upload(c.UserContext(), v.shop.ID, in)
	}
	if text := textOf(v, err); err != nil && text != "" {
		s.note(c, v, err)
		refuseForm(c, err)
		f.Bad = text
		return s.importForm(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/imports/"+itoa64(id)), fiber.StatusSeeOther)
}

// importTemplate sends an empty file of a kind.
func (s *Console) importTemplate(c *fiber.Ctx, v *visit) error {
	k, err := importKind(c, v)
	if err != nil {
		return err
	}
	format := sheet.Parse(c.Query("format"))
	var out bytes.Buffer
	w, err := sheet.New(format, &out, v.text.Code("import.of", string(k)))
	if err == nil {
		err = w.Row(port.TemplateHead(k, string(v.text.Lang()))...)
	}
	if err == nil {
		err = w.Row(port.Sample(k)...)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, format.ContentType())
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+string(k)+`-template.`+string(format)+`"`)
	return c.Send(out.Bytes())
}

// importOf finds an import that the viewer may handle. Faults: NOT_FOUND.
func (s *Console) importOf(c *fiber.Ctx, v *visit, w port.Way) (port.Report, error) {
	id, err := pathID(c, "id")
	if err != nil {
		return port.Report{}, err
	}
	r, err := s.Ports.Look(c.UserContext(), v.shop.ID, id)
	if err == nil && (r.Way != w || !slices.Contains(portKinds(v, w), r.Kind)) {
		err = fault.ErrNotFound
	}
	return r, err
}

// portRefresh is after how many seconds the page of a working job looks again.
const portRefresh = 2

// importShow shows how far an import is, what it found, and what it did.
func (s *Console) importShow(c *fiber.Ctx, v *visit) error {
	r, err := s.importOf(c, v, port.Import)
	if err != nil {
		return err
	}
	return s.importPage(c, v, r, "")
}

func (s *Console) importPage(c *fiber.Ctx, v *visit, r port.Report, problem string) error {
	p := s.page(c, v, v.text.Code("import.of", string(r.Kind)), "nav.imports")
	p.Back = view.Shop{Handle: v.shop.Handle}.URL("/imports/" + itoa64(r.ID))
	if r.State.Working() {
		p.Refresh = portRefresh
	}
	return render(c, view.ImportShowPage(p, view.ImportShow{Report: r, Problem: problem}))
}

// importConfirm lets a checked import run.
func (s *Console) importConfirm(c *fiber.Ctx, v *visit) error {
	return s.importAct(c, v, func(ctx context.Context, shop tenant.ID, id int64, _ string) error {
		return s.Ports.Confirm(ctx, shop, id, editor(v))
	})
}

// importCancel ends an import.
func (s *Console) importCancel(c *fiber.Ctx, v *visit) error {
	return s.importAct(c, v, s.Ports.Cancel)
}

func (s *Console) importAct(c *fiber.Ctx, v *visit, act func(ctx context.Context, shop tenant.ID, id int64, actor string) error) error {
	r, err := s.importOf(c, v, port.Import)
	if err != nil {
		return err
	}
	err = act(c.UserContext(), v.shop.ID, r.ID, actor(v.session.StaffID))
	if errors.Is(err, port.ErrState) {
		s.note(c, v, err)
		refuseForm(c, err)
		if r, err = s.importOf(c, v, port.Import); err != nil {
			return err
		}
		return s.importPage(c, v, r, textOf(v, port.ErrState))
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/imports/"+itoa64(r.ID)), fiber.StatusSeeOther)
}

// importResult sends what became of each row.
func (s *Console) importResult(c *fiber.Ctx, v *visit) error {
	r, err := s.importOf(c, v, port.Import)
	if err != nil {
		return err
	}
	t, lang, shop := v.text, string(v.text.Lang()), v.shop.ID
	head := []string{t.T("import.row"), t.T("import.result"), t.T("import.problem"), t.T("import.change")}
	columns := slices.DeleteFunc(port.Columns(r.Kind), func(col port.Column) bool { return !slices.Contains(r.Head, col.Key) })
	for _, col := range columns {
		head = append(head, col.Name(lang))
	}
	return s.export(c, v, table{
		name: "import-" + itoa64(r.ID), title: t.Code("import.of", string(r.Kind)), action: "import.result_taken",
		detail: map[string]any{"import": r.ID, "kind": string(r.Kind)}, head: head,
		stream: func(ctx context.Context, row func(...sheet.Cell) error) error {
			return s.Ports.EachRow(ctx, shop, r.ID, func(one *port.Row) error {
				problems := make([]string, 0, len(one.Problems))
				for _, p := range one.Problems {
					problems = append(problems, p.Text(lang))
				}
				cells := []sheet.Cell{
					sheet.Count(one.Line), sheet.Text(t.Code("import.row", string(one.State))), sheet.Text(strings.Join(problems, "; ")),
					sheet.Text(strconv.Itoa(len(one.Changes))),
				}
				for _, col := range columns {
					cells = append(cells, sheet.Text(one.Cells[col.Key]))
				}
				return row(cells...)
			})
		},
	})
}
