package console

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/invoice"
	"galleria/commerce/sheet"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
)

// Invoices is what staff do with invoices; *invoice.Service is one.
type Invoices interface {
	List(ctx context.Context, id tenant.ID, tab invoice.Tab, orderNo string, before int64) ([]invoice.Request, int64, error)
	Each(ctx context.Context, id tenant.ID, take func(invoice.Request) error) error
	Waiting(ctx context.Context, id tenant.ID, most int32) (asked, red int64, err error)
	Find(ctx context.Context, id tenant.ID, invoiceID int64) (invoice.Request, error)
	Issue(ctx context.Context, id tenant.ID, in invoice.IssueInput) error
	Refuse(ctx context.Context, id tenant.ID, invoiceID int64, reason, actor string) error
	Void(ctx context.Context, id tenant.ID, invoiceID int64, number string, on time.Time, actor string) error
	Open(ctx context.Context, id tenant.ID, invoiceID int64, actor string) (invoice.Found, error)
	LatestOf(ctx context.Context, id tenant.ID, orderNo string) (r invoice.Request, found bool, err error)
	Offered(ctx context.Context, id tenant.ID) (bool, error)
	SetOffered(ctx context.Context, id tenant.ID, offered bool, actor string) error
}

const navInvoices = "nav.invoices"

// hideParty leaves of whom an invoice is for what everybody may see: what kind it is, and how
// the name begins.
func hideParty(p *invoice.Party) {
	if p.Name != "" {
		p.Name = maskText(p.Name)
	}
	p.TaxNumber, p.Email = "", ""
}

// invoiceList shows a tab of the desk.
func (s *Console) invoiceList(c *fiber.Ctx, v *visit) (err error) {
	l := view.InvoiceList{Tab: invoice.TabAsked, OrderNo: searchWords(c.Query("order")), MayExport: v.granted[authz.InvoiceExport]}
	if tab := invoice.Tab(c.Query("tab")); slices.Contains(invoice.Tabs(), tab) {
		l.Tab = tab
	}
	before := cursor(c.Query("before"))
	l.OnFirst = before == 0
	if l.Rows, l.Next, err = s.Invoices.List(c.UserContext(), v.shop.ID, l.Tab, l.OrderNo, before); err != nil {
		return err
	}
	if l.Asked, l.Red, err = s.Invoices.Waiting(c.UserContext(), v.shop.ID, readmodel.CountCap); err != nil {
		return err
	}
	if l.Offered, err = s.Invoices.Offered(c.UserContext(), v.shop.ID); err != nil {
		return err
	}
	l.MaySet, l.Done = v.granted[authz.ShopUpdate], done(c, v)
	if v.look != nil || !v.granted[authz.InvoiceHandle] {
		for i := range l.Rows {
			hideParty(&l.Rows[i].Party)
		}
	}
	return render(c, view.InvoiceListPage(s.page(c, v, v.text.T("invoice.title"), navInvoices), l))
}

// invoiceOffer says whether buyers may ask for invoices.
func (s *Console) invoiceOffer(c *fiber.Ctx, v *visit) error {
	if err := s.Invoices.SetOffered(c.UserContext(), v.shop.ID, form(c, "offered") == "1", actor(v.session.StaffID)); err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(invoicesPath+"?done=invoice_offered"), fiber.StatusSeeOther)
}

// orderInvoice is what the page of an order shows of its invoice; nil where there is none, or the
// viewer may not see it.
func (s *Console) orderInvoice(c *fiber.Ctx, v *visit, orderNo string) (*view.InvoiceShow, error) {
	if !v.granted[authz.InvoiceRead] {
		return nil, nil //nolint:nilnil // most orders have none
	}
	r, found, err := s.Invoices.LatestOf(c.UserContext(), v.shop.ID, orderNo)
	if err != nil || !found {
		return nil, err
	}
	show := &view.InvoiceShow{Request: r, MayHandle: v.granted[authz.InvoiceHandle] && v.look == nil}
	if !show.MayHandle {
		hideParty(&show.Party)
	}
	return show, nil
}

// invoiceExport sends what is asked for, to make it out in the tax office's program.
func (s *Console) invoiceExport(c *fiber.Ctx, v *visit) error {
	t, shop := v.text, v.shop.ID
	return s.export(c, v, table{
		name: "invoices", title: t.T("invoice.title"), action: "invoices.exported",
		head: []string{
			t.T("invoice.order_no"), t.T("invoice.kind"), t.T("invoice.name"), t.T("invoice.tax_number"), t.T("invoice.email"), t.T("invoice.amount"), t.T("invoice.asked_at"),
		},
		stream: func(ctx context.Context, row func(...sheet.Cell) error) error {
			return s.Invoices.Each(ctx, shop, func(r invoice.Request) error {
				return row(sheet.Text(r.OrderNo), sheet.Text(t.Code("invoice.kind", string(r.Kind))), sheet.Text(r.Name), sheet.Text(r.TaxNumber), sheet.Text(r.Email),
					sheet.Yuan(r.KeptFen), sheet.At(&r.AskedAt))
			})
		},
	})
}

// invoiceShow shows one request.
func (s *Console) invoiceShow(c *fiber.Ctx, v *visit) error {
	return s.invoicePage(c, v, view.InvoiceShow{Done: done(c, v), Typed: map[string]string{"on": tenant.BusinessDay(s.Now()).Format(time.DateOnly), "red_on": tenant.BusinessDay(s.Now()).Format(time.DateOnly)}})
}

