package app_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"galleria/tenant/tenanttest"
	"galleria/web/openapi"
)

// step is one call of an operation.
type step struct {
	path string // after the prefix, with numbers put in
	body any
	want []int
	key  bool // needs an Idempotency-Key
}

// walk returns, for every operation of the contract, calls by a buyer of shop a that name
// what belongs to b: by a number that both have, and by one that only b has.
func walk(a, b *twin) map[string][]step {
	w := b.w
	address := map[string]any{"name": "收货人", "phone": "13800000002", "province": "云南省", "city": "昆明市", "detail": "翠湖"}
	lines := func(sku int64) []map[string]any { return []map[string]any{{"sku_id": sku, "qty": 1}} }
	both, only := itoa(a.shop.skus[0]), itoa(b.sku)
	ok, gone, gone409, no := []int{200, 201, 204}, []int{404}, []int{404, 409}, []int{401}
	all := map[string][]step{
		"listAddresses":    {{path: "/addresses", want: ok}},
		"addAddress":       {{path: "/addresses", body: address, want: ok}},
		"updateAddress":    {{path: "/addresses/" + itoa(b.address), body: address, want: ok}, {path: "/addresses/" + itoa(b.secondAddress), body: address, want: gone}},
		"deleteAddress":    {{path: "/addresses/" + itoa(b.secondAddress), want: gone}},
		"login":            {{path: "/auth/login", body: map[string]any{"code": w.loginCode(b.shop, b.name)}, want: no}},
		"refresh":          {{path: "/auth/refresh", body: map[string]any{"refresh_token": b.refresh}, want: no}},
		"logout":           {{path: "/auth/logout", want: ok}},
		"getCart":          {{path: "/cart", want: ok}},
		"putCartLine":      {{path: "/cart/lines/" + both, body: map[string]any{"qty": 3}, want: ok}, {path: "/cart/lines/" + only, body: map[string]any{"qty": 3}, want: gone409}},
		"deleteCartLine":   {{path: "/cart/lines/" + only, want: gone}},
		"selectCartLines":  {{path: "/cart/select", body: map[string]any{"sku_ids": []int64{b.sku}, "selected": false}, want: gone}},
		"switchCartLine":   {{path: "/cart/lines/" + only + "/switch", body: map[string]any{"to_sku_id": b.sku + 1}, want: gone}},
		"listCategories":   {{path: "/categories", want: ok}},
		"listPickupStores": {{path: "/pickup-stores", want: ok}},
		"listCouriers":     {{path: "/couriers", want: ok}},
		"getLocalDelivery": {{path: "/local-delivery", want: ok}},
		"quote":            {{path: "/checkout/quote", body: map[string]any{"lines": lines(b.sku)}, want: gone409}, {path: "/checkout/quote", body: map[string]any{"address_id": b.secondAddress}, want: gone}},
		"getMe":            {{path: "/me", want: ok}},
		"listOrders":       {{path: "/orders", want: ok}},
		"placeOrder": {
			{path: "/orders", body: map[string]any{"lines": lines(b.sku), "address_id": a.address, "expected_payable_fen": 100}, want: gone409, key: true},
			{path: "/orders", body: map[string]any{"lines": lines(a.shop.skus[0]), "address_id": b.secondAddress, "expected_payable_fen": 5900}, want: gone, key: true},
			{path: "/orders", body: map[string]any{"lines": lines(a.shop.skus[0]), "address_id": a.address, "expected_payable_fen": 5900, "coupon_ids": []int64{b.grant}}, want: []int{409}, key: true},
		},
		"getOrder":                  {{path: "/orders/" + b.orderNo, want: gone}},
		"listCampaigns":             {{path: "/campaigns", want: ok}},
		"listFlashSessions":         {{path: "/flash-sessions", want: ok}},
		"getTime":                   {{path: "/time", want: ok}},
		"listProductGroups":         {{path: "/products/" + itoa(b.product) + "/groups", want: ok}},
		"getGroup":                  {{path: "/groups/GABCDEFGHJKLMNPQ", want: []int{404}}},
		"listMyGroups":              {{path: "/me/groups", want: ok}},
		"listFlashReminders":        {{path: "/me/flash-reminders", want: ok}},
		"addFlashReminder":          {{path: "/me/flash-reminders/" + itoa(b.flash) + "/1", want: []int{409}}},
		"removeFlashReminder":       {{path: "/me/flash-reminders/" + itoa(b.flash) + "/1", want: []int{204}}},
		"listCouponOffers":          {{path: "/coupons", want: ok}},
		"listProductCoupons":        {{path: "/products/" + itoa(b.product) + "/coupons", want: ok}},
		"claimCoupon":               {{path: "/coupons/" + itoa(b.coupon) + "/claim", want: []int{409}, key: true}},
		"redeemCoupon":              {{path: "/coupons/redeem", body: map[string]any{"code": b.code}, want: gone}},
		"listMyCoupons":             {{path: "/me/coupons", want: ok}},
		"listMessages":              {{path: "/me/messages", want: ok}},
		"readMessages":              {{path: "/me/messages/read", body: map[string]any{"until_id": 1_000_000}, want: []int{204}}},
		"listMall":                  {{path: "/mall", want: ok}},
		"getMallOffer":              {{path: "/mall/" + itoa(b.offer), want: gone}},
		"exchangeCoupon":            {{path: "/mall/" + itoa(b.offer) + "/exchange", want: []int{409}, key: true}},
		"listMyExchanges":           {{path: "/me/exchanges", want: ok}},
		"getPoints":                 {{path: "/points", want: ok}},
		"getMyLevel":                {{path: "/me/level", want: ok}},
		"getMemberPrices":           {{path: "/products/" + itoa(b.product) + "/member-prices", want: ok}},
		"listPointsEntries":         {{path: "/points/entries", want: ok}},
		"signIn":                    {{path: "/points/sign-in", want: []int{409}}},
		"listTransfers":             {{path: "/me/transfers", want: ok}},
		"setPhone":                  {{path: "/me/phone", body: map[string]any{"code": "a code of nobody"}, want: gone409}},
		"listOrderRefunds":          {{path: "/orders/" + b.orderNo + "/refunds", want: gone}},
		"listPaymentMethods":        {{path: "/orders/" + b.orderNo + "/payment-methods", want: gone}},
		"cancelOrder":               {{path: "/orders/" + b.orderNo + "/cancel", want: gone}},
		"receiveOrder":              {{path: "/orders/" + b.orderNo + "/receive", want: gone}},
		"buyAgain":                  {{path: "/orders/" + b.orderNo + "/buy-again", want: gone}},
		"listParcels":               {{path: "/orders/" + b.orderNo + "/parcels", want: gone}},
		"listVouchers":              {{path: "/vouchers", want: ok}},
		"listOrderVouchers":         {{path: "/orders/" + b.orderNo + "/vouchers", want: gone}},
		"listCards":                 {{path: "/orders/" + b.orderNo + "/cards", want: gone}},
		"previewAfterSale":          {{path: "/aftersales/preview", body: map[string]any{"order_no": b.orderNo, "kind": "refund", "lines": []map[string]any{{"line_id": 1, "qty": 1}}}, want: gone}},
		"openAfterSale":             {{path: "/aftersales", body: map[string]any{"order_no": b.orderNo, "kind": "refund", "reason": "other", "lines": []map[string]any{{"line_id": 1, "qty": 1}}}, want: gone, key: true}},
		"listAfterSales":            {{path: "/aftersales", want: ok}},
		"getAfterSale":              {{path: "/aftersales/" + b.caseNo, want: gone}},
		"cancelAfterSale":           {{path: "/aftersales/" + b.caseNo + "/cancel", want: gone}},
		"sendBackAfterSale":         {{path: "/aftersales/" + b.caseNo + "/send-back", body: map[string]any{"courier": "sf", "tracking_no": "SF1234567890123"}, want: gone}},
		"confirmAfterSale":          {{path: "/aftersales/" + b.caseNo + "/confirm", want: gone}},
		"addAfterSaleMessage":       {{path: "/aftersales/" + b.caseNo + "/messages", body: map[string]any{"body": "你好"}, want: gone, key: true}},
		"listProductReviews":        {{path: "/products/" + itoa(b.product) + "/reviews", want: ok}},
		"listToReview":              {{path: "/reviews/pending", want: ok}},
		"listMyReviews":             {{path: "/reviews", want: ok}},
		"writeReview":               {{path: "/reviews", body: map[string]any{"line_id": b.line, "score": 1, "body": "不是我买的"}, want: gone}},
		"followReviewUp":            {{path: "/reviews/" + itoa(b.review) + "/follow-up", body: map[string]any{"body": "不是我写的"}, want: gone}},
		"reportReview":              {{path: "/reviews/" + itoa(b.review) + "/report", body: map[string]any{"reason": "abuse"}, want: gone}},
		"deleteReview":              {{path: "/reviews/" + itoa(b.review), want: gone}},
		"getDistribution":           {{path: "/distribution", want: ok}},
		"applyAsDistributor":        {{path: "/distribution/apply", body: map[string]any{}, want: []int{409}}},
		"bindToDistributor":         {{path: "/distribution/bind", body: map[string]any{"code": b.promotion, "how": "link"}, want: gone409}},
		"getDistributionCode":       {{path: "/distribution/code", want: []int{409}}},
		"getDistributionPoster":     {{path: "/distribution/poster?product_id=" + itoa(b.product), want: []int{404}}},
		"listTeam":                  {{path: "/distribution/team", want: ok}},
		"listCommissions":           {{path: "/distribution/commissions", want: ok}},
		"listRefusals":              {{path: "/distribution/refusals", want: ok}},
		"getDistributionRanking":    {{path: "/distribution/ranking", want: ok}},
		"listWithdrawals":           {{path: "/distribution/withdrawals", want: ok}},
		"withdraw":                  {{path: "/distribution/withdrawals", body: map[string]any{"way": "wechat", "amount_fen": 100}, want: []int{403}, key: true}},
		"cancelWithdrawal":          {{path: "/distribution/withdrawals/" + b.withdrawal + "/cancel", want: gone}},
		"uploadPicture":             {{path: "/pictures", body: map[string]any{}, want: []int{415}}},
		"deleteOrder":               {{path: "/orders/" + b.orderNo, want: gone}},
		"payOrder":                  {{path: "/orders/" + b.orderNo + "/pay", want: gone}},
		"listProducts":              {{path: "/products", want: ok}, {path: "/products?category_id=" + itoa(b.category), want: ok}},
		"getProduct":                {{path: "/products/" + itoa(b.shop.product), want: ok}, {path: "/products/" + itoa(b.product), want: gone}},
		"getShop":                   {{path: "/shop", want: ok}},
		"listBrands":                {{path: "/brands", want: ok}},
		"searchFacets":              {{path: "/search/facets?q=" + url.QueryEscape("仅此店有 "+b.shop.Handle), want: ok}},
		"searchSuggest":             {{path: "/search/suggest?q=" + url.QueryEscape("仅此店有 "+b.shop.Handle), want: ok}},
		"searchHistory":             {{path: "/search/history", want: ok}},
		"keepSearch":                {{path: "/search/history", body: map[string]any{"q": "甲店的词"}, want: ok}},
		"forgetSearch":              {{path: "/search/history", want: ok}},
		"listFavourites":            {{path: "/me/favourites", want: ok}},
		"addFavourite":              {{path: "/me/favourites/" + itoa(b.product), want: gone}},
		"removeFavourite":           {{path: "/me/favourites/" + itoa(b.product), want: ok}},
		"listFootprints":            {{path: "/me/footprints", want: ok}},
		"addFootprints":             {{path: "/me/footprints", body: map[string]any{"product_ids": []int64{b.product}}, want: ok}},
		"clearFootprints":           {{path: "/me/footprints", want: ok}},
		"leave":                     {{path: "/me/leave", want: []int{200, 409}}},
		"stay":                      {{path: "/me/leave", want: ok}},
		"getSnapshot":               {{path: "/snapshots/" + strings.Repeat("0", 64), want: gone}},
		"listSubscriptionTemplates": {{path: "/subscriptions", want: ok}},
		"handInForm":                {{path: "/subscriptions/forms", body: map[string]any{"form_id": "ZjBiNGU1"}, want: []int{422}}},
		"reportSubscription":        {{path: "/subscriptions", body: map[string]any{"template_id": b.shop.template, "result": "accept"}, want: gone}},
	}
	maps.Copy(all, invoiceSteps(b))
	return all
}

