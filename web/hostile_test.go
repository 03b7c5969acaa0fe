package web_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/web/miniapi"
)

// route is a request that succeeds, or fails for its ids only, for its rightful caller.
type route struct {
	method, path string
	body         any
}

// routes lists every route that looks at the caller, with ids that both shops have.
func routes(sku, product, address int64, orderNo string) []route {
	return []route{
		{http.MethodGet, "/me", nil},
		{http.MethodGet, "/shop", nil},
		{http.MethodGet, "/categories", nil},
		{http.MethodGet, "/products", nil},
		{http.MethodGet, "/products/" + id(product), nil},
		{http.MethodGet, "/cart", nil},
		{http.MethodPut, "/cart/lines/" + id(sku), map[string]any{"qty": 1}},
		{http.MethodDelete, "/cart/lines/" + id(sku), nil},
		{http.MethodPost, "/cart/select", map[string]any{"all": true, "selected": true}},
		{http.MethodPost, "/cart/lines/" + id(sku) + "/switch", map[string]any{"to_sku_id": sku + 1}},
		{http.MethodPost, "/checkout/quote", map[string]any{"lines": []any{map[string]any{"sku_id": sku, "qty": 1}}}},
		{http.MethodPost, "/orders", map[string]any{"lines": []any{map[string]any{"sku_id": sku, "qty": 1}}, "address_id": address, "expected_payable_fen": 1000}},
		{http.MethodGet, "/orders", nil},
		{http.MethodGet, "/orders/" + orderNo, nil},
		{http.MethodPost, "/orders/" + orderNo + "/cancel", nil},
		{http.MethodPost, "/orders/" + orderNo + "/pay", nil},
		{http.MethodGet, "/addresses", nil},
		{http.MethodPost, "/addresses", someAddress()},
		{http.MethodPut, "/addresses/" + id(address), someAddress()},
		{http.MethodDelete, "/addresses/" + id(address), nil},
		{http.MethodGet, "/subscriptions", nil},
		{http.MethodPost, "/subscriptions", map[string]any{"template_id": "T", "result": "accept"}},
		{http.MethodPost, "/subscriptions/forms", map[string]any{"form_id": "F"}},
		{http.MethodPost, "/auth/logout", nil},
	}
}

// rows counts all that a request could have written in a shop.
func (h *house) rows(t *testing.T, s *shop) (n int) {
	t.Helper()
	const all = `SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM cart_line) + (SELECT count(*) FROM address) + (SELECT count(*) FROM stock_movement) +
		(SELECT count(*) FROM idempotency_key) + (SELECT count(*) FROM payment_attempt) + (SELECT count(*) FROM member) + (SELECT count(*) FROM subscribe_consent) + (SELECT count(*) FROM message_form) +
		(SELECT count(*) FROM member_session WHERE revoked_at IS NOT NULL) + (SELECT count(*) FROM orders WHERE status <> 'pending_payment')`
	h.in(t, s, func(tx tenantdb.Tx) error { return tx.QueryRow(t.Context(), all).Scan(&n) })
	return n
}

func (h *house) in(t *testing.T, s *shop, fn func(tx tenantdb.Tx) error) {
	t.Helper()
	if err := h.DB.InTenant(t.Context(), s.ID, fn); err != nil {
		t.Fatal(err)
	}
}

// order places one and returns its number and the address it goes to.
func (c *client) order(t *testing.T, s *shop) (orderNo string, address int64) {
	t.Helper()
	var a miniapi.Address
	c.must(t, http.StatusCreated, http.MethodPost, "/addresses", someAddress()).into(t, &a)
	sku := s.products[0].SKUs[0]
	var placed miniapi.Placed
	c.must(t, http.StatusCreated, http.MethodPost, "/orders", map[string]any{
		"lines": []any{map[string]any{"sku_id": sku.ID, "qty": 1}}, "address_id": a.ID, "expected_payable_fen": sku.PriceFen,
	}, "Idempotency-Key", "order-"+tenanttest.RandomHex(4)).into(t, &placed)
	return placed.OrderNo, a.ID
}

func TestT001TokenOfAnotherShopOpensNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.open(t, h.Tenant, 1), h.open(t, h.OpenShop(t), 1)
	inA, inB := h.login(t, a, "o-li"), h.login(t, b, "o-li")
	orderNo, address := inA.order(t, a)
	inA.must(t, http.StatusOK, http.MethodPut, "/cart/lines/"+id(a.products[0].SKUs[0].ID), map[string]any{"qty": 1})
	beforeA, beforeB := h.rows(t, a), h.rows(t, b)
	crossed := &client{h: h, app: inA.app, token: inB.token}
	for _, r := range routes(a.products[0].SKUs[0].ID, a.products[0].ID, address, orderNo) {
		crossed.refused(t, http.StatusUnauthorized, "AUTH_INVALID", r.method, r.path, r.body, "Idempotency-Key", "crossed")
	}
	if gotA, gotB := h.rows(t, a), h.rows(t, b); gotA != beforeA || gotB != beforeB {
		t.Errorf("rows went from %d and %d to %d and %d", beforeA, beforeB, gotA, gotB)
	}
	var entries int
	err := h.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.audit_log WHERE action = 'auth.tenant_mismatch' AND tenant_id = $1", a.ID.String()).Scan(&entries)
	})
	if err != nil || entries == 0 {
		t.Errorf("%d audit entries of the mismatch (%v)", entries, err)
	}
}

func TestT006KeepAliveConnectionsNeverMixShops(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.open(t, h.Tenant, 1), h.open(t, h.OpenShop(t), 1)
	inA, inB := h.login(t, a, "o-a"), h.login(t, b, "o-b")
	if _, err := h.members.AddAddress(t.Context(), b.ID, 1, addressOf("乙")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.members.AddAddress(t.Context(), a.ID, 1, addressOf("甲")); err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		c, name := inA, "甲"
		if i%2 == 1 {
			c, name = inB, "乙"
		}
		var book miniapi.AddressBook
		c.must(t, http.StatusOK, http.MethodGet, "/addresses", nil).into(t, &book)
		if len(book.Items) != 1 || book.Items[0].Name != name {
			t.Fatalf("request %d of %s saw %+v", i, name, book)
		}
	}
}

func TestT008MalformedAppIDsFindNoShop(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	c := h.client(s)
	for _, appID := range []string{
		"", "../b", `b";drop schema b`, strings.Repeat("a", 300), strings.ToUpper(c.app), "ｗｘ" + c.app[2:], "wxffffffffffffffff",
	} {
		c.refused(t, http.StatusNotFound, "UNKNOWN_APP", http.MethodGet, "/shop", nil, "X-App-Id", appID)
	}
	c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodGet, "/shop?X-App-Id="+c.app, nil)
	raw := h.raw(t, "GET /api/v1/shop HTTP/1.1\r\nHost: x\r\nX-App-Id: "+c.app+"\r\nx-app-id: wxffffffffffffffff\r\nConnection: close\r\n\r\n")
	if !strings.HasPrefix(raw, "HTTP/1.1 400 ") || !strings.Contains(raw, `"MALFORMED"`) {
		t.Errorf("X-App-Id twice: %s", raw)
	}
	raw = h.raw(t, "GET /api/v1/shop HTTP/1.1\r\nHost: x\r\nX-App-Id: wx\x000123456789\r\nConnection: close\r\n\r\n")
	if !strings.HasPrefix(raw, "HTTP/1.1 4") {
		t.Errorf("NUL in X-App-Id: %s", raw)
	}
	c.must(t, http.StatusOK, http.MethodGet, "/shop", nil)
}

func TestT012LoginRefusals(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	c := h.client(s)
	code, err := h.provider.Login(c.app, "li")
	if err != nil {
		t.Fatal(err)
	}
	// An outdated session must not keep anybody from logging in.
	first := c.must(t, http.StatusOK, http.MethodPost, "/auth/login", map[string]any{"code": code}, "Authorization", "Bearer stale")
	if strings.Contains(string(first.body), "session_key") || strings.Contains(h.log.text(), "session_key") {
		t.Error("session_key left the server")
	}
	c.refused(t, http.StatusUnauthorized, "WX_CODE_INVALID", http.MethodPost, "/auth/login", map[string]any{"code": code})
	c.refused(t, http.StatusUnauthorized, "WX_CODE_INVALID", http.MethodPost, "/auth/login", map[string]any{"code": "garbage"})
	c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodPost, "/auth/login", map[string]any{"code": "a b"})
	for _, token := range []string{"Basic abc", "Bearer", "Bearer x", "bearer m_000000000000_" + strings.Repeat("A", 43)} {
		c.refused(t, http.StatusUnauthorized, "AUTH_INVALID", http.MethodGet, "/me", nil, "Authorization", token)
	}
	c.refused(t, http.StatusUnauthorized, "AUTH_REQUIRED", http.MethodGet, "/me", nil)
}

