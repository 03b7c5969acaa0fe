package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"galleria/jobs"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

const canaryPhone = "13957108642"

// needles are secrets and personal data, by what they are.
type needles struct {
	mu  sync.Mutex
	all map[string][]string
}

func (n *needles) add(what string, values ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, v := range values {
		if len(v) >= 8 {
			n.all[what] = append(n.all[what], v)
		}
	}
}

// in lists what of the needles a text holds, in clear, as hexadecimal or within JSON.
func (n *needles) in(text string) (found []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for what, values := range n.all {
		for _, v := range values {
			if strings.Contains(text, v) || strings.Contains(text, hex.EncodeToString([]byte(v))) {
				found = append(found, what)
				break
			}
		}
	}
	return found
}

// around shows where a text stands.
func around(text, what string) string {
	at := strings.Index(text, what)
	if at < 0 {
		return ""
	}
	return text[max(0, at-200):min(len(text), at+100)]
}

// lines of a PEM's body: any one of them is a leak.
func pemLines(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); len(line) == 64 && !strings.HasPrefix(line, "-") {
			lines = append(lines, line)
		}
	}
	return lines
}

// T111: secrets and a phone number go through the whole product, errors and a panic
// included; nothing of them is in logs, answers, events, Redis or tables but where it
// belongs.
func TestT111_NothingLeaks(t *testing.T) {
	t.Parallel()
	n := &needles{all: map[string][]string{}}
	texts := &logbook{out: io.Discard}
	w := newWorldLogged(t, texts, func(w *world) string { return w.recordingProvider(n) })
	redis := monitor(t, w.redis.URL)
	s := w.openShop("canary", 100)
	answers := &bytes.Buffer{}

	merchant, err := w.sandbox.AddMerchant(sandbox.MerchantInput{MchID: "1988877766"})
	if err != nil {
		t.Fatal(err)
	}
	n.add("private key", pemLines(merchant.PrivateKeyPEM)...)
	n.add("APIv3 key", merchant.APIv3Key, "NEWapiv3KEYcanary0123456789abcde")
	n.add("password", s.owner.Password, "wrong-Password-canary-8c1d")
	n.add("PFX password", "c4n4ryPFXpassword")
	n.add("AppSecret", "c4a4deadbeefc4a4deadbeefc4a4dead")
	n.add("key-encryption key", w.config.KEK, "0123456789abcdef0123456789abcdef")
	n.add("phone", canaryPhone)

	w.plantKeys(s, w.play, merchant)
	b := w.plantPurchase(t, s, n, answers)
	w.plantErrors(t, s, b, merchant, answers)

	// A worker's handler panics with an account in hand.
	acc, err := w.Accounts.ByKey(t.Context(), s.ID, s.account)
	if err != nil {
		t.Fatal(err)
	}
	w.panicInAWorker(t, s, acc)

	console := w.signIn(s)
	var orderNo string
	w.scan(s, "SELECT order_no FROM orders LIMIT 1", nil, &orderNo)
	for _, path := range []string{"", "/payment-accounts", "/payment-accounts/1", "/payment-accounts/1/keys", "/payment-accounts/new/unionpay", "/apps", "/orders", "/products"} {
		answers.WriteString(console.get("/console/" + s.Handle + path))
	}
	answers.WriteString(console.get("/console/" + s.Handle + "/orders/" + orderNo))
	// The form that corrects an address is where it is read; the order's page hides it.
	if found := n.in(console.get("/console/" + s.Handle + "/orders/" + orderNo + "/address")); strings.Join(found, "") != "phone" {
		t.Errorf("the form of the address shows %v", found)
	}
	list, err := w.Accounts.List(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	answers.WriteString(toJSON(t, list) + fmt.Sprintf("%+v %#v", list, acc))
	if err := w.Vault.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}

	if found := n.in(answers.String()); found != nil {
		t.Errorf("answers and pages show %v: …%s…", found, around(answers.String(), canaryPhone))
	}
	for name, log := range map[string]*logbook{"JSON log": w.log, "text log": texts} {
		lines := log.of("")
		if len(lines) == 0 {
			t.Errorf("the %s is empty: nothing was proved", name)
		}
		for _, line := range lines {
			if found := n.in(line); found != nil {
				t.Errorf("%s shows %v: %s", name, found, line)
			}
		}
	}
	if traffic := redis(); len(traffic) == 0 {
		t.Error("no traffic with Redis was seen: nothing was proved")
	} else if found := n.in(traffic); found != nil {
		t.Errorf("Redis got %v", found)
	}
	w.scanTables(t, n, map[string][]string{"address": {"phone"}, "orders": {"phone"}})
}

