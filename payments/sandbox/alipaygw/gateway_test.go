package alipaygw_test

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"galleria/payments/sandbox/alipaygw"
)

const (
	appID  = "2021000000000001"
	seller = "2088000000000001"
)

// clock is a provider's clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type env struct {
	t     *testing.T
	g     *alipaygw.Gateway
	app   alipaygw.App
	key   *rsa.PrivateKey
	url   string
	dir   string
	clock *clock
}

func setup(t *testing.T) *env {
	t.Helper()
	e := &env{t: t, dir: t.TempDir(), clock: &clock{now: time.Date(2026, 11, 11, 10, 0, 0, 0, time.UTC)}}
	e.open()
	var err error
	if e.app, err = e.g.AddApp(alipaygw.AppInput{AppID: appID, SellerID: seller}); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(e.app.PrivateKey))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	e.key, _ = key.(*rsa.PrivateKey)
	if _, err := e.g.Login(appID, "li"); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *env) open() {
	e.t.Helper()
	var err error
	if e.g, err = alipaygw.Open(alipaygw.Config{Dir: e.dir, Now: e.clock.Now, RefundPause: time.Nanosecond}); err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = e.g.Close() })
	mux := http.NewServeMux()
	e.g.Routes(mux)
	web := httptest.NewServer(mux)
	e.t.Cleanup(web.Close)
	e.url = web.URL
}

// params signs a call as the provider's documentation says, with what a test changes
// before and after.
func (e *env) params(method string, biz map[string]any, before, after func(url.Values)) url.Values {
	e.t.Helper()
	content, err := json.Marshal(biz)
	if err != nil {
		e.t.Fatal(err)
	}
	v := url.Values{
		"app_id": {appID}, "method": {method}, "format": {"JSON"}, "charset": {"utf-8"}, "sign_type": {"RSA2"}, "version": {"1.0"},
		"timestamp": {e.clock.Now().In(time.FixedZone("CST", 8*3600)).Format("2006-01-02 15:04:05")}, "biz_content": {string(content)},
	}
	if before != nil {
		before(v)
	}
	names := make([]string, 0, len(v))
	for name := range v {
		if v.Get(name) != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = name + "=" + v.Get(name)
	}
	sum := sha256.Sum256([]byte(strings.Join(names, "&")))
	sig, err := rsa.SignPKCS1v15(rand.Reader, e.key, crypto.SHA256, sum[:])
	if err != nil {
		e.t.Fatal(err)
	}
	v.Set("sign", base64.StdEncoding.EncodeToString(sig))
	if after != nil {
		after(v)
	}
	return v
}

type said struct {
	Code    string `json:"code"`
	SubCode string `json:"sub_code"`
	URL     string `json:"bill_download_url"`
	CodeURL string `json:"qr_code_url"`
	TradeNo string `json:"trade_no"`
	signed  bool
}

func (e *env) post(v url.Values) said {
	e.t.Helper()
	resp, err := http.PostForm(e.url+alipaygw.Path, v)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var out map[string]json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		e.t.Fatal(err)
	}
	s := said{signed: out["sign"] != nil}
	for name, raw := range out {
		if strings.HasSuffix(name, "_response") {
			if err := json.Unmarshal(raw, &s); err != nil {
				e.t.Fatal(err)
			}
		}
	}
	return s
}

func order(no string, change map[string]any) map[string]any {
	biz := map[string]any{
		"out_trade_no": no, "total_amount": "88.80", "subject": "龙井茶", "product_code": "JSAPI_PAY", "buyer_open_id": alipaygw.OpenID(appID, "li"),
	}
	for name, value := range change {
		if biz[name] = value; value == nil {
			delete(biz, name)
		}
	}
	return biz
}

