package web_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/invoice"
	"galleria/web/miniapi"
)

// walkInvoices keeps a title, asks for an invoice of an order, takes that back, asks again and
// downloads what the shop makes out.
func walkInvoices(t *testing.T, h *house, s *shop, orderNo string, call func(want, status int, method, path string, body any, header ...string) answer) {
	t.Helper()
	company := map[string]any{"kind": "company", "name": "云南青禾茶业有限公司", "tax_number": "91350100m000100y43", "email": "cw@example.com"}
	var title miniapi.InvoiceTitle
	call(4, http.StatusCreated, http.MethodPost, "/me/invoice-titles", company).into(t, &title)
	if !title.IsDefault || title.TaxNumber != "91350100M000100Y43" {
		t.Errorf("the title is %+v", title)
	}
	one := "/me/invoice-titles/" + id(title.ID)
	company["email"] = ""
	call(3, http.StatusOK, http.MethodPut, one, company).into(t, &title)
	call(1, http.StatusOK, http.MethodGet, "/me/invoice-titles", nil)
	of := "/orders/" + orderNo + "/invoice"
	call(6, http.StatusCreated, http.MethodPost, of, map[string]any{"title_id": title.ID})
	call(3, http.StatusNoContent, http.MethodPost, of+"/withdraw", nil)
	call(5, http.StatusCreated, http.MethodPost, of, map[string]any{"party": map[string]any{"kind": "person", "name": "韩梅梅"}})
	var st miniapi.OrderInvoice
	call(2, http.StatusOK, http.MethodGet, of, nil).into(t, &st)
	if st.MayAsk || st.WhyNot != "INVOICE_ASKED" || st.Invoice == nil || st.Invoice.Party == nil || st.Invoice.Party.Name != "韩梅梅" || st.KeptFen <= 0 {
		t.Errorf("the order stands at %+v", st)
	}
	waiting, _, err := h.invoices.List(t.Context(), s.ID, invoice.TabAsked, orderNo, 0)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%d wait, %v", len(waiting), err)
	}
	err = h.invoices.Issue(t.Context(), s.ID, invoice.IssueInput{
		ID: waiting[0].ID, Number: "26532000000012345678", On: h.Clock().Now().UTC().Truncate(24 * time.Hour), AmountFen: st.KeptFen, Actor: "staff:1",
		File: &invoice.File{Name: "发票.pdf", Raw: []byte("%PDF-1.7 invoice")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := call(2, http.StatusOK, http.MethodGet, of+"/file", nil); string(got.body) != "%PDF-1.7 invoice" || got.header.Get("Content-Type") != "application/pdf" || got.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("the file is %q, %v", got.body, got.header)
	}
	var list struct{ Items []miniapi.Invoice }
	call(1, http.StatusOK, http.MethodGet, "/me/invoices", nil).into(t, &list)
	if len(list.Items) != 2 || list.Items[0].Status != "issued" || list.Items[0].AmountFen != st.KeptFen || list.Items[1].Status != "withdrawn" {
		t.Errorf("the invoices are %+v", list.Items)
	}
	call(3, http.StatusNoContent, http.MethodDelete, one, nil)
}
