package miniprogram_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/smartwalle/alipay/v3"

	"galleria/payments/sandbox/alipaygw"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/vault"
)

// alipayInput is the sandbox's keys as a merchant pastes them.
func alipayInput(app alipaygw.App) miniprogram.AlipayInput {
	return miniprogram.AlipayInput{
		KeyMode: miniprogram.KeyMode(app.KeyMode), PrivateKey: vault.NewSecret([]byte(app.BareKey)), PublicKey: app.AlipayPublicKey,
		AppCert: app.AppCert, AlipayCert: app.AlipayCert, RootCert: app.RootCert, ContentKey: vault.NewSecret([]byte(app.AESKey)),
	}
}

// alipayBench is a shop with an Alipay app at the sandbox.
type alipayBench struct {
	*bench
	gateway *alipaygw.Gateway
	keys    alipaygw.App
	app     tenant.AppID
}

const alipayAppID = "2021004100000001"

func newAlipay(t *testing.T, in alipaygw.AppInput) *alipayBench {
	t.Helper()
	b := &alipayBench{bench: newBench(t)}
	b.gateway = b.provider.Alipay()
	// The AppID is the installation's: each test has its own.
	in.AppID, in.SellerID = "20"+digits(14), "2088"+digits(12)
	var err error
	if b.keys, err = b.gateway.AddApp(in); err != nil {
		t.Fatal(err)
	}
	b.app = b.add(t, miniprogram.AddInput{
		AppID: in.AppID, Provider: tenant.Alipay, Name: "支付宝店", Mode: miniprogram.Sandbox, APIBase: b.url,
		Keys: miniprogram.KeysInput{Alipay: alipayInput(b.keys)},
	})
	return b
}

func digits(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw)
	for i := range raw {
		raw[i] = '0' + raw[i]%10
	}
	return string(raw)
}

func (b *alipayBench) login(t *testing.T, buyer string) (miniprogram.Session, error) {
	t.Helper()
	code, err := b.gateway.Login(b.keys.AppID, buyer)
	if err != nil {
		t.Fatal(err)
	}
	return b.service.Login(t.Context(), b.env.Tenant.ID, b.app, code)
}

// T012 at Alipay: a code of my.getAuthCode is good once and only in its app, in both modes of
// keys, and names the buyer as the app knows them.
func TestT012AlipayLogin(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]alipaygw.AppInput{
		"public key":          {KeyMode: "public_key"},
		"certificates":        {KeyMode: "certificate"},
		"app before open_ids": {KeyMode: "public_key", IDType: "user_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newAlipay(t, in)
			shop := b.env.Tenant.ID
			first, err := b.login(t, "小满")
			want := alipaygw.OpenID(b.keys.AppID, "小满")
			if in.IDType == "user_id" {
				want = alipaygw.UserID("小满")
			}
			if err != nil || first.OpenID != want {
				t.Fatalf("login: %+v, %v; want %s", first, err, want)
			}
			if again, err := b.login(t, "小满"); err != nil || again != first {
				t.Errorf("the same buyer again: %+v, %v", again, err)
			}
			code, err := b.gateway.Login(b.keys.AppID, "老周")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.service.Login(t.Context(), shop, b.app, code); err != nil {
				t.Error(err)
			}
			for what, bad := range map[string]string{"used": code, "garbage": "0123456789abcdef"} {
				_, err := b.service.Login(t.Context(), shop, b.app, bad)
				if !errors.Is(err, miniprogram.ErrCode) {
					t.Errorf("%s code: %v, want WX_CODE_INVALID", what, err)
				}
				if err != nil && strings.Contains(err.Error(), bad) {
					t.Errorf("the error shows the code: %v", err)
				}
			}
		})
	}
}

