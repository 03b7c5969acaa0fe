package alipaygw

import (
	"errors"
	"html/template"
	"net/http"
)

// cashierPage is what a buyer's browser sees instead of the provider's cashier.
var cashierPage = template.Must(template.New("cashier").Parse(`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>支付宝收银台（沙箱）</title></head><body><main>
<h1>支付宝收银台（沙箱）</h1>
{{if .Problem}}<p role="alert">{{.Problem}}</p>{{else}}
<p>{{.Trade.Subject}}</p><p><strong>¥ {{.Yuan}}</strong></p>
{{if .Paid}}<p role="status">已支付</p>{{if .Trade.ReturnURL}}<p><a href="{{.Trade.ReturnURL}}">返回商家</a></p>{{end}}
{{else}}<form method="post" action="/alipay/cashier"><input type="hidden" name="trade_no" value="{{.Trade.TradeNo}}">
<label>付款人 <input name="buyer" value="小王" required></label> <button>付款</button></form>{{end}}{{end}}
</main></body></html>
`))

type cashierView struct {
	Trade   Trade
	Yuan    string
	Paid    bool
	Problem string
}

func (g *Gateway) showTrade(w http.ResponseWriter, t Trade, err error) {
	view := cashierView{Trade: t, Yuan: yuan(t.TotalFen), Paid: !t.PaidAt.IsZero()}
	status := http.StatusOK
	if err != nil {
		view.Problem, status = err.Error(), http.StatusBadRequest
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = cashierPage.Execute(w, view)
}

// showCashier is wap.pay and page.pay in a browser; app.pay may be tried there too.
func (g *Gateway) showCashier(w http.ResponseWriter, c *call) {
	t, err := g.openPage(c)
	g.showTrade(w, t, err)
}

// showCode is what a scanned code leads to.
func (g *Gateway) showCode(w http.ResponseWriter, r *http.Request) {
	t, err := g.open(PayInput{QRCode: r.PathValue("code")})
	g.showTrade(w, t, err)
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
	g.showTrade(w, t, errors.Join(err, unknown))
}
