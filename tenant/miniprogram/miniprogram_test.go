package miniprogram_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/egress"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

const template = "TPL0123456789012345678901234567890123456789"

// stage is a shop with one Mini Program, and the provider it is registered with.
type stage struct {
	env      *tenanttest.Env
	app      tenant.App
	secret   string
	provider *sandbox.Server
	url      string
	calls    *counter
	service  *miniprogram.Service
}

// counter counts the calls that reach the provider, by path.
type counter struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *counter) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.seen[r.URL.Path]++
		c.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

func (c *counter) of(path string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[path]
}

func setUp(t *testing.T) *stage {
	t.Helper()
	env := tenanttest.New(t)
	s := &stage{env: env, app: env.App(t, env.Tenant), calls: &counter{seen: map[string]int{}}}
	var err error
	if s.provider, err = sandbox.Open(sandbox.Config{Now: env.Clock().Now}); err != nil {
		t.Fatalf("open sandbox: %v", err)
	}
	t.Cleanup(func() { _ = s.provider.Close() })
	server := httptest.NewServer(s.calls.wrap(s.provider.Handler()))
	t.Cleanup(server.Close)
	s.url = server.URL
	app, err := s.provider.AddApp(sandbox.AppInput{AppID: s.app.ID.String()})
	if err != nil {
		t.Fatalf("register app: %v", err)
	}
	s.secret = app.Secret
	s.service = miniprogram.New(miniprogram.Deps{DB: env.DB, Vault: env.Vault, Now: env.Clock().Now, SandboxBase: egress.Only(s.url), Plans: env.Plans})
	s.put(t, s.secret)
	return s
}

func (s *stage) put(t *testing.T, secret string) {
	t.Helper()
	err := s.service.PutCredential(t.Context(), s.env.Tenant.ID, miniprogram.CredentialInput{
		AppID: s.app.ID, Provider: tenant.WeChat, Secret: vault.NewSecret([]byte(secret)), APIBase: s.url,
	})
	if err != nil {
		t.Fatalf("put credential: %v", err)
	}
}

func (s *stage) code(t *testing.T, buyer string) string {
	t.Helper()
	code, err := s.provider.Login(s.app.ID.String(), buyer)
	if err != nil {
		t.Fatalf("wx.login: %v", err)
	}
	return code
}

func (s *stage) arm(t *testing.T, f sandbox.Fault) {
	t.Helper()
	if err := s.provider.Arm(f); err != nil {
		t.Fatalf("arm %+v: %v", f, err)
	}
}