func TestCheckOfAlipayKeys(t *testing.T) {
	t.Parallel()
	_, foreign := rsaPair(t)
	for name, c := range map[string]struct {
		in     alipaygw.AppInput
		change func(t *testing.T, b *alipayBench, in *miniprogram.AlipayInput)
		want   miniprogram.CheckCode
	}{
		"right, public key":   {alipaygw.AppInput{KeyMode: "public_key"}, nil, miniprogram.CheckOK},
		"right, certificates": {alipaygw.AppInput{KeyMode: "certificate"}, nil, miniprogram.CheckOK},
		"another app's private key": {alipaygw.AppInput{KeyMode: "public_key"}, func(t *testing.T, _ *alipayBench, in *miniprogram.AlipayInput) {
			t.Helper()
			private, _ := rsaPair(t)
			in.PrivateKey = vault.NewSecret([]byte(private))
		}, miniprogram.CheckSignature},
		"another key as Alipay's": {alipaygw.AppInput{KeyMode: "public_key"}, func(_ *testing.T, _ *alipayBench, in *miniprogram.AlipayInput) {
			in.PublicKey = foreign
		}, miniprogram.CheckAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newAlipay(t, c.in)
			if c.change != nil {
				in := alipayInput(b.keys)
				c.change(t, b, &in)
				if err := b.service.ReplaceKeys(t.Context(), b.env.Tenant.ID, b.app, miniprogram.KeysInput{Alipay: in}); err != nil {
					t.Fatal(err)
				}
			}
			got, err := b.service.CheckNow(t.Context(), b.env.Tenant.ID, b.app)
			if err != nil || got.Code != c.want {
				t.Errorf("found %+v, %v; want %s", got, err, c.want)
			}
			if !got.OK() && got.Code != miniprogram.CheckAnswer && got.ProviderCode == "" {
				t.Errorf("without the provider's own words: %+v", got)
			}
		})
	}
}

func rsaPair(t *testing.T) (private, public string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(key)), base64.StdEncoding.EncodeToString(der)
}

