package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

const (
	mchid    = "1900000109"
	appID    = "wx8888888888888888"
	otherApp = "wx7777777777777777"
	secret   = "0123456789abcdef0123456789abcdef"
	buyer    = "小李"
)

// clock is a provider's clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 11, 10, 0, 0, 0, time.UTC)}
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

// keepKeys is one merchant per key mode, made once for the whole test binary in a
// journal that every test copies: RSA keys are slow on a small machine.
var keepKeys = sync.OnceValues(func() (string, error) {
	s, err := sandbox.Open(sandbox.Config{Dir: keysDir, Now: newClock().Now})
	if err != nil {
		return "", err
	}
	for id, mode := range map[string]string{
		mchid: sandbox.KeyModePublicKey, certMchid: sandbox.KeyModeCertificate, bothMchid: sandbox.KeyModeBoth,
	} {
		if _, err := s.AddMerchant(sandbox.MerchantInput{MchID: id, KeyMode: mode}); err != nil {
			return "", err
		}
	}
	for _, app := range []string{appID, otherApp} {
		in := sandbox.AppInput{AppID: app, Secret: secret}
		if app == appID {
			in.MchIDs = []string{mchid, certMchid, bothMchid}
		}
		if _, err := s.AddApp(in); err != nil {
			return "", err
		}
	}
	return keysDir, s.Close()
})

const (
	certMchid = "1900000208"
	bothMchid = "1900000307"
)

// env is a sandbox on a port of its own with merchants, apps and a movable clock.
type env struct {
	t        *testing.T
	dir      string
	clock    *clock
	server   *sandbox.Server
	url      string
	merchant sandbox.Merchant
	openid   string
	inbox    *inbox
}

func setup(t *testing.T) *env {
	t.Helper()
	kept, err := keepKeys()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	copyJournal(t, kept, dir)
	e := &env{t: t, dir: dir, clock: newClock(), inbox: newInbox(t)}
	e.open()
	t.Cleanup(func() { _ = e.server.Close() })
	if _, err := e.server.Login(appID, buyer); err != nil {
		t.Fatal(err)
	}
	e.openid = sandbox.OpenID(appID, buyer)
	return e
}

// open starts a server on the env's journal; close the previous one first.
func (e *env) open() {
	e.t.Helper()
	s, err := sandbox.Open(sandbox.Config{Dir: e.dir, Now: e.clock.Now, RefundDelay: 5 * time.Second})
	if err != nil {
		e.t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	e.t.Cleanup(web.Close)
	e.server, e.url = s, web.URL
	e.merchant = e.keysOf(mchid)
}

func (e *env) keysOf(id string) sandbox.Merchant {
	e.t.Helper()
	mode := map[string]string{certMchid: sandbox.KeyModeCertificate, bothMchid: sandbox.KeyModeBoth}[id]
	m, err := e.server.AddMerchant(sandbox.MerchantInput{MchID: id, KeyMode: mode})
	if err != nil {
		e.t.Fatal(err)
	}
	return m
}

// answer is what came back, with the body read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) field(t *testing.T, name string) any {
	t.Helper()
	m := map[string]any{}
	dec := json.NewDecoder(bytes.NewReader(a.body))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		t.Fatalf("answer %d %q is not JSON: %v", a.status, a.body, err)
	}
	return m[name]
}

// signedCall is a /v3 request whose parts a test may spoil.
type signedCall struct {
	merchant  sandbox.Merchant
	method    string
	path      string
	body      string
	stamp     time.Time
	nonce     string
	scheme    string
	header    map[string]string // overrides; "-" removes
	signBody  *string           // signed instead of body
	signature string
	auth      string
}

func (e *env) call(method, path, body string) signedCall {
	return signedCall{merchant: e.merchant, method: method, path: path, body: body, stamp: e.clock.Now(), nonce: randomHex(), scheme: "WECHATPAY2-SHA256-RSA2048"}
}

func (e *env) send(c signedCall) answer {
	e.t.Helper()
	signBody := c.body
	if c.signBody != nil {
		signBody = *c.signBody
	}
	text := fmt.Sprintf("%s\n%s\n%d\n%s\n%s\n", c.method, c.path, c.stamp.Unix(), c.nonce, signBody)
	signature := c.signature
	if signature == "" {
		signature = rsaSign(e.t, c.merchant.PrivateKeyPEM, text)
	}
	auth := c.auth
	if auth == "" {
		auth = fmt.Sprintf(`%s mchid="%s",nonce_str="%s",timestamp="%d",serial_no="%s",signature="%s"`,
			c.scheme, c.merchant.MchID, c.nonce, c.stamp.Unix(), c.merchant.CertificateSerial, signature)
	}
	h := map[string]string{
		"Authorization": auth, "Accept": "application/json", "User-Agent": "galleria-test", "Content-Type": "application/json",
		"Wechatpay-Serial": c.merchant.PublicKeyID,
	}
	maps.Copy(h, c.header)
	return do(e.t, c.method, e.url+c.path, c.body, h)
}