// recordingProvider stands before the sandbox and learns the session keys and access tokens
// it hands out.
func (w *world) recordingProvider(n *needles) string {
	w.t.Helper()
	target, err := url.Parse(w.play)
	if err != nil {
		w.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(res *http.Response) error {
			body, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			var secret struct {
				SessionKey  string `json:"session_key"`
				AccessToken string `json:"access_token"`
			}
			if json.Unmarshal(body, &secret) == nil {
				n.add("session_key", secret.SessionKey)
				n.add("access token of the provider", secret.AccessToken)
			}
			res.Body = io.NopCloser(bytes.NewReader(body))
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	w.t.Cleanup(server.Close)
	return server.URL
}

// plantKeys stores keys as a merchant does, replaces some, and is refused others.
func (w *world) plantKeys(s *shop, provider string, m sandbox.Merchant) {
	w.t.Helper()
	ctx := w.t.Context()
	appID, _ := tenant.ParseAppID(s.appID)
	const appSecret = "c4a4deadbeefc4a4deadbeefc4a4dead"
	if _, err := w.sandbox.AddApp(sandbox.AppInput{AppID: s.appID, Secret: appSecret, MchIDs: []string{s.mchID}}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.MiniProgram.PutCredential(ctx, s.ID, miniprogram.CredentialInput{
		AppID: appID, Provider: tenant.WeChat, Secret: vault.NewSecret([]byte(appSecret)), APIBase: provider,
	}); err != nil {
		w.t.Fatal(err)
	}
	in := account.AddInput{
		Mode: payments.Sandbox, Name: "金丝雀", MerchantNo: m.MchID, AppIDs: nil,
		BaseURL: w.play, Actor: "staff:1",
		Keys: account.WeChatKeys{
			PrivateKey: vault.NewSecret([]byte(m.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(m.APIv3Key)), Serial: m.CertificateSerial,
			KeyMode: payments.KeyModePublicKey, PublicKeyID: m.PublicKeyID, PublicKey: m.PublicKeyPEM,
		},
	}
	added, err := w.Accounts.Add(ctx, s.ID, in)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Accounts.Replace(ctx, s.ID, account.ReplaceInput{
		AccountID: added.ID, Actor: "staff:1", Keys: account.WeChatKeys{APIv3Key: vault.NewSecret([]byte("NEWapiv3KEYcanary0123456789abcde"))},
	}); err != nil {
		w.t.Fatal(err)
	}
	// Another channel's, where the same key and a password are refused and kept nowhere.
	if _, err := w.Accounts.Add(ctx, s.ID, account.AddInput{
		Mode: payments.Sandbox, Name: "金丝雀", MerchantNo: "777290058110048", BaseURL: w.play, Actor: "staff:1",
		Keys: account.UnionPayKeys{PFX: vault.NewSecret([]byte(m.PrivateKeyPEM)), Password: vault.NewSecret([]byte("c4n4ryPFXpassword"))},
	}); err == nil {
		w.t.Error("a key was taken for a PFX")
	}
	if _, err := w.Accounts.Add(ctx, s.ID, account.AddInput{
		Mode: payments.Sandbox, Name: "金丝雀", MerchantNo: "2088123456789012", BaseURL: w.play, Actor: "staff:1",
		Keys: account.AlipayKeys{
			SignAppID: "2021004100000001", PrivateKey: vault.NewSecret([]byte(m.PrivateKeyPEM)), KeyMode: payments.KeyModePublicKey, PublicKey: m.PublicKeyPEM,
		},
	}); err != nil {
		w.t.Error(err)
	}
	// Refused: the key in the place of the certificate, and the same merchant again.
	wrong := in
	wrong.Keys = account.WeChatKeys{
		PrivateKey: vault.NewSecret([]byte(m.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(m.PrivateKeyPEM)), Certificate: m.PrivateKeyPEM,
		KeyMode: payments.KeyModePublicKey, PublicKeyID: m.PublicKeyID, PublicKey: m.PrivateKeyPEM,
	}
	for _, refused := range []account.AddInput{wrong, in} {
		if _, err := w.Accounts.Add(ctx, s.ID, refused); err == nil {
			w.t.Error("a wrong account was added")
		} else {
			w.Log.ErrorContext(ctx, "refused", "error", err)
		}
	}
}

// plantPurchase buys something for a phone number.
func (w *world) plantPurchase(t *testing.T, s *shop, n *needles, answers *bytes.Buffer) *buyer {
	t.Helper()
	b := w.login(s, "金丝雀买家")
	n.add("access token", b.token)
	var address struct{ ID int64 }
	b.must(http.StatusCreated, http.MethodPost, "/addresses", map[string]any{
		"name": "金丝雀", "phone": canaryPhone, "province": "浙江省", "city": "杭州市", "district": "西湖区", "detail": "文三路 1 号",
	}, &address)
	var order placed
	b.must(http.StatusCreated, http.MethodPost, "/orders", map[string]any{
		"lines": []map[string]any{{"sku_id": s.skus[0], "qty": 1}}, "address_id": address.ID, "expected_payable_fen": int64(s.prices[0]),
	}, &order, header{"Idempotency-Key": tenanttest.RandomHex(8)})
	b.pay(order.OrderNo)
	b.waitFor(order.OrderNo, "paid", 20*time.Second)
	for _, path := range []string{"/shop", "/products", "/cart"} {
		_, body := b.call(http.MethodGet, path, nil)
		answers.Write(body)
	}
	return b
}

// plantErrors makes every kind of refusal with secrets in the wrong places.
func (w *world) plantErrors(t *testing.T, s *shop, b *buyer, m sandbox.Merchant, answers *bytes.Buffer) {
	t.Helper()
	collect := func(method, path string, body any, extra ...header) {
		_, answer := b.call(method, path, body, extra...)
		answers.Write(answer)
	}
	collect(http.MethodPost, "/auth/login", map[string]any{"code": "no-such-code"})
	collect(http.MethodPost, "/auth/login", map[string]any{"code": m.APIv3Key, "secret": m.APIv3Key})
	collect(http.MethodPost, "/addresses", []byte(`{"phone":"`+canaryPhone+`","name":"x"`))
	collect(http.MethodPost, "/addresses", map[string]any{"phone": canaryPhone + canaryPhone, "name": "x"})
	b.call(http.MethodPost, "/addresses", map[string]any{canaryPhone: "x"}) // named in its own answer, and nowhere else
	collect(http.MethodGet, "/products?cursor="+canaryPhone, nil)
	collect(http.MethodGet, "/cart", nil, header{"Authorization": "Bearer " + m.APIv3Key})
	// The database fails while the phone number is written: its error quotes the row.
	w.owner("ALTER TABLE "+s.ID.String()+".address ADD CONSTRAINT canary CHECK (city <> '金丝雀市')", nil)
	collect(http.MethodPost, "/addresses", map[string]any{
		"name": "金丝雀", "phone": canaryPhone, "province": "浙江省", "city": "金丝雀市", "district": "西湖区", "detail": "金丝雀路",
	})
	// A forged callback that carries a key, and a damaged account.
	res := w.send(http.MethodPost, w.base+"/notify/wechat/"+s.account, http.Header{"Content-Type": {"application/json"}, "Wechatpay-Signature": {m.APIv3Key}},
		[]byte(`{"id":"`+m.APIv3Key+`","resource":{"ciphertext":"`+canaryPhone+`"}}`))
	answers.Write(res.body)
	d := &desk{w: w, client: w.browser()}
	page := d.get("/console/login")
	_, token, _ := strings.Cut(page, `name="csrf" value="`)
	token, _, _ = strings.Cut(token, `"`)
	form := url.Values{"login": {s.owner.Login}, "password": {"wrong-Password-canary-8c1d"}, "csrf": {token}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.base+"/console/login", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", w.base)
	_, body := do(t, d.client, req)
	answers.Write(body)
}

// panicInAWorker lets an event's handler panic with an account and its keys.
func (w *world) panicInAWorker(t *testing.T, s *shop, acc payments.Account) {
	t.Helper()
	const topic outbox.Topic = "canary.panics"
	kinds, err := jobs.NewKinds(jobs.Kind{
		Topic: topic, Queue: jobs.Default, MaxFailures: 1, Delay: func(int) time.Duration { return 0 },
		Handle: func(context.Context, outbox.Event) error { panic(fmt.Sprintf("%v %+v %#v", acc, acc, acc)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var id uuid.UUID
	err = w.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
		// Due later, so that only this worker takes it.
		id = uuid.Must(uuid.NewV7())
		_, err := tx.Exec(t.Context(), "INSERT INTO platform.outbox (id, tenant_id, topic, key, payload, next_at) VALUES ($1, $2, $3, 'x', '{}', now() + interval '1 hour')",
			id, s.ID.String(), string(topic))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	worker := jobs.NewWorker(jobs.WorkerDeps{DB: w.DB, Outbox: w.Outbox, Kinds: kinds, Log: w.Log})
	if err := worker.Do(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if len(w.log.of("event given up")) != 1 {
		t.Error("the panic was not logged: nothing was proved")
	}
}

// monitor sees everything that Redis is told, until the returned function is called.
func monitor(t *testing.T, address string) func() string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "MONITOR\r\n"); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var seen strings.Builder
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(conn)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			mu.Lock()
			seen.WriteString(lines.Text() + "\n")
			mu.Unlock()
		}
	}()
	return func() string {
		_ = conn.Close()
		<-ended
		return seen.String()
	}
}

// scanTables reads every row of every schema as a dump would, and reports needles outside of
// the tables that may hold them.
func (w *world) scanTables(t *testing.T, n *needles, allowed map[string][]string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, w.config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, `SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND (n.nspname IN ('platform', 'public') OR n.nspname LIKE 't\_%')`)
	if err != nil {
		t.Fatal(err)
	}
	type table struct{ Schema, Name string }
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, tb := range tables {
		name := pgx.Identifier{tb.Schema, tb.Name}.Sanitize()
		var dump string
		if err := conn.QueryRow(ctx, "SELECT coalesce(string_agg(x::text, E'\\n'), '') FROM "+name+" x").Scan(&dump); err != nil {
			t.Fatal(err)
		}
		held += len(dump)
		for _, what := range n.in(dump) {
			if !strings.Contains(strings.Join(allowed[tb.Name], " "), what) {
				t.Errorf("table %s holds a %s", name, what)
			}
		}
	}
	if held == 0 || len(tables) < 30 {
		t.Errorf("%d tables with %d bytes were read: nothing was proved", len(tables), held)
	}
}
