package alipaygw

import (
	"errors"
	"net/http"
)

func (g *Gateway) showTrade(w http.ResponseWriter, r *http.Request, t Trade, err error) {
	view := cashierView{Trade: t, Yuan: yuan(t.TotalFen), Paid: !t.PaidAt.IsZero()}
	status := http.StatusOK
	if err != nil {
		view.Problem, status = err.Error(), http.StatusBadRequest
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	page := cashier(view) //nolint:contextcheck // the components get it from Render
	_ = page.Render(r.Context(), w)
}

// showCashier is wap.pay and page.pay in a browser; app.pay may be tried there too.
func (g *Gateway) showCashier(w http.ResponseWriter, c *call) {
	t, err := g.openPage(c)
	g.showTrade(w, c.r, t, err)
}

// showCode is what a scanned code leads to.
func (g *Gateway) showCode(w http.ResponseWriter, r *http.Request) {
	t, err := g.open(PayInput{QRCode: r.PathValue("code")})
	g.showTrade(w, r, t, err)
}

// payAtCashier is the cashier's button.
func (g *Gateway) payAtCashier(w http.ResponseWriter, r *http.Request) {
	if err := fromElsewhere(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	in := PayInput{TradeNo: r.PostFormValue("trade_no"), Buyer: r.PostFormValue("buyer")}
	receipt, err := g.Pay(in)
	if err == nil && receipt.ReturnURL != "" {
		http.Redirect(w, r, receipt.ReturnURL, http.StatusSeeOther)
		return
	}
	t, unknown := g.open(PayInput{TradeNo: in.TradeNo})
	g.showTrade(w, r, t, errors.Join(err, unknown))
}
