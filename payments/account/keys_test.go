package account_test

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/tenant/fault"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// authority issues certificates, as the providers do.
type authority struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func name(cn string) pkix.Name {
	return pkix.Name{CommonName: cn, OrganizationalUnit: []string{"Certification Authority"}, Organization: []string{"Ant Financial"}, Country: []string{"CN"}}
}

// issue makes a certificate of key, by itself if by is nil.
func issue(t *testing.T, by *authority, cn string, serial int64, ca bool, key *rsa.PrivateKey, notAfter time.Time) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: name(cn), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: notAfter,
		IsCA: ca, BasicConstraintsValid: true,
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func newAuthority(t *testing.T, by *authority, cn string, serial int64) *authority {
	t.Helper()
	key := newKey(t)
	return &authority{issue(t, by, cn, serial, true, key, time.Now().AddDate(10, 0, 0)), key}
}

func pemOf(cert *x509.Certificate) string { return encode("CERTIFICATE", cert.Raw) }

func secret(text string) vault.Secret { return vault.NewSecret([]byte(text)) }

// naked is a key as the key tools write it: Base64 and nothing around it.
func naked(text string) string {
	block, _ := pem.Decode([]byte(text))
	return base64.StdEncoding.EncodeToString(block.Bytes)
}

// refusedFields adds the account and returns the fields that were named, each with its
// sentence in both languages.
func refusedFields(t *testing.T, s *account.Service, env *tenanttest.Env, in account.AddInput) map[string]string {
	t.Helper()
	_, err := s.Add(t.Context(), env.Tenant.ID, in)
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code() != "VALIDATION" {
		t.Errorf("%v, want VALIDATION", err)
		return nil
	}
	out := map[string]string{}
	for _, field := range f.Fields() {
		if field.Why == nil || field.Text("zh-CN") == field.Text("en") || strings.Contains(field.Text("zh-CN")+field.Text("en"), "%!") {
			t.Errorf("field %s says %q / %q", field.Path, field.Text("zh-CN"), field.Text("en"))
			continue
		}
		for _, secret := range []string{"PRIVATE KEY", "MII"} {
			if strings.Contains(field.Text("zh-CN")+field.Text("en"), secret) {
				t.Errorf("field %s quotes what was pasted", field.Path)
			}
		}
		out[field.Path] = field.Why.Code()
	}
	return out
}

// What shopkeepers really paste is taken, and becomes the same key.
func TestPastedFormsOfAKey(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	k := newKeys(t)
	want := pkcs8(t, k.merchant)
	pkcs1 := encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k.merchant))
	block, _ := pem.Decode([]byte(want))
	forms := map[string]string{
		"CRLF":               strings.ReplaceAll(want, "\n", "\r\n"),
		"one line":           strings.ReplaceAll(want, "\n", " "),
		"written-out breaks": strings.ReplaceAll(want, "\n", `\n`),
		"remarks around":     "Bag Attributes\n  friendlyName: x\n" + want + "\n谢谢",
		"byte order mark":    "\ufeff" + want,
		"bare PKCS#8":        naked(want),
		"bare PKCS#1":        naked(pkcs1),
		"bare, wrapped":      strings.Join(strings.SplitAfter(naked(want), "A"), "\r\n"),
		"file in DER":        string(block.Bytes),
		"full-width blanks":  "\u3000" + naked(want) + "\u200b",
	}
	i := 0
	for what, text := range forms {
		in := k.input(t)
		in.PrivateKey, in.PublicKey = secret(text), naked(public(t, k.provider))
		in.APIv3Key = secret(" \u3000" + string(in.APIv3Key.Reveal()) + "\r\n")
		in.MerchantNo = "190000010" + string(rune('0'+i))
		i++
		added, err := s.Add(t.Context(), env.Tenant.ID, in.add())
		if err != nil {
			t.Errorf("%s: %v %+v", what, err, refusedFields(t, s, env, in.add()))
			continue
		}
		opened, err := s.ByID(t.Context(), env.Tenant.ID, added.ID)
		if err != nil || string(opened.PrivateKey.Reveal()) != want || opened.ProviderKeys[0].PEM != public(t, k.provider) || len(opened.APIv3Key.Reveal()) != 32 {
			t.Errorf("%s: stored keys differ (%v)", what, err)
		}
	}
}

