package web_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/tenant/tenantdb"
	"galleria/web/miniapi"
)

// eventually waits for what a notification brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("after five seconds still not: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestT005AnswersFromMemoryNeverCrossShops(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Clock().Advance(0) // stands still: nothing expires, only notifications make an answer go
	a, b := h.open(t, h.Tenant, 2), h.open(t, h.OpenShop(t), 2)
	if a.products[0].ID != b.products[0].ID || a.products[0].SKUs[0].ID != b.products[0].SKUs[0].ID {
		t.Fatal("the shops do not have equal ids; the test proves nothing")
	}
	onlyIn := map[*shop]catalog.Product{a: h.addProduct(t, a, "甲店独有", 777), b: h.addProduct(t, b, "乙店独有", 888)}
	if onlyIn[a].ID != onlyIn[b].ID {
		t.Fatal("the shops' own products do not have equal ids")
	}
	titles := map[*shop]string{a: "甲店独有", b: "乙店独有"}
	for i := range 200 {
		s, other := a, b
		if i%2 == 1 {
			s, other = b, a
		}
		for _, path := range []string{"/products", "/products/" + id(onlyIn[s].ID), "/shop", "/categories"} {
			got := h.client(s).must(t, http.StatusOK, http.MethodGet, path, nil)
			if bytes.Contains(got.body, []byte(titles[other])) {
				t.Fatalf("round %d: %s shows the other shop's: %s", i, path, got.body)
			}
		}
	}
	if err := h.catalog.SetPrice(t.Context(), a.ID, onlyIn[a].SKUs[0].ID, 999); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new price in list and page", func() bool {
		list := h.client(a).must(t, http.StatusOK, http.MethodGet, "/products", nil)
		page := h.client(a).must(t, http.StatusOK, http.MethodGet, "/products/"+id(onlyIn[a].ID), nil)
		return bytes.Contains(list.body, []byte(`"price_fen":999,`)) && bytes.Contains(page.body, []byte(`"price_fen":999,`))
	})
	if got := h.client(b).must(t, http.StatusOK, http.MethodGet, "/products", nil); bytes.Contains(got.body, []byte(`"price_fen":999,`)) {
		t.Error("the other shop sees the new price")
	}
}

func TestCoarseStockChangesReachTheShelf(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Clock().Advance(0)
	s := h.open(t, h.Tenant, 1)
	c := h.client(s)
	sku := s.products[0].SKUs[0].ID
	state := func() string {
		var p miniapi.Product
		c.must(t, http.StatusOK, http.MethodGet, "/products/"+id(s.products[0].ID), nil).into(t, &p)
		return p.SKUs[0].StockState
	}
	eventually(t, "in stock", func() bool { return state() == "in_stock" })
	h.in(t, s, func(tx tenantdb.Tx) error {
		return h.stock.ReserveTx(t.Context(), tx, "261121000000AAAA", []inventory.Line{{SKUID: sku, Qty: 10}}, "member:1")
	})
	eventually(t, "sold out", func() bool { return state() == "sold_out" })
}

func TestAnswersExpireWithoutAnyNotification(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *settings) { s.listen = false })
	h.Clock().Advance(0)
	s := h.open(t, h.Tenant, 1)
	c := h.client(s)
	path := "/products/" + id(s.products[0].ID)
	before := c.must(t, http.StatusOK, http.MethodGet, path, nil)
	if err := h.catalog.SetPrice(t.Context(), s.ID, s.products[0].SKUs[0].ID, 4321); err != nil {
		t.Fatal(err)
	}
	if still := c.must(t, http.StatusOK, http.MethodGet, path, nil); !bytes.Equal(still.body, before.body) {
		t.Fatal("the answer did not come from memory; the test proves nothing")
	}
	h.Clock().Advance(5 * time.Second)
	if after := c.must(t, http.StatusOK, http.MethodGet, path, nil); !bytes.Contains(after.body, []byte("4321")) {
		t.Errorf("five seconds later still %s", after.body)
	}
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 2)
	c := h.client(s)
	first := c.must(t, http.StatusOK, http.MethodGet, "/products?limit=1&sort=newest", nil)
	etag := first.header.Get("ETag")
	if len(etag) < 10 || etag[0] != '"' {
		t.Fatalf("ETag %q is not a strong one", etag)
	}
	if got := first.header.Get("Cache-Control"); got != "private, max-age=0, must-revalidate" {
		t.Errorf("Cache-Control %q", got)
	}
	if got := first.header.Get("Vary"); got != "X-App-Id" {
		t.Errorf("Vary %q", got)
	}
	for _, match := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
		// The parameters in another order are the same request.
		again := c.must(t, http.StatusNotModified, http.MethodGet, "/products?sort=newest&limit=1", nil, "If-None-Match", match)
		if len(again.body) > 0 || again.header.Get("ETag") != etag {
			t.Errorf("If-None-Match %s: %q with ETag %q", match, again.body, again.header.Get("ETag"))
		}
	}
	c.must(t, http.StatusOK, http.MethodGet, "/products?sort=newest&limit=1", nil, "If-None-Match", `"other"`)
	refusal := c.call(t, http.MethodGet, "/products?limit=0", nil)
	if refusal.header.Get("ETag") != "" || refusal.header.Get("Cache-Control") != "no-store" {
		t.Errorf("a refusal may be kept: %v", refusal.header)
	}
	if other := c.must(t, http.StatusOK, http.MethodGet, "/products?limit=2&sort=newest", nil); other.header.Get("ETag") == etag {
		t.Error("two lists have one ETag")
	}
}