// The gateway's own refusals are not signed; those of a service behind it are.
func TestStrictness(t *testing.T) {
	t.Parallel()
	e := setup(t)
	set := func(name, value string) func(url.Values) { return func(v url.Values) { v.Set(name, value) } }
	del := func(name string) func(url.Values) { return func(v url.Values) { v.Del(name) } }
	for name, c := range map[string]struct {
		before, after func(url.Values)
		sub           string
	}{
		"as it should be":       {nil, nil, ""},
		"no method":             {del("method"), nil, "isv.missing-method"},
		"unknown method":        {set("method", "alipay.trade.steal"), nil, "isv.invalid-method"},
		"no app":                {del("app_id"), nil, "isv.missing-app-id"},
		"unknown app":           {set("app_id", "2021999999999999"), nil, "isv.invalid-app-id"},
		"SHA-1":                 {set("sign_type", "RSA"), nil, "isv.invalid-signature-type"},
		"GBK":                   {set("charset", "gbk"), nil, "isv.invalid-charset"},
		"version":               {set("version", "2.0"), nil, "isv.invalid-version"},
		"UTC instead of +8":     {set("timestamp", "2026-11-11 10:00:00"), nil, "isv.invalid-timestamp"},
		"timestamp in RFC 3339": {set("timestamp", "2026-11-11T18:00:00+08:00"), nil, "isv.invalid-timestamp"},
		"certificate of nobody": {set("app_cert_sn", "00"), nil, "isv.missing-signature-config"},
		"unknown parameter":     {set("extra", "1"), nil, "isv.invalid-parameter"},
		"no sign":               {nil, del("sign"), "isv.missing-signature"},
		"changed after signing": {nil, set("notify_url", "https://shop.example/n"), "isv.invalid-signature"},
		"sign of nonsense":      {nil, set("sign", "AAAA"), "isv.invalid-signature"},
		"parameter twice":       {nil, func(v url.Values) { v.Add("app_id", appID) }, "isv.suspected-attack"},
		"no content":            {del("biz_content"), nil, "isv.missing-parameter"},
	} {
		got := e.post(e.params("alipay.trade.create", order("STRICT0001", nil), c.before, c.after))
		if got.SubCode != c.sub || got.signed != (c.sub == "") {
			t.Errorf("%s: %+v, want %q", name, got, c.sub)
		}
	}
	for name, change := range map[string]map[string]any{
		"a number instead of text": {"total_amount": 88.80}, "one decimal": {"total_amount": "88.8"}, "three decimals": {"total_amount": "88.800"},
		"an exponent": {"total_amount": "8.88e1"}, "nothing": {"total_amount": "0.00"}, "unknown field": {"totalAmount": "88.80"}, "empty field": {"body": ""},
		"forbidden letters": {"subject": "a&b"}, "bad number": {"out_trade_no": "中文"}, "past deadline": {"time_expire": "2026-11-11 17:59:59"},
		"another clock": {"time_expire": "2026-11-11T20:00:00Z"}, "two buyers": {"buyer_id": alipaygw.UserID("li")}, "no duration": {"timeout_express": "90"},
	} {
		got := e.post(e.params("alipay.trade.create", order("STRICT0002", change), nil, nil))
		if got.Code != "40004" || got.SubCode != "ACQ.INVALID_PARAMETER" || !got.signed {
			t.Errorf("%s: %+v, want ACQ.INVALID_PARAMETER", name, got)
		}
	}
}