// Every wrong combination of WeChat Pay's keys is named at its field, by its own code.
func TestWrongWeChatKeys(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	k := newKeys(t)
	ended := issue(t, nil, "1900000001", 77, false, k.merchant, time.Now().Add(-time.Hour))
	p12, err := pkcs12.Modern.Encode(k.merchant, issue(t, nil, "1900000001", 7, false, k.merchant, time.Now().Add(time.Hour)), nil, "1900000001")
	if err != nil {
		t.Fatal(err)
	}
	other := issue(t, nil, "1900000009", 78, false, k.merchant, time.Now().Add(time.Hour))
	for what, c := range map[string]struct {
		bend func(in *input)
		want map[string]string
	}{
		"keys exchanged": {func(in *input) {
			in.PrivateKey, in.PublicKey = secret(public(t, k.provider)), pkcs8(t, k.merchant)
		}, map[string]string{"private_key": "PUBLIC_KEY_GIVEN", "public_key": "PRIVATE_KEY_GIVEN"}},
		"keys exchanged, bare": {func(in *input) {
			in.PrivateKey, in.PublicKey = secret(naked(public(t, k.provider))), naked(pkcs8(t, k.merchant))
		}, map[string]string{"private_key": "PUBLIC_KEY_GIVEN", "public_key": "PRIVATE_KEY_GIVEN"}},
		"the .p12 file": {func(in *input) { in.PrivateKey = secret(string(p12)) }, map[string]string{"private_key": "P12_GIVEN"}},
		"the .p12 as certificate": {func(in *input) {
			in.Certificate, in.Serial = base64.StdEncoding.EncodeToString(p12), ""
		}, map[string]string{"merchant_certificate": "P12_GIVEN", "merchant_serial": "SERIAL_FORM"}},
		"encrypted key": {func(in *input) {
			in.PrivateKey = secret("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----")
		}, map[string]string{"private_key": "PRIVATE_KEY_ENCRYPTED"}},
		"cut off":           {func(in *input) { in.PrivateKey = secret(pkcs8(t, k.merchant)[:900]) }, map[string]string{"private_key": "NOT_A_PRIVATE_KEY"}},
		"nothing":           {func(in *input) { in.PrivateKey, in.PublicKey = secret(" \n"), "" }, map[string]string{"private_key": "KEY_MISSING", "public_key": "KEY_MISSING"}},
		"certificate ended": {func(in *input) { in.Certificate, in.Serial = pemOf(ended), "" }, map[string]string{"merchant_certificate": "CERTIFICATE_ENDED", "merchant_serial": "SERIAL_FORM"}},
		"certificate of another merchant": {func(in *input) { in.Certificate, in.Serial = pemOf(other), "4E000000" }, map[string]string{
			"merchant_certificate": "CERTIFICATE_OF_OTHER_MERCHANT", "merchant_serial": "SERIAL_OF_OTHER_CERTIFICATE",
		}},
		"key of another certificate": {func(in *input) {
			in.Certificate, in.Serial = certificate(t, k.provider, 0x123456789), ""
		}, map[string]string{"private_key": "KEY_AND_CERTIFICATE_DIFFER"}},
		"certificate as public key": {func(in *input) { in.PublicKey = certificate(t, k.provider, 5) }, map[string]string{"public_key": "CERTIFICATE_GIVEN"}},
		"APIv3 key with a blank":    {func(in *input) { in.APIv3Key = secret("0123456789abcdefghijklmnopqrst uv") }, map[string]string{"api_v3_key": "API_V3_KEY_LENGTH"}},
		"PID as merchant number":    {func(in *input) { in.MerchantNo = "2088123456789012" }, map[string]string{"merchant_no": "MCHID_FORM"}},
		"platform certificate unused": {func(in *input) {
			in.PlatformCertificate = certificate(t, k.provider, 5)
		}, map[string]string{"platform_certificate": "CERTIFICATE_UNUSED"}},
	} {
		in := k.input(t)
		c.bend(&in)
		if got := refusedFields(t, s, env, in.add()); !sameMap(got, c.want) {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}

func sameMap(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// ant is Alipay's side of certificate mode.
type ant struct {
	root, middle *authority
	alipay, app  *x509.Certificate
	keys         account.AlipayKeys
	appKey       *rsa.PrivateKey
}

func newAnt(t *testing.T) ant {
	t.Helper()
	a := ant{root: newAuthority(t, nil, "Ant Financial Certification Authority R1", 101), appKey: newKey(t)}
	a.middle = newAuthority(t, a.root, "Ant Financial Certification Authority Class 2 R1", 102)
	a.alipay = issue(t, a.middle, "支付宝", 103, false, newKey(t), time.Now().AddDate(5, 0, 0))
	a.app = issue(t, a.middle, "2088123456789012-2021004100000001", 104, false, a.appKey, time.Now().AddDate(5, 0, 0))
	a.keys = account.AlipayKeys{
		SignAppID: "2021004100000001", PrivateKey: secret(naked(encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(a.appKey)))), KeyMode: payments.KeyModeCertificate,
		AppCertificate: pemOf(a.app), AlipayCertificate: pemOf(a.alipay) + pemOf(a.middle.cert), RootCertificate: pemOf(a.root.cert),
	}
	return a
}

func alipayInput(keys account.AlipayKeys) account.AddInput {
	return account.AddInput{Mode: payments.Live, Name: "支付宝", MerchantNo: "2088123456789012", Keys: keys}
}

func TestAlipayModes(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	a := newAnt(t)
	added, err := s.Add(t.Context(), env.Tenant.ID, alipayInput(a.keys))
	if err != nil {
		t.Fatalf("%v %v", err, refusedFields(t, s, env, alipayInput(a.keys)))
	}
	sn := func(issuer, serial string) string {
		sum := md5.Sum([]byte("CN=" + issuer + ",OU=Certification Authority,O=Ant Financial,C=CN" + serial))
		return hex.EncodeToString(sum[:])
	}
	opened, err := s.ByID(t.Context(), env.Tenant.ID, added.ID)
	if err != nil {
		t.Fatal(err)
	}
	c := opened.Config
	if c.SignAppID != "2021004100000001" || c.MerchantSerial != sn("Ant Financial Certification Authority Class 2 R1", "104") ||
		c.RootSerial != sn("Ant Financial Certification Authority R1", "101") || c.KeyMode != payments.KeyModeCertificate {
		t.Errorf("config %+v", c)
	}
	if len(opened.ProviderKeys) != 1 || opened.ProviderKeys[0].Serial != sn("Ant Financial Certification Authority Class 2 R1", "103") ||
		opened.ProviderKeys[0].PEM != pemOf(a.alipay) || opened.ProviderKeys[0].NotAfter == nil || string(opened.PrivateKey.Reveal()) != pkcs8(t, a.appKey) || !opened.APIv3Key.IsZero() {
		t.Errorf("provider keys %+v", opened.ProviderKeys)
	}
	// The same PID may have another application that signs, and then in public-key mode.
	provider := newKey(t)
	plain := account.AlipayKeys{SignAppID: "2021004100000002", PrivateKey: a.keys.PrivateKey, KeyMode: payments.KeyModePublicKey, PublicKey: naked(public(t, provider))}
	second, err := s.Add(t.Context(), env.Tenant.ID, alipayInput(plain))
	if err != nil || !strings.HasPrefix(second.Config.PublicKeyID, "ALIPAY_PUBLIC_KEY_") || len(second.Config.PublicKeyID) != len("ALIPAY_PUBLIC_KEY_")+16 || second.ProviderKeys[0].Serial != second.Config.PublicKeyID {
		t.Errorf("public-key mode: %+v %v", second.Config, err)
	}
	if _, err := s.Add(t.Context(), env.Tenant.ID, alipayInput(plain)); !errors.Is(err, account.ErrMerchantTaken) {
		t.Errorf("the same application twice: %v", err)
	}
	// A replacement of one certificate leaves the others as they are.
	fresh := issue(t, a.middle, "支付宝", 203, false, newKey(t), time.Now().AddDate(6, 0, 0))
	replaced, err := s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{AccountID: added.ID, Keys: account.AlipayKeys{AlipayCertificate: pemOf(fresh)}})
	if err != nil || replaced.Config != added.Config || len(replaced.ProviderKeys) != 2 || replaced.KeyVersion != 2 {
		t.Errorf("replaced %+v %v", replaced, err)
	}
	_, err = s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{AccountID: added.ID, Keys: account.AlipayKeys{PrivateKey: secret(pkcs8(t, newKey(t)))}})
	if f, ok := errors.AsType[*fault.Error](err); !ok || len(f.Fields()) == 0 || f.Fields()[0].Path != "app_certificate" {
		t.Errorf("a new key without its certificate: %v", err)
	}
}

