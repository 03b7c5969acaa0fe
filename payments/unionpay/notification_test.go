package unionpay_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/sandbox/unionpaygw"
	"galleria/tenant"
)

// T063, T068: every forged notification in UnionPay's form is refused, and the genuine one
// is still taken afterwards.
func TestT068ForgedNotifications(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	no := b.newNumber()
	b.pay(t, b.begin(t, no, payments.App), "")
	other, err := b.gateway.AddMerchant(unionpaygw.MerchantInput{MerID: "777290058110049", Name: "中国银联"})
	if err != nil {
		t.Fatal(err)
	}
	genuine := b.notice(t, unionpaygw.NotificationInput{OrderID: no})
	spoil := func(change func(url.Values)) payments.Notice { return bodyWith(genuine, change) }
	raw := func(body string) payments.Notice {
		return payments.Notice{Header: genuine.Header, Body: []byte(body)}
	}
	signed := func(sum [32]byte, key string) string {
		block, _ := pem.Decode([]byte(key))
		private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := rsa.SignPKCS1v15(rand.Reader, private.(*rsa.PrivateKey), crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(sig)
	}
	cases := map[string]struct {
		notice payments.Notice
		want   error
	}{
		"another root":            {b.notice(t, unionpaygw.NotificationInput{OrderID: no, Sign: unionpaygw.SignOtherChain}), payments.ErrNoticeSignature},
		"an expired certificate":  {b.notice(t, unionpaygw.NotificationInput{OrderID: no, Sign: unionpaygw.SignExpired}), payments.ErrNoticeSignature},
		"a merchant's":            {b.notice(t, unionpaygw.NotificationInput{OrderID: no, Sign: unionpaygw.SignOtherMerchant}), payments.ErrNoticeSignature},
		"a name that begins so":   {b.notice(t, unionpaygw.NotificationInput{OrderID: no, Sign: unionpaygw.SignOtherName}), payments.ErrNoticeSignature},
		"another key":             {b.notice(t, unionpaygw.NotificationInput{OrderID: no, Sign: unionpaygw.SignWrongKey}), payments.ErrNoticeSignature},
		"no signature":            {spoil(func(v url.Values) { v.Del("signature") }), payments.ErrNoticeSignature},
		"an empty signature":      {spoil(func(v url.Values) { v.Set("signature", "") }), payments.ErrNoticeSignature},
		"a signature and a break": {spoil(func(v url.Values) { v.Set("signature", v.Get("signature")+"\n") }), payments.ErrNoticeSignature},
		"no certificate":          {spoil(func(v url.Values) { v.Del("signPubKeyCert") }), payments.ErrNoticeSignature},
		"the middle certificate":  {spoil(func(v url.Values) { v.Set("signPubKeyCert", b.keys.MiddlePEM) }), payments.ErrNoticeSignature},
		"another certId":          {spoil(func(v url.Values) { v.Set("certId", other.CertID) }), payments.ErrNoticeSignature},
		"one fen more":            {spoil(func(v url.Values) { v.Set("txnAmt", "1235") }), payments.ErrNoticeSignature},
		"a field more":            {spoil(func(v url.Values) { v.Set("zzz", "1") }), payments.ErrNoticeSignature},
		"a field less":            {spoil(func(v url.Values) { v.Del("traceNo") }), payments.ErrNoticeSignature},
		"a value trimmed": {b.notice(t, unionpaygw.NotificationInput{
			OrderID: no, Mutate: func(f map[string]string) { f["respMsg"] += " " }, Spoil: func(f map[string]string) { f["respMsg"] = strings.TrimSpace(f["respMsg"]) },
		}), payments.ErrNoticeSignature},
		"a plus become a blank": {spoil(func(v url.Values) {
			v.Set("signPubKeyCert", strings.ReplaceAll(v.Get("signPubKeyCert"), "+", " "))
		}), payments.ErrNoticeSignature},
		"signed over encoded text": {spoil(func(v url.Values) {
			var parts []string
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if name != "signature" {
					parts = append(parts, name+"="+url.QueryEscape(v.Get(name)))
				}
			}
			first := sha256.Sum256([]byte(strings.Join(parts, "&")))
			v.Set("signature", signed(sha256.Sum256([]byte(hex.EncodeToString(first[:]))), b.keys.PrivateKey))
		}), payments.ErrNoticeSignature},
		"a merchant's own key and certificate": {spoil(func(v url.Values) {
			v.Set("signPubKeyCert", other.CertPEM)
			v.Set("certId", other.CertID)
			v.Set("signature", signed(sumOf(v), other.PrivateKey))
		}), payments.ErrNoticeSignature},
		"a shared key": {spoil(func(v url.Values) {
			v.Set("signMethod", "11")
			key := sha256.Sum256([]byte("88888888"))
			sum := sha256.Sum256([]byte(textOf(v) + "&" + hex.EncodeToString(key[:])))
			v.Set("signature", hex.EncodeToString(sum[:]))
		}), payments.ErrNoticeSignature},
		"version 5.0.0": {b.notice(t, unionpaygw.NotificationInput{OrderID: no, Mutate: func(f map[string]string) { f["version"] = "5.0.0" }}), payments.ErrNoticeSignature},
		"a field twice": {raw(string(genuine.Body) + "&txnAmt=1"), payments.ErrNoticeMalformed},
		"a bad escape":  {raw(string(genuine.Body) + "&a=%zz"), payments.ErrNoticeMalformed},
		"not UTF-8":     {raw(string(genuine.Body) + "&a=%ff"), payments.ErrNoticeMalformed},
		"1000 fields":   {raw(string(genuine.Body) + strings.Repeat("&a=1", 1000)), payments.ErrNoticeMalformed},
		"JSON":          {payments.Notice{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{}`)}, payments.ErrNoticeMalformed},
		"XML":           {payments.Notice{Header: http.Header{"Content-Type": {"text/xml"}}, Body: []byte(`<!DOCTYPE a>`)}, payments.ErrNoticeMalformed},
		"nothing":       {payments.Notice{Header: genuine.Header}, payments.ErrNoticeMalformed},
	}
	for _, name := range []string{"queryId", "orderId", "merId", "txnTime", "txnType", "respCode"} {
		cases["signed, without "+name] = struct {
			notice payments.Notice
			want   error
		}{b.notice(t, unionpaygw.NotificationInput{OrderID: no, Mutate: func(f map[string]string) { delete(f, name) }}), payments.ErrNoticeMalformed}
	}
	for name, tc := range cases {
		if got, err := b.channel.ParseNotification(t.Context(), b.account, tc.notice); !errors.Is(err, tc.want) {
			t.Errorf("%s: %+v %v, want %v", name, got.Payment, err, tc.want)
		}
	}
	got, err := b.channel.ParseNotification(t.Context(), b.account, genuine)
	if err != nil || got.Payment == nil || got.Payment.State != payments.PaymentPaid {
		t.Errorf("genuine: %+v %v", got.Payment, err)
	}
}

func textOf(v url.Values) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if name != "signature" && v.Get(name) != "" {
			parts = append(parts, name+"="+v.Get(name))
		}
	}
	return strings.Join(parts, "&")
}

func sumOf(v url.Values) [32]byte {
	first := sha256.Sum256([]byte(textOf(v)))
	return sha256.Sum256([]byte(hex.EncodeToString(first[:])))
}

// T069: only 00 and A6 are money; what a true message says oddly is for the comparison.
func TestT069WhatNotificationsSay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	no := b.newNumber()
	b.pay(t, b.begin(t, no, payments.App), "")
	parse := func(change func(map[string]string)) (payments.PaymentResult, error) {
		n, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, unionpaygw.NotificationInput{OrderID: no, Mutate: change}))
		if n.Payment == nil {
			return payments.PaymentResult{}, err
		}
		return *n.Payment, err
	}
	for code, want := range map[string]payments.PaymentState{
		"00": payments.PaymentPaid, "A6": payments.PaymentPaid, "05": payments.PaymentUnpaid, "01": payments.PaymentUnpaid, "74": payments.PaymentOdd, "45": payments.PaymentOdd,
	} {
		if got, err := parse(func(f map[string]string) { f["respCode"] = code }); err != nil || got.State != want {
			t.Errorf("%s: %s %v, want %s", code, got.State, err, want)
		}
	}
	for _, text := range []string{"100.0", "1,234", "-1234", "+1234", "01234", " 1234", "1234x", "", "99999999999999999999"} {
		if got, err := parse(func(f map[string]string) { f["txnAmt"] = text }); err != nil || got.Amount.Valid {
			t.Errorf("amount %q: %+v %v", text, got.Amount, err)
		}
	}
	got, err := parse(func(f map[string]string) {
		f["merId"], f["currencyCode"], f["settleAmt"] = "777290058110049", "840", "1"
	})
	if err != nil || got.MerchantNo != "777290058110049" || got.Currency != "840" || got.Amount.Fen != 1234 {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := parse(func(f map[string]string) { f["txnTime"] = "20200101000000" }); err != nil || got.State != payments.PaymentOdd {
		t.Errorf("another txnTime: %s %v", got.State, err)
	}
	n, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, unionpaygw.NotificationInput{OrderID: no, Mutate: func(f map[string]string) { f["txnType"] = "02" }}))
	if err != nil || n.Payment != nil || n.Refund != nil || n.EventID == "" {
		t.Errorf("a kind that is not ours: %+v %v", n, err)
	}
}

// The same event has the same number on every repeat.
func TestRepeatsAreOneEvent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	no := b.newNumber()
	receipt := b.pay(t, b.begin(t, no, payments.Web), "")
	for range 3 {
		n, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, unionpaygw.NotificationInput{OrderID: no}))
		if err != nil || n.EventID != receipt.QueryID || n.Payment.PaidAt.Sub(b.clock.Now()).Abs() > time.Minute {
			t.Fatalf("%+v %v", n.Payment, err)
		}
	}
}

// traceTime has no year: around New Year it is not the one that it seems.
func TestPaidAtAroundNewYear(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, tc := range []struct{ no, traced, want string }{
		{"20251231155500000000000001", "0101000500", "2025-12-31T16:05:00Z"}, // 23:55 and 00:05 in Beijing
		{"20251231155500000000000001", "1231235600", "2025-12-31T15:56:00Z"},
		{"20260101000500000000000001", "0101080600", "2026-01-01T00:06:00Z"},
		{"20240228230000000000000001", "0229070100", "2024-02-28T23:01:00Z"},
	} {
		n, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, unionpaygw.NotificationInput{Mutate: func(f map[string]string) {
			f["orderId"], f["traceTime"] = tc.no, tc.traced
		}}))
		if err != nil || n.Payment.PaidAt.Format(time.RFC3339) != tc.want {
			t.Errorf("%s %s: %v %v", tc.no, tc.traced, n.Payment.PaidAt, err)
		}
	}
}

// authority issues certificates with what a test wants of them.
type authority struct {
	t            *testing.T
	root, middle *x509.Certificate
	rootKey, key *rsa.PrivateKey
}

type certOption func(*x509.Certificate)

func sha1Signed(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }

func expired(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }

func (a *authority) issue(name string, parent *x509.Certificate, by *rsa.PrivateKey, ca bool, options ...certOption) (*x509.Certificate, *rsa.PrivateKey) {
	a.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024) // short: these live for a second
	if err != nil {
		a.t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<60))
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{"CFCA"}}, NotBefore: time.Now().Add(-48 * time.Hour),
		NotAfter: time.Now().Add(48 * time.Hour), IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, SignatureAlgorithm: x509.SHA256WithRSA,
	}
	if ca {
		template.KeyUsage = x509.KeyUsageCertSign
	}
	for _, option := range options {
		option(template)
	}
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

func newAuthority(t *testing.T, root, middle []certOption) *authority {
	t.Helper()
	a := &authority{t: t}
	a.root, a.rootKey = a.issue("CFCA CS CA", nil, nil, true, root...)
	a.middle, a.key = a.issue("CFCA OCA1", a.root, a.rootKey, true, middle...)
	return a
}

func liveChain(t *testing.T) *authority {
	t.Helper()
	return newAuthority(t, nil, nil)
}

func pemOf(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

func (a *authority) pinned() []payments.ProviderKey {
	return []payments.ProviderKey{
		{Serial: a.root.SerialNumber.String(), PEM: pemOf(a.root)}, {Serial: a.middle.SerialNumber.String(), PEM: pemOf(a.middle)},
	}
}

const liveName = "041@Z12@中国银联股份有限公司@00000012"

// say signs a genuine notification anew with another certificate.
func (a *authority) say(n payments.Notice, cert *x509.Certificate, key *rsa.PrivateKey) payments.Notice {
	a.t.Helper()
	return bodyWith(n, func(v url.Values) {
		v.Set("signPubKeyCert", pemOf(cert))
		v.Set("certId", cert.SerialNumber.String())
		sum := sumOf(v)
		sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			a.t.Fatal(err)
		}
		v.Set("signature", base64.StdEncoding.EncodeToString(sig))
	})
}

// Certificates as UnionPay's live ones are and as attackers would like them, SHA-1 among
// them, which crypto/x509 verifies no more.
func TestCertificateChains(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	no := b.newNumber()
	b.pay(t, b.begin(t, no, payments.App), "")
	genuine := b.notice(t, unionpaygw.NotificationInput{OrderID: no})
	type parts struct {
		a    *authority
		cert *x509.Certificate
		key  *rsa.PrivateKey
	}
	leafOf := func(a *authority, name string, options ...certOption) parts {
		cert, key := a.issue(name, a.middle, a.key, false, options...)
		return parts{a, cert, key}
	}
	modern := liveChain(t)
	stranger := liveChain(t)
	ownMiddle, ownKey := modern.issue("CFCA OCA1", modern.middle, modern.key, false) // a leaf that plays issuer
	fake, fakeKey := modern.issue(liveName, ownMiddle, ownKey, false)
	rootLeaf, rootLeafKey := modern.issue(liveName, modern.root, modern.rootKey, false)
	cases := map[string]struct {
		parts
		ok bool
	}{
		"live":                    {leafOf(modern, liveName), true},
		"SHA-1 throughout":        {leafOf(newAuthority(t, []certOption{sha1Signed}, []certOption{sha1Signed}), liveName, sha1Signed), true},
		"SHA-1 middle":            {leafOf(newAuthority(t, nil, []certOption{sha1Signed}), liveName), true},
		"the test signer":         {leafOf(modern, "00040000:SIGN"), false},
		"a merchant":              {leafOf(modern, "041@8310000@山野咖啡@00000001"), false},
		"two parts":               {leafOf(modern, "041@中国银联股份有限公司"), false},
		"the name in another":     {leafOf(modern, "中国银联股份有限公司"), false},
		"a longer name":           {leafOf(modern, "041@Z12@中国银联股份有限公司上海@1"), false},
		"expired":                 {leafOf(modern, liveName, expired), false},
		"not yet valid":           {leafOf(modern, liveName, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }), false},
		"an expired middle":       {leafOf(newAuthority(t, nil, []certOption{expired}), liveName), false},
		"an expired root":         {leafOf(newAuthority(t, []certOption{expired}, nil), liveName), false},
		"a CA as signer":          {leafOf(modern, liveName, func(c *x509.Certificate) { c.IsCA = true }), false},
		"not for signatures":      {leafOf(modern, liveName, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), false},
		"a leaf as issuer":        {parts{modern, fake, fakeKey}, false},
		"past the middle":         {parts{modern, rootLeaf, rootLeafKey}, false},
		"the same names, forged":  {parts{modern, leafOf(stranger, liveName).cert, leafOf(stranger, liveName).key}, false},
		"SHA-1 of another issuer": {parts{modern, leafOf(stranger, liveName, sha1Signed).cert, nil}, false},
	}
	for name, tc := range cases {
		acc := b.account
		acc.TenantID, acc.Mode, acc.Config.BaseURL, acc.ProviderKeys = tenant.NewID(), payments.Live, "", tc.a.pinned()
		if tc.key == nil {
			tc.key = modern.key
		}
		got, err := b.channel.ParseNotification(t.Context(), acc, tc.a.say(genuine, tc.cert, tc.key))
		if tc.ok != (err == nil) || (!tc.ok && !errors.Is(err, payments.ErrNoticeSignature)) {
			t.Errorf("%s: %+v %v", name, got.Payment, err)
		}
	}

	// A certificate that was good is good no longer once it is over, remembered or not.
	acc := b.account
	acc.TenantID, acc.Mode, acc.Config.BaseURL, acc.ProviderKeys = tenant.NewID(), payments.Live, "", modern.pinned()
	leaf := leafOf(modern, liveName)
	n := modern.say(genuine, leaf.cert, leaf.key)
	if _, err := b.channel.ParseNotification(t.Context(), acc, n); err != nil {
		t.Error(err)
	}
	b.clock.Advance(72 * time.Hour)
	if _, err := b.channel.ParseNotification(t.Context(), acc, n); !errors.Is(err, payments.ErrNoticeSignature) {
		t.Errorf("three days later: %v", err)
	}
	n.At = time.Now() // kept then, and taken again now
	if _, err := b.channel.ParseNotification(t.Context(), acc, n); err != nil {
		t.Errorf("as of when it came in: %v", err)
	}
}

// An account without a whole chain is no account.
func TestPinnedCertificatesMustFit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two := liveChain(t), liveChain(t)
	test := &authority{t: t}
	test.root, test.rootKey = test.issue("CFCA TEST CS CA", nil, nil, true)
	test.middle, test.key = test.issue("CFCA TEST OCA1", test.root, test.rootKey, true)
	for name, keys := range map[string][]payments.ProviderKey{
		"none": nil, "no middle": one.pinned()[:1], "no root": one.pinned()[1:], "of two chains": {one.pinned()[0], two.pinned()[1]},
		"not a certificate": {{Serial: "1", PEM: "x"}}, "test certificates": test.pinned(),
	} {
		acc := b.account
		acc.TenantID, acc.Mode, acc.Config.BaseURL, acc.ProviderKeys = tenant.NewID(), payments.Live, "", keys
		if _, err := b.channel.ClientParams(t.Context(), acc, b.request(b.newNumber(), payments.PC), ""); err == nil {
			t.Errorf("%s: a form was made", name)
		}
	}
}
