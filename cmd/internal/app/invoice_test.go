package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/invoice"
	"galleria/commerce/money"
)

// keepTitles keeps more invoice titles than the sister makes in the walk.
func (t *twin) keepTitles() {
	for range 15 {
		var title struct{ ID int64 }
		t.must(http.StatusCreated, http.MethodPost, "/me/invoice-titles", map[string]any{"kind": "person", "name": "韩梅梅"}, &title)
		t.title = title.ID
	}
}

// invoiceSteps are the steps of a walk that are about invoices.
func invoiceSteps(b *twin) map[string][]step {
	ok, gone := []int{200, 201, 204}, []int{404}
	person := map[string]any{"kind": "person", "name": "李雷"}
	title, of := "/me/invoice-titles/"+itoa(b.title), "/orders/"+b.orderNo+"/invoice"
	return map[string][]step{
		"listInvoiceTitles":  {{path: "/me/invoice-titles", want: ok}},
		"addInvoiceTitle":    {{path: "/me/invoice-titles", body: person, want: ok}},
		"updateInvoiceTitle": {{path: title, body: person, want: gone}},
		"deleteInvoiceTitle": {{path: title, want: gone}},
		"listInvoices":       {{path: "/me/invoices", want: ok}},
		"getOrderInvoice":    {{path: of, want: gone}},
		"askInvoice":         {{path: of, body: map[string]any{"title_id": b.title}, want: gone}},
		"withdrawInvoice":    {{path: of + "/withdraw", want: gone}},
		"getInvoiceFile":     {{path: of + "/file", want: gone}},
	}
}

// TestInvoicesFollowTheirOrders: an invoice that was asked for with the order waits for staff once
// the money is there, one of an order that closes unpaid is withdrawn, and one that was made out
// has to be voided when money goes back; the buyer and the staff hear of it. Nobody but the jobs
// moves anything.
func TestInvoicesFollowTheirOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("invoices", 20)
	b := w.login(s, "小明")
	address := b.address()
	place := func() string {
		t.Helper()
		var placed struct {
			OrderNo    string    `json:"order_no"`
			PayableFen money.Fen `json:"payable_fen"`
		}
		lines := []any{map[string]any{"sku_id": s.skus[0], "qty": 1}}
		var quote struct {
			Hash string `json:"quote_hash"`
		}
		b.must(http.StatusOK, http.MethodPost, "/checkout/quote", map[string]any{"lines": lines, "address_id": address}, &quote)
		b.must(http.StatusCreated, http.MethodPost, "/orders", map[string]any{
			"lines": lines, "address_id": address, "quote_hash": quote.Hash, "invoice": map[string]any{"party": map[string]any{"kind": "person", "name": "韩梅梅"}},
		}, &placed, header{"Idempotency-Key": "invoice-" + time.Now().Format(time.RFC3339Nano)})
		return placed.OrderNo
	}
	no, dropped := place(), place()
	tab := func(which invoice.Tab) []invoice.Request {
		t.Helper()
		list, _, err := w.Invoices.List(t.Context(), s.ID, which, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if n := len(tab(invoice.TabAsked)); n != 0 {
		t.Errorf("staff see %d invoices of unpaid orders", n)
	}
	b.must(http.StatusOK, http.MethodPost, "/orders/"+dropped+"/cancel", nil, nil)
	b.pay(no)
	eventually(t, 30*time.Second, "the request that waits", func() bool { return len(tab(invoice.TabAsked)) == 1 })
	eventually(t, 30*time.Second, "the request that was withdrawn", func() bool {
		return w.count(s, "SELECT count(*) FROM invoice i JOIN orders o ON o.id = i.order_id WHERE o.order_no = $1 AND i.status = 'withdrawn'", dropped) == 1
	})
	r := tab(invoice.TabAsked)[0]
	err := w.Invoices.Issue(t.Context(), s.ID, invoice.IssueInput{
		ID: r.ID, Number: "26530000000000000001", On: time.Now().UTC().Truncate(24 * time.Hour), AmountFen: r.KeptFen, Link: "https://inv.example.com/1", Actor: "staff:1",
	})
	if err != nil {
		t.Fatal(err)
	}
	w.signIn(s).giveBack(s, no, 100)
	eventually(t, 30*time.Second, "the invoice that has to be voided", func() bool { return len(tab(invoice.TabRed)) == 1 })
	eventually(t, 15*time.Second, "the words about it", func() bool {
		return w.count(s, "SELECT count(*) FROM inbox_message WHERE event = 'invoice.moved' AND facts->>'status' = 'invoice_issued'") == 1 &&
			w.count(s, "SELECT count(*) FROM staff_notice WHERE event = 'invoice.moved'") == 2
	})
}
