package alipaygw

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxBody     = 256 << 10
	timeFormat  = "2006-01-02 15:04:05"
	clockWindow = 10 * time.Minute
	// pageWindow is for what a browser or an app brings: it may have been signed when the
	// buyer began to think.
	pageWindow = 24 * time.Hour
)

// beijing is the zone of every time on the wire; it has no summer time.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

func clockText(t time.Time) string { return t.In(beijing()).Format(timeFormat) }

// call is a request that passed the gateway's own checks.
type call struct {
	r       *http.Request // nil when a control brings it
	params  map[string]string
	method  method
	name    string
	keys    *appKeys
	content map[string]json.RawMessage // of biz_content, or the method's own parameters
	fault   *Fault
}

// text is a string of the content; "" when it is not there.
func (c *call) text(name string) string {
	var s string
	_ = json.Unmarshal(c.content[name], &s) // the fields were checked
	return s
}

// commonNames are the parameters that any call may carry.
func commonNames() []string {
	return []string{
		"app_id", "method", "format", "charset", "sign_type", "sign", "timestamp", "version", "notify_url", "return_url",
		"biz_content", "app_cert_sn", "alipay_root_cert_sn", "alipay_sdk",
	}
}

// received reads the parameters of a request: the form, and what the address has before it.
func received(r *http.Request) (url.Values, *refusal) {
	all, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalid("isv.invalid-parameter", "请求地址无法解析")
	}
	if r.Method == http.MethodGet {
		return all, nil
	}
	kind, attributes, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, invalid("isv.invalid-content-type", "Content-Type 应为 application/x-www-form-urlencoded")
	}
	if set := attributes["charset"]; set != "" && !strings.EqualFold(set, "utf-8") {
		return nil, invalid("isv.invalid-charset", "编码应为 utf-8")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return nil, invalid("isv.suspected-attack", "请求过大")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, invalid("isv.invalid-parameter", "请求体无法解析")
	}
	for name, values := range form {
		if slices.Equal(all[name], values) && name == "charset" {
			continue // a page's address repeats it, so that the gateway can read the form
		}
		all[name] = append(all[name], values...)
	}
	return all, nil
}

// admit checks a set of parameters as the gateway does before any business: what must be
// there, the clock, the app, its certificates, the signature, and then the content.
func (g *Gateway) admit(values url.Values) (*call, *refusal) {
	c := &call{r: nil, params: map[string]string{}, method: method{}, name: values.Get("method"), keys: nil, content: nil, fault: nil}
	for name, all := range values {
		if len(all) != 1 || !utf8.ValidString(all[0]) {
			return c, invalid("isv.suspected-attack", "参数 "+name+" 重复或不是 UTF-8")
		}
		c.params[name] = all[0]
	}
	known, ok := g.methods()[c.name]
	switch {
	case c.name == "":
		return c, missing("isv.missing-method", "缺少方法名参数")
	case !ok:
		return c, invalid("isv.invalid-method", "不存在的方法名")
	}
	c.method = known
	if r := g.admitCommon(c); r != nil {
		return c, r
	}
	if r := g.admitSigned(c); r != nil {
		return c, r
	}
	return c, c.admitContent()
}

func (g *Gateway) admitCommon(c *call) *refusal {
	for name := range c.params {
		if !slices.Contains(commonNames(), name) && !slices.ContainsFunc(c.method.fields, func(f field) bool { return c.method.top && f.name == name }) {
			return invalid("isv.invalid-parameter", "未知参数 "+name)
		}
	}
	for _, need := range []struct{ name, sub string }{
		{"app_id", "isv.missing-app-id"},
		{"sign_type", "isv.missing-signature-type"},
		{"sign", "isv.missing-signature"},
		{"timestamp", "isv.missing-timestamp"},
		{"version", "isv.missing-version"},
		{"charset", "isv.missing-charset"},
	} {
		if c.params[need.name] == "" {
			return missing(need.sub, "缺少参数 "+need.name)
		}
	}
	switch {
	case c.params["sign_type"] != "RSA2":
		return invalid("isv.invalid-signature-type", "无效签名类型")
	case !strings.EqualFold(c.params["charset"], "utf-8"):
		return invalid("isv.invalid-charset", "编码错误")
	case c.params["version"] != "1.0":
		return invalid("isv.invalid-version", "版本号错误")
	case c.params["format"] != "" && !strings.EqualFold(c.params["format"], "JSON"):
		return invalid("isv.invalid-format", "无效数据格式")
	}
	return g.admitClock(c)
}