func TestT019NothingInternalIsReachable(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{
		"/paySuccess?orderNo=1", "/order/paySuccess", "/crontab/ordersuccess", "/debug/pprof/", "/metrics", "/internal/jobs", "/swagger",
		"/swagger/index.html", "/asynq", "/queues", "/api/v1/orders/261121194205K7Q2M9XT/paid", "/.env", "/api", "/api/v1",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			req, err := http.NewRequestWithContext(t.Context(), method, h.base+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-HTTP-Method-Override", "DELETE")
			if a := h.send(t, req); a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, path, a.status)
			}
		}
	}
}

func TestT024HostileQuantities(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	c := h.login(t, s, "o-li")
	_, address := c.order(t, s)
	sku := id(s.products[0].SKUs[0].ID)
	before := h.rows(t, s)
	for _, qty := range []string{"0", "-1", "1.5", "1.0", "1e3", `"1"`, "true", "null", "2147483648", "9223372036854775808", "1000", "[]", "{}"} {
		line := `{"qty":` + qty + `}`
		c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodPut, "/cart/lines/"+sku, line)
		body := `{"lines":[{"sku_id":` + sku + `,"qty":` + qty + `}],"address_id":` + id(address) + `,"expected_payable_fen":1000}`
		c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodPost, "/orders", body, "Idempotency-Key", "k")
		c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodPost, "/checkout/quote", `{"lines":[{"sku_id":`+sku+`,"qty":`+qty+`}]}`)
	}
	one := `{"sku_id":` + sku + `,"qty":1}`
	for name, lines := range map[string]string{
		"missing": `{"sku_id":` + sku + `}`, "twice": one + "," + one, "1,001 lines": strings.Repeat(one+",", 1000) + one,
	} {
		a := c.call(t, http.MethodPost, "/orders", `{"lines":[`+lines+`],"address_id":`+id(address)+`,"expected_payable_fen":1000}`, "Idempotency-Key", "k")
		if a.status != http.StatusUnprocessableEntity || a.code() != "VALIDATION" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if after := h.rows(t, s); after != before {
		t.Errorf("rows went from %d to %d", before, after)
	}
}

func TestT026CompressedAndEndlessBodies(t *testing.T) { //nolint:paralleltest // measures this process's memory
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	c := h.login(t, s, "o-li")
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := io.CopyN(z, zeros{}, 64<<20); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, encoding := range []string{"gzip", "deflate", "br", "gzip, gzip", "identity"} {
		start := time.Now()
		c.refused(t, http.StatusUnsupportedMediaType, "UNSUPPORTED_ENCODING", http.MethodPut, "/cart/lines/1", bomb.String(), "Content-Encoding", encoding)
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s took %v", encoding, took)
		}
	}
	start := time.Now()
	head := "POST /api/v1/checkout/quote HTTP/1.1\r\nHost: x\r\nX-App-Id: " + c.app + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
	raw := h.rawStream(t, head, 100<<20)
	if !strings.HasPrefix(raw, "HTTP/1.1 413 ") || !strings.Contains(raw, `"BODY_TOO_LARGE"`) {
		t.Errorf("100 MB in chunks: %.300q", raw)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("100 MB in chunks took %v to refuse", took)
	}
	c.refused(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE", http.MethodPost, "/checkout/quote", `{"lines":[`+strings.Repeat(" ", 300<<10)+`]}`)
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 50<<20 {
		t.Errorf("heap grew by %d MB", grown>>20)
	}
	c.must(t, http.StatusOK, http.MethodGet, "/me", nil)
}

