package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

func TestAuthorizationRefusals(t *testing.T) {
	t.Parallel()
	e := setup(t)
	other := e.keysOf(bothMchid)
	changed := `{"mchid":"1"}`
	cases := map[string]struct {
		spoil  func(*signedCall)
		status int
		code   string
		says   string
	}{
		"nothing wrong":     {func(*signedCall) {}, 404, "ORDER_NOT_EXIST", ""},
		"no user agent":     {func(c *signedCall) { c.header = map[string]string{"User-Agent": "-"} }, 400, "INVALID_REQUEST", "User-Agent"},
		"no accept":         {func(c *signedCall) { c.header = map[string]string{"Accept": "-"} }, 400, "INVALID_REQUEST", "Accept"},
		"accepts html":      {func(c *signedCall) { c.header = map[string]string{"Accept": "text/html"} }, 400, "INVALID_REQUEST", "Accept"},
		"form content type": {func(c *signedCall) { c.header = map[string]string{"Content-Type": "application/x-www-form-urlencoded"} }, 400, "INVALID_REQUEST", "Content-Type"},
		"gzip":              {func(c *signedCall) { c.header = map[string]string{"Content-Encoding": "gzip"} }, 400, "INVALID_REQUEST", "Content-Encoding"},
		"no authorization":  {func(c *signedCall) { c.auth = " " }, 401, "SIGN_ERROR", "格式"},
		"other scheme":      {func(c *signedCall) { c.scheme = "WECHATPAY2-SM2-WITH-SM3" }, 401, "SIGN_ERROR", "类型"},
		"space after comma": {func(c *signedCall) { c.auth = c.scheme + ` mchid="1", nonce_str="2"` }, 401, "SIGN_ERROR", "格式"},
		"four fields":       {func(c *signedCall) { c.auth = c.scheme + ` mchid="1",nonce_str="2",timestamp="3",serial_no="4"` }, 401, "SIGN_ERROR", "格式"},
		"field twice": {func(c *signedCall) {
			c.auth = c.scheme + ` mchid="1",mchid="1",timestamp="3",serial_no="4",signature="5"`
		}, 401, "SIGN_ERROR", "格式"},
		"clock behind":         {func(c *signedCall) { c.stamp = c.stamp.Add(-5*time.Minute - time.Second) }, 401, "SIGN_ERROR", "5分钟"},
		"clock ahead":          {func(c *signedCall) { c.stamp = c.stamp.Add(5*time.Minute + time.Second) }, 401, "SIGN_ERROR", "5分钟"},
		"clock in the window":  {func(c *signedCall) { c.stamp = c.stamp.Add(-5 * time.Minute) }, 404, "ORDER_NOT_EXIST", ""},
		"unknown merchant":     {func(c *signedCall) { c.merchant.MchID = "1999999999" }, 401, "SIGN_ERROR", "mchid"},
		"unknown serial":       {func(c *signedCall) { c.merchant.CertificateSerial = strings.Repeat("A", 40) }, 401, "SIGN_ERROR", "序列号"},
		"lower-case serial":    {func(c *signedCall) { c.merchant.CertificateSerial = strings.ToLower(c.merchant.CertificateSerial) }, 401, "SIGN_ERROR", "序列号"},
		"another's key":        {func(c *signedCall) { c.merchant.PrivateKeyPEM = other.PrivateKeyPEM }, 401, "SIGN_ERROR", "签名错误"},
		"garbage signature":    {func(c *signedCall) { c.signature = "not base64" }, 401, "SIGN_ERROR", "签名错误"},
		"body signed is other": {func(c *signedCall) { c.signBody = &changed }, 401, "SIGN_ERROR", "签名错误"},
		"answer serial is odd": {func(c *signedCall) { c.header = map[string]string{"Wechatpay-Serial": "PUB_KEY_ID_9"} }, 400, "PARAM_ERROR", "Wechatpay-Serial"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := e.call(http.MethodPost, "/v3/pay/transactions/out-trade-no/NOBODY01/close", `{"mchid":"`+mchid+`"}`)
			c.spoil(&call)
			a := e.send(call)
			if a.status != c.status || a.field(t, "code") != c.code || !strings.Contains(string(a.body), c.says) {
				t.Errorf("got %d %s, want %d %s mentioning %q", a.status, a.body, c.status, c.code, c.says)
			}
			if a.header.Get("Wechatpay-Signature") != "" || a.header.Get("Request-ID") == "" {
				t.Error("an error must be unsigned and carry a Request-ID")
			}
		})
	}
}