// admitClock wants a timestamp of now, in Beijing's time.
func (g *Gateway) admitClock(c *call) *refusal {
	at, err := time.ParseInLocation(timeFormat, c.params["timestamp"], beijing())
	window := clockWindow
	if c.method.page {
		window = pageWindow
	}
	if age := g.now().Sub(at); err != nil || age > window || age < -clockWindow {
		return invalid("isv.invalid-timestamp", "非法的时间戳参数")
	}
	return nil
}

// admitSigned finds the app and checks its certificates and its signature.
func (g *Gateway) admitSigned(c *call) *refusal {
	g.mu.Lock()
	c.keys = g.keysOf(c.params["app_id"])
	g.mu.Unlock()
	if c.keys == nil {
		return invalid("isv.invalid-app-id", "无效的AppID参数")
	}
	certMode := c.keys.KeyMode == KeyModeCertificate
	switch {
	case certMode && c.params["app_cert_sn"] == "":
		return missing("isv.missing-app-cert-sn", "缺少应用公钥证书序列号")
	case certMode && c.params["app_cert_sn"] != c.keys.AppCertSN:
		return invalid("isv.invalid-app-cert-sn", "应用公钥证书序列号不匹配")
	case certMode && c.params["alipay_root_cert_sn"] != c.keys.RootCertSN:
		return invalid("isv.invalid-alipay-root-cert-sn", "支付宝根证书序列号不匹配")
	case !certMode && c.params["app_cert_sn"]+c.params["alipay_root_cert_sn"] != "":
		return invalid("isv.missing-signature-config", "应用未配置证书")
	}
	if !verifies(c.keys.verify, signText(c.params, "sign"), c.params["sign"]) {
		return invalid("isv.invalid-signature", "验签出错，建议检查签名字符串或私钥与应用公钥是否匹配")
	}
	return nil
}

func (c *call) admitContent() *refusal {
	if c.method.top {
		c.content = map[string]json.RawMessage{}
		for _, f := range c.method.fields {
			if value, ok := c.params[f.name]; ok {
				c.content[f.name], _ = json.Marshal(value)
			}
		}
		return checkFields("", c.content, c.method.fields)
	}
	if c.params["biz_content"] == "" {
		return missing("isv.missing-parameter", "缺少参数 biz_content")
	}
	content, r := readObject(json.RawMessage(c.params["biz_content"]), "")
	if r != nil {
		return r
	}
	c.content = content
	return checkFields("", content, c.method.fields)
}

// signText joins what has a value, sorted, without the names given.
func signText(params map[string]string, without ...string) string {
	var names []string
	for name, value := range params {
		if value != "" && !slices.Contains(without, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name + "=" + params[name])
	}
	return b.String()
}

// serve is the gateway: calls of servers, and pages of browsers.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	values, refused := received(r)
	if refused != nil {
		g.answerRefusal(w, &call{}, refused)
		return
	}
	c, refused := g.admit(values)
	c.r = r
	if refused != nil {
		g.answerRefusal(w, c, refused)
		return
	}
	if c.method.page {
		g.showCashier(w, c)
		return
	}
	if r.Method != http.MethodPost {
		g.answerRefusal(w, c, invalid("isv.invalid-method", "只接受 POST"))
		return
	}
	c.fault = g.faults.Take(c.method.target, c.keys.AppID, c.keys.SellerID, c.text("out_trade_no"), c.text("out_biz_no"))
	if refused := g.faultBefore(r.Context(), c.fault); refused != nil {
		g.answerRefusal(w, c, refused)
		return
	}
	result, refused := c.method.do(c)
	if refused != nil {
		g.answerRefusal(w, c, refused)
		return
	}
	g.answer(w, c, result)
}