func TestWrongAlipayKeys(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	a := newAnt(t)
	foreign := newAuthority(t, nil, "Ant Financial Certification Authority Class 2 R1", 102) // the same name, another key
	for what, c := range map[string]struct {
		bend func(k *account.AlipayKeys)
		want map[string]string
	}{
		"login as sign app": {func(k *account.AlipayKeys) { k.SignAppID = "shop@example.com" }, map[string]string{"sign_app_id": "SIGN_APP_FORM"}},
		"certificates exchanged": {func(k *account.AlipayKeys) {
			k.AppCertificate, k.AlipayCertificate = k.AlipayCertificate, k.AppCertificate
		}, map[string]string{"app_certificate": "KEY_AND_CERTIFICATE_DIFFER", "alipay_certificate": "OWN_CERTIFICATE_AS_PROVIDERS"}},
		"root as Alipay's":      {func(k *account.AlipayKeys) { k.AlipayCertificate = k.RootCertificate }, map[string]string{"alipay_certificate": "CA_CERTIFICATE_GIVEN"}},
		"Alipay's as root":      {func(k *account.AlipayKeys) { k.RootCertificate = k.AlipayCertificate }, map[string]string{"root_certificate": "NOT_A_CA_CERTIFICATE"}},
		"Alipay's of elsewhere": {func(k *account.AlipayKeys) { k.AlipayCertificate = pemOf(a.alipay) + pemOf(foreign.cert) }, map[string]string{"alipay_certificate": "CHAIN_BROKEN"}},
		"key of elsewhere":      {func(k *account.AlipayKeys) { k.PrivateKey = secret(pkcs8(t, newKey(t))) }, map[string]string{"app_certificate": "KEY_AND_CERTIFICATE_DIFFER"}},
		"key in the place of a certificate": {func(k *account.AlipayKeys) { k.AppCertificate = public(t, a.appKey) }, map[string]string{
			"app_certificate": "KEY_GIVEN",
		}},
		"application's own key as Alipay's": {func(k *account.AlipayKeys) {
			*k = account.AlipayKeys{SignAppID: k.SignAppID, PrivateKey: k.PrivateKey, KeyMode: payments.KeyModePublicKey, PublicKey: public(t, a.appKey)}
		}, map[string]string{"public_key": "OWN_KEY_AS_PROVIDERS"}},
		"certificates in public-key mode": {func(k *account.AlipayKeys) {
			k.KeyMode, k.PublicKey, k.RootCertificate, k.AlipayCertificate = payments.KeyModePublicKey, public(t, a.middle.key), "", ""
		}, map[string]string{"app_certificate": "CERTIFICATE_UNUSED"}},
		"WeChat Pay's mode": {func(k *account.AlipayKeys) { k.KeyMode = payments.KeyModeBoth }, map[string]string{"key_mode": "KEY_MODE"}},
	} {
		keys := a.keys
		c.bend(&keys)
		if got := refusedFields(t, s, env, alipayInput(keys)); !sameMap(got, c.want) {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}

// cfca is UnionPay's side.
type cfca struct {
	root, middle *authority
	key          *rsa.PrivateKey
	cert         *x509.Certificate
	pfx          []byte
	keys         account.UnionPayKeys
}

func newCFCA(t *testing.T, suffix string) cfca {
	t.Helper()
	u := cfca{root: newAuthority(t, nil, "CFCA"+suffix+" CS CA", 901), key: newKey(t)}
	u.middle = newAuthority(t, u.root, "CFCA"+suffix+" OCA1", 902)
	u.cert = issue(t, u.middle, "041@87@merchant@00000001", 68759663125, false, u.key, time.Now().AddDate(5, 0, 0))
	var err error
	// The real files hold the chain and are encrypted the old way.
	if u.pfx, err = pkcs12.LegacyDES.Encode(u.key, u.cert, []*x509.Certificate{u.middle.cert, u.root.cert}, "123456"); err != nil {
		t.Fatal(err)
	}
	u.keys = account.UnionPayKeys{PFX: vault.NewSecret(u.pfx), Password: secret("123456"), Middle: pemOf(u.middle.cert), Root: pemOf(u.root.cert)}
	return u
}

func unionPayInput(keys account.UnionPayKeys) account.AddInput {
	return account.AddInput{Mode: payments.Live, Name: "银联", MerchantNo: "777290058110048", Keys: keys}
}

func TestUnionPayPFX(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	u := newCFCA(t, "")
	modern, err := pkcs12.Modern.Encode(u.key, u.cert, nil, "123456")
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		number string
		keys   func(k *account.UnionPayKeys)
	}{
		"a file":              {"777290058110041", func(*account.UnionPayKeys) {}},
		"its Base64":          {"777290058110042", func(k *account.UnionPayKeys) { k.PFX = secret(base64.StdEncoding.EncodeToString(u.pfx)) }},
		"exported by OpenSSL": {"777290058110043", func(k *account.UnionPayKeys) { k.PFX = vault.NewSecret(modern) }},
		"key and certificate": {"777290058110044", func(k *account.UnionPayKeys) {
			k.PFX, k.Password, k.PrivateKey, k.Certificate = vault.Secret{}, vault.Secret{}, secret(pkcs8(t, u.key)), pemOf(u.cert)
		}},
	} {
		keys := u.keys
		c.keys(&keys)
		in := unionPayInput(keys)
		in.MerchantNo = c.number
		added, err := s.Add(t.Context(), env.Tenant.ID, in)
		if err != nil {
			t.Errorf("%s: %v %v", what, err, refusedFields(t, s, env, in))
			continue
		}
		opened, err := s.ByID(t.Context(), env.Tenant.ID, added.ID)
		if err != nil || opened.Config.MerchantSerial != "68759663125" || opened.Config.KeyMode != payments.KeyModeCertificate || string(opened.PrivateKey.Reveal()) != pkcs8(t, u.key) {
			t.Errorf("%s: %+v %v", what, opened.Config, err)
		}
		if len(opened.ProviderKeys) != 2 || opened.ProviderKeys[0].Serial != "901" || opened.ProviderKeys[1].Serial != "902" || len(added.Secrets) != 1 || added.KeySets[0].CertNotAfter == nil {
			t.Errorf("%s: provider keys %+v, secrets %+v", what, opened.ProviderKeys, added.Secrets)
		}
		// Another PFX; the chain stays.
		fresh := issue(t, u.middle, "041@87@merchant@00000001", 7, false, u.key, time.Now().AddDate(6, 0, 0))
		pfx, err := pkcs12.LegacyRC2.Encode(u.key, fresh, nil, "654321")
		if err != nil {
			t.Fatal(err)
		}
		replaced, err := s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{AccountID: added.ID, Keys: account.UnionPayKeys{PFX: vault.NewSecret(pfx), Password: secret("654321")}})
		if err != nil || replaced.Config.MerchantSerial != "7" || len(replaced.ProviderKeys) != 2 {
			t.Errorf("%s, replaced: %+v %v", what, replaced.Config, err)
		}
	}
}

