package miniprogram

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/egress"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram/internal/miniprogramdb"
	"galleria/tenant/plan"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Deps is what the service stands on.
type Deps struct {
	DB    *tenantdb.DB
	Vault *vault.Vault
	Now   func() time.Time
	// SandboxBase says which address besides the provider's an app may be served by, when
	// its credential is stored and whenever it is used; nil allows none.
	SandboxBase func(base string) bool
	// Plans says whether the shop may have several apps; only Add asks.
	Plans Plans
}

// Plans knows what a shop has paid for; *plan.Service is one.
type Plans interface {
	Need(ctx context.Context, id tenant.ID, f plan.Feature) error
}

// Service is the client of the Mini Program server API for all tenants. Safe for
// concurrent use.
type Service struct {
	db       *tenantdb.DB
	vault    *vault.Vault
	q        *miniprogramdb.Queries
	audit    *audit.Log
	registry *registry.Service
	plans    Plans
	http     *http.Client
	tokens   *broker
	now      func() time.Time
	// outside fetches from addresses that a provider's answer names.
	outside func(ctx context.Context, r egress.Request) (egress.Response, error)
	// mayTalkTo is Deps.SandboxBase.
	mayTalkTo func(base string) bool
}

// callTimeout bounds one call: the buyer waits in front of a spinner.
const callTimeout = 5 * time.Second

// New returns the client.
func New(d Deps) *Service {
	return &Service{
		db: d.DB, vault: d.Vault, q: miniprogramdb.New(), audit: audit.New(d.DB), registry: registry.New(d.DB), plans: d.Plans,
		tokens: newBroker(d.Now), now: d.Now, mayTalkTo: d.SandboxBase, outside: egress.New().Do,
		http: &http.Client{
			Timeout:       callTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute},
		},
	}
}

// Session is who is behind a login code. session_key stays with the provider.
type Session struct {
	OpenID  string // WeChat: openid; Alipay: open_id, or user_id with apps from before there was one
	UnionID string // empty unless the app belongs to an open-platform account
}

// Login redeems the code of wx.login or my.getAuthCode, whichever the app's provider has.
// Codes are used once: after an error of unknown outcome the client fetches another. Faults:
// WX_CODE_INVALID, LOGIN_BLOCKED, RATE_LIMITED, UNAVAILABLE, PROVIDER_TIMEOUT,
// PROVIDER_BAD_RESPONSE, APP_MISCONFIGURED.
func (s *Service) Login(ctx context.Context, id tenant.ID, app tenant.AppID, code string) (Session, error) {
	if code == "" || len(code) > 256 || strings.ContainsFunc(code, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Session{}, fault.Invalidf("code", "is not a code of wx.login or my.getAuthCode")
	}
	cred, err := s.open(ctx, id, app)
	if err != nil {
		return Session{}, err
	}
	if cred.provider == tenant.Alipay {
		return s.oauthToken(ctx, cred, code)
	}
	return s.code2Session(ctx, cred, code)
}

func (s *Service) code2Session(ctx context.Context, cred credential, code string) (Session, error) {
	var answer struct {
		OpenID  string `json:"openid"`
		UnionID string `json:"unionid"`
	}
	err := s.call(ctx, request{
		api: "jscode2session", method: http.MethodGet, base: cred.base, path: "/sns/jscode2session",
		query:   url.Values{"appid": {cred.appID}, "secret": {cred.secret}, "js_code": {code}, "grant_type": {"authorization_code"}},
		secrets: []string{cred.secret, code},
	}, &answer)
	if err != nil {
		return Session{}, meaning(err)
	}
	if answer.OpenID == "" || len(answer.OpenID) > 128 {
		return Session{}, ErrBadResponse.Because(errors.New("jscode2session: no openid in the answer"))
	}
	return Session{OpenID: answer.OpenID, UnionID: answer.UnionID}, nil
}

// meaning turns a refusal into its fault and leaves other errors alone.
func meaning(err error) error {
	if refusal, ok := errors.AsType[*RefusalError](err); ok {
		return faultOf(refusal)
	}
	return err
}
