package app_test

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"galleria/commerce/catalog"
)

// TestHostileInput sends what no Mini Program would. The cases share one installation and
// one shop; whatever they send, nothing may change.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("input", 1000)
	victim := w.login(s, "victim")
	mallory := w.login(s, "mallory")
	run := func(name string, test func(w *world, b *buyer)) {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			b := *mallory
			b.w = w
			before := w.fingerprint(s)
			test(w, &b)
			w.wantUntouched(s, before, name)
		})
	}
	address := victim.address()
	victim.must(http.StatusOK, http.MethodPut, "/cart/lines/"+itoa(s.skus[1]), map[string]any{"qty": 2}, nil)
	orderNo := victim.order(1).OrderNo
	hidden := w.hide(s)
	w.quiet(s, 15*time.Second)

	run("T011_ForgedTokens", func(w *world, b *buyer) { testT011(w, b, victim) })
	run("T019_GuessableRoutes", testT019)
	run("T024_Quantities", testT024)
	run("T026_CompressedBodies", testT026)
	run("T027_Injections", func(w *world, b *buyer) { testT027(w, b, hidden) })
	run("T028_ThingsOfAnotherMember", func(w *world, b *buyer) { testT028(w, b, address, orderNo) })
	run("T029_MalformedRequests", testT029)
}