func TestT012LoginCodeIsRedeemedOnceAndOnlyByItsApp(t *testing.T) {
	t.Parallel()
	s := setUp(t)
	redeem := func(code string) (miniprogram.Session, error) {
		return s.service.Login(t.Context(), s.env.Tenant.ID, s.app.ID, code)
	}
	code := s.code(t, "alice")
	session, err := redeem(code)
	if err != nil || session.OpenID != sandbox.OpenID(s.app.ID.String(), "alice") {
		t.Fatalf("first redemption = %+v, %v", session, err)
	}
	other := s.env.App(t, s.env.Tenant)
	if _, err := s.provider.AddApp(sandbox.AppInput{AppID: other.ID.String()}); err != nil {
		t.Fatal(err)
	}
	foreign, err := s.provider.Login(other.ID.String(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	refused := map[string]string{"used": code, "of another app": foreign, "garbage": "0garbage"}
	for name, code := range refused {
		if _, err := redeem(code); !errors.Is(err, miniprogram.ErrCode) {
			t.Errorf("code %s: got %v, want WX_CODE_INVALID", name, err)
		}
	}
	for _, code := range []string{"", "a b", "a\x00b", strings.Repeat("a", 300), "登录"} {
		if _, err := redeem(code); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("code %.10q: got %v, want VALIDATION", code, err)
		}
	}
}

func TestT012ProviderErrorsHaveTheirMeaning(t *testing.T) {
	t.Parallel()
	s := setUp(t)
	for _, c := range []struct {
		name  string
		fault sandbox.Fault
		want  *fault.Error
		kind  fault.Kind
	}{
		{"busy", sandbox.Fault{Mode: sandbox.ModeError, Value: "-1"}, miniprogram.ErrProviderBusy, fault.Unavailable},
		{"minute quota", sandbox.Fault{Mode: sandbox.ModeError, Value: "45011"}, miniprogram.ErrThrottled, fault.Throttled},
		{"risky buyer", sandbox.Fault{Mode: sandbox.ModeError, Value: "40226"}, miniprogram.ErrBlocked, fault.Forbidden},
		{"expired code", sandbox.Fault{Mode: sandbox.ModeError, Value: "40029"}, miniprogram.ErrCode, fault.Unauthenticated},
		{"http 500", sandbox.Fault{Mode: sandbox.ModeHTTP500}, miniprogram.ErrProviderBusy, fault.Unavailable},
		{"dropped", sandbox.Fault{Mode: sandbox.ModeDrop, Count: 2}, miniprogram.ErrProviderBusy, fault.Unavailable},
		{"not JSON", sandbox.Fault{Mode: sandbox.ModeGarbage}, miniprogram.ErrBadResponse, fault.Upstream},
	} {
		s.provider.Disarm()
		c.fault.Target = sandbox.TargetLogin
		s.arm(t, c.fault)
		_, err := s.service.Login(t.Context(), s.env.Tenant.ID, s.app.ID, s.code(t, "bob"))
		if !errors.Is(err, c.want) || fault.KindOf(err) != c.kind {
			t.Errorf("%s: got %v of kind %d, want %v", c.name, err, fault.KindOf(err), c.want)
		}
	}
}

func TestErrorsCarryNoSecret(t *testing.T) {
	t.Parallel()
	s := setUp(t)
	const wrong = "ffffffffffffffffffffffffffffffff"
	s.put(t, wrong)
	_, err := s.service.Login(t.Context(), s.env.Tenant.ID, s.app.ID, s.code(t, "alice"))
	if !errors.Is(err, miniprogram.ErrConfiguration) {
		t.Fatalf("wrong secret: %v, want APP_MISCONFIGURED", err)
	}
	errs := []error{err}
	s.put(t, s.secret)
	s.arm(t, sandbox.Fault{Target: sandbox.TargetLogin, Mode: sandbox.ModeDrop})
	_, err = s.service.Login(t.Context(), s.env.Tenant.ID, s.app.ID, s.code(t, "alice"))
	errs = append(errs, err)
	for _, err := range errs {
		text := fmt.Sprintf("%v %+v %q", err, err, err)
		for _, hidden := range []string{wrong, s.secret, s.url, "secret=", "js_code"} {
			if strings.Contains(text, hidden) {
				t.Errorf("error %q shows %q", text, hidden)
			}
		}
	}
	list, err := s.service.Apps(t.Context(), s.env.Tenant.ID)
	if err != nil || len(list) != 1 || list[0].KeyEnds != s.secret[len(s.secret)-4:] {
		t.Errorf("apps = %+v, %v; want one, known by its last four characters", list, err)
	}
}

func TestTokenIsFetchedOnceAndRenewedOnceWhenRefused(t *testing.T) {
	t.Parallel()
	s := setUp(t)
	s.allow(t, "carol", 40)
	send := func() error {
		_, err := s.service.SendSubscribeMessage(t.Context(), s.env.Tenant.ID, s.app.ID, miniprogram.Message{
			OpenID: sandbox.OpenID(s.app.ID.String(), "carol"), TemplateID: template, Page: "pages/order/show",
			Data: map[string]string{"thing1": "您的订单已支付"},
		})
		return err
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := send(); err != nil {
				t.Errorf("send: %v", err)
			}
		})
	}
	wg.Wait()
	if n := s.calls.of("/cgi-bin/stable_token"); n != 1 {
		t.Errorf("16 parallel messages fetched %d tokens, want 1", n)
	}
	s.arm(t, sandbox.Fault{Target: sandbox.TargetMessage, Mode: sandbox.ModeError, Value: "42001"})
	if err := send(); err != nil {
		t.Errorf("send after one expired token: %v", err)
	}
	if n := s.calls.of("/cgi-bin/stable_token"); n != 2 {
		t.Errorf("%d tokens after one was refused, want 2", n)
	}
	s.arm(t, sandbox.Fault{Target: sandbox.TargetMessage, Mode: sandbox.ModeError, Value: "40001", Count: 10})
	before := s.calls.of("/cgi-bin/message/subscribe/send")
	if err := send(); !errors.Is(err, miniprogram.ErrConfiguration) || !miniprogram.NotSent(err) {
		t.Errorf("token refused for good: %v, want APP_MISCONFIGURED", err)
	}
	if n := s.calls.of("/cgi-bin/message/subscribe/send") - before; n != 2 {
		t.Errorf("a refused token was tried %d times, want 2", n)
	}
}

