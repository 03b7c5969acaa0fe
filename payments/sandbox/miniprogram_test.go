package sandbox_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

func (e *env) mini(method, path string, body any) answer {
	e.t.Helper()
	raw, ok := body.(string)
	if !ok && body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			e.t.Fatal(err)
		}
		raw = string(b)
	}
	return do(e.t, method, e.url+path, raw, map[string]string{"Content-Type": "application/json; charset=utf-8"})
}

func (e *env) session(values map[string]string) answer {
	q := url.Values{"appid": {appID}, "secret": {secret}, "grant_type": {"authorization_code"}}
	for k, v := range values {
		q.Set(k, v)
	}
	return e.mini(http.MethodGet, "/sns/jscode2session?"+q.Encode(), nil)
}

func (e *env) login() string {
	e.t.Helper()
	code, err := e.server.Login(appID, buyer)
	if err != nil {
		e.t.Fatal(err)
	}
	return code
}

func (e *env) token() string {
	e.t.Helper()
	a := e.mini(http.MethodPost, "/cgi-bin/stable_token", tokenBody(nil))
	token, _ := a.field(e.t, "access_token").(string)
	if token == "" {
		e.t.Fatalf("stable_token: %s", a.body)
	}
	return token
}

func tokenBody(changes map[string]any) map[string]any {
	m := map[string]any{"grant_type": "client_credential", "appid": appID, "secret": secret}
	maps.Copy(m, changes)
	return m
}

// wantCode checks an errcode answer; 0 may be said by leaving the field out.
func wantCode(t *testing.T, a answer, want int) {
	t.Helper()
	got := "0"
	if n, ok := a.field(t, "errcode").(json.Number); ok {
		got = n.String()
	}
	if a.status != http.StatusOK || got != strconv.Itoa(want) {
		t.Errorf("got %d %s, want errcode %d", a.status, a.body, want)
	}
	if text, _ := a.field(t, "errmsg").(string); want != 0 && !strings.Contains(text, "rid: ") {
		t.Errorf("errmsg %q carries no rid", text)
	}
}

func TestCodeToSession(t *testing.T) {
	t.Parallel()
	e := setup(t)
	otherCode, err := e.server.Login(otherApp, buyer)
	if err != nil {
		t.Fatal(err)
	}
	phone, err := e.server.PhoneCode(appID, buyer, "13800138000")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		values map[string]string
		want   int
	}{
		"good":               {map[string]string{"js_code": e.login()}, 0},
		"unknown code":       {map[string]string{"js_code": "0nonsense"}, 40029},
		"another app's code": {map[string]string{"js_code": otherCode}, 40029},
		"a phone code":       {map[string]string{"js_code": phone}, 40029},
		"no code":            {nil, 41008},
		"no appid":           {map[string]string{"appid": "", "js_code": "x"}, 41002},
		"unknown appid":      {map[string]string{"appid": "wx0000000000000000", "js_code": "x"}, 40013},
		"no secret":          {map[string]string{"secret": "", "js_code": "x"}, 41004},
		"wrong secret":       {map[string]string{"secret": strings.Repeat("f", 32), "js_code": "x"}, 40125},
		"wrong grant type":   {map[string]string{"grant_type": "client_credential", "js_code": "x"}, 40002},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCode(t, e.session(c.values), c.want)
		})
	}
}

func TestLoginCodeIsSingleUseAndShort(t *testing.T) {
	t.Parallel()
	e := setup(t)
	code := e.login()
	first := e.session(map[string]string{"js_code": code})
	if first.field(t, "openid") != e.openid || first.field(t, "session_key") == nil {
		t.Errorf("session: %s", first.body)
	}
	wantCode(t, e.session(map[string]string{"js_code": code}), 40163)
	stale := e.login()
	e.clock.Advance(5*time.Minute + time.Second)
	wantCode(t, e.session(map[string]string{"js_code": stale}), 40029)
	wantCode(t, e.mini(http.MethodPost, "/sns/jscode2session", "{}"), 43001)
	for range 100 {
		wantCode(t, e.session(map[string]string{"js_code": e.login()}), 0)
	}
	wantCode(t, e.session(map[string]string{"js_code": e.login()}), 45011)
	e.clock.Advance(time.Minute)
	wantCode(t, e.session(map[string]string{"js_code": e.login()}), 0)
}

func TestOpenID(t *testing.T) {
	t.Parallel()
	id := sandbox.OpenID(appID, buyer)
	if len(id) != 28 || id[0] != 'o' || id != sandbox.OpenID(appID, buyer) || id == sandbox.OpenID(otherApp, buyer) || id == sandbox.OpenID(appID, "小王") {
		t.Errorf("openid %q is not o + 27 characters of its own", id)
	}
}

