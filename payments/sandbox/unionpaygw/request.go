package unionpaygw

import (
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// earliest and latest bound txnTime around the gateway's clock. A container in UTC is
	// eight hours off and must be noticed; no document gives the real figure.
	earliest = time.Hour
	latest   = 10 * time.Minute
)

// call is one request that has proved who sent it.
type call struct {
	fields  map[string]string
	merID   string
	orderID string
	txnTime string
	at      time.Time // txnTime
	fault   *Fault
}

// rule is what a field may hold.
type rule struct {
	required bool
	pattern  *regexp.Regexp
	longest  int // characters; 0 is 256
}

func must(pattern string) rule { return rule{required: true, pattern: regexp.MustCompile(pattern)} }

func maybe(pattern string) rule { return rule{required: false, pattern: regexp.MustCompile(pattern)} }

// kind is a transaction of a path: what its fields must be.
type kind struct {
	path            string
	txnType, subTyp string
	target          string // of faults
	fields          map[string]rule
}

// kinds is the table of section 4 of the protocol, as far as it is played.
func kinds() []kind {
	amount := map[string]rule{
		"txnAmt": must(`^[1-9][0-9]{0,11}$`), "backUrl": must(`^.`), "reqReserved": {pattern: regexp.MustCompile(`^[^&={}]+$`), longest: 1024},
	}
	consume := merge(amount, map[string]rule{
		"currencyCode": must(`^156$`), "payTimeout": maybe(`^[0-9]{14}$`), "orderDesc": maybe(`^.`), "customerIp": maybe(`^[0-9a-fA-F.:]+$`), "riskRateInfo": {longest: 2048},
	})
	second := merge(amount, map[string]rule{
		"bizType": must(`^(000201|000000)$`), "channelType": must(`^0[78]$`), "origQryId": must(`^[0-9]{21}$`), "currencyCode": maybe(`^156$`),
	})
	return []kind{
		{"frontTransReq", typeConsume, "01", TargetFront, merge(consume, map[string]rule{
			"bizType": must(`^000201$`), "channelType": must(`^0[78]$`), "frontUrl": must(`^.`),
		})},
		{"appTransReq", typeConsume, "01", TargetPrepay, merge(consume, map[string]rule{"bizType": must(`^000201$`), "channelType": must(`^08$`)})},
		{"backTransReq", typeConsume, "07", TargetPrepay, merge(consume, map[string]rule{"bizType": must(`^000000$`), "channelType": must(`^08$`)})},
		{"backTransReq", typeRefund, "00", TargetRefund, second},
		{"backTransReq", typeUndo, "00", TargetRefund, second},
		{"queryTrans", "00", "00", TargetQuery, map[string]rule{"bizType": must(`^000[0-9]{3}$`), "queryId": maybe(`^[0-9]{21}$`)}},
		{"filedownload", "76", "01", TargetFile, map[string]rule{"bizType": must(`^000000$`), "settleDate": must(`^[0-9]{4}$`), "fileType": must(`^00$`)}},
	}
}

func common() map[string]rule {
	return map[string]rule{
		"version": must(`^5\.1\.0$`), "encoding": must(`^(?i:utf-8)$`), "signMethod": must(`^01$`), "certId": must(`^[0-9]{1,40}$`),
		"signature": {required: true, longest: 1024}, "txnType": must(`^[0-9]{2}$`), "txnSubType": must(`^[0-9]{2}$`), "accessType": must(`^0$`),
		"merId": must(`^[0-9]{15}$`), "txnTime": must(`^[0-9]{14}$`),
	}
}

func merge(a, b map[string]rule) map[string]rule {
	out := map[string]rule{}
	for _, m := range []map[string]rule{a, b} {
		maps.Copy(out, m)
	}
	return out
}

// admit checks everything about a request that does not depend on its meaning: form,
// merchant, certificate, signature, fields, time.
func (g *Gateway) admit(path string, fields map[string]string) (call, kind, *refusal) {
	var k kind
	for _, one := range g.kinds {
		if one.path == path && one.txnType == fields["txnType"] && one.subTyp == fields["txnSubType"] {
			k = one
		}
	}
	c := call{fields: fields, merID: fields["merId"], orderID: fields["orderId"], txnTime: fields["txnTime"]}
	if refused := g.checkSigner(fields); refused != nil {
		return c, k, refused
	}
	if k.path == "" {
		return c, k, refuse(codeFormat, "no transaction %s/%s at %s", fields["txnType"], fields["txnSubType"], path)
	}
	rules := merge(common(), k.fields)
	if k.target != TargetFile {
		rules["orderId"] = must(`^[0-9A-Za-z]{8,40}$`)
	}
	if refused := checkFields(fields, rules); refused != nil {
		return c, k, refused
	}
	var err error
	if c.at, err = time.ParseInLocation(timeLayout, c.txnTime, beijing()); err != nil {
		return c, k, refuse(codeFormat, "txnTime %s", c.txnTime)
	}
	// A query names the time of what it asks about.
	if now := g.now(); k.target != TargetQuery && (c.at.Before(now.Add(-earliest)) || c.at.After(now.Add(latest))) {
		return c, k, refuse(codeOutsideTime, "txnTime %s", c.txnTime)
	}
	return c, k, nil
}

