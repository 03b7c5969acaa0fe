package account_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/payments/wechat"
	"galleria/tenant"
	"galleria/tenant/egress"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// keys are made once a test: a merchant's pair and the provider's.
type keys struct {
	merchant, provider *rsa.PrivateKey
}

func newKeys(t *testing.T) keys {
	t.Helper()
	var k keys
	for _, to := range []**rsa.PrivateKey{&k.merchant, &k.provider} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		*to = key
	}
	return k
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return encode("PRIVATE KEY", der)
}

func public(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return encode("PUBLIC KEY", der)
}

func certificate(t *testing.T, key *rsa.PrivateKey, serial int64) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return encode("CERTIFICATE", der)
}

// input is what a test bends before it adds the account.
type input struct {
	account.AddInput
	account.WeChatKeys
}

func (in input) add() account.AddInput {
	in.Keys = in.WeChatKeys
	return in.AddInput
}

func (k keys) input(t *testing.T) input {
	t.Helper()
	return input{
		account.AddInput{Mode: payments.Live, Name: "山野咖啡", MerchantNo: "1900000001"},
		account.WeChatKeys{
			PrivateKey: vault.NewSecret([]byte(pkcs8(t, k.merchant))), APIv3Key: vault.NewSecret([]byte("0123456789abcdefghijklmnopqrstuv")),
			Serial: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1", KeyMode: payments.KeyModePublicKey,
			PublicKeyID: "PUB_KEY_ID_0119000000010000000000000000", PublicKey: public(t, k.provider),
		},
	}
}

func newService(env *tenanttest.Env, sandboxes ...string) *account.Service {
	return account.New(account.Deps{
		DB: env.DB, Vault: env.Vault, Registry: env.Registry, Audit: env.Audit, Outbox: env.Outbox, Timers: env.Timers, Now: env.Clock().Now, Rand: rand.Reader, SandboxBase: egress.Only(sandboxes...),
	})
}

func TestAddAndOpen(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	in := newKeys(t).input(t)
	in.AppIDs = []tenant.AppID{env.App(t, env.Tenant).ID}
	appID := in.AppIDs[0].String()
	added, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	byKey, err := s.ByKey(t.Context(), env.Tenant.ID, added.Key)
	if err != nil {
		t.Fatal(err)
	}
	if !byKey.PrivateKey.Equal(in.PrivateKey) || !byKey.APIv3Key.Equal(in.APIv3Key) || byKey.MerchantNo != in.MerchantNo || !byKey.Enabled ||
		byKey.Config.PublicKeyID != in.PublicKeyID || len(byKey.ProviderKeys) != 1 || byKey.ProviderKeys[0].PEM != in.PublicKey {
		t.Errorf("opened account differs from what was added: %+v", byKey)
	}
	byID, err := s.ByID(t.Context(), env.Tenant.ID, added.ID)
	if err != nil || byID.Key != added.Key {
		t.Errorf("by id: %v %v", byID.Key, err)
	}
	forApp, err := s.ForApp(t.Context(), env.Tenant.ID, payments.WeChat, appID)
	if err != nil || forApp.ID != added.ID {
		t.Errorf("for app: %v %v", forApp.ID, err)
	}
	route, err := env.Resolver.ByAccountKey(t.Context(), added.Key)
	if err != nil || route.Tenant.ID != env.Tenant.ID || route.Channel != "wechat" {
		t.Errorf("route: %+v %v", route, err)
	}
	if _, err := s.Add(t.Context(), env.Tenant.ID, in.add()); !errors.Is(err, account.ErrMerchantTaken) {
		t.Errorf("a second time: %v, want MERCHANT_EXISTS", err)
	}
}

func TestUnknownAccounts(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	in := newKeys(t).input(t)
	in.AppIDs = []tenant.AppID{env.App(t, env.Tenant).ID}
	appID := in.AppIDs[0].String()
	added, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	other := env.OpenShop(t)
	for name, find := range map[string]func() error{
		"key": func() error { _, err := s.ByKey(t.Context(), env.Tenant.ID, "nosuchaccountkey0000000000"); return err },
		"id":  func() error { _, err := s.ByID(t.Context(), env.Tenant.ID, added.ID+1); return err },
		"app": func() error { _, err := s.ForApp(t.Context(), env.Tenant.ID, payments.WeChat, "wxother"); return err },
		"channel": func() error {
			_, err := s.ForApp(t.Context(), env.Tenant.ID, payments.Alipay, appID)
			return err
		},
		"another shop's":   func() error { _, err := s.ByKey(t.Context(), other.ID, added.Key); return err },
		"another shop's 2": func() error { _, err := s.ByID(t.Context(), other.ID, added.ID); return err },
	} {
		if err := find(); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v, want NOT_FOUND", name, err)
		}
	}
	env.Owner(t, "UPDATE "+env.Tenant.ID.String()+".payment_account SET status = 'disabled'")
	if _, err := s.ForApp(t.Context(), env.Tenant.ID, payments.WeChat, appID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a disabled account collects: %v", err)
	}
	if acc, err := s.ByKey(t.Context(), env.Tenant.ID, added.Key); err != nil || acc.Enabled {
		t.Errorf("a disabled account must still take callbacks: %v %v", acc.Enabled, err)
	}
}