// T100: wrong pairs, keys in the wrong place and nonsense are found before anything is
// stored; every form in which Alipay's tools write keys is read.
func TestT100AlipayKeysAreMatched(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	public, err := b.provider.Alipay().AddApp(alipaygw.AppInput{AppID: alipayAppID, SellerID: "2088000000000001"})
	if err != nil {
		t.Fatal(err)
	}
	certs, err := b.provider.Alipay().AddApp(alipaygw.AppInput{AppID: "2021004100000002", SellerID: "2088000000000001", KeyMode: "certificate"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := b.provider.Alipay().AddApp(alipaygw.AppInput{AppID: "2021004100000003", SellerID: "2088000000000001", KeyMode: "certificate"})
	if err != nil {
		t.Fatal(err)
	}
	private, _ := rsaPair(t)
	for name, c := range map[string]struct {
		base   alipaygw.App
		change func(in *miniprogram.AlipayInput)
		want   map[string]string
	}{
		"bare PKCS#8":           {public, func(*miniprogram.AlipayInput) {}, nil},
		"PEM":                   {public, func(in *miniprogram.AlipayInput) { in.PrivateKey = vault.NewSecret([]byte(public.PrivateKey)) }, nil},
		"PKCS#1 bare":           {public, func(in *miniprogram.AlipayInput) { in.PrivateKey = vault.NewSecret([]byte(private)) }, nil},
		"without content key":   {public, func(in *miniprogram.AlipayInput) { in.ContentKey = vault.Secret{} }, nil},
		"certificates":          {certs, func(*miniprogram.AlipayInput) {}, nil},
		"own key as Alipay's":   {public, func(in *miniprogram.AlipayInput) { in.PublicKey = public.AppPublicKey }, map[string]string{"public_key": "same"}},
		"public as private":     {public, func(in *miniprogram.AlipayInput) { in.PrivateKey = vault.NewSecret([]byte(public.AppPublicKey)) }, map[string]string{"private_key": "kind"}},
		"nothing":               {public, func(in *miniprogram.AlipayInput) { *in = miniprogram.AlipayInput{KeyMode: miniprogram.PublicKeyMode} }, map[string]string{"private_key": "missing", "public_key": "missing"}},
		"no mode":               {public, func(in *miniprogram.AlipayInput) { in.KeyMode = "" }, map[string]string{"key_mode": "missing"}},
		"nonsense":              {public, func(in *miniprogram.AlipayInput) { in.PublicKey = "<script>" }, map[string]string{"public_key": "form"}},
		"huge":                  {public, func(in *miniprogram.AlipayInput) { in.PrivateKey = vault.NewSecret([]byte(strings.Repeat("A", 1<<20))) }, map[string]string{"private_key": "form"}},
		"short key":             {public, func(in *miniprogram.AlipayInput) { in.PrivateKey = vault.NewSecret(shortKey(t)) }, map[string]string{"private_key": "size"}},
		"content key too short": {public, func(in *miniprogram.AlipayInput) { in.ContentKey = vault.NewSecret([]byte("AAAA")) }, map[string]string{"content_key": "size"}},
		"another app's cert":    {certs, func(in *miniprogram.AlipayInput) { in.AppCert = other.AppCert }, map[string]string{"app_cert": "match"}},
		"files swapped":         {certs, func(in *miniprogram.AlipayInput) { in.AppCert, in.AlipayCert = in.AlipayCert, in.AppCert }, map[string]string{"app_cert": "match", "alipay_cert": "same"}},
		"key as root":           {certs, func(in *miniprogram.AlipayInput) { in.RootCert = certs.AppPublicKey }, map[string]string{"root_cert": "form"}},
		"no files":              {certs, func(in *miniprogram.AlipayInput) { in.AppCert, in.AlipayCert, in.RootCert = "", "", "" }, map[string]string{"app_cert": "missing", "alipay_cert": "missing", "root_cert": "missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := b.env.OpenShop(t)
			in := alipayInput(c.base)
			c.change(&in)
			_, err := b.service.Add(t.Context(), shop.ID, miniprogram.AddInput{
				AppID: "20" + digits(14), Provider: tenant.Alipay, Name: "试", Mode: miniprogram.Live, Keys: miniprogram.KeysInput{Alipay: in},
			})
			got := words(err)
			if len(got) != len(c.want) || (len(c.want) == 0 && err != nil) {
				t.Fatalf("refused %v (%v), want %v", got, err, c.want)
			}
			for field, word := range c.want {
				if got[field] != word {
					t.Errorf("%s: %q, want %q", field, got[field], word)
				}
			}
		})
	}
}

func shortKey(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

// The serial numbers are those that Alipay's own tools make: the sandbox, written by itself,
// and an independent client agree with what is stored.
func TestAlipaySerialsAgreeWithAnotherClient(t *testing.T) {
	t.Parallel()
	b := newAlipay(t, alipaygw.AppInput{KeyMode: "certificate"})
	app, err := b.service.App(t.Context(), b.env.Tenant.ID, b.app)
	if err != nil {
		t.Fatal(err)
	}
	if app.Config.AppCertSN != b.keys.AppCertSN || app.Config.RootSN != b.keys.RootCertSN || app.Config.ProviderKeys[0].Serial != b.keys.AlipayCertSN {
		t.Errorf("serials %+v, the provider's %s %s %s", app.Config, b.keys.AppCertSN, b.keys.RootCertSN, b.keys.AlipayCertSN)
	}
	client, err := alipay.New(b.keys.AppID, b.keys.BareKey, true, alipay.WithProductionGateway(b.url+"/alipay/gateway.do"))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{client.LoadAppCertPublicKey(b.keys.AppCert), client.LoadAlipayCertPublicKey(b.keys.AlipayCert), client.LoadAliPayRootCert(b.keys.RootCert)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	values, err := client.URLValues(alipay.SystemOauthToken{GrantType: "authorization_code", Code: "x"})
	if err != nil || values.Get("app_cert_sn") != app.Config.AppCertSN || values.Get("alipay_root_cert_sn") != app.Config.RootSN {
		t.Errorf("another client sends %v, %v", values, err)
	}
}

// A phone number is read only when Alipay signed it and the app's key opens it; the key
// before still opens what was under way.
func TestAlipayPhoneNumber(t *testing.T) {
	t.Parallel()
	b := newAlipay(t, alipaygw.AppInput{})
	ctx, shop := t.Context(), b.env.Tenant.ID
	text, err := b.gateway.Phone(alipaygw.PhoneInput{AppID: b.keys.AppID, Phone: "13800138000"})
	if err != nil {
		t.Fatal(err)
	}
	read := func(text string) (string, error) { return b.service.PhoneNumber(ctx, shop, b.app, text) }
	if got, err := read(text); err != nil || got != "13800138000" {
		t.Errorf("phone number %q, %v", got, err)
	}
	refusal, err := b.gateway.Phone(alipaygw.PhoneInput{AppID: b.keys.AppID, Phone: "13800138000", Refused: true})
	if err != nil {
		t.Fatal(err)
	}
	forged := strings.Replace(text, `"response":"`, `"response":"AAAA`, 1)
	for what, bad := range map[string]string{"refusal": refusal, "forged": forged} {
		if _, err := read(bad); !errors.Is(err, miniprogram.ErrPhone) {
			t.Errorf("%s: %v, want PHONE_REFUSED", what, err)
		}
	}
	if _, err := read("not JSON"); !errors.Is(err, fault.ErrValidation) {
		t.Errorf("garbage: %v, want VALIDATION", err)
	}
	in := alipayInput(b.keys)
	in.ContentKey = vault.NewSecret([]byte(base64.StdEncoding.EncodeToString(make([]byte, 16))))
	if err := b.service.ReplaceKeys(ctx, shop, b.app, miniprogram.KeysInput{Alipay: in}); err != nil {
		t.Fatal(err)
	}
	if got, err := read(text); err != nil || got != "13800138000" {
		t.Errorf("sealed with the key before: %q, %v", got, err)
	}
	in.ContentKey = vault.Secret{} // says nothing about it: it stays
	if err := b.service.ReplaceKeys(ctx, shop, b.app, miniprogram.KeysInput{Alipay: in}); err != nil {
		t.Fatal(err)
	}
	if app, err := b.service.App(ctx, shop, b.app); err != nil || !app.Config.HasContentKey {
		t.Errorf("content key after new keys without one: %+v, %v", app.Config, err)
	}
}

func TestWeChatPhoneNumber(t *testing.T) {
	t.Parallel()
	s := setUp(t)
	code, err := s.provider.PhoneCode(s.app.ID.String(), "alice", "13900139000")
	if err != nil {
		t.Fatal(err)
	}
	read := func() (string, error) {
		return s.service.PhoneNumber(t.Context(), s.env.Tenant.ID, s.app.ID, code)
	}
	if got, err := read(); err != nil || got != "13900139000" {
		t.Errorf("phone number %q, %v", got, err)
	}
	if _, err := read(); !errors.Is(err, miniprogram.ErrPhone) {
		t.Errorf("a code again: %v, want PHONE_REFUSED", err)
	}
}

// Whatever an answer says, an unsigned or wrongly signed one logs nobody in.
func TestAlipayAnswersMustBeSigned(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"unsigned success": `{"alipay_system_oauth_token_response":{"open_id":"evil","access_token":"x"}}`,
		"wrong signature":  `{"alipay_system_oauth_token_response":{"open_id":"evil"},"sign":"QUFBQQ=="}`,
		"another response": `{"alipay_trade_query_response":{"open_id":"evil"}}`,
		"not JSON":         `<html>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newAlipay(t, alipaygw.AppInput{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
			t.Cleanup(server.Close)
			service := miniprogram.New(miniprogram.Deps{DB: b.env.DB, Vault: b.env.Vault, Now: b.env.Clock().Now, SandboxBase: func(string) bool { return true }, Plans: b.env.Plans})
			err := service.PutCredential(context.WithoutCancel(t.Context()), b.env.Tenant.ID, miniprogram.CredentialInput{
				AppID: b.app, Provider: tenant.Alipay, Alipay: alipayInput(b.keys), APIBase: server.URL,
			})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := service.Login(t.Context(), b.env.Tenant.ID, b.app, "code"); err == nil || got.OpenID != "" {
				t.Errorf("logged in %+v, %v", got, err)
			}
		})
	}
}