// A code of a Mini Program has a page, a start query and a description, and a picture for whoever
// has its address, also after a restart.
func TestMiniProgramCode(t *testing.T) {
	t.Parallel()
	e := setup(t)
	ask := func(change map[string]any) said {
		biz := map[string]any{"url_param": "pages/product/show", "query_param": "scene=c%3DK7Q2M9XT%26p%3D12&from=poster", "describe": "推广码"}
		for name, value := range change {
			if biz[name] = value; value == nil {
				delete(biz, name)
			}
		}
		return e.post(e.params("alipay.open.app.qrcode.create", biz, nil, nil))
	}
	got := ask(nil)
	if got.Code != "10000" || !got.signed || !strings.HasPrefix(got.CodeURL, e.url+"/alipay/code/") {
		t.Fatalf("%+v", got)
	}
	picture := func(address string) (int, string) {
		resp, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode, resp.Header.Get("Content-Type")
	}
	if status, kind := picture(got.CodeURL); status != http.StatusOK || kind != "image/png" {
		t.Errorf("picture: %d %s", status, kind)
	}
	if status, _ := picture(got.CodeURL + "x"); status != http.StatusNotFound {
		t.Errorf("another token: %d", status)
	}
	for name, c := range map[string]struct {
		change map[string]any
		sub    string
	}{
		"no page":              {map[string]any{"url_param": nil}, "isv.missing-parameter"},
		"no query":             {map[string]any{"query_param": nil}, "isv.missing-parameter"},
		"no description":       {map[string]any{"describe": nil}, "isv.missing-parameter"},
		"a slash in front":     {map[string]any{"url_param": "/pages/a"}, "ACQ.INVALID_PARAMETER"},
		"a query in the page":  {map[string]any{"url_param": "pages/a?b=1"}, "ACQ.INVALID_PARAMETER"},
		"a long page":          {map[string]any{"url_param": strings.Repeat("a", 257)}, "ACQ.INVALID_PARAMETER"},
		"a bare query":         {map[string]any{"query_param": "K7Q2M9XT"}, "ACQ.INVALID_PARAMETER"},
		"an unescaped value":   {map[string]any{"query_param": "scene=c=1"}, "ACQ.INVALID_PARAMETER"},
		"a long query":         {map[string]any{"query_param": "x=" + strings.Repeat("a", 255)}, "ACQ.INVALID_PARAMETER"},
		"a long description":   {map[string]any{"describe": strings.Repeat("码", 33)}, "ACQ.INVALID_PARAMETER"},
		"a number":             {map[string]any{"describe": 1}, "ACQ.INVALID_PARAMETER"},
		"another's field":      {map[string]any{"scene": "a"}, "ACQ.INVALID_PARAMETER"},
		"a page not published": {map[string]any{"url_param": "pages/draft/a"}, "INVALID_PARAMETER"},
	} {
		if got := ask(c.change); got.SubCode != c.sub {
			t.Errorf("%s: %+v, want %q", name, got, c.sub)
		}
	}
	if err := e.g.Close(); err != nil {
		t.Fatal(err)
	}
	e.open()
	if made := e.g.Books().Codes; len(made) != 1 || made[0].Page != "pages/product/show" || !strings.HasSuffix(got.CodeURL, made[0].Token) {
		t.Errorf("codes after a restart: %+v", made)
	}
}

// A notification is repeated on the provider's schedule until the answer is exactly
// "success", under one notify_id.
func TestNotificationSchedule(t *testing.T) {
	t.Parallel()
	e := setup(t)
	var answer atomic.Value
	answer.Store("SUCCESS")
	ids := make(chan string, 64)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ids <- r.PostFormValue("notify_id")
		_, _ = io.WriteString(w, answer.Load().(string))
	}))
	t.Cleanup(shop.Close)
	notify := func(v url.Values) { v.Set("notify_url", shop.URL+"/n") }
	created := e.post(e.params("alipay.trade.create", order("SCHEDULE01", nil), notify, nil))
	if _, err := e.g.Pay(alipaygw.PayInput{TradeNo: created.TradeNo, Buyer: "li"}); err != nil {
		t.Fatal(err)
	}
	first := <-ids
	for i, wait := range []time.Duration{4 * time.Minute, 10 * time.Minute, 10 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 15 * time.Hour} {
		e.until(func(d alipaygw.Delivery) bool { return len(d.Attempts) == i+1 })
		if got := e.g.Books().Deliveries[0].NextAt; !got.Equal(e.clock.Now().Add(wait)) {
			t.Fatalf("attempt %d: the next is due at %s, want in %s", i+1, got, wait)
		}
		if i == 6 {
			answer.Store("success")
		}
		e.clock.Advance(wait)
		e.g.Nudge()
		if again := <-ids; again != first {
			t.Errorf("notify_id %s, want %s again", again, first)
		}
	}
	e.until(func(d alipaygw.Delivery) bool { return !d.DoneAt.IsZero() && d.NextAt.IsZero() })
	before, err := json.Marshal(e.g.Books())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.g.Close(); err != nil {
		t.Fatal(err)
	}
	e.open() // a restart forgets nothing
	if after, err := json.Marshal(e.g.Books()); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("books after replay differ:\n%s\n%s", before, after)
	}
}