func TestLoginFaults(t *testing.T) {
	t.Parallel()
	e := setup(t)
	for _, code := range []int{-1, 45011, 40226} {
		e.arm(sandbox.Fault{Target: sandbox.TargetLogin, Mode: sandbox.ModeError, Value: fmt.Sprint(code), Match: appID})
		wantCode(t, e.session(map[string]string{"js_code": e.login()}), code)
	}
	e.arm(sandbox.Fault{Target: sandbox.TargetLogin, Mode: sandbox.ModeHTTP500})
	if a := e.session(map[string]string{"js_code": e.login()}); a.status != 500 {
		t.Errorf("http_500: got %d", a.status)
	}
	e.arm(sandbox.Fault{Target: sandbox.TargetLogin, Mode: sandbox.ModeCutAfterDoing})
	code := e.login()
	if a := e.session(map[string]string{"js_code": code}); a.status != 0 {
		t.Errorf("cut: got %d", a.status)
	}
	wantCode(t, e.session(map[string]string{"js_code": code}), 40163)
	e.arm(sandbox.Fault{Target: sandbox.TargetToken, Mode: sandbox.ModeGarbage, Match: appID})
	if a := e.mini(http.MethodPost, "/cgi-bin/stable_token", tokenBody(nil)); !strings.HasPrefix(string(a.body), "<html>") {
		t.Errorf("garbage: got %s", a.body)
	}
}

func TestStableToken(t *testing.T) {
	t.Parallel()
	e := setup(t)
	ask := func(force bool) (string, string) {
		t.Helper()
		a := e.mini(http.MethodPost, "/cgi-bin/stable_token", tokenBody(map[string]any{"force_refresh": force}))
		token, _ := a.field(t, "access_token").(string)
		left, _ := a.field(t, "expires_in").(json.Number)
		if token == "" {
			t.Fatalf("stable_token: %s", a.body)
		}
		return token, left.String()
	}
	works := func(token string, want int) {
		t.Helper()
		wantCode(t, e.mini(http.MethodPost, "/wxa/business/getuserphonenumber?access_token="+token, map[string]string{"code": "x"}), want)
	}
	first, left := ask(false)
	if len(first) < 100 || left != "7200" {
		t.Errorf("token of %d characters for %v s", len(first), left)
	}
	e.clock.Advance(time.Hour)
	if again, left := ask(false); again != first || left != "3600" {
		t.Errorf("after an hour: same %v, %v s left; want the same token and 3600", again == first, left)
	}
	e.clock.Advance(56 * time.Minute) // four minutes are left
	second, _ := ask(false)
	if second == first {
		t.Error("in the last five minutes a new token is given")
	}
	works(first, 40029) // both are good tokens; it is the code that is wrong
	works(second, 40029)
	e.clock.Advance(4*time.Minute + time.Second)
	works(first, 42001)
	works("", 41001)
	works("nonsense", 40001)
	third, _ := ask(true)
	if third == second {
		t.Error("force_refresh gave the same token")
	}
	works(second, 40001)
	works(third, 40029)
	wantCode(t, e.mini(http.MethodPost, "/cgi-bin/stable_token", tokenBody(map[string]any{"force_refresh": true})), 45011)
	for range 19 {
		e.clock.Advance(31 * time.Second)
		ask(true)
	}
	e.clock.Advance(31 * time.Second)
	wantCode(t, e.mini(http.MethodPost, "/cgi-bin/stable_token", tokenBody(map[string]any{"force_refresh": true})), 45009)
}

func TestStableTokenRefusals(t *testing.T) {
	t.Parallel()
	e := setup(t)
	for name, c := range map[string]struct {
		body any
		want int
	}{
		"grant type": {tokenBody(map[string]any{"grant_type": "x"}), 40002}, "appid": {tokenBody(map[string]any{"appid": "wx0"}), 40013},
		"secret": {tokenBody(map[string]any{"secret": "x"}), 40125}, "empty": {"", 44002}, "not JSON": {"grant_type=client_credential", 47001},
		"wrong type": {tokenBody(map[string]any{"force_refresh": "true"}), 47001},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCode(t, e.mini(http.MethodPost, "/cgi-bin/stable_token", c.body), c.want)
		})
	}
	wantCode(t, e.mini(http.MethodGet, "/cgi-bin/stable_token", nil), 43002)
	wantCode(t, do(t, http.MethodPost, e.url+"/cgi-bin/stable_token", "{}", map[string]string{"Content-Type": "text/plain"}), 47001)
	token := e.token()
	if err := e.server.Close(); err != nil {
		t.Fatal(err)
	}
	e.open()
	if e.token() != token {
		t.Error("a restart forgot the token")
	}
	raw, err := json.Marshal(e.server.Books())
	if err != nil || strings.Contains(string(raw), token) || !strings.Contains(string(raw), token[len(token)-4:]) {
		t.Error("the books must show the last four characters of a token and no more")
	}
}