func TestPKCS1KeyIsTaken(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	k := newKeys(t)
	in := k.input(t)
	in.PrivateKey = vault.NewSecret([]byte(encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k.merchant))))
	added, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.ByID(t.Context(), env.Tenant.ID, added.ID)
	if err != nil || string(got.PrivateKey.Reveal()) != pkcs8(t, k.merchant) {
		t.Errorf("stored key is not the same key in PKCS#8 (%v)", err)
	}
}

func TestSerialComesFromTheCertificate(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	k := newKeys(t)
	in := k.input(t)
	in.Serial, in.Certificate = "", certificate(t, k.merchant, 0x1234567890ABCDEF)
	added, err := newService(env).Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil || added.Config.MerchantSerial != "1234567890ABCDEF" {
		t.Errorf("serial %q %v, want 1234567890ABCDEF", added.Config.MerchantSerial, err)
	}
}

func TestAddNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	k := newKeys(t)
	small, err := rsa.GenerateKey(rand.Reader, 1024) // too small on purpose
	if err != nil {
		t.Fatal(err)
	}
	secret := func(text string) vault.Secret { return vault.NewSecret([]byte(text)) }
	cases := map[string]struct {
		bend   func(in *input)
		fields []string
	}{
		"nothing at all":               {func(in *input) { *in = input{} }, []string{"api_v3_key", "key_mode", "merchant_no", "merchant_serial", "mode", "name", "private_key"}},
		"private key is no PEM":        {func(in *input) { in.PrivateKey = secret("hello") }, []string{"private_key"}},
		"private key is a certificate": {func(in *input) { in.PrivateKey = secret(certificate(t, k.merchant, 1)) }, []string{"private_key"}},
		"private key is too small":     {func(in *input) { in.PrivateKey = secret(pkcs8(t, small)) }, []string{"private_key"}},
		"private key of another cert": {func(in *input) {
			in.Certificate = certificate(t, k.provider, 1)
			in.Serial = ""
		}, []string{"merchant_serial", "private_key"}},
		"serial of another certificate": {func(in *input) { in.Certificate = certificate(t, k.merchant, 0x123456789) }, []string{"merchant_serial"}},
		"APIv3 key of 31 bytes":         {func(in *input) { in.APIv3Key = secret(strings.Repeat("a", 31)) }, []string{"api_v3_key"}},
		"own key as provider's":         {func(in *input) { in.PublicKey = public(t, k.merchant) }, []string{"public_key"}},
		"own certificate as platform's": {func(in *input) {
			in.KeyMode, in.PlatformCertificate = payments.KeyModeBoth, certificate(t, k.merchant, 9)
		}, []string{"platform_certificate"}},
		"public key id missing":          {func(in *input) { in.PublicKeyID = "" }, []string{"public_key_id"}},
		"public key in certificate mode": {func(in *input) { in.KeyMode = payments.KeyModeCertificate }, []string{"public_key_id"}},
		"live account elsewhere":         {func(in *input) { in.BaseURL = "http://127.0.0.1:1" }, []string{"base_url"}},
		"sandbox account nowhere":        {func(in *input) { in.Mode = payments.Sandbox }, []string{"base_url"}},
		"sandbox with a path":            {func(in *input) { in.Mode, in.BaseURL = payments.Sandbox, "http://h/x?y" }, []string{"base_url"}},
	}
	for name, tc := range cases {
		in := k.input(t)
		tc.bend(&in)
		_, err := s.Add(t.Context(), env.Tenant.ID, in.add())
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Code() != "VALIDATION" {
			t.Errorf("%s: %v, want VALIDATION", name, err)
			continue
		}
		var got []string
		for _, field := range f.Fields() {
			got = append(got, field.Path)
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, tc.fields) {
			t.Errorf("%s: fields %v, want %v", name, got, tc.fields)
		}
	}
	if list, err := s.List(t.Context(), env.Tenant.ID); err != nil || len(list) != 0 {
		t.Errorf("%d accounts were made (%v)", len(list), err)
	}
}