func TestSignatureCoversQueryAndNonceIsSingleUse(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.prepay("NONCE0001", nil)
	c := e.call(http.MethodPost, "/v3/pay/transactions/out-trade-no/NONCE0001/close", `{"mchid":"`+mchid+`"}`)
	for i, want := range []int{204, 401} {
		if a := e.send(c); a.status != want || (want == 401 && !strings.Contains(string(a.body), "nonce_str")) {
			t.Errorf("POST, use %d: got %d %s, want %d", i+1, a.status, a.body, want)
		}
	}
	read := e.call(http.MethodGet, "/v3/pay/transactions/out-trade-no/NONCE0001?mchid="+mchid, "")
	for range 2 { // a transport may repeat a GET by itself
		if a := e.send(read); a.status != http.StatusOK {
			t.Errorf("the same GET: %d %s", a.status, a.body)
		}
	}
	read.nonce = c.nonce
	if a := e.send(read); a.status != http.StatusUnauthorized {
		t.Errorf("a GET with a spent nonce: got %d, want 401", a.status)
	}
	path := "/v3/pay/transactions/out-trade-no/NONCE0001"
	c = e.call(http.MethodGet, path, "")
	c.nonce = randomHex()
	text := "GET\n" + path + "\n" + stampOf(c.stamp) + "\n" + c.nonce + "\n\n"
	c.signature = rsaSign(t, c.merchant.PrivateKeyPEM, text)
	c.path += "?mchid=" + mchid
	if a := e.send(c); a.status != http.StatusUnauthorized {
		t.Errorf("query string outside the signature: got %d, want 401", a.status)
	}
}

func TestAnswerKeyFollowsWechatpaySerial(t *testing.T) {
	t.Parallel()
	e := setup(t)
	both, cert := e.keysOf(bothMchid), e.keysOf(certMchid)
	cases := map[string]struct {
		merchant sandbox.Merchant
		asked    string
		serial   string
		key      string
	}{
		"public key only, not asked": {e.merchant, "-", e.merchant.PublicKeyID, e.merchant.PublicKeyPEM},
		"both, public key asked":     {both, both.PublicKeyID, both.PublicKeyID, both.PublicKeyPEM},
		"both, certificate asked":    {both, both.PlatformSerial, both.PlatformSerial, both.PlatformCertificate},
		"both, not asked":            {both, "-", both.PlatformSerial, both.PlatformCertificate},
		"certificate, not asked":     {cert, "-", cert.PlatformSerial, cert.PlatformCertificate},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(e.prepayBody("ANSWERKEY1", nil), mchid, c.merchant.MchID, 1)
			call := e.call(http.MethodPost, prepayPath, body)
			call.merchant, call.header = c.merchant, map[string]string{"Wechatpay-Serial": c.asked}
			a := e.send(call)
			if a.status != http.StatusOK || a.header.Get("Wechatpay-Serial") != c.serial || !verifies(t, c.key, a.header, a.body) {
				t.Errorf("got %d %s signed by %s, want a true signature of %s", a.status, a.body, a.header.Get("Wechatpay-Serial"), c.serial)
			}
		})
	}
}

