package unionpaygw_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"galleria/payments/sandbox/unionpaygw"
)

const merID = "777290058110048"

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

func stamp(t time.Time) string {
	return t.In(time.FixedZone("CST", 8*60*60)).Format("20060102150405")
}

// keepKeys is one merchant, made once for the whole test binary in a journal that every
// test copies: RSA keys are slow on a small machine.
var keepKeys = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "unionpay-keys-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	g, err := unionpaygw.Open(unionpaygw.Config{Dir: dir, Now: func() time.Time { return began }})
	if err != nil {
		return nil, err
	}
	if _, err := g.AddMerchant(unionpaygw.MerchantInput{MerID: merID, Password: "000000"}); err != nil {
		return nil, err
	}
	if err := g.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "unionpay.jsonl"))
})

var began = time.Date(2026, 11, 11, 2, 0, 0, 0, time.UTC) // 10:00 in Beijing

type env struct {
	t        *testing.T
	dir      string
	clock    *clock
	gateway  *unionpaygw.Gateway
	url      string
	merchant unionpaygw.Merchant
	key      *rsa.PrivateKey
	backURL  string
	notices  chan url.Values
	mu       sync.Mutex
	status   int // what notifications are answered with
}

func setup(t *testing.T) *env {
	t.Helper()
	kept, err := keepKeys()
	if err != nil {
		t.Fatal(err)
	}
	e := &env{t: t, dir: t.TempDir(), clock: &clock{now: began}, notices: make(chan url.Values, 64), status: http.StatusOK}
	if err := os.WriteFile(filepath.Join(e.dir, "unionpay.jsonl"), kept, 0o600); err != nil {
		t.Fatal(err)
	}
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		e.mu.Lock()
		status := e.status
		e.mu.Unlock()
		w.WriteHeader(status)
		e.notices <- r.PostForm
	}))
	t.Cleanup(shop.Close)
	e.backURL = shop.URL + "/notify/unionpay/k"
	e.open()
	t.Cleanup(func() { _ = e.gateway.Close() })
	block, _ := pem.Decode([]byte(e.merchant.PrivateKey))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	e.key = key.(*rsa.PrivateKey)
	return e
}

// open starts a gateway on the env's journal; close the previous one first.
func (e *env) open() {
	e.t.Helper()
	g, err := unionpaygw.Open(unionpaygw.Config{Dir: e.dir, Now: e.clock.Now, RefundDelay: 5 * time.Second})
	if err != nil {
		e.t.Fatal(err)
	}
	mux := http.NewServeMux()
	g.Routes(mux)
	web := httptest.NewServer(mux)
	e.t.Cleanup(web.Close)
	e.gateway, e.url = g, web.URL
	if e.merchant, err = g.AddMerchant(unionpaygw.MerchantInput{MerID: merID}); err != nil {
		e.t.Fatal(err)
	}
}

func signString(fields map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "signature" {
			parts = append(parts, name+"="+fields[name])
		}
	}
	return strings.Join(parts, "&")
}

func hash(fields map[string]string) [32]byte {
	first := sha256.Sum256([]byte(signString(fields)))
	return sha256.Sum256([]byte(hex.EncodeToString(first[:])))
}

func (e *env) sign(fields map[string]string) map[string]string {
	e.t.Helper()
	sum := hash(fields)
	raw, err := rsa.SignPKCS1v15(rand.Reader, e.key, crypto.SHA256, sum[:])
	if err != nil {
		e.t.Fatal(err)
	}
	fields["signature"] = base64.StdEncoding.EncodeToString(raw)
	return fields
}

func (e *env) post(path, body string) (int, string) {
	e.t.Helper()
	resp, err := http.Post(e.url+path, "application/x-www-form-urlencoded; charset=UTF-8", strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func form(fields map[string]string) string {
	v := url.Values{}
	for name, value := range fields {
		v.Set(name, value)
	}
	return v.Encode()
}

// call posts signed fields and reads the raw answer by hand, as the protocol demands.
func (e *env) call(path string, fields map[string]string) map[string]string {
	e.t.Helper()
	_, raw := e.post("/unionpay/gateway/api/"+path+".do", form(e.sign(fields)))
	return e.answer(raw)
}

func (e *env) answer(raw string) map[string]string {
	e.t.Helper()
	out := map[string]string{}
	depth, from := 0, 0
	cut := func(to int) {
		name, value, _ := strings.Cut(raw[from:to], "=")
		out[name] = value
		from = to + 1
	}
	for i, c := range raw {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == '&' && depth == 0:
			cut(i)
		}
	}
	cut(len(raw))
	e.verify(out)
	return out
}

func (e *env) verify(fields map[string]string) {
	e.t.Helper()
	block, _ := pem.Decode([]byte(fields["signPubKeyCert"]))
	if block == nil {
		e.t.Fatalf("no certificate in %v", fields)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		e.t.Fatal(err)
	}
	roots, middles := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(e.merchant.RootPEM))
	middles.AppendCertsFromPEM([]byte(e.merchant.MiddlePEM))
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: middles, CurrentTime: e.clock.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		e.t.Fatalf("chain: %v", err)
	}
	raw, err := base64.StdEncoding.DecodeString(fields["signature"])
	if err != nil {
		e.t.Fatal(err)
	}
	sum := hash(fields)
	if err := rsa.VerifyPKCS1v15(cert.PublicKey.(*rsa.PublicKey), crypto.SHA256, sum[:], raw); err != nil {
		e.t.Errorf("signature of %v: %v", signString(fields), err)
	}
}

