package expressgw

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"galleria/payments/sandbox/internal/strict"
)

// RefusedError is a control that cannot be done.
type RefusedError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error implements error.
func (r *RefusedError) Error() string { return r.Code + ": " + r.Message }

func badControl(format string, args ...any) error {
	return &RefusedError{"INVALID", fmt.Sprintf(format, args...)}
}

var (
	customerForm = regexp.MustCompile(`^[0-9A-Za-z]{8,64}$`)
	keyForm      = regexp.MustCompile(`^[0-9A-Za-z]{6,64}$`)
)

// AddAccount opens an account. Repeating it replaces the key.
func (g *Gateway) AddAccount(a Account) error {
	if !customerForm.MatchString(a.Customer) || !keyForm.MatchString(a.Key) {
		return badControl("customer has 8 to 64 letters and digits, key 6 to 64")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.commit(entry{Account: &a})
}

type nothing struct{}

type abortInput struct {
	Company string `json:"company"`
	Number  string `json:"number"`
	Message string `json:"message"`
}

func (g *Gateway) routeControls(mux *http.ServeMux) {
	const base = "/_control/kuaidi100/"
	control(mux, "POST "+base+"accounts", func(in Account) (any, error) {
		return map[string]string{"customer": in.Customer}, g.AddAccount(in)
	})
	control(mux, "POST "+base+"scans", func(in Scan) (any, error) { return in, g.Scan(in) })
	control(mux, "POST "+base+"abort", func(in abortInput) (any, error) {
		return in, g.Abort(in.Company, in.Number, in.Message)
	})
	control(mux, "GET "+base+"books", func(nothing) (any, error) { return g.Books(), nil })
	control(mux, "POST "+base+"faults", func(in Fault) (any, error) { return map[string]bool{"armed": true}, g.Arm(in) })
	control(mux, "DELETE "+base+"faults", func(nothing) (any, error) {
		g.Disarm()
		return map[string]bool{"armed": false}, nil
	})
}

// control serves one switch: strict JSON in, JSON out. A page of another site must not press
// them in the developer's browser.
func control[In any](mux *http.ServeMux, pattern string, do func(In) (any, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
			writeJSON(w, http.StatusForbidden, &RefusedError{"FORBIDDEN", "controls cannot be used from another site"})
			return
		}
		var in In
		err := strict.Decode(io.LimitReader(r.Body, maxBody), &in)
		var out any
		if err == nil {
			out, err = do(in)
		}
		if err != nil {
			refused := (*RefusedError)(nil)
			if !errors.As(err, &refused) {
				refused = &RefusedError{"INVALID", err.Error()}
			}
			writeJSON(w, http.StatusBadRequest, refused)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, http.StatusOK, out)
	})
}