func TestPrepayRefusals(t *testing.T) {
	t.Parallel()
	e := setup(t)
	if _, err := e.server.Login(otherApp, buyer); err != nil {
		t.Fatal(err)
	}
	amount := func(total any, currency string) map[string]any {
		return map[string]any{"amount": map[string]any{"total": total, "currency": currency}}
	}
	ahead := func(d time.Duration) map[string]any {
		return map[string]any{"time_expire": e.clock.Now().Add(d).Format(time.RFC3339)}
	}
	cases := map[string]struct {
		changes map[string]any
		status  int
		code    string
		field   string
	}{
		"no appid":               {map[string]any{"appid": nil}, 400, "PARAM_ERROR", "/appid"},
		"no description":         {map[string]any{"description": nil}, 400, "PARAM_ERROR", "/description"},
		"long description":       {map[string]any{"description": strings.Repeat("茶", 128)}, 400, "PARAM_ERROR", "/description"},
		"description at limit":   {map[string]any{"description": strings.Repeat("茶", 127)}, 200, "", ""},
		"short out_trade_no":     {map[string]any{"out_trade_no": "12345"}, 400, "PARAM_ERROR", "/out_trade_no"},
		"long out_trade_no":      {map[string]any{"out_trade_no": strings.Repeat("1", 33)}, 400, "PARAM_ERROR", "/out_trade_no"},
		"out_trade_no with dot":  {map[string]any{"out_trade_no": "A.123456"}, 400, "PARAM_ERROR", "/out_trade_no"},
		"unknown field":          {map[string]any{"sub_mchid": "1"}, 400, "PARAM_ERROR", "/sub_mchid"},
		"case variant":           {map[string]any{"Attach": "x"}, 400, "PARAM_ERROR", "/Attach"},
		"long attach":            {map[string]any{"attach": strings.Repeat("a", 129)}, 400, "PARAM_ERROR", "/attach"},
		"no amount":              {map[string]any{"amount": nil}, 400, "PARAM_ERROR", "/amount"},
		"amount zero":            {amount(0, "CNY"), 400, "PARAM_ERROR", "/amount/total"},
		"amount negative":        {amount(-1, "CNY"), 400, "PARAM_ERROR", "/amount/total"},
		"amount in yuan":         {amount(88.8, "CNY"), 400, "PARAM_ERROR", "/amount/total"},
		"amount as text":         {amount("8880", "CNY"), 400, "PARAM_ERROR", "/amount/total"},
		"other currency":         {amount(1, "USD"), 400, "PARAM_ERROR", "/amount/currency"},
		"no payer":               {map[string]any{"payer": nil}, 400, "PARAM_ERROR", "/payer"},
		"unknown openid":         {map[string]any{"payer": map[string]any{"openid": "oNobody"}}, 400, "PARAM_ERROR", "/payer/openid"},
		"another app's openid":   {map[string]any{"payer": map[string]any{"openid": sandbox.OpenID(otherApp, buyer)}}, 500, "OPENID_MISMATCH", ""},
		"app not bound":          {map[string]any{"appid": otherApp}, 400, "APPID_MCHID_NOT_MATCH", ""},
		"unknown app":            {map[string]any{"appid": "wx0000000000000000"}, 400, "APPID_MCHID_NOT_MATCH", ""},
		"unknown merchant":       {map[string]any{"mchid": "1999999999"}, 400, "MCH_NOT_EXISTS", ""},
		"another merchant":       {map[string]any{"mchid": bothMchid}, 400, "PARAM_ERROR", "/mchid"},
		"notify_url http":        {map[string]any{"notify_url": "http://shop.example.com/n"}, 400, "PARAM_ERROR", "/notify_url"},
		"notify_url with query":  {map[string]any{"notify_url": "https://shop.example.com/n?k=1"}, 400, "PARAM_ERROR", "/notify_url"},
		"notify_url relative":    {map[string]any{"notify_url": "/notify"}, 400, "PARAM_ERROR", "/notify_url"},
		"notify_url https":       {map[string]any{"notify_url": "https://shop.example.com/n"}, 200, "", ""},
		"time_expire past":       {ahead(-time.Minute), 400, "PARAM_ERROR", "/time_expire"},
		"time_expire too far":    {ahead(16 * 24 * time.Hour), 400, "PARAM_ERROR", "/time_expire"},
		"time_expire no zone":    {map[string]any{"time_expire": "2026-11-11T19:00:00"}, 400, "PARAM_ERROR", "/time_expire"},
		"time_expire good":       {ahead(15 * time.Minute), 200, "", ""},
		"goods without quantity": {map[string]any{"detail": map[string]any{"goods_detail": []any{map[string]any{"merchant_goods_id": "1", "unit_price": 1}}}}, 400, "PARAM_ERROR", "/detail/goods_detail/0/quantity"},
		"scene without ip":       {map[string]any{"scene_info": map[string]any{}}, 400, "PARAM_ERROR", "/scene_info/payer_client_ip"},
		"scene":                  {map[string]any{"scene_info": map[string]any{"payer_client_ip": "203.0.113.7"}}, 200, "", ""},
		"profit sharing as text": {map[string]any{"settle_info": map[string]any{"profit_sharing": "true"}}, 400, "PARAM_ERROR", "/settle_info/profit_sharing"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := e.send(e.call(http.MethodPost, prepayPath, e.prepayBody("PREP"+randomHex()[:20], c.changes)))
			if a.status != c.status || (c.code != "" && a.field(t, "code") != c.code) {
				t.Errorf("got %d %s, want %d %s", a.status, a.body, c.status, c.code)
			}
			if detail, _ := a.field(t, "detail").(map[string]any); c.field != "" && detail["field"] != c.field {
				t.Errorf("detail: got %v, want field %s", detail, c.field)
			}
		})
	}
}

