package viewtest

import (
	"time"

	"galleria/commerce/invoice"
	"galleria/console/view"
)

// invoicePages are the pages of invoices.
func (f Frame) invoicePages() []Sample {
	page := f.page("nav.invoices", f.Text.T("invoice.title"))
	at := time.Date(2026, 3, 9, 6, 0, 0, 0, time.UTC)
	day := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	company := invoice.Party{Kind: invoice.Company, Name: "云南青禾茶业有限公司", TaxNumber: "91350100M000100Y43", Email: "cw@example.com"}
	asked := invoice.Request{ID: 31, OrderNo: "260308103015ABCDEFGHJK", Status: invoice.Asked, Party: company, AskedAt: at, KeptFen: 11_800}
	person := invoice.Request{ID: 30, OrderNo: "260301103015ABCDEFGHJK", Status: invoice.Asked, Party: invoice.Party{Kind: invoice.Person, Name: "韩梅梅"}, AskedAt: at, KeptFen: 6_900}
	issued := asked
	issued.Status, issued.AmountFen, issued.Number, issued.IssuedOn, issued.FileName, issued.FileKind = invoice.Issued, 11_800, "26532000000012345678", day, "电子发票_26532000000012345678.pdf", "pdf"
	red := issued
	red.RedDue, red.KeptFen = true, 9_300
	voided := red
	voided.Status, voided.RedNumber, voided.RedOn = invoice.Voided, "26532000000012345699", day
	refused := person
	refused.Status, refused.Reason = invoice.Refused, "抬头与税号不符，请核对后重新申请"
	hidden := refused
	hidden.Party = invoice.Party{Kind: invoice.Person, Name: "韩**"}
	typed := map[string]string{"on": "2026-03-09", "red_on": "2026-03-09"}
	wrong := map[string]string{"number": "2653", "on": "2026-13-09", "link": "http://inv"}
	bad := map[string]string{}
	for _, name := range []string{"number", "on", "file", "link", "reason"} {
		bad[name] = f.Text.T("invoice.bad." + name)
	}
	return []Sample{
		{"invoices", view.InvoiceListPage(page, view.InvoiceList{Tab: invoice.TabAsked, Rows: []invoice.Request{asked, person}, Asked: 2, Red: 1, OnFirst: true, Next: 30, MayExport: true, Offered: true, MaySet: true})},
		{"order_invoice", view.OrderShowPage(page, view.OrderShow{OrderDetail: orderDetail(), Invoice: &view.InvoiceShow{Request: red, MayHandle: true}})},
		{"order_invoice_asked", view.OrderShowPage(page, view.OrderShow{OrderDetail: orderDetail(), Invoice: &view.InvoiceShow{Request: hidden}})},
		{"invoices_red", view.InvoiceListPage(page, view.InvoiceList{Tab: invoice.TabRed, Rows: []invoice.Request{red}, Asked: 2, Red: 1, OnFirst: true})},
		{"invoices_none", view.InvoiceListPage(page, view.InvoiceList{Tab: invoice.TabAsked, OnFirst: true})},
		{"invoice_asked", view.InvoicePage(page, view.InvoiceShow{Request: asked, MayHandle: true, SeesOrder: true, Typed: typed})},
		{"invoice_bad", view.InvoicePage(page, view.InvoiceShow{Request: asked, MayHandle: true, SeesOrder: true, Typed: wrong, Bad: bad})},
		{"invoice_red", view.InvoicePage(page, view.InvoiceShow{Request: red, MayHandle: true, SeesOrder: true, Typed: typed})},
		{"invoice_voided", view.InvoicePage(page, view.InvoiceShow{Request: voided, MayHandle: true, SeesOrder: true, Typed: typed})},
		{"invoice_hidden", view.InvoicePage(page, view.InvoiceShow{Request: hidden})},
	}
}