// operation is one route of the contract.
type operation struct {
	method, path, id string
	member           bool
}

// operations reads the committed contract. Logging out comes last: it ends the walk.
func operations(t testing.TB) (list []operation) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Security    []any  `json:"security"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(openapi.Document(), &doc); err != nil {
		t.Fatal(err)
	}
	var last []operation
	for path, methods := range doc.Paths {
		for method, op := range methods {
			o := operation{method: strings.ToUpper(method), path: path, id: op.OperationID, member: len(op.Security) > 0}
			if o.id == "logout" {
				last = append(last, o)
			} else {
				list = append(list, o)
			}
		}
	}
	return append(list, last...)
}

// fingerprint tells whether anything in a shop's schema has changed, table by table.
func (w *world) fingerprint(s *shop) map[string]string {
	w.t.Helper()
	w.Looks.Flush(w.t.Context()) // what was looked at before is written now, not in between
	var tables []string
	w.owner("SELECT array_agg(tablename::text ORDER BY tablename) FROM pg_tables WHERE schemaname = $1", []any{s.ID.String()}, &tables)
	prints := make(map[string]string, len(tables))
	for _, table := range tables {
		var print string
		w.owner("SELECT COALESCE(md5(string_agg(x::text, E'\\n' ORDER BY x::text)), '') FROM "+s.ID.String()+"."+table+" x", nil, &print)
		prints[table] = print
	}
	return prints
}

func (w *world) wantUntouched(s *shop, before map[string]string, by string) {
	w.t.Helper()
	for table, print := range w.fingerprint(s) {
		if print != before[table] {
			w.t.Errorf("%s changed %s.%s", by, s.Handle, table)
		}
	}
}

// TestIsolation_EveryRoute walks every route of the contract and of the console with what
// belongs to another shop. A route that the walk does not know fails it.
func TestIsolation_EveryRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.twins()
	w.quiet(a.shop, 15*time.Second)
	w.quiet(b.shop, 15*time.Second)
	// Whatever changes now, a request has changed: the platform does not ask the provider
	// about the open payments meanwhile.
	w.owner("UPDATE platform.timer SET due_at = due_at + interval '1 day'", nil)
	run := func(name string, test func(w *world, a, b *twin)) {
		t.Run(name, func(t *testing.T) { test(w.in(t), a, b) })
	}
	run("T001_TokenOfAnotherShop", testT001)
	run("ThingsOfAnotherShop", testThingsOfAnotherShop)
	run("Console", testConsoleIsolation)
	run("T005_WarmReads", testT005)
	run("T006_TwoConnections", testT006)
	run("T008_HostileAppIDs", testT008)
	run("T009_SuspendedUnderLoad", func(w *world, _, _ *twin) { testT009(w) })
}

// step sends one step as a buyer and returns the answer.
func (t *twin) step(op operation, s step, token, requestID string) answer {
	t.w.t.Helper()
	h := t.headers()
	h.Set("X-Request-Id", requestID)
	h.Set("Authorization", "Bearer "+token)
	if s.key {
		h.Set("Idempotency-Key", tenanttest.RandomHex(8))
	}
	var body []byte
	if s.body != nil {
		body = []byte(toJSON(t.w.t, s.body))
	} else {
		h.Del("Content-Type")
	}
	return t.w.send(op.method, t.w.base+"/api/v1"+s.path, h, body)
}

// A's AppID with a token that is good in B: nobody, on every route, and nothing written.
func testT001(w *world, a, b *twin) {
	steps := walk(a, b)
	beforeA, beforeB := w.fingerprint(a.shop), w.fingerprint(b.shop)
	head, secret, _ := strings.Cut(strings.TrimPrefix(b.token, "m_"), "_")
	forged := "m_" + strings.TrimPrefix(a.shop.ID.String(), "t_") + "_" + secret
	if "t_"+head != b.shop.ID.String() {
		w.t.Fatalf("token %q does not begin with its shop", b.token[:16])
	}
	for _, op := range operations(w.t) {
		if op.id == "login" || op.id == "refresh" { // these take no session: see the next walk
			continue
		}
		for _, s := range steps[op.id] {
			for name, token := range map[string]string{"theirs": b.token, "forged": forged} {
				got := a.step(op, s, token, "T001-"+name+"-"+op.id)
				if got.status != http.StatusUnauthorized || got.problem().Code != "AUTH_INVALID" {
					w.t.Errorf("%s %s with %s: %d %s, want 401 AUTH_INVALID", op.method, s.path, name, got.status, got.body)
				}
			}
		}
	}
	w.wantUntouched(a.shop, beforeA, "a token of b")
	w.wantUntouched(b.shop, beforeB, "a token of b")
	// Entries are limited per second, so not every request has one; but only a token that
	// names another shop leaves any, and only with the shop that was asked.
	var inA, others int
	w.owner(`SELECT count(*) FILTER (WHERE fits), count(*) FILTER (WHERE NOT fits) FROM (SELECT request_id LIKE 'T001-theirs-%' AND tenant_id = $1 AS fits
		FROM platform.audit_log WHERE action = 'auth.tenant_mismatch') x`, []any{a.shop.ID.String()}, &inA, &others)
	if inA == 0 || others != 0 {
		w.t.Errorf("%d audit entries of the tokens of b in a and %d others, want some and none", inA, others)
	}
}

func testThingsOfAnotherShop(w *world, a, b *twin) {
	steps := walk(a, b)
	before := w.fingerprint(b.shop)
	known := map[string]bool{}
	for _, op := range operations(w.t) {
		known[op.id] = true
		if len(steps[op.id]) == 0 {
			w.t.Errorf("%s %s (%s) is not part of this walk: add it", op.method, op.path, op.id)
		}
		for _, s := range steps[op.id] {
			got := a.step(op, s, a.token, "walk-"+op.id)
			fine := false
			for _, status := range s.want {
				fine = fine || got.status == status
			}
			if !fine {
				w.t.Errorf("%s %s: %d %s, want %v", op.method, s.path, got.status, got.body, s.want)
			}
			for _, mark := range b.marks {
				if strings.Contains(string(got.body), mark) && !strings.Contains(s.path, mark) {
					w.t.Errorf("%s %s tells a buyer of a about b: %s", op.method, s.path, got.body)
				}
			}
		}
	}
	for id := range steps {
		if !known[id] {
			w.t.Errorf("the walk knows %s, the contract does not", id)
		}
	}
	w.wantUntouched(b.shop, before, "a buyer of a")
	a.session()
}

// The owner of A at the desks of B, and at his own with B's numbers.
func testConsoleIsolation(w *world, a, b *twin) {
	golden, err := os.ReadFile("../../../console/testdata/access.golden.md")
	if err != nil {
		w.t.Fatal(err)
	}
	routes := regexp.MustCompile(`(?m)^\| (GET|POST|PUT|DELETE|PATCH) (/console/:handle\S*) `).FindAllStringSubmatch(string(golden), -1)
	if len(routes) < 5 {
		w.t.Fatalf("%d console routes of a shop found", len(routes))
	}
	before := w.fingerprint(b.shop)
	theirs := func(page string) bool {
		return strings.Contains(page, b.shop.mchID) || strings.Contains(page, "仅此店有")
	}
	asked := map[int]int{} // forms, by their answers
	d := w.signIn(a.shop)
	for _, route := range routes {
		// :seq counts from 1 in every shop: at his own desk the same number is his own entry.
		there := strings.NewReplacer(":handle", b.shop.Handle, ":order_no", b.orderNo, ":id", itoa(b.shop.product), ":sku_id", itoa(b.shop.skus[0]), ":seq", "1").Replace(route[2])
		status, page := d.ask(route[1], there)
		if status != http.StatusNotFound || theirs(page) {
			w.t.Errorf("%s %s by the owner of a: %d, want 404", route[1], there, status)
		}
		here := strings.NewReplacer(":handle", a.shop.Handle, ":order_no", b.orderNo, ":case_no", b.caseNo, ":out_trade_no", w.attempt(b.shop, b.orderNo), ":app_id", b.shop.appID,
			":no", b.withdrawal, ":id", itoa(b.product), ":sku_id", itoa(b.sku)).Replace(route[2])
		if strings.Contains(here, ":") || here == strings.Replace(route[2], ":handle", a.shop.Handle, 1) {
			continue // names nothing, or what b has none of
		}
		if route[1] == http.MethodGet {
			if status, page := d.ask(route[1], here); status != http.StatusNotFound || theirs(page) {
				w.t.Errorf("%s %s by the owner of a: %d, want 404", route[1], here, status)
			}
			continue
		}
		// A form with its proof, and nothing else in it: whether the number or the form is refused
		// first is each page's own affair, and a small number may be something of a's, too.
		status, _, page = d.post(here, url.Values{})
		asked[status]++
		if status >= http.StatusInternalServerError || status == http.StatusForbidden || theirs(page) {
			w.t.Errorf("%s %s by the owner of a: %d %.200s", route[1], here, status, page)
		}
	}
	w.t.Logf("forms with numbers of b: %v", asked)
	if asked[http.StatusNotFound] < 20 {
		w.t.Errorf("%d forms looked for what b has, want many", asked[http.StatusNotFound])
	}
	w.wantUntouched(b.shop, before, "the owner of a")
}

// ask sends a request of the signed-in person, without following redirects.
func (d *desk) ask(method, path string) (int, string) {
	d.w.t.Helper()
	req, err := http.NewRequestWithContext(d.w.t.Context(), method, d.w.base+path, http.NoBody)
	if err != nil {
		d.w.t.Fatal(err)
	}
	req.Header.Set("Origin", d.w.base)
	client := *d.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	status, body := do(d.w.t, &client, req)
	return status, string(body)
}