// zeros reads as endless spaces, which compress well and are legal in JSON.
type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestT027HostileListParameters(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 3)
	hidden := h.addProduct(t, s, "下架的", 1)
	if err := h.catalog.SetShelf(t.Context(), s.ID, hidden.ID, "off_shelf"); err != nil {
		t.Fatal(err)
	}
	c := h.login(t, s, "o-li")
	for _, query := range []string{
		"sort=price;select pg_sleep(5)", "sort=(case when 1=1 then 1 end)", "sort=desc,(select 1)", "filterOperator=OR", "page=-1", "limit=1000000000",
		"limit=0", "limit=1.5", "limit=1e2", "category_id=-1", "category_id=1 or 1=1", "category_id=9223372036854775808", "in_stock=maybe",
		"cursor=tampered", "cursor=AAAA", "limit=5&limit=6", "q=" + strings.Repeat("%", 1000), "q=a%00b", "q=%ff%fe", "q=%1b",
	} {
		name, value, _ := strings.Cut(query, "=")
		if !strings.Contains(query, "&") && !strings.Contains(query, "%0") && !strings.Contains(query, "%f") && !strings.Contains(query, "%1b") {
			query = name + "=" + url.QueryEscape(value)
		}
		start := time.Now()
		c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodGet, "/products?"+query, nil)
		if took := time.Since(start); took > time.Second {
			t.Errorf("%.60s took %v", query, took)
		}
	}
	for _, q := range []string{"%", "_", `\`, "'", "(a+)+$", "挂耳' OR '1'='1"} {
		a := c.must(t, http.StatusOK, http.MethodGet, "/products?q="+url.QueryEscape(q), nil)
		if !bytes.Contains(a.body, []byte(`"items":[]`)) && !bytes.Contains(a.body, []byte(`"near":true`)) { // words of it may be near something
			t.Errorf("q=%s found %s", q, a.body)
		}
	}
	c.refused(t, http.StatusNotFound, "NOT_FOUND", http.MethodGet, "/products/"+id(hidden.ID), nil)
	var cursor miniapi.ProductPage
	c.must(t, http.StatusOK, http.MethodGet, "/products?limit=1&sort=price_asc", nil).into(t, &cursor)
	c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodGet, "/products?limit=1&sort=price_desc&cursor="+cursor.NextCursor, nil)
	c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodGet, "/orders?status=paid%27--", nil)
}

func TestT028ObjectsOfAnotherMemberAreNotFound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	h.merchant(t, s, "1900000301")
	owner, other := h.login(t, s, "o-owner"), h.login(t, s, "o-other")
	orderNo, address := owner.order(t, s)
	sku := s.products[0].SKUs[0].ID
	owner.must(t, http.StatusOK, http.MethodPut, "/cart/lines/"+id(sku), map[string]any{"qty": 3})
	before := h.rows(t, s)
	lines := []any{map[string]any{"sku_id": sku, "qty": 1}}
	for _, r := range []route{
		{http.MethodGet, "/orders/" + orderNo, nil},
		{http.MethodPost, "/orders/" + orderNo + "/cancel", nil},
		{http.MethodPost, "/orders/" + orderNo + "/pay", nil},
		{http.MethodPut, "/addresses/" + id(address), someAddress()},
		{http.MethodDelete, "/addresses/" + id(address), nil},
		{http.MethodDelete, "/cart/lines/" + id(sku), nil},
		{http.MethodPost, "/cart/select", map[string]any{"sku_ids": []int64{sku}, "selected": false}},
		{http.MethodPost, "/cart/lines/" + id(sku) + "/switch", map[string]any{"to_sku_id": sku + 1}},
		{http.MethodPost, "/checkout/quote", map[string]any{"lines": lines, "address_id": address}},
		{http.MethodPost, "/orders", map[string]any{"lines": lines, "address_id": address, "expected_payable_fen": 1000}},
	} {
		other.refused(t, http.StatusNotFound, "NOT_FOUND", r.method, r.path, r.body, "Idempotency-Key", "foreign")
	}
	for _, path := range []string{"/orders", "/addresses", "/cart"} {
		a := other.must(t, http.StatusOK, http.MethodGet, path, nil)
		if bytes.Contains(a.body, []byte(orderNo)) || bytes.Contains(a.body, []byte("王小明")) || bytes.Contains(a.body, []byte(`"sku_id"`)) {
			t.Errorf("%s shows another member's: %s", path, a.body)
		}
	}
	if after := h.rows(t, s); after != before {
		t.Errorf("rows went from %d to %d", before, after)
	}
	// That an order cannot be paid any more is told to its owner alone.
	owner.must(t, http.StatusOK, http.MethodPost, "/orders/"+orderNo+"/cancel", nil)
	for _, r := range []route{
		{http.MethodPost, "/orders/" + orderNo + "/pay", nil},
		{http.MethodGet, "/orders/" + orderNo + "/payment-methods", nil},
	} {
		owner.refused(t, http.StatusConflict, "ORDER_STATE", r.method, r.path, r.body)
		other.refused(t, http.StatusNotFound, "NOT_FOUND", r.method, r.path, r.body)
	}
}

func TestT029TextThatIsNoneAndSizesBeyondReason(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	c := h.login(t, s, "o-li")
	address := func(name string) string {
		return `{"name":` + name + `,"phone":"13800138000","province":"云南省","city":"昆明市","detail":"翠湖南路 1 号"}`
	}
	refusals := []struct {
		name, method, path, body string
	}{
		{"NUL", http.MethodPost, "/addresses", address(`"a\u0000b"`)},
		{"lone surrogate", http.MethodPost, "/addresses", address(`"\ud800"`)},
		{"invalid UTF-8", http.MethodPost, "/addresses", address("\"\xff\"")},
		{"10,000 emoji", http.MethodPost, "/addresses", address(`"` + strings.Repeat("🎁", 10_000) + `"`)},
		{"5 MB", http.MethodPost, "/addresses", address(`"` + strings.Repeat("a", 5<<20) + `"`)},
		{"depth", http.MethodPost, "/addresses", strings.Repeat(`{"a":`, 20_000)},
		{"deep arrays", http.MethodPost, "/addresses", `{"name":` + strings.Repeat("[", 100_000)},
		{"trailing", http.MethodPost, "/addresses", address(`"王"`) + "x"},
		{"unknown member", http.MethodPost, "/cart/select", `{"all":true,"selected":true,"price_fen":1}`},
		{"case variant", http.MethodPost, "/cart/select", `{"All":true,"selected":true}`},
		{"twice", http.MethodPost, "/cart/select", `{"all":true,"selected":true,"selected":false}`},
		{"no JSON", http.MethodPost, "/cart/select", `all=true`},
		{"empty", http.MethodPost, "/cart/select", ``},
		{"body where none is", http.MethodPost, "/auth/logout", `{"all":true}`},
		{"huge id", http.MethodGet, "/products/99999999999999999999", ""},
		{"negative id", http.MethodGet, "/products/-1", ""},
		{"bad escape", http.MethodGet, "/products/1?q=%zz", ""},
		{"500 parameters", http.MethodGet, "/products?" + strings.Repeat("q=a&", 500), ""},
		{"order number with a quote", http.MethodGet, "/orders/2611'--abc", ""},
		{"order number with NUL", http.MethodGet, "/orders/2611211942%00", ""},
	}
	before := h.rows(t, s)
	for _, r := range refusals {
		start := time.Now()
		var body any = r.body
		if r.body == "" && r.name != "empty" {
			body = nil
		}
		a := c.call(t, r.method, r.path, body)
		if a.status < 400 || a.status >= 500 || a.code() == "" {
			t.Errorf("%s: %d %.200s", r.name, a.status, a.body)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s took %v", r.name, took)
		}
	}
	if after := h.rows(t, s); after != before {
		t.Errorf("rows went from %d to %d", before, after)
	}
	big := h.raw(t, "GET /api/v1/shop HTTP/1.1\r\nHost: x\r\nX-App-Id: "+c.app+"\r\nX-Long: "+strings.Repeat("a", 64<<10)+"\r\nConnection: close\r\n\r\n")
	if !strings.HasPrefix(big, "HTTP/1.1 431 ") || !strings.Contains(big, "HEADER_TOO_LARGE") {
		t.Errorf("64 kB header: %.200q", big)
	}
	long := c.call(t, http.MethodGet, "/me", nil, "X-Long", strings.Repeat("a", 8<<10))
	if long.status != http.StatusOK {
		t.Errorf("8 kB header: %d", long.status)
	}
	parts := strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", 2000) + "--b--\r\n"
	c.refused(t, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", http.MethodPost, "/cart/select", parts, "Content-Type", "multipart/form-data; boundary=b")
	rtl := c.must(t, http.StatusCreated, http.MethodPost, "/addresses", address("\"\u202e王🎁\""))
	if !bytes.Contains(rtl.body, []byte("🎁")) {
		t.Errorf("legal text came back as %s", rtl.body)
	}
	if strings.Contains(h.log.text(), `"status":500`) {
		t.Error("a request was answered with 500")
	}
}

// raw sends bytes as they are and returns all that comes back.
func (h *house) raw(t *testing.T, request string) string {
	t.Helper()
	conn := h.dial(t)
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	back, _ := io.ReadAll(conn) // the server may reset what it refuses
	return string(back)
}

// rawStream sends head and then up to n bytes in chunks until the server stops reading.
func (h *house) rawStream(t *testing.T, head string, n int) string {
	t.Helper()
	conn := h.dial(t)
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	go func() {
		b := make([]byte, 4096)
		k, _ := conn.Read(b)
		got <- string(b[:k])
	}()
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, strings.Repeat(" ", 64<<10))
	for sent := 0; sent < n; sent += 64 << 10 {
		if _, err := io.WriteString(conn, chunk); err != nil {
			break
		}
	}
	return <-got
}

func (h *house) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(h.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

var _ pgx.QueryTracer = (*counter)(nil)
