package alipaygw

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"galleria/payments/sandbox/internal/strict"
)

// ControlError is what a control answers when it cannot.
type ControlError struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error implements error.
func (e *ControlError) Error() string { return "sandbox: " + e.Code + ": " + e.Message }

func badControl(format string, args ...any) *ControlError {
	return &ControlError{http.StatusBadRequest, "INVALID", fmt.Sprintf(format, args...)}
}

// control is a refusal of the provider's app, as a control tells it.
func (r *refusal) control() *ControlError {
	return &ControlError{http.StatusConflict, r.sub, r.text}
}

// Books is everything the provider knows, without keys.
type Books struct {
	Apps       []string   `json:"apps"`
	Trades     []Trade    `json:"trades"`
	Refunds    []Refund   `json:"refunds"`
	Transfers  []Transfer `json:"transfers"`
	Messages   []Message  `json:"messages"`
	Codes      []Code     `json:"codes"`
	Deliveries []Delivery `json:"deliveries"`
}

// Books returns a copy of the books.
func (g *Gateway) Books() Books {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := Books{
		Apps: append([]string{}, g.books.appOrder...), Trades: []Trade{}, Refunds: []Refund{}, Transfers: []Transfer{},
		Messages: append([]Message{}, g.books.messages...), Codes: []Code{}, Deliveries: []Delivery{},
	}
	for _, key := range g.books.tradeOrder {
		out.Trades = append(out.Trades, g.books.trades[key])
	}
	for _, key := range g.books.refundOrder {
		out.Refunds = append(out.Refunds, g.books.refunds[key])
	}
	for _, key := range g.books.transferOrder {
		out.Transfers = append(out.Transfers, g.books.transfers[key])
	}
	for _, token := range g.books.miniCodeOrder {
		out.Codes = append(out.Codes, g.books.miniCodes[token])
	}
	for _, id := range g.books.deliveryOrder {
		out.Deliveries = append(out.Deliveries, g.books.deliveries[id])
	}
	return out
}

func (g *Gateway) routeControls(mux *http.ServeMux) {
	control(mux, "POST /_control/alipay/apps", func(_ *http.Request, in AppInput) (any, error) { return g.AddApp(in) })
	control(mux, "POST /_control/alipay/my-auth", func(_ *http.Request, in buyerInput) (any, error) {
		code, err := g.Login(in.AppID, in.Buyer)
		return map[string]string{"code": code}, err
	})
	control(mux, "POST /_control/alipay/phone", func(_ *http.Request, in PhoneInput) (any, error) {
		text, err := g.Phone(in)
		return map[string]string{"response": text}, err
	})
	control(mux, "POST /_control/alipay/templates", func(_ *http.Request, in Template) (any, error) { return g.AddTemplate(in) })
	control(mux, "POST /_control/alipay/subscribe", func(_ *http.Request, in SubscribeInput) (any, error) { return g.Subscribe(in) })
	control(mux, "POST /_control/alipay/forms", func(_ *http.Request, in buyerInput) (any, error) { return g.SubmitForm(in.AppID, in.Buyer) })
	control(mux, "POST /_control/alipay/pay", func(_ *http.Request, in PayInput) (any, error) { return g.Pay(in) })
	control(mux, "POST /_control/alipay/finish", func(_ *http.Request, in tradeInput) (any, error) {
		return nothing{}, g.Finish(in.AppID, in.OutTradeNo)
	})
	control(mux, "POST /_control/alipay/transfers/end", func(_ *http.Request, in EndInput) (any, error) { return g.EndTransfer(in) })
	control(mux, "POST /_control/alipay/reissue-cert", func(_ *http.Request, in buyerInput) (any, error) { return g.ReissueCert(in.AppID) })
	control(mux, "POST /_control/alipay/notify/resend", func(r *http.Request, in ResendInput) (any, error) { return g.Resend(r.Context(), in) })
	control(mux, "GET /_control/alipay/books", func(*http.Request, nothing) (any, error) { return g.Books(), nil })
	control(mux, "GET /_control/alipay/faults", func(*http.Request, nothing) (any, error) { return g.Armed(), nil })
	control(mux, "POST /_control/alipay/faults", func(_ *http.Request, in Fault) (any, error) {
		return map[string]bool{"armed": true}, g.Arm(in)
	})
	control(mux, "DELETE /_control/alipay/faults", func(*http.Request, nothing) (any, error) {
		g.Disarm()
		return map[string]bool{"armed": false}, nil
	})
}

type nothing struct{}

type buyerInput struct {
	AppID string `json:"app_id"`
	Buyer string `json:"buyer,omitempty"`
}

type tradeInput struct {
	AppID      string `json:"app_id"`
	OutTradeNo string `json:"out_trade_no"`
}

// control serves one of the sandbox's own switches: strict JSON in, JSON out. A page of
// another site must not press them in the developer's browser.
func control[In any](mux *http.ServeMux, pattern string, do func(*http.Request, In) (any, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var in In
		err := fromElsewhere(r)
		if err == nil {
			err = decodeControl(r, &in)
		}
		var out any
		if err == nil {
			out, err = do(r, in)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if err != nil {
			var known *ControlError
			if !errors.As(err, &known) {
				known = &ControlError{http.StatusInternalServerError, "INTERNAL", err.Error()}
			}
			w.WriteHeader(known.Status)
			out = known
		}
		_ = json.NewEncoder(w).Encode(out)
	})
}

func fromElsewhere(r *http.Request) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return &ControlError{http.StatusForbidden, "FORBIDDEN", "controls cannot be used from another site"}
	}
	return nil
}

// decodeControl takes an absent body for an empty object.
func decodeControl(r *http.Request, in any) error {
	if err := strict.Decode(io.LimitReader(r.Body, maxBody), in); err != nil {
		return badControl("%s", err.Error())
	}
	return nil
}