func (e *env) common(txnType, subType, bizType, orderID string) map[string]string {
	return map[string]string{
		"version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "certId": e.merchant.CertID, "txnType": txnType, "txnSubType": subType,
		"bizType": bizType, "accessType": "0", "merId": merID, "orderId": orderID, "txnTime": stamp(e.clock.Now()),
	}
}

func (e *env) consume(orderID string) map[string]string {
	f := e.common("01", "01", "000201", orderID)
	maps.Copy(f, map[string]string{"channelType": "08", "txnAmt": "1234", "currencyCode": "156", "backUrl": e.backURL, "payTimeout": stamp(e.clock.Now().Add(30 * time.Minute))})
	return f
}

func (e *env) query(orderID, txnTime string) map[string]string {
	f := e.common("00", "00", "000000", orderID)
	f["txnTime"] = txnTime
	return e.call("queryTrans", f)
}

func (e *env) refund(orderID, queryID, amount string) map[string]string {
	f := e.common("04", "00", "000201", orderID)
	maps.Copy(f, map[string]string{"channelType": "07", "txnAmt": amount, "origQryId": queryID, "backUrl": e.backURL})
	return f
}

func (e *env) notice() map[string]string {
	e.t.Helper()
	select {
	case v := <-e.notices:
		out := map[string]string{}
		for name := range v {
			out[name] = v.Get(name)
		}
		e.verify(out)
		return out
	case <-time.After(20 * time.Second):
		e.t.Fatal("no notification")
		return nil
	}
}

func wantCode(t *testing.T, what string, answer map[string]string, code string) {
	t.Helper()
	if answer["respCode"] != code {
		t.Errorf("%s: %s %s, want %s", what, answer["respCode"], answer["respMsg"], code)
	}
}

// The PFX opens with its password and holds key and chain.
func TestMerchantFiles(t *testing.T) {
	t.Parallel()
	e := setup(t)
	key, cert, chain, err := pkcs12.DecodeChain(e.merchant.PFX, "000000")
	if err != nil || cert.SerialNumber.String() != e.merchant.CertID || len(chain) != 2 || !key.(*rsa.PrivateKey).Equal(e.key) {
		t.Fatalf("PFX: %v", err)
	}
	if _, _, _, err := pkcs12.DecodeChain(e.merchant.PFX, "000001"); err == nil {
		t.Error("the PFX opens with any password")
	}
	again, err := e.gateway.AddMerchant(unionpaygw.MerchantInput{MerID: merID, Password: "123456"})
	if err != nil || again.CertID != e.merchant.CertID {
		t.Errorf("again: %v %v", again.CertID, err)
	}
}