func TestPrepayMalformedJSON(t *testing.T) {
	t.Parallel()
	e := setup(t)
	whole := e.prepayBody("MALFORMED01", nil)
	for name, body := range map[string]string{
		"empty": "", "array": "[]", "null": "null", "cut": whole[:len(whole)-1], "trailing": whole + "{}",
		"twice": strings.Replace(whole, "{", `{"attach":"a","attach":"b",`, 1), "not UTF-8": strings.Replace(whole, "250g", "\xff", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a := e.send(e.call(http.MethodPost, prepayPath, body)); a.status != 400 || a.field(t, "code") != "PARAM_ERROR" {
				t.Errorf("got %d %s, want 400 PARAM_ERROR", a.status, a.body)
			}
		})
	}
}

func TestPrepayAgain(t *testing.T) {
	t.Parallel()
	e := setup(t)
	first := e.prepay("AGAIN0001", nil)
	if again := e.prepay("AGAIN0001", nil); again != first {
		t.Errorf("same parameters: got %s, want %s again", again, first)
	}
	refused := func(no string, changes map[string]any, status int, code string) {
		t.Helper()
		if a := e.send(e.call(http.MethodPost, prepayPath, e.prepayBody(no, changes))); a.status != status || a.field(t, "code") != code {
			t.Errorf("prepay %s again: got %d %s, want %d %s", no, a.status, a.body, status, code)
		}
	}
	refused("AGAIN0001", map[string]any{"amount": map[string]any{"total": 8881, "currency": "CNY"}}, 403, "OUT_TRADE_NO_USED")
	refused("AGAIN0001", map[string]any{"description": "x"}, 403, "OUT_TRADE_NO_USED")
	e.clock.Advance(2*time.Hour + time.Second)
	second := e.prepay("AGAIN0001", nil)
	if second == first {
		t.Error("a prepay_id lives two hours; a later prepay must give a new one")
	}
	if _, err := e.server.Pay(e.payInput(first)); err == nil {
		t.Error("the old prepay_id could still be paid")
	}
	if _, err := e.server.Pay(e.payInput(second)); err != nil {
		t.Error(err)
	}
	refused("AGAIN0001", nil, 400, "ORDERPAID")
	e.prepay("AGAIN0002", nil)
	e.send(e.call(http.MethodPost, "/v3/pay/transactions/out-trade-no/AGAIN0002/close", `{"mchid":"`+mchid+`"}`))
	refused("AGAIN0002", nil, 400, "ORDER_CLOSED")
}

