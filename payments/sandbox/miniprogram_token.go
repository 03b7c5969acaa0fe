package sandbox

import (
	"net/http"
	"time"
)

// token is an access_token of an app.
type token struct {
	Value     string    `json:"value"`
	AppID     string    `json:"app_id"`
	MadeAt    time.Time `json:"made_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Forced    bool      `json:"forced,omitempty"`
	Revoked   bool      `json:"revoked,omitempty"`
}

const (
	tokenLife       = 2 * time.Hour
	tokenRenewal    = 5 * time.Minute // the last minutes in which a new token is given out and both work
	forceSpacing    = 30 * time.Second
	forcePerDay     = 20
	accessTokenSize = 136
)

type tokenBody struct {
	GrantType    string `json:"grant_type"`
	AppID        string `json:"appid"`
	Secret       string `json:"secret"`
	ForceRefresh bool   `json:"force_refresh"`
}

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
}

// stableToken is POST /cgi-bin/stable_token: the same token while it is good.
func (s *Server) stableToken(r *http.Request, body []byte) (any, error) {
	fields := []field{
		{name: "grant_type", kind: kindString},
		{name: "appid", kind: kindString},
		{name: "secret", kind: kindString},
		{name: "force_refresh", kind: kindBool},
	}
	var in tokenBody
	if !isJSON(r) {
		return nil, miniRefusal(47001, "data format error: Content-Type is not JSON")
	}
	if err := decodeMini(body, fields, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.GrantType != "client_credential" {
		return nil, miniRefusal(40002)
	}
	if err := s.checkApp(in.AppID, in.Secret); err != nil {
		return nil, err
	}
	now := s.now()
	old, ok := s.books.tokens[s.books.currentToken[in.AppID]]
	if ok && !in.ForceRefresh && old.ExpiresAt.Sub(now) >= tokenRenewal {
		return tokenAnswer{AccessToken: old.Value, ExpiresIn: int64(old.ExpiresAt.Sub(now) / time.Second)}, nil
	}
	if in.ForceRefresh {
		if err := s.force(in.AppID, now); err != nil {
			return nil, err
		}
	}
	t := token{
		Value: "9" + s.letters(accessTokenSize-1), AppID: in.AppID, MadeAt: now.UTC(),
		ExpiresAt: now.Add(tokenLife).UTC(), Forced: in.ForceRefresh, Revoked: false,
	}
	if err := s.commit(entry{Token: &t}); err != nil {
		return nil, err
	}
	return tokenAnswer{AccessToken: t.Value, ExpiresIn: int64(tokenLife / time.Second)}, nil
}

// force checks the limits of force_refresh and ends the tokens that are out.
// s.mu must be held.
func (s *Server) force(appID string, now time.Time) error {
	today := 0
	for _, t := range s.books.tokens {
		if t.AppID != appID || !t.Forced || now.Sub(t.MadeAt) >= 24*time.Hour {
			continue
		}
		if today++; now.Sub(t.MadeAt) < forceSpacing {
			return miniRefusal(45011)
		}
	}
	if today >= forcePerDay {
		return miniRefusal(45009)
	}
	for _, t := range s.books.tokens {
		if t.AppID == appID && !t.Revoked && t.ExpiresAt.After(now) {
			t.Revoked = true
			if err := s.commit(entry{Token: &t}); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkToken returns the app that a request's access_token speaks for. s.mu must be held.
func (s *Server) checkToken(r *http.Request) (App, error) {
	value := r.URL.Query().Get("access_token")
	if value == "" {
		return App{}, miniRefusal(41001)
	}
	t, ok := s.books.tokens[value]
	if !ok || t.Revoked {
		return App{}, miniRefusal(40001)
	}
	if !s.now().Before(t.ExpiresAt) {
		return App{}, miniRefusal(42001)
	}
	return s.books.apps[t.AppID], nil
}

// appOfToken names the app for fault matching; "" when the token is unknown.
func (s *Server) appOfToken(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.books.tokens[r.URL.Query().Get("access_token")].AppID
}