// checkSigner tells whose request it is, by certificate and signature.
func (g *Gateway) checkSigner(fields map[string]string) *refusal {
	if fields["signMethod"] != "01" || fields["version"] != "5.1.0" {
		return refuse(codeFormat, "signMethod or version")
	}
	own, err := g.merchantCredential(fields["merId"])
	if err != nil {
		return refuse(codeMerchant, "merId %q", fields["merId"])
	}
	now := g.now()
	if fields["certId"] != own.cert.SerialNumber.String() || now.Before(own.cert.NotBefore) || now.After(own.cert.NotAfter) {
		return refuse(codeSignature, "certId %q", fields["certId"])
	}
	if !verify(fields, &own.key.PublicKey) {
		return refuse(codeSignature, "over %q", signString(fields))
	}
	return nil
}

func checkFields(fields map[string]string, rules map[string]rule) *refusal {
	for name, r := range rules {
		value, there := fields[name]
		if !there && r.required {
			return refuse(codeMissing, "%s", name)
		}
		longest := r.longest
		if longest == 0 {
			longest = 256
		}
		if there && ((r.pattern != nil && !r.pattern.MatchString(value)) || utf8.RuneCountInString(value) > longest) {
			return refuse(codeFormat, "%s=%q", name, value)
		}
	}
	for name := range fields {
		if _, known := rules[name]; !known {
			return refuse(codeFormat, "unknown field %s", name)
		}
	}
	return nil
}

// checkBackURL wants what the provider can reach and what survives its post: an absolute
// address without a query string.
func checkBackURL(text string) *refusal {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return refuse(codeFormat, "backUrl %q", text)
	case u.RawQuery != "" || u.ForceQuery:
		return refuse(codeFormat, "backUrl with a query string")
	case isLoopback(u.Hostname()) && (u.Scheme == "http" || u.Scheme == "https"):
		return nil
	case !slices.Contains([]string{"http:", "http:80", "https:", "https:443"}, u.Scheme+":"+u.Port()):
		return refuse(codeFormat, "backUrl %q", text)
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func checkFrontURL(text string) *refusal {
	if u, err := url.Parse(text); err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") {
		return refuse(codeFormat, "frontUrl %q", text)
	}
	return nil
}

// handler carries out one admitted call and returns what the answer says besides the echo.
type handler func(c *call) (map[string]string, error)

// back serves a call of a merchant's server.
func (g *Gateway) back(path string, handle handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fields, refused := readForm(r)
		var c call
		var k kind
		if refused == nil {
			c, k, refused = g.admit(path, fields)
		}
		if refused != nil {
			g.answer(w, r, echo(fields), refused.code, nil)
			g.log.InfoContext(r.Context(), "unionpay refused a call", "path", path, "code", refused.code, "reason", refused.detail)
			return
		}
		c.fault = g.faults.Take(k.target, c.merID, c.orderID)
		if g.before(r.Context(), w, c.fault) {
			return
		}
		if c.fault.Is(ModeRespCode) {
			g.answer(w, r, echo(fields), c.fault.Value, c.fault)
			return
		}
		said, err := handle(&c)
		code := codeOK
		if err != nil {
			said = nil
		}
		if no, ok := err.(*refusal); ok { //nolint:errorlint // handlers return it bare
			g.log.InfoContext(r.Context(), "unionpay refused a call", "path", path, "code", no.code, "reason", no.detail)
			code = no.code
		} else if err != nil {
			g.log.ErrorContext(r.Context(), "unionpay failed", "path", path, "error", err)
			code = codeBusy
		}
		out := echo(fields)
		maps.Copy(out, said)
		g.answer(w, r, out, code, c.fault)
	}
}

// echo is what an answer repeats of its request.
func echo(fields map[string]string) map[string]string {
	out := map[string]string{"version": "5.1.0", "encoding": "UTF-8"}
	for _, name := range []string{"txnType", "txnSubType", "bizType", "accessType", "merId", "orderId", "txnTime", "txnAmt", "currencyCode", "reqReserved", "settleDate", "fileType"} {
		if fields[name] != "" {
			out[name] = fields[name]
		}
	}
	return out
}

// answer signs and sends, bent by a fault.
func (g *Gateway) answer(w http.ResponseWriter, r *http.Request, fields map[string]string, code string, f *Fault) {
	fields["respCode"], fields["respMsg"] = code, message(code)
	tamper(f, fields)
	out, err := g.signed(fields, signWith(f), false)
	if err != nil {
		g.log.ErrorContext(r.Context(), "unionpay cannot sign", "error", err)
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	body := bend(f, out, encodeAnswer)
	if f.Is(ModeCutAfterDoing) {
		panic(http.ErrAbortHandler) // done, but nobody hears of it
	}
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	_, _ = w.Write(body)
}
