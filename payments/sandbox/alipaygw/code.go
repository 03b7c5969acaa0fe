package alipaygw

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"galleria/payments/sandbox/internal/qrcode"
)

// Code is a code of a Mini Program that somebody asked for.
type Code struct {
	AppID    string    `json:"app_id"`
	Page     string    `json:"url_param"`
	Query    string    `json:"query_param"`
	Describe string    `json:"describe"`
	Token    string    `json:"token"` // of its picture's address
	MadeAt   time.Time `json:"made_at"`
}

// codeWidth is how wide a code's picture is, in pixels; no source names the provider's.
const codeWidth = 430

var (
	codePage  = regexp.MustCompile(`^[0-9A-Za-z_-]+(/[0-9A-Za-z_-]+)*$`)
	codeQuery = regexp.MustCompile(`^[0-9A-Za-z_]+=[^&=#\s]*(&[0-9A-Za-z_]+=[^&=#\s]*)*$`)
)

// makeCode is alipay.open.app.qrcode.create. A page is there unless it lies in a folder that is
// called draft; no source names the provider's sub code for one that is not.
func (g *Gateway) makeCode(c *call) (any, *refusal) {
	if strings.Contains("/"+c.text("url_param"), "/draft/") {
		return nil, business("INVALID_PARAMETER", "参数无效：url_param")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	made := Code{AppID: c.keys.AppID, Page: c.text("url_param"), Query: c.text("query_param"), Describe: c.text("describe"), Token: g.letters(32), MadeAt: g.now().UTC()}
	if r := g.keep(entry{MiniCode: &made}); r != nil {
		return nil, r
	}
	address := "http://" + c.r.Host + "/alipay/code/" + made.Token
	if c.fault.Is(ModeElsewhere) {
		address = c.fault.Value
	}
	return struct {
		URL string `json:"qr_code_url"`
	}{address}, nil
}

// showPicture is the picture of a code, for whoever has its address.
func (g *Gateway) showPicture(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	made, ok := g.books.miniCodes[r.PathValue("token")]
	g.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	query := url.Values{"appId": {made.AppID}, "page": {made.Page}, "query": {made.Query}}
	picture, err := qrcode.Draw("alipays://platformapi/startapp?"+query.Encode(), codeWidth)
	if err != nil {
		g.log.ErrorContext(r.Context(), "alipay cannot draw a code", "error", err)
		http.Error(w, "code", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(picture)
}