func TestPayQueryRefundUndo(t *testing.T) {
	t.Parallel()
	e := setup(t)
	order := e.consume("T202611110001")
	order["reqReserved"] = "abc"
	app := e.call("appTransReq", maps.Clone(order))
	wantCode(t, "app", app, "00")
	if len(app["tn"]) != 21 {
		t.Fatalf("tn %q", app["tn"])
	}
	wantCode(t, "before", e.query("T202611110001", order["txnTime"]), "34")
	if _, err := e.gateway.Pay(unionpaygw.PayInput{TN: app["tn"], RespCode: "64"}); err != nil {
		t.Fatal(err)
	}
	failed := e.query("T202611110001", order["txnTime"])
	if failed["respCode"] != "00" || failed["origRespCode"] != "64" {
		t.Errorf("after a failed try: %v", failed)
	}
	receipt, err := e.gateway.Pay(unionpaygw.PayInput{TN: app["tn"]})
	if err != nil {
		t.Fatal(err)
	}
	paid := e.notice()
	if paid["queryId"] != receipt.QueryID || paid["txnAmt"] != "1234" || paid["reqReserved"] != "abc" || paid["respCode"] != "00" || paid["certId"] == "" {
		t.Errorf("notification %v", paid)
	}
	wantCode(t, "paid again", e.call("appTransReq", maps.Clone(order)), "12")
	wantCode(t, "refund of too much", e.call("backTransReq", e.refund("R202611110000", receipt.QueryID, "1235")), "36")
	wantCode(t, "refund", e.call("backTransReq", e.refund("R202611110001", receipt.QueryID, "234")), "00")
	state := e.query("R202611110001", stamp(e.clock.Now()))
	if state["origRespCode"] != "05" || !strings.Contains(state["reserved"], "&") {
		t.Errorf("a refund that was just accepted: %v", state)
	}
	wantCode(t, "the same refund", e.call("backTransReq", e.refund("R202611110001", receipt.QueryID, "234")), "12")
	asked := stamp(e.clock.Now())
	e.clock.Advance(6 * time.Second)
	e.gateway.Nudge()
	if done := e.notice(); done["txnType"] != "04" || done["origQryId"] != receipt.QueryID || done["txnAmt"] != "234" {
		t.Errorf("notification of the refund %v", done)
	}
	if state = e.query("R202611110001", asked); state["origRespCode"] != "00" {
		t.Errorf("refund: %v", state)
	}
	undo := e.refund("U202611110001", receipt.QueryID, "1234")
	undo["txnType"] = "31"
	wantCode(t, "undo of what is partly refunded", e.call("backTransReq", undo), "45")
}

func TestUndoOnTheSameClearingDay(t *testing.T) {
	t.Parallel()
	e := setup(t)
	pay := func(no string) string {
		wantCode(t, no, e.call("appTransReq", e.consume(no)), "00")
		receipt, err := e.gateway.Pay(unionpaygw.PayInput{MerID: merID, OrderID: no})
		if err != nil {
			t.Fatal(err)
		}
		e.notice()
		return receipt.QueryID
	}
	first, second := pay("T202611110001"), pay("T202611110002")
	undo := e.refund("U202611110001", first, "1234")
	undo["txnType"] = "31"
	wantCode(t, "undo", e.call("backTransReq", undo), "00")
	e.clock.Advance(13 * time.Hour) // 23:00 in Beijing
	late := e.refund("U202611110002", second, "1234")
	late["txnType"] = "31"
	wantCode(t, "undo after the clearing day", e.call("backTransReq", late), "35")
	wantCode(t, "refund after an undo", e.call("backTransReq", e.refund("R202611110001", first, "1")), "45")
}

func TestStrictness(t *testing.T) {
	t.Parallel()
	e := setup(t)
	cases := map[string]struct {
		change func(map[string]string)
		code   string
	}{
		"version 5.0.0":        {func(f map[string]string) { f["version"] = "5.0.0" }, "10"},
		"shared key":           {func(f map[string]string) { f["signMethod"] = "11" }, "10"},
		"another certId":       {func(f map[string]string) { f["certId"] = "1" }, "11"},
		"unknown merchant":     {func(f map[string]string) { f["merId"] = "000000000000000" }, "31"},
		"amount in yuan":       {func(f map[string]string) { f["txnAmt"] = "12.34" }, "10"},
		"amount with a zero":   {func(f map[string]string) { f["txnAmt"] = "01" }, "10"},
		"amount 0":             {func(f map[string]string) { f["txnAmt"] = "0" }, "10"},
		"order with a dash":    {func(f map[string]string) { f["orderId"] = "T2026-0001" }, "10"},
		"order too short":      {func(f map[string]string) { f["orderId"] = "T202611" }, "10"},
		"UTC":                  {func(f map[string]string) { f["txnTime"] = e.clock.Now().Format("20060102150405") }, "39"},
		"an hour ahead":        {func(f map[string]string) { f["txnTime"] = stamp(e.clock.Now().Add(time.Hour)) }, "39"},
		"31 November":          {func(f map[string]string) { f["txnTime"] = "20261131100000" }, "10"},
		"unknown field":        {func(f map[string]string) { f["payType"] = "1" }, "10"},
		"missing amount":       {func(f map[string]string) { delete(f, "txnAmt") }, "13"},
		"frontUrl in an app":   {func(f map[string]string) { f["frontUrl"] = "https://shop.example/" }, "10"},
		"dollars":              {func(f map[string]string) { f["currencyCode"] = "840" }, "10"},
		"query string":         {func(f map[string]string) { f["backUrl"] += "?a=1" }, "10"},
		"port 8443":            {func(f map[string]string) { f["backUrl"] = "https://shop.example:8443/x" }, "10"},
		"braces":               {func(f map[string]string) { f["reqReserved"] = "{}" }, "10"},
		"a refund at the app":  {func(f map[string]string) { f["txnType"] = "04" }, "10"},
		"timeout in the past":  {func(f map[string]string) { f["payTimeout"] = stamp(e.clock.Now().Add(-time.Minute)) }, "10"},
		"platform access":      {func(f map[string]string) { f["accessType"] = "2" }, "10"},
		"card data":            {func(f map[string]string) { f["accNo"] = "6216261000000000018" }, "10"},
		"title of 300 letters": {func(f map[string]string) { f["orderDesc"] = strings.Repeat("x", 300) }, "10"},
	}
	for name, tc := range cases {
		f := e.consume("T202611110001")
		tc.change(f)
		wantCode(t, name, e.call("appTransReq", f), tc.code)
	}
	if got := e.gateway.Books().Trades; len(got) != 0 {
		t.Errorf("refused requests left %d trades", len(got))
	}
}

