package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// miniError is an errcode of api.weixin.qq.com; it travels with HTTP 200.
type miniError struct {
	Code    int
	Message string
}

// Error implements error.
func (e *miniError) Error() string { return fmt.Sprintf("errcode %d: %s", e.Code, e.Message) }

func miniRefusal(code int, text ...string) *miniError {
	message := miniCodes()[code]
	if len(text) > 0 {
		message = text[0]
	}
	return &miniError{Code: code, Message: message}
}

func miniCodes() map[int]string {
	return map[int]string{
		-1: "system error", 40001: "invalid credential, access_token is invalid or not latest",
		40002: "invalid grant_type", 40003: "invalid openid", 40013: "invalid appid", 40029: "invalid code",
		40037: "invalid template_id", 40097: "invalid args", 40125: "invalid appsecret", 40163: "code been used",
		40226: "code blocked", 41001: "access_token missing", 41002: "appid missing", 41004: "appsecret missing",
		41008: "missing code", 41030: "invalid page", 42001: "access_token expired",
		43001: "require GET method", 43002: "require POST method", 43101: "user refuse to accept the msg",
		44002: "empty post data", 45009: "reach max api daily quota limit", 45011: "api minute-quota reach limit, must slower, retry next minute",
		47001: "data format error", 47003: "argument invalid!", 48001: "api unauthorized",
	}
}

// code is what wx.login or a phone button leaves behind: single use, five minutes.
type code struct {
	Code   string    `json:"code"`
	Kind   string    `json:"kind"`
	AppID  string    `json:"app_id"`
	OpenID string    `json:"openid"`
	Phone  string    `json:"phone,omitempty"`
	MadeAt time.Time `json:"made_at"`
	UsedAt time.Time `json:"used_at,omitzero"`
}

const (
	codeLogin      = "login"
	codePhone      = "phone"
	codeLife       = 5 * time.Minute
	loginPerMinute = 100
)

type miniHandler func(r *http.Request, body []byte) (any, error)

func (s *Server) routeMiniProgram(mux *http.ServeMux) {
	mux.HandleFunc("/sns/jscode2session", s.mini(http.MethodGet, TargetLogin, s.codeToSession))
}

// mini wraps a handler with the method check, armed faults and errcode answers.
func (s *Server) mini(method, target string, handle miniHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			s.refuseMini(w, r, miniRefusal(map[string]int{http.MethodGet: 43001, http.MethodPost: 43002}[method]))
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			s.refuseMini(w, r, miniRefusal(44002))
			return
		}
		f := s.takeFault(target, r.URL.Query().Get("appid"), s.appOfToken(r))
		if refusal := s.faultBefore(r.Context(), f, miniFault); refusal != nil {
			s.playMiniFault(w, r, refusal)
			return
		}
		answer, err := handle(r, body)
		if err != nil {
			s.refuseMini(w, r, err)
			return
		}
		switch {
		case f.is(ModeCutAfterDoing):
			panic(http.ErrAbortHandler)
		case f.is(ModeGarbage):
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><body>502 Bad Gateway</body></html>")
		default:
			writeJSON(w, http.StatusOK, answer)
		}
	}
}

// miniFault maps an armed failure: a number is an errcode, anything else a bare HTTP 500.
func miniFault(code string, _ ...string) *Refusal {
	if _, err := strconv.Atoi(code); err == nil {
		return &Refusal{Status: http.StatusOK, Code: code, Message: "", Detail: nil}
	}
	return &Refusal{Status: http.StatusInternalServerError, Code: code, Message: "", Detail: nil}
}

func (s *Server) playMiniFault(w http.ResponseWriter, r *http.Request, refusal *Refusal) {
	switch {
	case refusal.Code == codeDropped:
		panic(http.ErrAbortHandler)
	case refusal.Status != http.StatusOK:
		http.Error(w, "internal error", refusal.Status)
	default:
		n, _ := strconv.Atoi(refusal.Code)
		s.refuseMini(w, r, miniRefusal(n))
	}
}

func (s *Server) refuseMini(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *miniError
	if !errors.As(err, &refusal) {
		s.log.Error("sandbox failed", "error", err)
		refusal = miniRefusal(-1)
	}
	s.log.Info("sandbox refused a call", "method", r.Method, "path", r.URL.Path, "code", refusal.Code, "reason", refusal.Message)
	rid := s.hexLower(8) + "-" + s.hexLower(8) + "-" + s.hexLower(8)
	writeJSON(w, http.StatusOK, map[string]any{"errcode": refusal.Code, "errmsg": refusal.Message + ", rid: " + rid})
}

