package sandbox

import (
	"errors"
	"io"
	"net/http"

	"galleria/payments/sandbox/internal/strict"
)

func (s *Server) routeControls(mux *http.ServeMux) {
	control(s, mux, "POST /_control/merchants", func(_ *http.Request, in MerchantInput) (any, error) { return s.AddMerchant(in) })
	control(s, mux, "POST /_control/apps", func(_ *http.Request, in AppInput) (any, error) { return s.AddApp(in) })
	control(s, mux, "POST /_control/push", func(r *http.Request, in PushInput) (any, error) { return in, s.SetPush(r.Context(), in) })
	control(s, mux, "POST /_control/sub-merchants", func(_ *http.Request, in Relation) (any, error) { return s.AddRelation(in) })
	control(s, mux, "POST /_control/wx-login", func(_ *http.Request, in buyerInput) (any, error) {
		code, err := s.Login(in.AppID, in.Buyer)
		return codeAnswer{code}, err
	})
	control(s, mux, "POST /_control/pay", func(_ *http.Request, in PayInput) (any, error) { return s.Pay(in) })
	control(s, mux, "POST /_control/open", func(_ *http.Request, in OpenInput) (any, error) { return s.Open(in) })
	control(s, mux, "POST /_control/pay-order", func(_ *http.Request, in PayOrderInput) (any, error) { return s.PayOrder(in) })
	control(s, mux, "POST /_control/transfer-confirm", func(_ *http.Request, in ConfirmInput) (any, error) { return s.ConfirmTransfer(in) })
	control(s, mux, "POST /_control/shipping", func(_ *http.Request, in ShippingChange) (any, error) { return in, s.ChangeShipping(in) })
	control(s, mux, "POST /_control/balance", func(_ *http.Request, in Balance) (any, error) { return in, s.SetBalance(in) })
	control(s, mux, "POST /_control/phone-code", func(_ *http.Request, in phoneInput) (any, error) {
		code, err := s.PhoneCode(in.AppID, in.Buyer, in.Phone)
		return codeAnswer{code}, err
	})
	control(s, mux, "POST /_control/templates", func(_ *http.Request, in Template) (any, error) { return s.AddTemplate(in) })
	control(s, mux, "POST /_control/subscribe", func(_ *http.Request, in SubscribeInput) (any, error) { return s.Subscribe(in) })
	control(s, mux, "GET /_control/faults", func(*http.Request, nothing) (any, error) { return s.Armed(), nil })
	control(s, mux, "POST /_control/faults", func(_ *http.Request, in Fault) (any, error) {
		return map[string]bool{"armed": true}, s.Arm(in)
	})
	control(s, mux, "DELETE /_control/faults", func(_ *http.Request, _ nothing) (any, error) {
		s.Disarm()
		return map[string]bool{"armed": false}, nil
	})
	control(s, mux, "POST /_control/notify/resend", func(r *http.Request, in ResendInput) (any, error) { return s.Resend(r.Context(), in) })
	control(s, mux, "GET /_control/books", func(*http.Request, nothing) (any, error) { return s.Books(), nil })
}

type nothing struct{}

type buyerInput struct {
	AppID string `json:"app_id"`
	Buyer string `json:"buyer"`
}

type phoneInput struct {
	AppID string `json:"app_id"`
	Buyer string `json:"buyer"`
	Phone string `json:"phone"`
}

type codeAnswer struct {
	Code string `json:"code"`
}

// control serves one of the sandbox's own switches: strict JSON in, JSON out. A page of
// another site must not press them in the developer's browser.
func control[In any](s *Server, mux *http.ServeMux, pattern string, do func(*http.Request, In) (any, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
			s.refuseControl(w, badControl(http.StatusForbidden, "FORBIDDEN", "controls cannot be used from another site"))
			return
		}
		var in In
		if refusal := decodeControl(r, &in); refusal != nil {
			s.refuseControl(w, refusal)
			return
		}
		out, err := do(r, in)
		if err != nil {
			s.refuseControl(w, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, http.StatusOK, out)
	})
}

// decodeControl takes an absent body for an empty object.
func decodeControl(r *http.Request, in any) *Refusal {
	if err := strict.Decode(io.LimitReader(r.Body, maxBody), in); err != nil {
		return badControl(http.StatusBadRequest, "INVALID", "%s", err.Error())
	}
	return nil
}

func (s *Server) refuseControl(w http.ResponseWriter, err error) {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		s.log.Error("sandbox control failed", "error", err)
		refusal = badControl(http.StatusInternalServerError, "INTERNAL", "%s", err.Error())
	}
	writeJSON(w, refusal.Status, refusal)
}