func TestQueryRefusals(t *testing.T) {
	t.Parallel()
	e := setup(t)
	r := e.paid("QUERY0001")
	both := e.keysOf(bothMchid)
	cases := map[string]struct {
		merchant sandbox.Merchant
		path     string
		status   int
		code     string
	}{
		"unknown number":           {e.merchant, "out-trade-no/QUERY0002?mchid=" + mchid, 404, "ORDER_NOT_EXIST"},
		"unknown transaction":      {e.merchant, "id/4200000000000000000000000000?mchid=" + mchid, 404, "ORDER_NOT_EXIST"},
		"no mchid":                 {e.merchant, "out-trade-no/QUERY0001", 400, "PARAM_ERROR"},
		"another's mchid":          {e.merchant, "out-trade-no/QUERY0001?mchid=" + bothMchid, 400, "PARAM_ERROR"},
		"unknown parameter":        {e.merchant, "out-trade-no/QUERY0001?mchid=" + mchid + "&x=1", 400, "PARAM_ERROR"},
		"another's number":         {both, "out-trade-no/QUERY0001?mchid=" + bothMchid, 404, "ORDER_NOT_EXIST"},
		"another's transaction id": {both, "id/" + r.TransactionID + "?mchid=" + bothMchid, 404, "ORDER_NOT_EXIST"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := e.call(http.MethodGet, "/v3/pay/transactions/"+c.path, "")
			call.merchant = c.merchant
			if a := e.send(call); a.status != c.status || a.field(t, "code") != c.code {
				t.Errorf("got %d %s, want %d %s", a.status, a.body, c.status, c.code)
			}
		})
	}
	if a := e.send(e.call(http.MethodGet, "/v3/no/such/thing", "")); a.status != 404 {
		t.Errorf("unknown path: got %d, want 404", a.status)
	}
}

func TestPayRefusals(t *testing.T) {
	t.Parallel()
	e := setup(t)
	prepayID := e.prepay("PAYREF0001", nil)
	cases := map[string]struct {
		spoil  func(*sandbox.PayInput)
		status int
		code   string
	}{
		"no package prefix":   {func(in *sandbox.PayInput) { in.Package = prepayID }, 400, "PARAM_ERROR"},
		"unknown prepay_id":   {func(in *sandbox.PayInput) { in.Package = "prepay_id=wx1" }, 404, "NOT_FOUND"},
		"MD5":                 {func(in *sandbox.PayInput) { in.SignType = "MD5" }, 400, "PARAM_ERROR"},
		"timestamp in ms":     {func(in *sandbox.PayInput) { in.TimeStamp += "000" }, 400, "PARAM_ERROR"},
		"nonce changed":       {func(in *sandbox.PayInput) { in.NonceStr = "x" }, 403, "SIGN_ERROR"},
		"nonce too long":      {func(in *sandbox.PayInput) { in.NonceStr = strings.Repeat("n", 33) }, 400, "PARAM_ERROR"},
		"signature missing":   {func(in *sandbox.PayInput) { in.PaySign = "" }, 403, "SIGN_ERROR"},
		"signed with own key": {func(in *sandbox.PayInput) { in.PaySign = rsaSign(t, e.keysOf(bothMchid).PrivateKeyPEM, "x") }, 403, "SIGN_ERROR"},
		"another app runs":    {func(in *sandbox.PayInput) { in.AppID = otherApp }, 403, "APPID_MISMATCH"},
		"another buyer":       {func(in *sandbox.PayInput) { in.Buyer = "小王" }, 403, "PAYER_MISMATCH"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := e.payInput(prepayID)
			c.spoil(&in)
			if a := e.control(http.MethodPost, "pay", in, nil); a.status != c.status || a.field(t, "code") != c.code {
				t.Errorf("got %d %s, want %d %s", a.status, a.body, c.status, c.code)
			}
			if got := e.query("PAYREF0001").field(t, "trade_state"); got != "NOTPAY" {
				t.Errorf("after the refusal the order is %v, want NOTPAY", got)
			}
		})
	}
}