// isJSON tells whether the request says that its body is JSON.
func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// decodeMini reads a strict JSON body into out.
func decodeMini(body []byte, fields []field, out any) error {
	if len(body) == 0 {
		return miniRefusal(44002)
	}
	if refusal := checkBody(body, fields); refusal != nil {
		return miniRefusal(47001, "data format error: "+refusal.Detail.Field+" "+refusal.Detail.Issue)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return miniRefusal(47001)
	}
	return nil
}

// checkApp wants a known app and its secret. s.mu must be held.
func (s *Server) checkApp(appID, secret string) error {
	app, ok := s.books.apps[appID]
	switch {
	case appID == "":
		return miniRefusal(41002)
	case !ok:
		return miniRefusal(40013)
	case secret == "":
		return miniRefusal(41004)
	case secret != app.Secret:
		return miniRefusal(40125)
	}
	return nil
}

// Login is what wx.login does on the phone of a buyer (any name): it returns a code.
// The buyer's openid in the app is always the same.
func (s *Server) Login(appID, buyer string) (string, error) {
	return s.newCode(codeLogin, appID, buyer, "")
}

func (s *Server) newCode(what, appID, buyer, phone string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, openid, err := s.meet(appID, buyer)
	if err != nil {
		return "", err
	}
	value := "0" + s.letters(31)
	e.Code = &code{
		Code: value, Kind: what, AppID: appID, OpenID: openid, Phone: phone,
		MadeAt: s.now().UTC(), UsedAt: time.Time{},
	}
	return value, s.commit(e)
}

// meet returns the buyer's openid and an entry that registers a new one. s.mu must be held.
func (s *Server) meet(appID, buyer string) (entry, string, error) {
	if _, ok := s.books.apps[appID]; !ok {
		return entry{}, "", badControl(http.StatusNotFound, "NOT_FOUND", "no app %q", appID)
	}
	if buyer == "" || len(buyer) > 128 {
		return entry{}, "", badControl(http.StatusBadRequest, "INVALID", "buyer must have 1 to 128 bytes")
	}
	openid := OpenID(appID, buyer)
	if _, known := s.books.buyers[openid]; known {
		return entry{}, openid, nil
	}
	return entry{Buyer: &Buyer{AppID: appID, Name: buyer, OpenID: openid}}, openid, nil
}

type sessionAnswer struct {
	SessionKey string `json:"session_key"`
	OpenID     string `json:"openid"`
}

// codeToSession is GET /sns/jscode2session.
func (s *Server) codeToSession(r *http.Request, _ []byte) (any, error) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkApp(q.Get("appid"), q.Get("secret")); err != nil {
		return nil, err
	}
	if q.Get("js_code") == "" {
		return nil, miniRefusal(41008)
	}
	if q.Get("grant_type") != "authorization_code" {
		return nil, miniRefusal(40002)
	}
	c, err := s.redeem(codeLogin, q.Get("js_code"), q.Get("appid"), 40029)
	if err != nil {
		return nil, err
	}
	sum := s.letters(16)
	return sessionAnswer{SessionKey: base64.StdEncoding.EncodeToString([]byte(sum)), OpenID: c.OpenID}, nil
}

// redeem uses up a code. A code of another app is answered with otherApp. s.mu must be held.
func (s *Server) redeem(what, value, appID string, otherApp int) (code, error) {
	now := s.now()
	c, ok := s.books.codes[value]
	switch {
	case !ok || c.Kind != what || now.Sub(c.MadeAt) > codeLife:
		return code{}, miniRefusal(40029)
	case c.AppID != appID:
		return code{}, miniRefusal(otherApp)
	case !c.UsedAt.IsZero():
		return code{}, miniRefusal(40163)
	}
	recent := slices.DeleteFunc(s.logins[c.OpenID], func(at time.Time) bool { return now.Sub(at) >= time.Minute })
	if len(recent) >= loginPerMinute {
		return code{}, miniRefusal(45011)
	}
	s.logins[c.OpenID] = append(recent, now)
	c.UsedAt = now.UTC()
	return c, s.commit(entry{Code: &c})
}
