package unionpaygw

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"galleria/payments/sandbox/internal/strict"
)

func (g *Gateway) routeControls(mux *http.ServeMux) {
	const base = "/_control/unionpay/"
	control(g, mux, "POST "+base+"merchants", func(_ *http.Request, in MerchantInput) (any, error) { return g.AddMerchant(in) })
	control(g, mux, "POST "+base+"pay", func(_ *http.Request, in PayInput) (any, error) { return g.Pay(in) })
	control(g, mux, "POST "+base+"notify/resend", func(r *http.Request, in ResendInput) (any, error) { return g.Resend(r.Context(), in) })
	control(g, mux, "GET "+base+"books", func(*http.Request, nothing) (any, error) { return g.Books(), nil })
	control(g, mux, "GET "+base+"faults", func(*http.Request, nothing) (any, error) { return g.Armed(), nil })
	control(g, mux, "POST "+base+"faults", func(_ *http.Request, in Fault) (any, error) {
		return map[string]bool{"armed": true}, g.Arm(in)
	})
	control(g, mux, "DELETE "+base+"faults", func(_ *http.Request, _ nothing) (any, error) {
		g.Disarm()
		return map[string]bool{"armed": false}, nil
	})
}

type nothing struct{}

// control serves one of the gateway's own switches: strict JSON in, JSON out. A page of
// another site must not press them in the developer's browser.
func control[In any](g *Gateway, mux *http.ServeMux, pattern string, do func(*http.Request, In) (any, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
			g.refuseControl(w, badControl(http.StatusForbidden, "FORBIDDEN", "controls cannot be used from another site"))
			return
		}
		var in In
		if err := decodeControl(r, &in); err != nil {
			g.refuseControl(w, badControl(http.StatusBadRequest, "INVALID", "%s", err.Error()))
			return
		}
		out, err := do(r, in)
		if err != nil {
			g.refuseControl(w, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, http.StatusOK, out)
	})
}

// decodeControl takes an absent body for an empty object.
func decodeControl(r *http.Request, in any) error {
	return strict.Decode(io.LimitReader(r.Body, maxBody), in)
}

func (g *Gateway) refuseControl(w http.ResponseWriter, err error) {
	var refused *Refused
	if !errors.As(err, &refused) {
		g.log.Error("unionpay control failed", "error", err)
		refused = badControl(http.StatusInternalServerError, "INTERNAL", "%s", err.Error())
	}
	writeJSON(w, refused.Status, refused)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
