package unionpaygw_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"galleria/payments/sandbox/unionpaygw"
)

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