const templateID = "pay-ok-0001"

func (e *env) template() {
	e.t.Helper()
	in := sandbox.Template{AppID: appID, TemplateID: templateID, Title: "支付成功", Keywords: []string{"thing1", "amount2", "character_string3", "time4"}}
	if a := e.control(http.MethodPost, "templates", in, nil); a.status != http.StatusOK {
		e.t.Fatalf("templates: %d %s", a.status, a.body)
	}
}

func (e *env) accept() {
	e.t.Helper()
	in := sandbox.SubscribeInput{AppID: appID, Buyer: buyer, TemplateID: templateID, Accept: true}
	if a := e.control(http.MethodPost, "subscribe", in, nil); a.status != http.StatusOK {
		e.t.Fatalf("subscribe: %d %s", a.status, a.body)
	}
}

func value(v string) map[string]string { return map[string]string{"value": v} }

func (e *env) message(changes map[string]any) map[string]any {
	m := map[string]any{
		"touser": e.openid, "template_id": templateID, "page": "pages/order/show?no=1", "miniprogram_state": "formal", "lang": "zh_CN",
		"data": map[string]any{
			"thing1": value("龙井茶"), "amount2": value("¥88.80"), "character_string3": value("GA2026-1"), "time4": value("2026年11月11日 18:00"),
		},
	}
	maps.Copy(m, changes)
	return m
}

func TestSubscribeMessage(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.template()
	send := func() answer {
		return e.mini(http.MethodPost, "/cgi-bin/message/subscribe/send?access_token="+e.token(), e.message(nil))
	}
	wantCode(t, send(), 43101)
	e.accept()
	e.control(http.MethodPost, "subscribe", sandbox.SubscribeInput{AppID: appID, Buyer: buyer, TemplateID: templateID, Accept: false}, nil)
	wantCode(t, send(), 0)
	wantCode(t, send(), 43101)
	sent := e.server.Books().Messages
	if len(sent) != 1 || sent[0].OpenID != e.openid || sent[0].Data["amount2"] != "¥88.80" || sent[0].Page != "pages/order/show?no=1" {
		t.Errorf("messages: %+v", sent)
	}
}

func TestSubscribeMessageRefusals(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.template()
	e.accept()
	if _, err := e.server.Login(otherApp, buyer); err != nil {
		t.Fatal(err)
	}
	token := e.token()
	data := func(key, v string) map[string]any {
		m, _ := e.message(nil)["data"].(map[string]any)
		m[key] = value(v)
		return map[string]any{"data": m}
	}
	cases := map[string]struct {
		changes map[string]any
		want    int
		says    string
	}{
		"unknown openid":       {map[string]any{"touser": "oNobody"}, 40003, ""},
		"another app's openid": {map[string]any{"touser": sandbox.OpenID(otherApp, buyer)}, 40003, ""},
		"unknown template":     {map[string]any{"template_id": "nope"}, 40037, ""},
		"thing too long":       {data("thing1", strings.Repeat("茶", 21)), 47003, "thing1"},
		"thing empty":          {data("thing1", ""), 47003, "thing1"},
		"amount with letters":  {data("amount2", "88.8 yuan"), 47003, "amount2"},
		"amount of 11 digits":  {data("amount2", "12345678901"), 47003, "amount2"},
		"string with Chinese":  {data("character_string3", "单号1"), 47003, "character_string3"},
		"string too long":      {data("character_string3", strings.Repeat("1", 33)), 47003, "character_string3"},
		"time as RFC 3339":     {data("time4", "2026-11-11T18:00:00+08:00"), 47003, "time4"},
		"unknown keyword":      {data("thing9", "x"), 47001, "thing9"},
		"keyword missing":      {map[string]any{"data": map[string]any{"thing1": value("茶")}}, 47003, "amount2"},
		"data as text":         {map[string]any{"data": "{}"}, 47001, "data"},
		"page with slash":      {map[string]any{"page": "/pages/order"}, 41030, ""},
		"page elsewhere":       {map[string]any{"page": "https://example.com"}, 41030, ""},
		"unknown state":        {map[string]any{"miniprogram_state": "release"}, 40097, ""},
		"unknown language":     {map[string]any{"lang": "de_DE"}, 40097, ""},
		"unknown field":        {map[string]any{"to_user": "x"}, 47001, "to_user"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := e.mini(http.MethodPost, "/cgi-bin/message/subscribe/send?access_token="+token, e.message(c.changes))
			wantCode(t, a, c.want)
			if !strings.Contains(string(a.body), c.says) {
				t.Errorf("%s does not name %s", a.body, c.says)
			}
			if n := len(e.server.Books().Messages); n != 0 {
				t.Errorf("%d messages were sent", n)
			}
		})
	}
	t.Run("no JSON content type", func(t *testing.T) {
		t.Parallel()
		raw, err := json.Marshal(e.message(nil))
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, do(t, http.MethodPost, e.url+"/cgi-bin/message/subscribe/send?access_token="+token, string(raw), nil), 40003)
	})
}

