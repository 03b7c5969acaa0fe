package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"
)

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
	mux.HandleFunc("/cgi-bin/stable_token", s.mini(http.MethodPost, TargetToken, s.stableToken))
	mux.HandleFunc("/cgi-bin/message/subscribe/send", s.mini(http.MethodPost, TargetMessage, s.sendMessage))
	mux.HandleFunc("/wxa/business/getuserphonenumber", s.mini(http.MethodPost, TargetPhone, s.phoneNumber))
	mux.HandleFunc("/wxa/sec/order/upload_shipping_info", s.mini(http.MethodPost, TargetShipping, s.uploadShipping))
	mux.HandleFunc("/wxa/sec/order/get_order", s.mini(http.MethodPost, TargetShippingLook, s.shippingHeld))
	mux.HandleFunc("/wxa/media_check_async", s.mini(http.MethodPost, TargetMedia, s.checkMedia))
	mux.HandleFunc("/wxa/getwxacodeunlimit", s.mini(http.MethodPost, TargetCode, s.unlimitedCode))
	mux.HandleFunc("/wxa/msg_sec_check", s.mini(http.MethodPost, TargetContent, s.checkText))
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
		f := s.faults.Take(target, r.URL.Query().Get("appid"), s.appOfToken(r), appInBody(body))
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
		case f.Is(ModeCutAfterDoing):
			panic(http.ErrAbortHandler)
		case f.Is(ModeGarbage):
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><body>502 Bad Gateway</body></html>")
		default:
			s.answerMini(w, answer)
		}
	}
}

// answerMini sends JSON, or a picture as it is.
func (s *Server) answerMini(w http.ResponseWriter, answer any) {
	if picture, ok := answer.(codePicture); ok {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(picture)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// appInBody is the appid that a token request names, for fault matching only.
func appInBody(body []byte) string {
	var in struct {
		AppID string `json:"appid"`
	}
	if json.Unmarshal(body, &in) != nil {
		return ""
	}
	return in.AppID
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
		s.log.ErrorContext(r.Context(), "sandbox failed", "error", err)
		refusal = miniRefusal(-1)
	}
	s.log.InfoContext(r.Context(), "sandbox refused a call", "method", r.Method, "path", r.URL.Path, "code", refusal.Code, "reason", refusal.Message)
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
	c, err := s.usable(codeLogin, q.Get("js_code"))
	switch {
	case err != nil:
		return nil, err
	case c.AppID != q.Get("appid"):
		return nil, miniRefusal(40029)
	case !c.UsedAt.IsZero():
		return nil, miniRefusal(40163)
	case !s.mayLogin(c.OpenID):
		return nil, miniRefusal(45011)
	}
	if err := s.useUp(c); err != nil {
		return nil, err
	}
	sum := s.letters(16)
	return sessionAnswer{SessionKey: base64.StdEncoding.EncodeToString([]byte(sum)), OpenID: c.OpenID}, nil
}

// usable finds a code that was given out and is not too old. s.mu must be held.
func (s *Server) usable(what, value string) (code, error) {
	c, ok := s.books.codes[value]
	if !ok || c.Kind != what || s.now().Sub(c.MadeAt) > codeLife {
		return code{}, miniRefusal(40029)
	}
	return c, nil
}

// useUp spends a code. s.mu must be held.
func (s *Server) useUp(c code) error {
	c.UsedAt = s.now().UTC()
	return s.commit(entry{Code: &c})
}

// mayLogin counts a person's logins of the last minute. s.mu must be held.
func (s *Server) mayLogin(openid string) bool {
	now := s.now()
	recent := slices.DeleteFunc(s.logins[openid], func(at time.Time) bool { return now.Sub(at) >= time.Minute })
	if len(recent) >= loginPerMinute {
		return false
	}
	s.logins[openid] = append(recent, now)
	return true
}
