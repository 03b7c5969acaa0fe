package miniapi

import (
	"context"
	"mime"
	"net/http"
	"time"

	"galleria/commerce/invoice"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Invoices are what buyers ask for; *invoice.Service is one.
type Invoices interface {
	Titles(ctx context.Context, id tenant.ID, memberID int64) ([]invoice.Title, error)
	AddTitle(ctx context.Context, id tenant.ID, memberID int64, p invoice.Party, isDefault bool) (invoice.Title, error)
	UpdateTitle(ctx context.Context, id tenant.ID, memberID, titleID int64, p invoice.Party, isDefault bool) (invoice.Title, error)
	DeleteTitle(ctx context.Context, id tenant.ID, memberID, titleID int64) error
	Prepare(ctx context.Context, id tenant.ID, memberID int64, in invoice.AskInput) (invoice.Wish, error)
	AskPlacedTx(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, w invoice.Wish) error
	Ask(ctx context.Context, id tenant.ID, memberID int64, orderNo string, in invoice.AskInput) (invoice.Request, error)
	Withdraw(ctx context.Context, id tenant.ID, memberID int64, orderNo string) error
	OfOrder(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (invoice.Standing, error)
	OfMember(ctx context.Context, id tenant.ID, memberID, before int64) ([]invoice.Request, int64, error)
	OpenOwn(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (invoice.Found, error)
}

// InvoiceParty is whom an invoice is made out to.
type InvoiceParty struct {
	Kind      string `json:"kind" enum:"person,company"`
	Name      string `json:"name" minLength:"1" maxLength:"100" example:"云南青禾茶业有限公司"`
	TaxNumber string `json:"tax_number,omitempty" maxLength:"30" doc:"Of a company: its unified social credit code of 18 characters, whose check digit is looked at, or an old number of 15 or 20." example:"91350100M000100Y43"`
	Email     string `json:"email,omitempty" maxLength:"100" doc:"Where it should be sent." example:"cw@example.com"`
}

// InvoiceAsk asks for an invoice: by a kept title, or by what stands beside it.
type InvoiceAsk struct {
	TitleID int64         `json:"title_id,omitempty" minimum:"1" doc:"Of a kept title; without it, party is required." example:"3"`
	Party   *InvoiceParty `json:"party,omitempty" nullable:"false"`
}

// InvoiceTitle is a kept title.
type InvoiceTitle struct {
	ID int64 `json:"id" example:"3"`
	InvoiceParty
	IsDefault bool `json:"is_default"`
}

// InvoiceTitleInput is a title as the buyer writes it.
type InvoiceTitleInput struct {
	InvoiceParty
	IsDefault bool `json:"is_default,omitempty" doc:"The first title is the default in any case."`
}

// Invoice is a request, and the invoice that came of it.
type Invoice struct {
	OrderNo   string        `json:"order_no"`
	Status    string        `json:"status" enum:"asked,issued,refused,withdrawn,voided" doc:"voided: a red-letter invoice took it back; another may be asked for."`
	Party     *InvoiceParty `json:"party,omitempty" nullable:"false" doc:"Missing: forgotten."`
	AskedAt   time.Time     `json:"asked_at"`
	MovedAt   time.Time     `json:"moved_at"`
	Reason    string        `json:"reason,omitempty" doc:"Why it was refused."`
	AmountFen money.Fen     `json:"amount_fen,omitempty" doc:"That is on it, fen." example:"11800"`
	Number    string        `json:"number,omitempty" example:"26532000000012345678"`
	IssuedOn  string        `json:"issued_on,omitempty" doc:"The day on it." example:"2026-03-09"`
	Link      string        `json:"link,omitempty" doc:"Where it can be had."`
	FileName  string        `json:"file_name,omitempty" doc:"Of the file at /orders/{order_no}/invoice/file; missing: there is none." example:"发票.pdf"`
	RedDue    bool          `json:"red_due" doc:"Money went back after it was made out: the shop has to void it."`
}

// OrderInvoice is where an order stands with its invoice.
type OrderInvoice struct {
	MayAsk   bool       `json:"may_ask"`
	WhyNot   string     `json:"why_not,omitempty" doc:"INVOICE_NOTHING, INVOICE_CLOSED, INVOICE_ASKED or INVOICE_OFF." example:"INVOICE_ASKED"`
	AskUntil *time.Time `json:"ask_until,omitempty" doc:"Exclusive: 180 days after the order's money became final; missing: not final yet."`
	KeptFen  money.Fen  `json:"kept_fen" doc:"What an invoice is over: paid less refunded; 0 while it is not paid." example:"11800"`
	Invoice  *Invoice   `json:"invoice,omitempty" nullable:"false" doc:"The newest; missing: none was asked for."`
}

type (
	invoiceTitlePath struct {
		ID int64 `path:"id" minimum:"1" doc:"Title id."`
	}
	invoiceTitleAddInput    struct{ Body InvoiceTitleInput }
	invoiceTitleUpdateInput struct {
		ID   int64 `path:"id" minimum:"1" doc:"Title id."`
		Body InvoiceTitleInput
	}
	invoiceTitleOutput  struct{ Body InvoiceTitle }
	invoiceTitlesOutput struct {
		Body struct {
			Items []InvoiceTitle `json:"items" nullable:"false" doc:"The default first."`
		}
	}
	invoiceAskInput struct {
		OrderNo string `path:"order_no" minLength:"8" maxLength:"32" pattern:"^[0-9A-Za-z]+$"`
		Body    InvoiceAsk
	}
	invoiceOutput      struct{ Body Invoice }
	orderInvoiceOutput struct{ Body OrderInvoice }
	invoicesInput      struct {
		Cursor string `query:"cursor" maxLength:"512" doc:"next_cursor of the page before."`
	}
	invoicesOutput struct {
		Body struct {
			Items      []Invoice `json:"items" nullable:"false"`
			NextCursor string    `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
		}
	}
	invoiceFileOutput struct {
		ContentType string `header:"Content-Type"`
		Disposition string `header:"Content-Disposition"`
		Sniff       string `header:"X-Content-Type-Options"`
		Cache       string `header:"Cache-Control"`
		Body        []byte
	}
)

// invoiceTypes are the types of invoices' files.
func invoiceTypes() map[string]string {
	return map[string]string{"pdf": "application/pdf", "ofd": "application/ofd", "jpg": "image/jpeg", "png": "image/png"}
}

func (a *API) invoiceRoutes() {
	types := invoiceTypes()
	add(a, route{method: http.MethodGet, path: "/me/invoice-titles", id: "listInvoiceTitles", tag: tagInvoice, member: true, summary: "The buyer's invoice titles"}, a.invoiceTitles)
	add(a, route{
		method: http.MethodPost, path: "/me/invoice-titles", id: "addInvoiceTitle", tag: tagInvoice, member: true, class: classWrite, status: http.StatusCreated,
		summary: "Keep an invoice title", errors: []*fault.Error{invoice.ErrTaxNumber, invoice.ErrTooManyTitles},
	}, a.invoiceTitleAdd)
	add(a, route{
		method: http.MethodPut, path: "/me/invoice-titles/{id}", id: "updateInvoiceTitle", tag: tagInvoice, member: true, class: classWrite,
		summary: "Replace an invoice title", errors: []*fault.Error{fault.ErrNotFound, invoice.ErrTaxNumber},
	}, a.invoiceTitleUpdate)
	add(a, route{
		method: http.MethodDelete, path: "/me/invoice-titles/{id}", id: "deleteInvoiceTitle", tag: tagInvoice, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Forget an invoice title", errors: []*fault.Error{fault.ErrNotFound},
	}, a.invoiceTitleDelete)
	add(a, route{method: http.MethodGet, path: "/me/invoices", id: "listInvoices", tag: tagInvoice, member: true, summary: "The buyer's invoices, the newest first"}, a.invoices)
	add(a, route{
		method: http.MethodGet, path: "/orders/{order_no}/invoice", id: "getOrderInvoice", tag: tagInvoice, member: true,
		summary: "Where an order stands with its invoice", errors: []*fault.Error{fault.ErrNotFound},
	}, a.orderInvoice)
	add(a, route{
		method: http.MethodPost, path: "/orders/{order_no}/invoice", id: "askInvoice", tag: tagInvoice, member: true, class: classWrite, status: http.StatusCreated,
		summary: "Ask for an invoice", description: "Asking again in the same words gives the request that there is.",
		errors: []*fault.Error{fault.ErrNotFound, invoice.ErrTaxNumber, invoice.ErrNothing, invoice.ErrLate, invoice.ErrAsked, invoice.ErrOff},
	}, a.invoiceAsk)
	add(a, route{
		method: http.MethodPost, path: "/orders/{order_no}/invoice/withdraw", id: "withdrawInvoice", tag: tagInvoice, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Take back a request that was not answered", description: "Repeating it is no error.", errors: []*fault.Error{fault.ErrNotFound, invoice.ErrState},
	}, a.invoiceWithdraw)
	add(a, route{
		method: http.MethodGet, path: "/orders/{order_no}/invoice/file", id: "getInvoiceFile", tag: tagInvoice, member: true,
		file: []string{types["pdf"], types["ofd"], types["jpg"], types["png"]}, summary: "The file of an order's newest invoice", errors: []*fault.Error{fault.ErrNotFound},
	}, a.invoiceFile)
}

func fromParty(p InvoiceParty) invoice.Party {
	return invoice.Party{Kind: invoice.Kind(p.Kind), Name: p.Name, TaxNumber: p.TaxNumber, Email: p.Email}
}

func toParty(p invoice.Party) InvoiceParty {
	return InvoiceParty{Kind: string(p.Kind), Name: p.Name, TaxNumber: p.TaxNumber, Email: p.Email}
}

func toInvoiceTitle(t invoice.Title) InvoiceTitle {
	return InvoiceTitle{ID: t.ID, InvoiceParty: toParty(t.Party), IsDefault: t.IsDefault}
}

func toInvoice(r invoice.Request) Invoice {
	out := Invoice{
		OrderNo: r.OrderNo, Status: string(r.Status), AskedAt: r.AskedAt, MovedAt: r.MovedAt, Reason: r.Reason, AmountFen: r.AmountFen, Number: r.Number,
		Link: r.Link, FileName: r.FileName, RedDue: r.RedDue && r.Status == invoice.Issued,
	}
	if r.Name != "" {
		out.Party = new(toParty(r.Party))
	}
	if !r.IssuedOn.IsZero() {
		out.IssuedOn = r.IssuedOn.Format(time.DateOnly)
	}
	return out
}

// fromAsk reads for whom an invoice is asked: exactly one of both ways.
func fromAsk(in InvoiceAsk) (out invoice.AskInput, err error) {
	if (in.TitleID != 0) == (in.Party != nil) {
		return out, fault.Invalidf("title_id", "give a title or a party, and not both")
	}
	if out.TitleID = in.TitleID; in.Party != nil {
		out.Party = fromParty(*in.Party)
	}
	return out, nil
}

// withInvoice makes ready what an order is placed with if it asks for an invoice.
func (a *API) withInvoice(ctx context.Context, who caller, in *InvoiceAsk) (func(ctx context.Context, tx tenantdb.Tx, orderNo string) error, error) {
	if in == nil {
		return nil, nil //nolint:nilnil // an order without is the usual one
	}
	ask, err := fromAsk(*in)
	if err != nil {
		return nil, err
	}
	wish, err := a.d.Invoices.Prepare(ctx, who.tenant, who.member, ask)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
		return a.d.Invoices.AskPlacedTx(ctx, tx, orderNo, who.member, wish)
	}, nil
}

func (a *API) invoiceTitles(ctx context.Context, _ *none) (*invoiceTitlesOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Invoices.Titles(ctx, who.tenant, who.member)
	if err != nil {
		return nil, err
	}
	out := &invoiceTitlesOutput{}
	out.Body.Items = make([]InvoiceTitle, len(list))
	for i, t := range list {
		out.Body.Items[i] = toInvoiceTitle(t)
	}
	return out, nil
}

func (a *API) invoiceTitleAdd(ctx context.Context, in *invoiceTitleAddInput) (*invoiceTitleOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	t, err := a.d.Invoices.AddTitle(ctx, who.tenant, who.member, fromParty(in.Body.InvoiceParty), in.Body.IsDefault)
	if err != nil {
		return nil, err
	}
	return &invoiceTitleOutput{toInvoiceTitle(t)}, nil
}

func (a *API) invoiceTitleUpdate(ctx context.Context, in *invoiceTitleUpdateInput) (*invoiceTitleOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	t, err := a.d.Invoices.UpdateTitle(ctx, who.tenant, who.member, in.ID, fromParty(in.Body.InvoiceParty), in.Body.IsDefault)
	if err != nil {
		return nil, err
	}
	return &invoiceTitleOutput{toInvoiceTitle(t)}, nil
}

func (a *API) invoiceTitleDelete(ctx context.Context, in *invoiceTitlePath) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Invoices.DeleteTitle(ctx, who.tenant, who.member, in.ID)
}

func (a *API) invoices(ctx context.Context, in *invoicesInput) (*invoicesOutput, error) {
	who, before, err := callerFrom(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.d.Invoices.OfMember(ctx, who.tenant, who.member, before)
	if err != nil {
		return nil, err
	}
	out := &invoicesOutput{}
	out.Body.Items = make([]Invoice, len(list))
	for i, r := range list {
		out.Body.Items[i] = toInvoice(r)
	}
	out.Body.NextCursor = toCursor(next)
	return out, nil
}

func (a *API) orderInvoice(ctx context.Context, in *orderPath) (*orderInvoiceOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	st, err := a.d.Invoices.OfOrder(ctx, who.tenant, who.member, in.OrderNo)
	if err != nil {
		return nil, err
	}
	out := &orderInvoiceOutput{OrderInvoice{MayAsk: st.MayAsk, WhyNot: st.WhyNot, AskUntil: st.AskUntil, KeptFen: st.KeptFen}}
	if st.Request != nil {
		out.Body.Invoice = new(toInvoice(*st.Request))
	}
	return out, nil
}

func (a *API) invoiceAsk(ctx context.Context, in *invoiceAskInput) (*invoiceOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	ask, err := fromAsk(in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.d.Invoices.Ask(ctx, who.tenant, who.member, in.OrderNo, ask)
	if err != nil {
		return nil, err
	}
	return &invoiceOutput{toInvoice(r)}, nil
}

func (a *API) invoiceWithdraw(ctx context.Context, in *orderPath) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Invoices.Withdraw(ctx, who.tenant, who.member, in.OrderNo)
}

func (a *API) invoiceFile(ctx context.Context, in *orderPath) (*invoiceFileOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	found, err := a.d.Invoices.OpenOwn(ctx, who.tenant, who.member, in.OrderNo)
	if err != nil {
		return nil, err
	}
	return &invoiceFileOutput{
		ContentType: invoiceTypes()[found.Kind], Disposition: mime.FormatMediaType("attachment", map[string]string{"filename": found.Name}),
		Sniff: "nosniff", Cache: "private, no-store", Body: found.Body,
	}, nil
}