// What people see, and what the tables hold, has no secret in it.
func TestSecretsStaySealed(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	in := newKeys(t).input(t)
	if _, err := s.Add(t.Context(), env.Tenant.ID, in.add()); err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context(), env.Tenant.ID)
	if err != nil || len(list) != 1 || len(list[0].Secrets) != 2 || len(list[0].ProviderKeys) != 1 {
		t.Fatalf("list %+v %v", list, err)
	}
	shown, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	var stored string
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT (SELECT string_agg(encode(sealed, 'escape'), ' ') FROM payment_secret) || (SELECT config::text FROM payment_account)").Scan(&stored)
	})
	opened, err := s.ByID(t.Context(), env.Tenant.ID, list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"list": string(shown), "tables": stored, "opened, printed": fmt.Sprintf("%+v %#v", opened, opened)} {
		for _, secret := range []string{string(in.APIv3Key.Reveal()), "PRIVATE KEY"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %.12q…", where, secret)
			}
		}
	}
	if list[0].Secrets[0].Field != "api_v3_key" || list[0].Secrets[0].Fingerprint != in.APIv3Key.Fingerprint() {
		t.Errorf("secrets %+v, want the fingerprint of the APIv3 key", list[0].Secrets)
	}
}

// A sealed key copied to another account does not open there.
func TestSealedKeyIsBoundToItsAccount(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	k := newKeys(t)
	first, err := s.Add(t.Context(), env.Tenant.ID, k.input(t).add())
	if err != nil {
		t.Fatal(err)
	}
	in := k.input(t)
	in.MerchantNo = "1900000002"
	second, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	schema := env.Tenant.ID.String()
	env.Owner(t, fmt.Sprintf(`UPDATE %[1]s.payment_secret t SET sealed = f.sealed FROM %[1]s.payment_secret f WHERE t.account_id = $1 AND f.account_id = $2 AND f.field = t.field`, schema), second.ID, first.ID)
	if _, err := s.ByID(t.Context(), env.Tenant.ID, second.ID); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("%v, want ErrSealed", err)
	}
}

// A change made by another process is seen by the next read.
func TestChangedKeysAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	mine, theirs := newService(env), newService(env)
	added, err := mine.Add(t.Context(), env.Tenant.ID, newKeys(t).input(t).add())
	if err != nil {
		t.Fatal(err)
	}
	before, err := mine.ByKey(t.Context(), env.Tenant.ID, added.Key)
	if err != nil {
		t.Fatal(err)
	}
	until := time.Now().Add(time.Hour)
	fresh := payments.ProviderKey{Serial: strings.Repeat("A", 40), PEM: "x", NotAfter: &until}
	for range 2 {
		if err := theirs.AddProviderKeys(t.Context(), env.Tenant.ID, added.ID, []payments.ProviderKey{fresh}); err != nil {
			t.Fatal(err)
		}
	}
	after, err := mine.ByKey(t.Context(), env.Tenant.ID, added.Key)
	if err != nil || len(after.ProviderKeys) != 2 || after.Version.Equal(before.Version) || !after.PrivateKey.Equal(before.PrivateKey) {
		t.Errorf("after: %d keys, version changed %v (%v)", len(after.ProviderKeys), !after.Version.Equal(before.Version), err)
	}
}

// The platform's certificates, fetched by the channel, survive in the table: the next
// process need not ask the provider.
func TestFetchedCertificatesAreKept(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	server, err := sandbox.Open(sandbox.Config{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	calls := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		server.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	s := newService(env, web.URL)
	m, err := server.AddMerchant(sandbox.MerchantInput{MchID: "1900000003", KeyMode: sandbox.KeyModeCertificate})
	if err != nil {
		t.Fatal(err)
	}
	added, err := s.Add(t.Context(), env.Tenant.ID, account.AddInput{
		Mode: payments.Sandbox, Name: "旧模式", MerchantNo: m.MchID, BaseURL: web.URL,
		Keys: account.WeChatKeys{
			PrivateKey: vault.NewSecret([]byte(m.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(m.APIv3Key)),
			Serial: m.CertificateSerial, KeyMode: payments.KeyModeCertificate,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for process := range 2 {
		channel := wechat.New(wechat.Deps{Keys: s, Now: time.Now, Log: slog.New(slog.DiscardHandler), Signers: 1})
		h, body, err := server.Notification(sandbox.NotificationInput{MchID: m.MchID})
		if err != nil {
			t.Fatal(err)
		}
		acc, err := s.ByKey(t.Context(), env.Tenant.ID, added.Key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := channel.ParseNotification(t.Context(), acc, payments.Notice{Header: h, Body: body}); err != nil {
			t.Errorf("process %d: %v", process, err)
		}
	}
	if calls != 1 {
		t.Errorf("the provider was asked %d times, want once", calls)
	}
}