// What merchants get wrong about signatures, one by one.
func TestSignatureMistakes(t *testing.T) {
	t.Parallel()
	e := setup(t)
	raw := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		sig, _ := rsa.SignPKCS1v15(rand.Reader, e.key, crypto.SHA256, sum[:])
		return base64.StdEncoding.EncodeToString(sig)
	}
	f := e.consume("T202611110001")
	first := sha256.Sum256([]byte(signString(f)))
	var encoded []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		encoded = append(encoded, name+"="+url.QueryEscape(f[name]))
	}
	second := sha256.Sum256([]byte(strings.Join(encoded, "&")))
	for name, sig := range map[string]string{
		"hashed once":       raw(signString(f)),
		"upper-case hex":    raw(strings.ToUpper(hex.EncodeToString(first[:]))),
		"raw digest":        raw(string(first[:])),
		"encoded values":    raw(hex.EncodeToString(second[:])),
		"line break behind": e.sign(maps.Clone(f))["signature"] + "\n",
		"not Base64":        "????",
	} {
		spoiled := maps.Clone(f)
		spoiled["signature"] = sig
		_, body := e.post("/unionpay/gateway/api/appTransReq.do", form(spoiled))
		wantCode(t, name, e.answer(body), "11")
	}
	good := form(e.sign(maps.Clone(f)))
	for name, body := range map[string]string{
		"a field twice": good + "&merId=" + merID, "an empty field": good + "&orderDesc=", "nothing": "", "bad escape": good + "&a=%zz", "not UTF-8": good + "&a=%ff",
	} {
		_, answer := e.post("/unionpay/gateway/api/appTransReq.do", body)
		wantCode(t, name, e.answer(answer), "10")
	}
}

// A captured request does nothing again, and a repeat of one's own nothing new.
func TestReplay(t *testing.T) {
	t.Parallel()
	e := setup(t)
	f := e.sign(e.consume("T202611110001"))
	send := func(f map[string]string) map[string]string {
		_, body := e.post("/unionpay/gateway/api/appTransReq.do", form(f))
		return e.answer(body)
	}
	first, second := send(f), send(f)
	if first["tn"] == "" || first["tn"] != second["tn"] {
		t.Errorf("the same request gave %s and %s", first["tn"], second["tn"])
	}
	other := e.consume("T202611110001")
	other["txnAmt"] = "1"
	wantCode(t, "another amount", send(e.sign(other)), "12")
	e.clock.Advance(time.Minute)
	wantCode(t, "another time on the same day", send(e.sign(e.consume("T202611110001"))), "12")
	e.clock.Advance(time.Hour)
	wantCode(t, "an old request", send(f), "39")
	if _, err := e.gateway.Pay(unionpaygw.PayInput{TN: first["tn"]}); err == nil {
		t.Error("paid after payTimeout")
	}
}

