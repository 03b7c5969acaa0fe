package wechat_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/tenant/vault"
)

func privatePEM(t *testing.T) (*rsa.PrivateKey, vault.Secret) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return key, vault.NewSecret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// Each wrong key is found out by the provider's own answer, and named.
func TestProbeNamesTheWrongKey(t *testing.T) {
	t.Parallel()
	_, foreign := privatePEM(t)
	for name, c := range map[string]struct {
		mode payments.KeyMode
		bend func(acc *payments.Account)
		want account.Outcome
	}{
		"all fit, public key":   {payments.KeyModePublicKey, func(*payments.Account) {}, account.Fits},
		"all fit, certificate":  {payments.KeyModeCertificate, func(*payments.Account) {}, account.Fits},
		"all fit, both":         {payments.KeyModeBoth, func(*payments.Account) {}, account.Fits},
		"another private key":   {payments.KeyModePublicKey, func(acc *payments.Account) { acc.PrivateKey = foreign }, account.BadSignature},
		"another serial":        {payments.KeyModePublicKey, func(acc *payments.Account) { acc.Config.MerchantSerial = strings.Repeat("A", 40) }, account.BadCertificate},
		"another merchant":      {payments.KeyModePublicKey, func(acc *payments.Account) { acc.MerchantNo = "1900009999" }, account.BadMerchant},
		"another public key id": {payments.KeyModePublicKey, func(acc *payments.Account) { rename(acc, "PUB_KEY_ID_0119999999999999") }, account.BadAnswer},
		"another APIv3 key":     {payments.KeyModeCertificate, func(acc *payments.Account) { acc.APIv3Key = vault.NewSecret([]byte(strings.Repeat("x", 32))) }, account.BadAPIv3Key},
		"certificates it has not got": {payments.KeyModePublicKey, func(acc *payments.Account) {
			acc.Config.KeyMode, acc.Config.PublicKeyID, acc.ProviderKeys = payments.KeyModeCertificate, "", nil
		}, account.BadAnswer},
		"nobody there": {payments.KeyModePublicKey, func(acc *payments.Account) { acc.Config.BaseURL = "http://127.0.0.1:1" }, account.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.mode)
			acc := b.account
			c.bend(&acc)
			err := b.channel.Probe(t.Context(), acc)
			if got := account.Judge(payments.WeChat, err); got.Outcome != c.want {
				t.Errorf("%s (%v), want %s", got.Outcome, err, c.want)
			}
			if err != nil && strings.Contains(fmt.Sprintf("%v", err), string(acc.APIv3Key.Reveal())) {
				t.Error("the error shows a secret")
			}
		})
	}
}

// rename has the stored public key under another id.
func rename(acc *payments.Account, id string) {
	acc.Config.PublicKeyID = id
	acc.ProviderKeys = []payments.ProviderKey{{Serial: id, PEM: acc.ProviderKeys[0].PEM}}
}

// Refusals are not signed. A wrong public key is found out by an answer that is: that to the
// question for yesterday's bill.
func TestProbeVerifiesTheProvider(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	provider, _ := privatePEM(t)
	other, _ := privatePEM(t)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v3/bill/tradebill" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"code":"ORDER_NOT_EXIST","message":"订单不存在"}`))
			return
		}
		const body = `{"hash_type":"SHA1","hash_value":"x","download_url":"https://api.mch.weixin.qq.com/v3/billdownload/file?token=x"}`
		at := fmt.Sprint(time.Now().Unix())
		sum := sha256.Sum256([]byte(at + "\nnonce\n" + body + "\n"))
		signature, err := rsa.SignPKCS1v15(nil, provider, crypto.SHA256, sum[:])
		if err != nil {
			t.Error(err)
		}
		for name, value := range map[string]string{
			"Wechatpay-Timestamp": at, "Wechatpay-Nonce": "nonce", "Wechatpay-Serial": b.keys.PublicKeyID, "Wechatpay-Signature": base64.StdEncoding.EncodeToString(signature),
		} {
			w.Header().Set(name, value)
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(front.Close)
	for want, key := range map[account.Outcome]*rsa.PrivateKey{account.Fits: provider, account.BadAnswer: other} {
		der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		acc := b.account
		acc.Config.BaseURL, acc.Version = front.URL, acc.Version.Add(time.Duration(len(want)))
		acc.ProviderKeys = []payments.ProviderKey{{Serial: b.keys.PublicKeyID, PEM: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}}
		if got := account.Judge(payments.WeChat, b.channel.Probe(t.Context(), acc)); got.Outcome != want {
			t.Errorf("%s, want %s", got.Outcome, want)
		}
	}
}
