package miniprogram

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"galleria/tenant"
)

const (
	tokenMargin  = 5 * time.Minute // in its last minutes the provider renews a token
	tokenMinimum = 5 * time.Second // stable_token may hand out a token with just the margin left
	maxTokens    = 10_000
)

// broker keeps the access token of each app.
type broker struct {
	now   func() time.Time
	group singleflight.Group

	mu     sync.Mutex
	tokens map[string]accessToken
}

type accessToken struct {
	value string
	until time.Time
}

func newBroker(now func() time.Time) *broker {
	return &broker{now: now, tokens: make(map[string]accessToken)}
}

func tokenKey(id tenant.ID, app tenant.AppID) string { return id.String() + "/" + app.String() }

// get returns the token of key, fetching it once for all who wait.
func (b *broker) get(ctx context.Context, key string, fetch func(context.Context) (value string, life time.Duration, err error)) (string, error) {
	b.mu.Lock()
	t, ok := b.tokens[key]
	b.mu.Unlock()
	if ok && b.now().Before(t.until) {
		return t.value, nil
	}
	// The call must not die with the first of those who wait for it.
	v, err, _ := b.group.Do(key, func() (any, error) {
		value, life, err := fetch(context.WithoutCancel(ctx))
		if err != nil {
			return "", err
		}
		b.put(key, accessToken{value: value, until: b.now().Add(max(life-tokenMargin, tokenMinimum))})
		return value, nil
	})
	if err != nil {
		return "", err
	}
	return v.(string), nil //nolint:forcetypeassert // the function above returns nothing else
}

func (b *broker) put(key string, t accessToken) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.tokens) >= maxTokens {
		clear(b.tokens)
	}
	b.tokens[key] = t
}

// drop forgets a token that failed, unless another caller has replaced it already.
func (b *broker) drop(key, failed string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tokens[key].value == failed {
		delete(b.tokens, key)
	}
}

func (b *broker) forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.tokens, key)
}

// withToken does a business call, and does it once more with a fresh token if the
// first was refused for its token.
func (s *Service) withToken(ctx context.Context, id tenant.ID, cred credential, app tenant.AppID, r request, out any) error {
	key := tokenKey(id, app)
	for attempt := 1; ; attempt++ {
		token, err := s.tokens.get(ctx, key, func(ctx context.Context) (string, time.Duration, error) { return s.fetchToken(ctx, cred) })
		if err != nil {
			return meaning(err)
		}
		r.query = url.Values{"access_token": {token}}
		r.secrets = []string{token, cred.secret}
		err = s.call(ctx, r, out)
		var refusal *RefusalError
		if attempt == 1 && errors.As(err, &refusal) && classOf(refusal.Code) == classToken {
			s.tokens.drop(key, token)
			continue
		}
		return meaning(err)
	}
}

func (s *Service) fetchToken(ctx context.Context, cred credential) (string, time.Duration, error) {
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"` // seconds
	}
	err := s.call(ctx, request{
		api: "stable_token", method: http.MethodPost, base: cred.base, path: "/cgi-bin/stable_token",
		body: map[string]any{
			"grant_type": "client_credential", "appid": cred.appID, "secret": cred.secret, "force_refresh": false,
		},
		secrets: []string{cred.secret},
	}, &answer)
	if err != nil {
		return "", 0, err
	}
	if answer.AccessToken == "" || answer.ExpiresIn <= 0 {
		return "", 0, ErrBadResponse.Because(errors.New("stable_token: no token in the answer"))
	}
	return answer.AccessToken, time.Duration(answer.ExpiresIn) * time.Second, nil
}
