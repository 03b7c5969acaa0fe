package unionpaygw

import (
	"fmt"
	"net/http"
)

// front is frontTransReq: the buyer's browser brings the form that the merchant signed.
func (g *Gateway) front(w http.ResponseWriter, r *http.Request) {
	fields, refused := readForm(r)
	var c call
	if refused == nil {
		c, _, refused = g.admit("frontTransReq", fields)
	}
	if refused == nil {
		c.fault = g.faults.Take(TargetFront, c.merID, c.orderID)
		if g.before(r.Context(), w, c.fault) {
			return
		}
		var t Trade
		var err error
		if t, err = g.register(&c); err == nil {
			g.show(w, r, http.StatusOK, pageView{OrderID: t.OrderID, AmountYuan: yuan(t), Page: t.Page})
			return
		}
		if no, ok := err.(*refusal); ok { //nolint:errorlint // register returns it bare
			refused = no
		} else {
			g.log.ErrorContext(r.Context(), "unionpay failed", "path", "frontTransReq", "error", err)
			refused = refuse(codeBusy, "")
		}
	}
	g.log.InfoContext(r.Context(), "unionpay refused a call", "path", "frontTransReq", "code", refused.code, "reason", refused.detail)
	g.show(w, r, http.StatusOK, pageView{OrderID: fields["orderId"], Outcome: refused.code + " " + message(refused.code)})
}

// frontPay is the button on the page: the buyer pays, or fails to, and is led back with
// the same signed fields that the back notification has. They prove nothing.
func (g *Gateway) frontPay(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" || r.ParseForm() != nil {
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	}
	code, outcome := codeOK, textPaid
	if r.PostForm.Get("fail") != "" {
		code, outcome = "64", textFailed
	}
	g.mu.Lock()
	key, ok := g.books.byPage[r.PostForm.Get("page")]
	var err error
	if ok {
		_, err = g.take(g.books.trades[key], code)
	}
	t := g.books.trades[key]
	g.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	view := pageView{OrderID: t.OrderID, AmountYuan: yuan(t), Outcome: outcome}
	if err != nil {
		view.Outcome = err.Error()
	}
	if code == "64" {
		view.Page = t.Page
	}
	if t.done() {
		if view.Fields, err = g.signed(g.noticeFields(t), SignRight, true); err == nil {
			view.Action = t.FrontURL
		}
	}
	g.show(w, r, http.StatusOK, view)
}

func yuan(t Trade) string { return fmt.Sprintf("%d.%02d", t.AmountFen/100, t.AmountFen%100) }

func (*Gateway) show(w http.ResponseWriter, r *http.Request, status int, view pageView) {
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	page := document(view) //nolint:contextcheck // the components get it from Render
	_ = page.Render(r.Context(), w)
}