func TestKeywordValues(t *testing.T) {
	t.Parallel()
	e := setup(t)
	token := e.token()
	cases := []struct {
		keyword   string
		good, bad []string
	}{
		{"thing1", []string{"a", strings.Repeat("长", 20)}, []string{strings.Repeat("a", 21)}},
		{"number1", []string{"0", "12.5", strings.Repeat("9", 32)}, []string{strings.Repeat("9", 33), "1e3", "一"}},
		{"letter1", []string{"Abc"}, []string{"a1", strings.Repeat("a", 33)}},
		{"symbol1", []string{"★"}, []string{"★★★★★★", "a"}},
		{"character_string1", []string{"GA-1/2 #3"}, []string{"订单"}},
		{"time1", []string{"15:01", "2019年10月1日 15:01", "2026-11-11 15:01:02"}, []string{"15:61", "2019/10/01"}},
		{"date1", []string{"2019年10月1日", "2019-12-25 09:42"}, []string{"10月1日", "09:42"}},
		{"amount1", []string{"¥1", "88.80元", "0.01"}, []string{"1.234", "CNY 1"}},
		{"phone_number1", []string{"+86-0766-66888866"}, []string{"138001380001380013"}},
		{"car_number1", []string{"粤A8Z888挂"}, []string{"粤A8Z888挂挂"}},
		{"name1", []string{"欧阳小明", strings.Repeat("a", 20)}, []string{strings.Repeat("张", 11), strings.Repeat("a", 21)}},
		{"phrase1", []string{"已发货"}, []string{"已经发货完成", "shipped"}},
	}
	for _, c := range cases {
		t.Run(c.keyword, func(t *testing.T) {
			t.Parallel()
			id := "tpl-" + c.keyword
			if _, err := e.server.AddTemplate(sandbox.Template{AppID: appID, TemplateID: id, Keywords: []string{c.keyword}}); err != nil {
				t.Fatal(err)
			}
			for _, v := range slices.Concat(c.good, c.bad) {
				if _, err := e.server.Subscribe(sandbox.SubscribeInput{AppID: appID, Buyer: buyer, TemplateID: id, Accept: true}); err != nil {
					t.Fatal(err)
				}
				want := 0
				if slices.Contains(c.bad, v) {
					want = 47003
				}
				body := map[string]any{"touser": e.openid, "template_id": id, "data": map[string]any{c.keyword: value(v)}}
				wantCode(t, e.mini(http.MethodPost, "/cgi-bin/message/subscribe/send?access_token="+token, body), want)
			}
		})
	}
}

func TestPhoneNumber(t *testing.T) {
	t.Parallel()
	e := setup(t)
	path := "/wxa/business/getuserphonenumber?access_token=" + e.token()
	fresh := func(app string) string {
		t.Helper()
		var out struct{ Code string }
		if a := e.control(http.MethodPost, "phone-code", map[string]string{"app_id": app, "buyer": buyer, "phone": "13800138000"}, &out); a.status != 200 {
			t.Fatalf("phone-code: %d %s", a.status, a.body)
		}
		return out.Code
	}
	code := fresh(appID)
	a := e.mini(http.MethodPost, path, map[string]string{"code": code, "openid": e.openid})
	info, _ := a.field(t, "phone_info").(map[string]any)
	mark, _ := info["watermark"].(map[string]any)
	if info["purePhoneNumber"] != "13800138000" || mark["appid"] != appID {
		t.Errorf("phone_info: %s", a.body)
	}
	wantCode(t, e.mini(http.MethodPost, path, map[string]string{"code": code}), 40029)
	wantCode(t, e.mini(http.MethodPost, path, map[string]string{"code": e.login()}), 40029)
	wantCode(t, e.mini(http.MethodPost, path, map[string]string{"code": fresh(otherApp)}), 40013)
	wantCode(t, e.mini(http.MethodPost, path, map[string]string{"code": fresh(appID), "openid": "oNobody"}), 40003)
	stale := fresh(appID)
	e.clock.Advance(6 * time.Minute)
	wantCode(t, e.mini(http.MethodPost, path, map[string]string{"code": stale}), 40029)
}