// testT011 comes with tokens that somebody else made, in the forms in which peers accept
// them, and with headers that claim to be the victim. Our tokens are opaque: there is no
// algorithm to choose and no key to guess.
func testT011(w *world, b, victim *buyer) {
	w.t.Helper()
	part := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			w.t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	now := time.Now()
	claims := func(more map[string]any) map[string]any {
		c := map[string]any{"sub": "1", "member_id": 1, "user_id": 1, "iss": "galleria", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix()}
		maps.Copy(c, more)
		return c
	}
	signed := func(header, claims map[string]any, key string) string {
		text := part(header) + "." + part(claims)
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	hs := map[string]any{"alg": "HS256", "typ": "JWT"}
	tokens := map[string]string{
		"alg none":      part(map[string]any{"alg": "none", "typ": "JWT"}) + "." + part(claims(nil)) + ".",
		"alg nOnE":      part(map[string]any{"alg": "nOnE"}) + "." + part(claims(nil)) + ".",
		"public key":    signed(map[string]any{"alg": "HS256", "kid": "../../public.pem"}, claims(nil), "-----BEGIN PUBLIC KEY-----"),
		"expired":       signed(hs, claims(map[string]any{"exp": now.Add(-time.Hour).Unix()}), "secret"),
		"other issuer":  signed(hs, claims(map[string]any{"iss": "evil"}), "secret"),
		"cut":           victim.token[:len(victim.token)-1],
		"one character": flipped(victim.token),
		"twice":         victim.token + victim.token,
		"of the cookie": "session=" + victim.token,
	}
	for _, key := range []string{"X-Litemall-Token", "mall-portal-secret", "default", "secret", ""} {
		tokens["signed with "+strconv.Quote(key)] = signed(hs, claims(nil), key)
	}
	for name, token := range tokens {
		for _, path := range []string{"/me", "/orders", "/addresses"} {
			if status, answer := b.call(http.MethodGet, path, nil, header{"Authorization": "Bearer " + token}); status != http.StatusUnauthorized || fieldOf(answer, "code") != "AUTH_INVALID" {
				w.t.Errorf("%s at %s: %d %s", name, path, status, answer)
			}
		}
	}
	claimed := header{"X-User-Id": "1", "X-Member-Id": "1", "X-WCPAY-MCHID": "1900000001", "X-Litemall-Token": victim.token, "X-Authenticated-User": "victim", "Token": victim.token}
	mine := func(more ...header) string {
		status, answer := b.call(http.MethodGet, "/me", nil, more...)
		if status != http.StatusOK {
			w.t.Fatalf("me: %d %s", status, answer)
		}
		return string(answer)
	}
	if plain, dressed := mine(), mine(claimed); plain != dressed {
		w.t.Errorf("headers change who I am: %s, %s", plain, dressed)
	}
	claimed["Authorization"] = ""
	if status, answer := b.call(http.MethodGet, "/me", nil, claimed); status != http.StatusUnauthorized {
		w.t.Errorf("headers alone: %d %s", status, answer)
	}
}

// flipped is a token with its last character changed.
func flipped(token string) string {
	last := token[len(token)-1]
	if last == 'A' {
		return token[:len(token)-1] + "B"
	}
	return token[:len(token)-1] + "A"
}

// hide adds a product that is not on the shelf and returns its title.
func (w *world) hide(s *shop) string {
	w.t.Helper()
	var category int64
	w.scan(s, "SELECT min(id) FROM category", nil, &category)
	const title = "尚未上架"
	_, err := w.Catalog.CreateProduct(w.t.Context(), s.ID, catalog.ProductInput{CategoryID: category, Title: title, SKUs: []catalog.SKUInput{{PriceFen: 1}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return title
}

// wantRefusal checks an answer to a hostile request: one of the statuses, in the envelope,
// and one line in the log that carries its id.
func (w *world) wantRefusal(what string, got answer, want ...int) {
	w.t.Helper()
	for _, status := range want {
		if got.status != status {
			continue
		}
		id := got.problem().RequestID
		if got.problem().Code == "" || id == "" || id != got.header.Get("X-Request-Id") {
			w.t.Errorf("%s: %d without the envelope: %.300s", what, got.status, got.body)
			return
		}
		var lines []string
		for range 40 { // the line is written when the answer is out
			if lines = w.log.of(`"request_id":"` + id + `"`); len(lines) > 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if len(lines) != 1 || !strings.Contains(lines[0], got.problem().Code) {
			w.t.Errorf("%s: %d lines in the log, want 1 with %s: %v", what, len(lines), got.problem().Code, lines)
		}
		return
	}
	w.t.Errorf("%s: %d %.300s, want %v", what, got.status, got.body, want)
}

func testT019(w *world, b *buyer) {
	for _, path := range []string{
		"/paySuccess", "/order/paySuccess", "/api/v1/orders/paySuccess", "/api/v1/order/paySuccess", "/api/v1/orders/1/paid", "/crontab/close", "/cron", "/debug/pprof/",
		"/debug/vars", "/metrics", "/internal/jobs", "/swagger", "/swagger/index.html", "/asynq", "/monitoring", "/admin", "/actuator/health", "/.env", "/.git/config",
		"/_control/pay", "/api/v1/_control/pay", "/api/v1/refunds", "/api/v2/orders", "/graphql", "/phpmyadmin/", "/console/../metrics", "/api/v1/products/../../metrics",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			got := w.send(method, w.base+path, b.headers(), nil)
			if got.status != http.StatusNotFound && got.status != http.StatusMethodNotAllowed && got.status != http.StatusUnauthorized {
				w.t.Errorf("%s %s: %d %.200s, want 404 or 405", method, path, got.status, got.body)
			}
		}
	}
	h := b.headers()
	h.Set("X-HTTP-Method-Override", http.MethodDelete)
	h.Set("X-User-Id", "1")
	if got := w.send(http.MethodGet, w.base+"/api/v1/cart", h, nil); got.status != http.StatusOK {
		w.t.Errorf("a method override: %d %s, want it ignored", got.status, got.body)
	}
	h.Del("Authorization")
	if got := w.send(http.MethodGet, w.base+"/api/v1/cart", h, nil); got.status != http.StatusUnauthorized {
		w.t.Errorf("an identity header: %d, want 401", got.status)
	}
}

func testT024(w *world, b *buyer) {
	sku := itoa(b.shop.skus[0])
	many := func(n int, sku func(int) int64) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf(`{"sku_id":%d,"qty":1}`, sku(i)))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	bodies := map[string]string{
		"1001 lines":     many(1001, func(i int) int64 { return int64(i + 1) }),
		"the same twice": many(2, func(int) int64 { return b.shop.skus[0] }),
		"missing":        `[{"sku_id":` + sku + `}]`,
	}
	quantities := []string{"0", "-1", "1.5", "1e3", `"1"`, "true", "null", "2147483648", "9223372036854775808", "1e400", "-0", "01", "1000", "[1]", "{}", "NaN"}
	for _, qty := range quantities {
		bodies["qty "+qty] = `[{"sku_id":` + sku + `,"qty":` + qty + `}]`
		got := w.send(http.MethodPut, w.base+"/api/v1/cart/lines/"+sku, b.headers(), []byte(`{"qty":`+qty+`}`))
		w.wantRefusal("cart, qty "+qty, got, http.StatusUnprocessableEntity, http.StatusBadRequest)
	}
	for name, lines := range bodies {
		h := b.headers()
		h.Set("Idempotency-Key", "T024-"+strconv.Itoa(len(name))+"-"+strconv.Itoa(len(lines)))
		got := w.send(http.MethodPost, w.base+"/api/v1/orders", h, []byte(`{"lines":`+lines+`,"address_id":1,"expected_payable_fen":5900}`))
		w.wantRefusal("order, "+name, got, http.StatusUnprocessableEntity, http.StatusBadRequest)
		got = w.send(http.MethodPost, w.base+"/api/v1/checkout/quote", b.headers(), []byte(`{"lines":`+lines+`}`))
		w.wantRefusal("quote, "+name, got, http.StatusUnprocessableEntity, http.StatusBadRequest)
	}
}

// rss is the memory of this process, which the servers of the world run in, bytes.
func rss(t testing.TB) int64 {
	t.Helper()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// A gzip body of 200 kB that inflates to 200 MB, on the API, the callbacks and the console.
func testT026(w *world, b *buyer) {
	var member bytes.Buffer
	z := gzip.NewWriter(&member)
	if _, err := z.Write(make([]byte, 1<<20)); err != nil {
		w.t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		w.t.Fatal(err)
	}
	bomb := bytes.Repeat(member.Bytes(), 200) // a gzip file may have many members
	before := rss(w.t)
	for _, path := range []string{"/api/v1/orders", "/api/v1/auth/login", "/notify/wechat/" + b.shop.account} {
		for _, encoding := range []string{"gzip", "deflate", "br", "gzip, gzip", "identity", "zstd"} {
			best := time.Hour
			for range 3 { // the machine may be busy; the refusal may not
				h := b.headers()
				h.Set("Content-Encoding", encoding)
				got := w.send(http.MethodPost, w.base+path, h, bomb)
				w.wantRefusal(path+" with "+encoding, got, http.StatusUnsupportedMediaType, http.StatusRequestEntityTooLarge)
				best = min(best, got.took)
			}
			if best > 200*time.Millisecond {
				w.t.Errorf("%s with %s took %s, want under 200 ms", path, encoding, best)
			}
		}
	}
	h := b.headers()
	h.Set("Content-Encoding", "gzip")
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	if got := w.send(http.MethodPost, w.base+"/console/login", h, bomb); got.status < 400 || got.status >= 500 {
		w.t.Errorf("the console with gzip: %d %.200s, want 4xx", got.status, got.body)
	}
	if status := w.endless(b.shop); status != http.StatusRequestEntityTooLarge && status != 0 { // 0: cut while we still wrote
		w.t.Errorf("100 MB in chunks: %d, want 413", status)
	}
	if grown := rss(w.t) - before; grown > 150<<20 { // one inflated body would be 200 MB
		w.t.Errorf("memory grew by %d MB", grown>>20)
	}
	if got := w.send(http.MethodGet, w.base+"/healthz", nil, nil); got.status != http.StatusOK {
		w.t.Errorf("afterwards: %d", got.status)
	}
}

// endless posts a hundred megabytes in chunks and returns the status, 0 for none.
func (w *world) endless(s *shop) int {
	w.t.Helper()
	pipe, feed := io.Pipe()
	go func() {
		chunk := make([]byte, 1<<20)
		for range 100 {
			if _, err := feed.Write(chunk); err != nil {
				return
			}
		}
		_ = feed.Close()
	}()
	defer func() { _ = pipe.Close() }()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.base+"/api/v1/orders", pipe)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("X-App-Id", s.appID)
	req.Header.Set("Content-Type", "application/json")
	res, err := w.client.Do(req)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func testT027(w *world, b *buyer, hidden string) {
	var real struct {
		NextCursor string `json:"next_cursor"`
	}
	b.must(http.StatusOK, http.MethodGet, "/products?limit=1&sort=price_asc", nil, &real)
	for _, query := range []string{
		"sort=price%3Bselect%20pg_sleep(5)", "sort=(case%20when%20(select%20pg_sleep(5))%20is%20null%20then%201%20end)", "sort=price_asc,(select%201)",
		"sort=desc", "order=desc,(select%201)", "filterOperator=OR", "where=1=1", "limit=1000000000", "limit=-1", "limit=0", "page=-1", "category_id=1%20or%201=1",
		"category_id=-1", "category_id=99999999999999999999", "in_stock=maybe", "cursor=AAAA", "cursor=%27%3B--", "q=" + strings.Repeat("%25", 1000),
		"q=" + strings.Repeat("a", 33), "q=a&q=b", "sort[]=price_asc", "status=draft", "status=off_shelf", "tenant_id=tenant_template", "schema=platform",
	} {
		got := w.send(http.MethodGet, w.base+"/api/v1/products?"+query, b.headers(), nil)
		w.wantRefusal(query, got, http.StatusUnprocessableEntity, http.StatusBadRequest)
		if got.took > time.Second {
			w.t.Errorf("%s took %s", query, got.took)
		}
	}
	if real.NextCursor != "" {
		bent := []byte(real.NextCursor)
		bent[len(bent)/2] ^= 1
		got := w.send(http.MethodGet, w.base+"/api/v1/products?limit=1&sort=price_asc&cursor="+string(bent), b.headers(), nil)
		w.wantRefusal("a bent cursor", got, http.StatusUnprocessableEntity, http.StatusBadRequest)
		got = w.send(http.MethodGet, w.base+"/api/v1/products?limit=1&sort=sales&cursor="+real.NextCursor, b.headers(), nil)
		w.wantRefusal("a cursor of another sort", got, http.StatusUnprocessableEntity, http.StatusBadRequest)
	}
	for _, query := range []string{
		"", "q=", "q=%zz", "q=%25", "q=_", "q=%25%25%25", "q=%27%20or%201=1--", "q=" + strings.Repeat("%25_", 10), "q=(a%2B)%2B%24", "q=%5C", "q=%E5%B0%9A%E6%9C%AA", "sort=newest&limit=100", "in_stock=false",
	} {
		got := w.send(http.MethodGet, w.base+"/api/v1/products?"+query, b.headers(), nil)
		if got.status != http.StatusOK || strings.Contains(string(got.body), hidden) || got.took > time.Second {
			w.t.Errorf("%q: %d after %s, %.200s", query, got.status, got.took, got.body)
		}
	}
	if sqlErrors := w.log.of("SQLSTATE"); len(sqlErrors) != 0 {
		w.t.Errorf("the database complained: %v", sqlErrors)
	}
}

// What belongs to another member of the same shop is not there.
func testT028(w *world, b *buyer, address int64, orderNo string) {
	valid := map[string]any{"name": "甲", "phone": "13800000009", "province": "云南省", "city": "昆明市", "detail": "翠湖"}
	lines := []any{line(b.shop.skus[0], 1)}
	for what, call := range map[string]struct {
		method, path string
		body         any
	}{
		"read order":        {http.MethodGet, "/orders/" + orderNo, nil},
		"cancel order":      {http.MethodPost, "/orders/" + orderNo + "/cancel", nil},
		"pay order":         {http.MethodPost, "/orders/" + orderNo + "/pay", nil},
		"change address":    {http.MethodPut, "/addresses/" + itoa(address), valid},
		"delete address":    {http.MethodDelete, "/addresses/" + itoa(address), nil},
		"delete cart line":  {http.MethodDelete, "/cart/lines/" + itoa(b.shop.skus[1]), nil},
		"select cart line":  {http.MethodPost, "/cart/select", map[string]any{"sku_ids": []int64{b.shop.skus[1]}, "selected": false}},
		"order to address":  {http.MethodPost, "/orders", map[string]any{"lines": lines, "address_id": address, "expected_payable_fen": int64(b.shop.prices[0])}},
		"quote to address":  {http.MethodPost, "/checkout/quote", map[string]any{"lines": lines, "address_id": address}},
		"order in capitals": {http.MethodGet, "/orders/" + strings.ToLower(orderNo), nil},
	} {
		h := b.headers()
		h.Set("Idempotency-Key", "T028-0001")
		var body []byte
		if call.body != nil {
			body = []byte(toJSON(w.t, call.body))
		}
		w.wantRefusal(what, w.send(call.method, w.base+"/api/v1"+call.path, h, body), http.StatusNotFound)
	}
	for _, path := range []string{"/orders", "/addresses", "/cart"} {
		got := w.send(http.MethodGet, w.base+"/api/v1"+path, b.headers(), nil)
		if got.status != http.StatusOK || strings.Contains(string(got.body), orderNo) || strings.Contains(string(got.body), "victim") || strings.Contains(string(got.body), `"sku_id"`) {
			w.t.Errorf("GET %s: %d %s", path, got.status, got.body)
		}
	}
}

func testT029(w *world, b *buyer) {
	valid := func(name string) string {
		return `{"name":` + name + `,"phone":"13800000009","province":"云南省","city":"昆明市","detail":"翠湖"}`
	}
	four := []int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}
	for name, body := range map[string]string{
		"NUL":               valid(`"a\u0000b"`),
		"raw NUL":           valid("\"a\x00b\""),
		"lone surrogate":    valid(`"\ud800"`),
		"invalid UTF-8":     valid("\"\xff\xfe\""),
		"10,000 emoji":      valid(`"` + strings.Repeat("😀", 10_000) + `"`),
		"5 MB":              valid(`"` + strings.Repeat("x", 5<<20) + `"`),
		"1 MB":              valid(`"` + strings.Repeat("x", 1<<20) + `"`),
		"depth 100,000":     `{"name":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
		"unclosed depth":    `{"name":` + strings.Repeat(`{"a":`, 40_000),
		"no object":         `[]`,
		"nothing":           ``,
		"cut off":           `{"name":"a"`,
		"trailing":          valid(`"a"`) + valid(`"b"`),
		"twice":             `{"name":"a","name":"b","phone":"13800000009","province":"云","city":"昆","detail":"翠"}`,
		"other case":        strings.Replace(valid(`"a"`), `"name"`, `"Name"`, 1),
		"unknown":           strings.Replace(valid(`"a"`), `{`, `{"is_admin":true,`, 1),
		"member of another": strings.Replace(valid(`"a"`), `{`, `{"member_id":1,`, 1),
		"a number":          valid(`1`),
		"not JSON":          `name=a&phone=13800000009`,
	} {
		got := w.send(http.MethodPost, w.base+"/api/v1/addresses", b.headers(), []byte(body))
		if got.status == 0 && len(body) > 4<<20 { // the server stopped reading; the answer may be lost with the connection
			continue
		}
		w.wantRefusal(name, got, four...)
		if got.took > time.Second {
			w.t.Errorf("%s took %s", name, got.took)
		}
	}
	form := b.headers()
	form.Set("Content-Type", "multipart/form-data; boundary=x")
	parts := strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", 10_000)
	w.wantRefusal("10,000 parts", w.send(http.MethodPost, w.base+"/api/v1/addresses", form, []byte(parts+"--x--\r\n")), four...)

	var params []string
	for i := range 500 {
		params = append(params, fmt.Sprintf("p%d=1", i))
	}
	for path, want := range map[string][]int{
		"/products?" + strings.Join(params, "&"): four, "/products/99999999999999999999": {400, 404, 422}, "/products/0": {400, 404, 422}, "/products/-1": {400, 404, 422},
		"/products/1%00": {400, 404, 422}, "/products/%ff": {400, 404, 422}, "/products/" + strings.Repeat("9", 2000): {400, 404, 422}, "/orders/" + strings.Repeat("A", 33): {400, 404, 422},
		"/orders/%2e%2e%2f": {400, 404, 422}, "/orders/%E2%80%AE12345678": {400, 404, 422}, "/products?q=%00": four, "/products?q=%ff": four,
		"/orders?status=paid'--": four, "/orders?limit=1e9": four, "/orders?cursor=%00": four,
	} {
		w.wantRefusal(path[:min(len(path), 60)], w.send(http.MethodGet, w.base+"/api/v1"+path, b.headers(), nil), want...)
	}
	long := b.headers()
	long.Set("X-Long", strings.Repeat("h", 64<<10))
	if got := w.send(http.MethodGet, w.base+"/api/v1/me", long, nil); got.status != http.StatusRequestHeaderFieldsTooLarge && got.status != 0 {
		w.t.Errorf("a header of 64 kB: %d %.200s, want 431", got.status, got.body)
	}
	bad := b.headers()
	bad.Set("Authorization", "Bearer "+strings.Repeat("m_", 4000))
	w.wantRefusal("a long token", w.send(http.MethodGet, w.base+"/api/v1/me", bad, nil), http.StatusUnauthorized)
	chosen := b.headers()
	chosen.Set("X-Request-Id", `x"},{"level":"ERROR"`)
	got := w.send(http.MethodGet, w.base+"/api/v1/me", chosen, nil)
	if id := got.header.Get("X-Request-Id"); strings.ContainsAny(id, `"{ `) {
		w.t.Errorf("the request id %q came through", id)
	}
	for _, l := range w.log.of(`"status":5`) {
		var line struct {
			Status int `json:"status"`
		}
		if json.Unmarshal([]byte(l), &line) == nil && line.Status >= 500 {
			w.t.Errorf("a request was answered with a server error: %s", l)
		}
	}
}