func do(t *testing.T, method, url, body string, header map[string]string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		if v == "-" {
			v = ""
		}
		req.Header.Set(k, v)
	}
	// A kept connection would let the transport repeat a GET that was cut on purpose.
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{status: 0, body: []byte(err.Error())}
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{status: 0, body: []byte(err.Error())}
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: raw}
}

// control presses a control and decodes its answer into out, if given.
func (e *env) control(method, path string, in, out any) answer {
	e.t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		e.t.Fatal(err)
	}
	a := do(e.t, method, e.url+"/_control/"+path, string(raw), map[string]string{"Content-Type": "application/json"})
	if out != nil && a.status == http.StatusOK {
		if err := json.Unmarshal(a.body, out); err != nil {
			e.t.Fatalf("control %s answered %q: %v", path, a.body, err)
		}
	}
	return a
}

// prepayBody is a complete order with changes; a nil value removes a field.
func (e *env) prepayBody(outTradeNo string, changes map[string]any) string {
	e.t.Helper()
	m := map[string]any{
		"appid": appID, "mchid": e.merchant.MchID, "description": "龙井茶 250g", "out_trade_no": outTradeNo,
		"notify_url": e.inbox.url + "/notify/wechat/k1", "amount": map[string]any{"total": 8880, "currency": "CNY"},
		"payer": map[string]any{"openid": e.openid},
	}
	for k, v := range changes {
		if v == nil {
			delete(m, k)
		} else {
			m[k] = v
		}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(raw)
}

const prepayPath = "/v3/pay/transactions/jsapi"

func (e *env) prepay(outTradeNo string, changes map[string]any) string {
	e.t.Helper()
	a := e.send(e.call(http.MethodPost, prepayPath, e.prepayBody(outTradeNo, changes)))
	id, _ := a.field(e.t, "prepay_id").(string)
	if a.status != http.StatusOK || id == "" {
		e.t.Fatalf("prepay %s: got %d %s", outTradeNo, a.status, a.body)
	}
	return id
}

func (e *env) payInput(prepayID string) sandbox.PayInput {
	e.t.Helper()
	in := sandbox.PayInput{
		TimeStamp: strconv.FormatInt(e.clock.Now().Unix(), 10), NonceStr: randomHex(), Package: "prepay_id=" + prepayID, SignType: "RSA",
	}
	in.PaySign = rsaSign(e.t, e.merchant.PrivateKeyPEM, appID+"\n"+in.TimeStamp+"\n"+in.NonceStr+"\n"+in.Package+"\n")
	return in
}

// paid makes a charge and pays it.
func (e *env) paid(outTradeNo string) sandbox.Receipt {
	e.t.Helper()
	r, err := e.server.Pay(e.payInput(e.prepay(outTradeNo, nil)))
	if err != nil {
		e.t.Fatal(err)
	}
	return r
}

func (e *env) query(outTradeNo string) answer {
	e.t.Helper()
	return e.send(e.call(http.MethodGet, "/v3/pay/transactions/out-trade-no/"+outTradeNo+"?mchid="+e.merchant.MchID, ""))
}

// inbox is a merchant's callback endpoint that remembers what it got.
type inbox struct {
	url    string
	got    chan delivered
	mu     sync.Mutex
	answer []int // statuses to give, in order; the last one stays
}

type delivered struct {
	header http.Header
	body   []byte
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	in := &inbox{got: make(chan delivered, 1000), answer: []int{http.StatusNoContent}}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		in.got <- delivered{header: r.Header.Clone(), body: raw}
		w.WriteHeader(in.next())
	}))
	t.Cleanup(web.Close)
	in.url = web.URL
	return in
}

func (in *inbox) next() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	status := in.answer[0]
	if len(in.answer) > 1 {
		in.answer = in.answer[1:]
	}
	return status
}

func (in *inbox) answerWith(statuses ...int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.answer = statuses
}

func (in *inbox) wait(t *testing.T) delivered {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	select {
	case d := <-in.got:
		return d
	case <-ctx.Done():
		t.Fatal("no callback arrived")
		return delivered{}
	}
}

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never happened: %s", what)
}