func TestSubscribeMessageOutcomes(t *testing.T) {
	t.Parallel()
	s := setUp(t)
	s.allow(t, "dave", 1)
	message := miniprogram.Message{
		OpenID: sandbox.OpenID(s.app.ID.String(), "dave"), TemplateID: template,
		Data: map[string]string{"thing1": "您的订单已支付"},
	}
	var msgID string
	send := func(m miniprogram.Message) (err error) {
		msgID, err = s.service.SendSubscribeMessage(t.Context(), s.env.Tenant.ID, s.app.ID, m)
		return err
	}
	if err := send(message); err != nil {
		t.Fatalf("send: %v", err)
	}
	if got := s.provider.Books().Messages; len(got) != 1 || got[0].Data["thing1"] != "您的订单已支付" || msgID == "" || got[0].MsgID != msgID {
		t.Errorf("the provider delivered %+v", got)
	}
	if err := send(message); !errors.Is(err, miniprogram.ErrRefused) || !miniprogram.NotSent(err) {
		t.Errorf("without consent: %v, want MESSAGE_REFUSED", err)
	}
	long := message
	long.Data = map[string]string{"thing1": strings.Repeat("长", 21)}
	s.allow(t, "dave", 1)
	if err := send(long); !errors.Is(err, miniprogram.ErrMessage) {
		t.Errorf("a keyword over its limit: %v, want MESSAGE_INVALID", err)
	}
	s.arm(t, sandbox.Fault{Target: sandbox.TargetMessage, Mode: sandbox.ModeCutAfterDoing})
	if err := send(message); err == nil || miniprogram.NotSent(err) {
		t.Errorf("connection cut after sending: %v must not claim that nothing was sent", err)
	}
}

func TestCredentialAddressMustBeAnOriginThatHidesTheSecret(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	app := env.App(t, env.Tenant)
	service := miniprogram.New(miniprogram.Deps{DB: env.DB, Vault: env.Vault, Now: env.Clock().Now, SandboxBase: egress.Only("http://127.0.0.1:9")})
	put := func(base string) error {
		return service.PutCredential(t.Context(), env.Tenant.ID, miniprogram.CredentialInput{
			AppID: app.ID, Provider: tenant.WeChat, Secret: vault.NewSecret([]byte("0123456789abcdef0123456789abcdef")), APIBase: base,
		})
	}
	for _, base := range []string{
		"http://api.weixin.qq.com", "https://u:p@host", "https://host/path", "ftp://127.0.0.1", "nonsense", "https://host?x=1",
		"https://evil.example.com", "https://api.weixin.qq.com.evil.example.com", "https://api.weixin.qq.com:8443", "https://x.api.weixin.qq.com", "http://127.0.0.1:10", "https://127.0.0.1:9",
	} {
		if err := put(base); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("api_base %q: %v, want VALIDATION", base, err)
		}
	}
	for _, base := range []string{"", "https://api.weixin.qq.com", "https://api2.weixin.qq.com", "https://sh.api.weixin.qq.com", "http://127.0.0.1:9"} {
		if err := put(base); err != nil {
			t.Errorf("api_base %q: %v", base, err)
		}
	}
	_, err := service.Login(t.Context(), env.Tenant.ID, app.ID, "0code")
	if !errors.Is(err, miniprogram.ErrProviderBusy) || !miniprogram.NotSent(err) {
		t.Errorf("nobody listens: %v, want UNAVAILABLE and certainly not done", err)
	}
	stranger := env.App(t, env.Tenant)
	if _, err := service.Login(t.Context(), env.Tenant.ID, stranger.ID, "0code"); !errors.Is(err, miniprogram.ErrNoCredential) {
		t.Errorf("app without a secret: %v, want APP_MISCONFIGURED", err)
	}
}