// Notifications are sent five times, minutes apart, until one is answered with 200.
func TestRetriesAndRestart(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.status = http.StatusFound
	wantCode(t, "app", e.call("appTransReq", e.consume("T202611110001")), "00")
	if _, err := e.gateway.Pay(unionpaygw.PayInput{MerID: merID, OrderID: "T202611110001"}); err != nil {
		t.Fatal(err)
	}
	e.notice()
	settled := func(n int) {
		t.Helper()
		for range 1000 {
			if d := e.gateway.Books().Deliveries[0]; len(d.Attempts) == n {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatalf("no %d attempts", n)
	}
	settled(1)
	if err := e.gateway.Close(); err != nil {
		t.Fatal(err)
	}
	e.open() // a restart forgets nothing that is owed
	for i, wait := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute} {
		e.clock.Advance(wait)
		e.gateway.Nudge()
		e.notice()
		settled(i + 2)
	}
	if d := e.gateway.Books().Deliveries[0]; !d.NextAt.IsZero() || !d.DoneAt.IsZero() {
		t.Errorf("after five: %+v", d)
	}
	e.mu.Lock()
	e.status = http.StatusOK
	e.mu.Unlock()
	got, err := e.gateway.Resend(t.Context(), unionpaygw.ResendInput{OrderID: "T202611110001", Copies: 3, Parallel: true})
	if err != nil || !slices.Equal(got.Statuses, []int{200, 200, 200}) {
		t.Errorf("resend: %v %v", got, err)
	}
}

// The front page: a form of the buyer's browser, a button, and the way back.
func TestFrontPage(t *testing.T) {
	t.Parallel()
	e := setup(t)
	f := e.consume("T202611110001")
	f["frontUrl"], f["channelType"] = "https://shop.example/return", "07"
	body := form(e.sign(f))
	_, page := e.post("/unionpay/gateway/api/frontTransReq.do", body)
	_, rest, ok := strings.Cut(page, `name="page" value="`)
	if !ok || !strings.Contains(page, "12.34") {
		t.Fatalf("page: %s", page)
	}
	secret, _, _ := strings.Cut(rest, `"`)
	if _, again := e.post("/unionpay/gateway/api/frontTransReq.do", body); !strings.Contains(again, secret) {
		t.Error("the page reloaded is another payment")
	}
	_, failed := e.post("/unionpay/front/pay", "page="+secret+"&fail=1")
	if !strings.Contains(failed, secret) {
		t.Error("after a failed try the buyer cannot try again")
	}
	_, paid := e.post("/unionpay/front/pay", "page="+secret+"&pay=1")
	if !strings.Contains(paid, `action="https://shop.example/return"`) || !strings.Contains(paid, "signature") {
		t.Errorf("paid: %s", paid)
	}
	if n := e.notice(); n["orderId"] != "T202611110001" {
		t.Errorf("notification %v", n)
	}
	f["txnAmt"] = "1"
	if _, page := e.post("/unionpay/gateway/api/frontTransReq.do", form(f)); !strings.Contains(page, "11 ") {
		t.Error("a changed form was taken")
	}
}

// Controls over HTTP: what a developer without Go does.
func TestControls(t *testing.T) {
	t.Parallel()
	e := setup(t)
	do := func(method, path, body string) (int, map[string]any) {
		req, err := http.NewRequest(method, e.url+"/_control/unionpay/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		var out map[string]any
		_ = json.NewDecoder(resp.Body).Decode(&out)
		return resp.StatusCode, out
	}
	if status, out := do("POST", "merchants", `{"mer_id":"`+merID+`"}`); status != 200 || out["pfx"] == "" || out["cert_id"] != e.merchant.CertID {
		t.Errorf("merchant: %d %v", status, out)
	}
	for path, body := range map[string]string{
		"merchants": `{"mer_id":"1"}`, "faults": `{"target":"prepay","mode":"nonsense"}`, "pay": `{"unknown":1}`, "notify/resend": `{"copies":2000}`,
	} {
		if status, out := do("POST", path, body); status != 400 || out["message"] == "" {
			t.Errorf("%s: %d %v", path, status, out)
		}
	}
	if status, _ := do("POST", "faults", `{"target":"prepay","mode":"resp_code","value":"06"}`); status != 200 {
		t.Errorf("fault: %d", status)
	}
	wantCode(t, "busy", e.call("appTransReq", e.consume("T202611110001")), "06")
	wantCode(t, "not busy", e.call("appTransReq", e.consume("T202611110001")), "00")
	if status, out := do("POST", "pay", `{"mer_id":"`+merID+`","order_id":"T202611110001","resp_code":"A6"}`); status != 200 || out["resp_code"] != "A6" {
		t.Errorf("pay: %d %v", status, out)
	}
	if status, _ := do("POST", "pay", `{"tn":"1"}`); status != 404 {
		t.Errorf("unknown tn: %d", status)
	}
	if status, out := do("GET", "books", ""); status != 200 || strings.Contains(toText(out), "PRIVATE") || len(out["trades"].([]any)) != 1 {
		t.Errorf("books: %d", status)
	}
}

func toText(v any) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}
