package unionpaygw_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
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
