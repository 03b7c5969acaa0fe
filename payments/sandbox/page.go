package sandbox

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"galleria/commerce/money"
	"galleria/payments/sandbox/alipaygw"
	"galleria/payments/sandbox/unionpaygw"
)

//go:embed page
var pageFiles embed.FS

// shownRows is how many of the newest rows the page shows of each kind.
const shownRows = 40

// pagePolicy lets the page load nothing but its own two files.
const pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type pageView struct {
	Lang       string
	Books      Books
	Charges    []ChargeView
	Deliveries []Delivery
	Refunds    []Refund
	Messages   []Message
	Alipay     []alipaygw.Trade
	UnionPay   []unionpaygw.Trade
	Faults     []Fault
	Targets    []string
	Modes      []string
	Now        time.Time
}

func (s *Server) routePage(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.showPage)
	for name, kind := range map[string]string{"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"} {
		mux.HandleFunc("GET /_page/"+name, func(w http.ResponseWriter, _ *http.Request) {
			raw, err := pageFiles.ReadFile("page/" + name)
			if err != nil {
				http.Error(w, "missing page file", http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = w.Write(raw)
		})
	}
}

func (s *Server) showPage(w http.ResponseWriter, r *http.Request) {
	var out bytes.Buffer
	page := document(s.pageView(pageLanguage(r))) //nolint:contextcheck // the components get it from Render
	if err := page.Render(r.Context(), &out); err != nil {
		s.log.ErrorContext(r.Context(), "sandbox page does not render", "error", err)
		http.Error(w, "page", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(out.Bytes())
}

func (s *Server) pageView(lang string) pageView {
	b := s.Books()
	targets := slices.Concat(payTargets(), miniTargets(), []string{TargetReceipt, TargetNotify})
	var modes []string
	for _, target := range targets {
		modes = union(modes, modesOf(target))
	}
	slices.Sort(modes)
	aliPay, unionPay := s.alipay.Books().Trades, s.unionPay.Books().Trades
	return pageView{
		Alipay: newest(aliPay), UnionPay: newest(unionPay),
		Lang: lang, Books: b, Charges: newest(b.Charges), Deliveries: newest(b.Deliveries), Refunds: newest(b.Refunds),
		Messages: newest(b.Messages), Faults: s.Armed(), Targets: targets, Modes: modes, Now: s.now(),
	}
}

// newest returns the last rows, latest first.
func newest[V any](rows []V) []V {
	out := slices.Clone(rows[max(0, len(rows)-shownRows):])
	slices.Reverse(out)
	return out
}

// pageLanguage is ?lang=, else the browser's first choice, else Chinese.
func pageLanguage(r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); lang == "en" || lang == "zh" {
		return lang
	}
	if strings.HasPrefix(r.Header.Get("Accept-Language"), "en") {
		return "en"
	}
	return "zh"
}

// t is the text in the page's language.
func (p pageView) t(zh, en string) string {
	if p.Lang == "en" {
		return en
	}
	return zh
}

func yuan(f money.Fen) string { return "¥" + f.Yuan() }

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(chinaTime()).Format("01-02 15:04:05")
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func aboutAttempt(a Attempt) string {
	parts := []string{clock(a.At), fmt.Sprintf("%d ms", a.Duration.Milliseconds()), a.Fault, a.Error}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

func aboutFault(f Fault) string {
	parts := []string{fmt.Sprintf("%s × %d", f.Mode, f.Count), f.Match, f.Value}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// aliState and unionState colour a state as WeChat Pay's is.
func aliState(state string) string {
	return map[string]string{alipaygw.StateWait: "notpay", alipaygw.StateSuccess: "success", alipaygw.StateFinished: "success"}[state]
}

func unionState(respCode string) string {
	return map[string]string{"": "notpay", "00": "success", "A6": "success", "05": "notpay"}[respCode]
}

// tradeState is the provider's own word; a trade that nobody has tried to pay has none.
func tradeState(t unionpaygw.Trade) string {
	if t.RespCode == "" {
		return "-"
	}
	return t.RespCode
}