// Every code that the provider documents for messages has its ruling. Each is really answered.
func TestRulingOnEveryCode(t *testing.T) {
	t.Parallel()
	s := setUp(t)
	for ruling, codes := range map[miniprogram.Ruling][]string{
		miniprogram.Later:         {"-1", "45009", "45011", "45029", "44990"},
		miniprogram.ConsentGone:   {"43101", "43107", "43108"},
		miniprogram.TemplateWrong: {"40037", "41030", "47003"},
		miniprogram.SetupWrong:    {"40001", "40014", "42001", "41001", "40013", "40125", "40164", "40243", "48001", "48004", "61003", "61004", "61007"},
		miniprogram.Drop:          {"40003", "40097", "40226", "43002", "43104", "44002", "45015", "45047", "47001", "50002", "61010", "99999"},
	} {
		for _, code := range codes {
			s.arm(t, sandbox.Fault{Target: sandbox.TargetMessage, Mode: sandbox.ModeError, Value: code, Count: 2})
			_, err := s.service.SendSubscribeMessage(t.Context(), s.env.Tenant.ID, s.app.ID, miniprogram.Message{OpenID: "o", TemplateID: template})
			if got, said := miniprogram.Judge(err); got != ruling || said != code {
				t.Errorf("%s: %d %q (%v), want %d", code, got, said, err, ruling)
			}
			s.provider.Disarm()
		}
	}
	for mode, want := range map[string]miniprogram.Ruling{sandbox.ModeCutAfterDoing: miniprogram.Drop, sandbox.ModeHTTP500: miniprogram.Drop, sandbox.ModeGarbage: miniprogram.Drop} {
		s.arm(t, sandbox.Fault{Target: sandbox.TargetMessage, Mode: mode})
		s.allow(t, "erin", 1)
		_, err := s.service.SendSubscribeMessage(t.Context(), s.env.Tenant.ID, s.app.ID, miniprogram.Message{
			OpenID: sandbox.OpenID(s.app.ID.String(), "erin"), TemplateID: template, Data: map[string]string{"thing1": "x"},
		})
		if got, code := miniprogram.Judge(err); err == nil || got != want || code != "" {
			t.Errorf("%s: %d %q (%v)", mode, got, code, err)
		}
	}
	if got, _ := miniprogram.Judge(miniprogram.ErrNoCredential); got != miniprogram.SetupWrong {
		t.Errorf("without keys: %d", got)
	}
}

// allow registers the template and lets the buyer accept it n times.
func (s *stage) allow(t *testing.T, buyer string, n int) {
	t.Helper()
	if _, err := s.provider.AddTemplate(sandbox.Template{AppID: s.app.ID.String(), TemplateID: template, Keywords: []string{"thing1"}}); err != nil {
		t.Fatalf("add template: %v", err)
	}
	for range n {
		if _, err := s.provider.Subscribe(sandbox.SubscribeInput{AppID: s.app.ID.String(), Buyer: buyer, TemplateID: template, Accept: true}); err != nil {
			t.Fatalf("subscribe: %v", err)
		}
	}
}