func TestWrongUnionPayKeys(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	u, test := newCFCA(t, ""), newCFCA(t, " TEST")
	ended := issue(t, u.middle, "x", 5, false, u.key, time.Now().Add(-time.Hour))
	for what, c := range map[string]struct {
		bend func(k *account.UnionPayKeys)
		want map[string]string
	}{
		"wrong password":         {func(k *account.UnionPayKeys) { k.Password = secret("000000") }, map[string]string{"pfx_password": "PFX_PASSWORD"}},
		"no PFX":                 {func(k *account.UnionPayKeys) { k.PFX = vault.Secret{} }, map[string]string{"pfx": "KEY_MISSING"}},
		"certificate as PFX":     {func(k *account.UnionPayKeys) { k.PFX = secret(pemOf(u.cert)) }, map[string]string{"pfx": "NOT_A_PFX"}},
		"broken PFX":             {func(k *account.UnionPayKeys) { k.PFX = vault.NewSecret(u.pfx[:len(u.pfx)/2]) }, map[string]string{"pfx": "NOT_A_PFX"}},
		"root and middle turned": {func(k *account.UnionPayKeys) { k.Middle, k.Root = k.Root, k.Middle }, map[string]string{"root_certificate": "NOT_A_ROOT_CERTIFICATE"}},
		"leaf as middle": {func(k *account.UnionPayKeys) {
			k.Middle = pemOf(issue(t, u.middle, "leaf", 6, false, newKey(t), time.Now().Add(time.Hour)))
		}, map[string]string{"middle_certificate": "NOT_A_CA_CERTIFICATE"}},
		"own certificate as middle": {func(k *account.UnionPayKeys) { k.Middle = pemOf(u.cert) }, map[string]string{
			"middle_certificate": "OWN_CERTIFICATE_AS_PROVIDERS",
		}},
		"another root":         {func(k *account.UnionPayKeys) { k.Root = pemOf(newAuthority(t, nil, "CFCA CS CA", 901).cert) }, map[string]string{"middle_certificate": "CHAIN_BROKEN"}},
		"the test environment": {func(k *account.UnionPayKeys) { k.Middle, k.Root = test.keys.Middle, test.keys.Root }, map[string]string{"middle_certificate": "TEST_CERTIFICATE", "root_certificate": "TEST_CERTIFICATE"}},
		"ended": {func(k *account.UnionPayKeys) {
			k.PFX, k.PrivateKey, k.Certificate = vault.Secret{}, secret(pkcs8(t, u.key)), pemOf(ended)
		}, map[string]string{"certificate": "CERTIFICATE_ENDED"}},
		"key and certificate": {func(k *account.UnionPayKeys) {
			k.PFX, k.PrivateKey, k.Certificate = vault.Secret{}, secret(pkcs8(t, newKey(t))), pemOf(u.cert)
		}, map[string]string{"certificate": "KEY_AND_CERTIFICATE_DIFFER"}},
		"nothing of the chain":  {func(k *account.UnionPayKeys) { k.Middle, k.Root = "", " " }, map[string]string{"middle_certificate": "KEY_MISSING", "root_certificate": "KEY_MISSING"}},
		"private key as middle": {func(k *account.UnionPayKeys) { k.Middle = pkcs8(t, newKey(t)) }, map[string]string{"middle_certificate": "PRIVATE_KEY_GIVEN"}},
	} {
		keys := u.keys
		c.bend(&keys)
		if got := refusedFields(t, s, env, unionPayInput(keys)); !sameMap(got, c.want) {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
	// A form shows again only what is public.
	shown := account.PublicText(pemOf(u.cert) + "\n" + naked(pkcs8(t, u.key)))
	if strings.Contains(shown, naked(pkcs8(t, u.key))[:60]) || !slices.Equal([]string{account.PublicText(pkcs8(t, u.key)), account.PublicText("hello")}, []string{"", ""}) {
		t.Error("a form would show a secret")
	}
}