func (s *Console) invoicePage(c *fiber.Ctx, v *visit, show view.InvoiceShow) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if show.Request, err = s.Invoices.Find(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	show.MayHandle = v.granted[authz.InvoiceHandle] && v.look == nil
	if !show.MayHandle {
		hideParty(&show.Party)
	}
	show.SeesOrder = v.granted[authz.OrderRead]
	return render(c, view.InvoicePage(s.page(c, v, v.text.T("invoice.one")+" "+show.OrderNo, navInvoices), show))
}

// onInvoice does something with the request of the address, and leads back to it.
func (s *Console) onInvoice(c *fiber.Ctx, v *visit, what string, typed map[string]string, do func(ctx context.Context, id int64) error) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if err = do(c.UserContext(), id); err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(invoicesPath+"/"+itoa64(id)+"?done="+what), fiber.StatusSeeOther)
	}
	show := view.InvoiceShow{Typed: typed, Bad: map[string]string{}}
	for _, name := range refusedFields(err) {
		show.Bad[name] = v.text.Code("invoice.bad", name)
	}
	switch {
	case errors.Is(err, errUnsure):
		c.Status(fiber.StatusUnprocessableEntity)
		show.Problem = v.text.T("refund.unsure")
	case len(show.Bad) > 0:
		c.Status(fiber.StatusUnprocessableEntity)
	case errors.Is(err, invoice.ErrFileType) || errors.Is(err, invoice.ErrFileTooLarge):
		c.Status(fiber.StatusUnprocessableEntity)
		show.Bad["file"] = textOf(v, err)
	case errors.Is(err, invoice.ErrNumber):
		refuseForm(c, err)
		show.Bad["number"] = textOf(v, err)
	case s.refusedForm(c, v, err):
		show.Problem = sentence(v, err)
	default:
		return err
	}
	return s.invoicePage(c, v, show)
}

// typedDay reads a day; what is none is the zero time, which no invoice has.
func typedDay(text string) time.Time {
	day, _ := time.Parse(time.DateOnly, text)
	return day
}

// invoiceIssue takes the number of what was made out, with its file or link.
func (s *Console) invoiceIssue(c *fiber.Ctx, v *visit) error {
	typedParts(c)
	typed := map[string]string{}
	for _, name := range []string{"number", "on", "link", "reason", "red_on"} {
		typed[name] = strings.TrimSpace(form(c, name))
	}
	return s.onInvoice(c, v, "invoice_issued", typed, func(ctx context.Context, id int64) error {
		fen, err := yuan(form(c, "amount"))
		if err != nil {
			return invoice.ErrAmount.Because(err)
		}
		in := invoice.IssueInput{ID: id, Number: typed["number"], On: typedDay(typed["on"]), AmountFen: fen, Link: typed["link"], Actor: actor(v.session.StaffID)}
		if in.File, err = invoiceUpload(c); err != nil {
			return err
		}
		return s.Invoices.Issue(ctx, v.shop.ID, in)
	})
}

// invoiceUpload is the file of a form; none is fine.
func invoiceUpload(c *fiber.Ctx) (*invoice.File, error) {
	sent, err := c.MultipartForm()
	if err != nil || len(sent.File["file"]) == 0 || sent.File["file"][0].Size == 0 {
		return nil, nil //nolint:nilerr,nilnil // a form without parts has no file
	}
	head := sent.File["file"][0]
	if head.Size > invoice.MaxBytes {
		return nil, invoice.ErrFileTooLarge
	}
	raw, err := readPart(head)
	if err != nil {
		return nil, ErrForm.Because(err)
	}
	return &invoice.File{Name: head.Filename, Raw: raw}, nil
}

// invoiceRefuse says why there will be none.
func (s *Console) invoiceRefuse(c *fiber.Ctx, v *visit) error {
	typed := map[string]string{"reason": form(c, "reason"), "on": tenant.BusinessDay(s.Now()).Format(time.DateOnly)}
	return s.onInvoice(c, v, "invoice_refused", typed, func(ctx context.Context, id int64) error {
		return s.Invoices.Refuse(ctx, v.shop.ID, id, typed["reason"], actor(v.session.StaffID))
	})
}

// invoiceVoid takes the number of the red-letter invoice.
func (s *Console) invoiceVoid(c *fiber.Ctx, v *visit) error {
	typed := map[string]string{"red_number": strings.TrimSpace(form(c, "red_number")), "red_on": form(c, "red_on")}
	return s.onInvoice(c, v, "invoice_voided", typed, func(ctx context.Context, id int64) error {
		if form(c, "sure") != "1" {
			return errUnsure
		}
		return s.Invoices.Void(ctx, v.shop.ID, id, typed["red_number"], typedDay(typed["red_on"]), actor(v.session.StaffID))
	})
}

// invoiceFile sends the file as a download that no browser runs and no cache keeps.
func (s *Console) invoiceFile(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	found, err := s.Invoices.Open(c.UserContext(), v.shop.ID, id, actor(v.session.StaffID))
	if err != nil {
		return err
	}
	types := map[string]string{"pdf": "application/pdf", "ofd": "application/ofd", "jpg": "image/jpeg", "png": "image/png"}
	return sendPrivate(c, types[found.Kind], found.Name, found.Body)
}