func (e *env) until(ok func(alipaygw.Delivery) bool) {
	e.t.Helper()
	for range 1000 { // ten seconds
		if ok(e.g.Books().Deliveries[0]) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	e.t.Fatalf("gave up waiting: %+v", e.g.Books().Deliveries[0])
}

// A day's bill is a ZIP of CSV in GB18030, at an address that is dead after 30 seconds.
func TestBill(t *testing.T) {
	t.Parallel()
	e := setup(t)
	ask := func(kind, day string) said {
		return e.post(e.params("alipay.data.dataservice.bill.downloadurl.query", map[string]any{"bill_type": kind, "bill_date": day}, nil, nil))
	}
	created := e.post(e.params("alipay.trade.create", order("BILL000001", nil), nil, nil))
	if _, err := e.g.Pay(alipaygw.PayInput{TradeNo: created.TradeNo}); err != nil {
		t.Fatal(err)
	}
	refund := map[string]any{"out_trade_no": "BILL000001", "refund_amount": "8.80", "out_request_no": "BILLR00001"}
	if got := e.post(e.params("alipay.trade.refund", refund, nil, nil)); got.Code != "10000" {
		t.Fatalf("refund: %+v", got)
	}
	if got := ask("trade", "2026-11-11"); got.SubCode != "INVAILID_ARGUMENTS" {
		t.Errorf("today's bill: %+v", got)
	}
	if got := ask("trade", "2026-11-10"); got.SubCode != "isp.bill_not_exist" {
		t.Errorf("a day without trades: %+v", got)
	}
	e.clock.Advance(24 * time.Hour)
	for kind, want := range map[string][]string{"trade": {"88.80", "-8.80", "-0.53", "BILLR00001", "龙井茶"}, "signcustomer": {"在线支付", "交易退款", "收费", "79.47"}} {
		text := e.download(ask(kind, "2026-11-11").URL)
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in\n%s", kind, w, text)
			}
		}
	}
	address := ask("trade", "2026-11-11").URL
	e.clock.Advance(31 * time.Second)
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		t.Error("the address outlives its 30 seconds")
	}
}

// download returns all texts of a bill.
func (e *env) download(address string) string {
	e.t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil || len(z.File) != 2 {
		e.t.Fatalf("%d bytes: %v", len(raw), err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			e.t.Fatal(err)
		}
		text, err := io.ReadAll(simplifiedchinese.GB18030.NewDecoder().Reader(r))
		if err != nil {
			e.t.Fatal(err)
		}
		_, _ = all.Write(text)
		_ = r.Close()
	}
	return all.String()
}

// The cashier in a browser: an order that a shop signed, and a code that was scanned.
func TestCashierPage(t *testing.T) {
	t.Parallel()
	e := setup(t)
	biz := order("PAGE000001", map[string]any{"product_code": "QUICK_WAP_WAY", "buyer_open_id": nil})
	page := e.params("alipay.trade.wap.pay", biz, nil, nil)
	if got := e.browse(e.url + alipaygw.Path + "?" + page.Encode()); !strings.Contains(got, "88.80") || !strings.Contains(got, "付款") {
		t.Errorf("the cashier shows\n%s", got)
	}
	trade := e.g.Books().Trades[0]
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(e.url+"/alipay/cashier", url.Values{"trade_no": {trade.TradeNo}, "buyer": {"li"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := e.g.Books().Trades[0].State(e.clock.Now()); got != alipaygw.StateSuccess {
		t.Errorf("after the button: %s (%d)", got, resp.StatusCode)
	}
	page.Set("return_url", "https://elsewhere.example")
	if got := e.browse(e.url + alipaygw.Path + "?" + page.Encode()); strings.Contains(got, "付款人") {
		t.Error("a changed order is shown as payable")
	}
}

func (e *env) browse(address string) string {
	e.t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(raw)
}
