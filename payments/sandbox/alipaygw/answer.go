package alipaygw

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// refusal is an error answer, in the provider's words.
type refusal struct {
	code, sub, text string
	unsigned        bool
	dropped         bool // no answer at all
	status          int  // an HTTP error instead of the provider's own
}

// missing and invalid are the gateway's own refusals, which it does not sign.
func missing(sub, text string) *refusal {
	return &refusal{code: "40001", sub: sub, text: text, unsigned: true}
}

func invalid(sub, text string) *refusal {
	return &refusal{code: "40002", sub: sub, text: text, unsigned: true}
}

// business is the no of a service behind the gateway; it is signed.
func business(sub, text string) *refusal {
	return &refusal{code: "40004", sub: sub, text: text}
}

// messages are the provider's texts of its codes.
func messages() map[string]string {
	return map[string]string{
		"10000": "Success", "10003": "order success pay inprocess", "20000": "Service Currently Unavailable",
		"20001": "Insufficient Token Permissions", "40001": "Missing Required Arguments", "40002": "Invalid Arguments",
		"40003": "Insufficient Conditions", "40004": "Business Failed", "40005": "Call Limited", "40006": "Insufficient Permissions",
	}
}

type head struct {
	Code    string `json:"code"`
	Msg     string `json:"msg"`
	SubCode string `json:"sub_code,omitempty"`
	SubMsg  string `json:"sub_msg,omitempty"`
}

func (g *Gateway) answerRefusal(w http.ResponseWriter, c *call, r *refusal) {
	if r.dropped {
		panic(http.ErrAbortHandler)
	}
	if r.status != 0 {
		http.Error(w, "gateway error", r.status)
		return
	}
	appID := c.params["app_id"]
	g.log.Info("alipay refused a call", "method", c.name, "app_id", appID, "code", r.code, "sub_code", r.sub, "reason", r.text)
	node := nodeName(c.name)
	if c.keys == nil || c.method.errorNode {
		node = "error_response"
	}
	g.write(w, c, node, encode(head{r.code, messages()[r.code], r.sub, r.text}), r.unsigned || c.keys == nil)
}

func nodeName(method string) string { return strings.ReplaceAll(method, ".", "_") + "_response" }

// answer signs a result and sends it, with whatever fault is armed.
func (g *Gateway) answer(w http.ResponseWriter, c *call, result any) {
	if c.fault.Is(ModeCutAfterDoing) {
		panic(http.ErrAbortHandler)
	}
	body := encode(result)
	if !c.method.bare {
		front := encode(head{"10000", "Success", "", ""})
		if len(body) > 2 {
			front = append(append(front[:len(front)-1], ','), body[1:]...)
		}
		body = front
	}
	g.write(w, c, nodeName(c.name), rewrite(c.fault, body), false)
}

// write is the last step of every answer: the node, its signature over exactly these
// bytes, and the number of the certificate that it belongs to.
func (g *Gateway) write(w http.ResponseWriter, c *call, node string, content []byte, unsigned bool) {
	out := append([]byte(`{"`+node+`":`), content...)
	if !unsigned && !c.fault.Is(ModeUnsigned) {
		key, text := c.keys.alipay, string(content)
		switch {
		case c.fault.Is(ModeWrongKey):
			key = g.stranger()
		case c.fault.Is(ModeCorruptSignature):
			text = "not this answer"
		}
		sign, err := signBase64(key, text)
		if err != nil {
			g.log.Error("alipay cannot sign", "error", err)
			http.Error(w, "sign", http.StatusInternalServerError)
			return
		}
		if c.keys.KeyMode == KeyModeCertificate {
			sn := c.keys.AlipayCertSN
			if c.fault.Is(ModeWrongCertSN) {
				sn = strings.Repeat("0", 32)
			}
			out = append(out, `,"alipay_cert_sn":"`+sn+`"`...)
		}
		out = append(out, `,"sign":"`+sign+`"`...)
	}
	out = append(out, '}')
	out = bend(c.fault, out)
	w.Header().Set("Content-Type", "text/html;charset=utf-8")
	_, _ = w.Write(out)
}

// encode writes JSON as the provider does: no HTML escapes, but slashes behind a backslash.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("alipaygw: answer does not encode: " + err.Error()) // our own structs
	}
	return bytes.ReplaceAll(bytes.TrimSpace(b.Bytes()), []byte("/"), []byte(`\/`))
}
