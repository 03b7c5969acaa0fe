package app_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"galleria/commerce/invoice"
)

// papers leaves in a market an invoice that was made out, and one that is asked for.
func (w *world) papers(m *market) {
	w.t.Helper()
	b := w.login(m.shop, "票客")
	s := &shopper{buyer: b, market: m, dice: rand.New(rand.NewPCG(0, 7)), address: b.address()}
	for i := range 2 {
		no := s.paid(s.channel())
		s.must(http.StatusCreated, http.MethodPost, "/orders/"+no+"/invoice", map[string]any{"party": map[string]any{"kind": "person", "name": "韩梅梅"}}, nil)
		if i > 0 {
			continue
		}
		list, _, err := w.Invoices.List(context.WithoutCancel(w.t.Context()), m.ID, invoice.TabAsked, no, 0)
		if err != nil || len(list) != 1 {
			w.t.Fatalf("%d invoices of %s wait, %v", len(list), no, err)
		}
		err = w.Invoices.Issue(w.t.Context(), m.ID, invoice.IssueInput{
			ID: list[0].ID, Number: "26530000000000000001", On: time.Now().UTC().Truncate(24 * time.Hour), AmountFen: list[0].KeptFen, Link: "https://inv.example.com/1", Actor: "staff:1",
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}
