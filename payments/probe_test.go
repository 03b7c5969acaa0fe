package payments_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/alipay"
	"galleria/payments/ledger"
	"galleria/payments/sandbox"
	"galleria/payments/sandbox/alipaygw"
	"galleria/payments/sandbox/unionpaygw"
	"galleria/payments/unionpay"
	"galleria/payments/wechat"
	"galleria/tenant/vault"
)

// What a merchant of any channel pastes in, as the provider handed it out, is stored by the
// account's room, read back by the channel and accepted by the provider under its signature.
// A key of somebody else's is not, and the check says which.
func TestKeysOfEveryChannelFitTheirProvider(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	log := slog.New(slog.DiscardHandler)
	service := payments.New(payments.Deps{
		DB: k.DB, Accounts: k.accounts, Bills: k.bills, Books: ledger.New(ledger.Deps{DB: k.DB, Audit: k.Audit}), Audit: k.Audit, Outbox: k.Outbox, Timers: k.Timers, Vault: k.Vault,
		Now: k.Clock().Now, Rand: rand.Reader, Log: log, PublicURL: k.public,
		Channels: []payments.Channel{
			wechat.New(wechat.Deps{Keys: k.accounts, Now: time.Now, Log: log, Signers: 2}), alipay.New(alipay.Deps{Now: time.Now, Log: log, Signers: 2}),
			unionpay.New(unionpay.Deps{Now: time.Now, Signers: 2}),
		},
	})
	check := func(name string, in account.AddInput, want account.Outcome) {
		t.Helper()
		in.Mode, in.Name, in.BaseURL = payments.Sandbox, name, k.provider.http.URL
		added, err := k.accounts.Add(t.Context(), k.Tenant.ID, in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		got, err := k.accounts.CheckNow(t.Context(), k.Tenant.ID, account.CheckInput{AccountID: added.ID, Probe: service.Probe})
		if err != nil || got.Outcome != want || !got.Current {
			t.Errorf("%s: %+v, %v; want %q", name, got, err, want)
		}
	}
	secret := func(text string) vault.Secret { return vault.NewSecret([]byte(text)) }
	foreign := strangersKey(t)

	w, err := k.provider.AddMerchant(sandbox.MerchantInput{MchID: "1900000951"})
	if err != nil {
		t.Fatal(err)
	}
	weChat := account.WeChatKeys{
		PrivateKey: secret(w.PrivateKeyPEM), APIv3Key: secret(w.APIv3Key), Serial: w.CertificateSerial, KeyMode: payments.KeyModePublicKey,
		PublicKeyID: w.PublicKeyID, PublicKey: w.PublicKeyPEM,
	}
	check("WeChat Pay", account.AddInput{MerchantNo: w.MchID, Keys: weChat}, account.Fits)

	plain, err := k.provider.Alipay().AddApp(alipaygw.AppInput{AppID: "2021000000000951", SellerID: "2088000000000951"})
	if err != nil {
		t.Fatal(err)
	}
	aliPay := account.AlipayKeys{
		SignAppID: plain.AppID, PrivateKey: secret(plain.BareKey), KeyMode: payments.KeyModePublicKey, PublicKey: plain.AlipayPublicKey,
	}
	check("Alipay, public key", account.AddInput{MerchantNo: plain.SellerID, Keys: aliPay}, account.Fits)
	certified, err := k.provider.Alipay().AddApp(alipaygw.AppInput{AppID: "2021000000000952", SellerID: "2088000000000952", KeyMode: alipaygw.KeyModeCertificate})
	if err != nil {
		t.Fatal(err)
	}
	check("Alipay, certificates", account.AddInput{MerchantNo: certified.SellerID, Keys: account.AlipayKeys{
		SignAppID: certified.AppID, PrivateKey: secret(certified.PrivateKey), KeyMode: payments.KeyModeCertificate,
		AppCertificate: certified.AppCert, AlipayCertificate: certified.AlipayCert, RootCertificate: certified.RootCert,
	}}, account.Fits)
	another, err := k.provider.Alipay().AddApp(alipaygw.AppInput{AppID: "2021000000000953", SellerID: "2088000000000953"})
	if err != nil {
		t.Fatal(err)
	}
	aliPay.SignAppID, aliPay.PrivateKey = another.AppID, foreign
	check("Alipay, another's key", account.AddInput{MerchantNo: another.SellerID, Keys: aliPay}, account.BadSignature)

	u, err := k.provider.UnionPay().AddMerchant(unionpaygw.MerchantInput{MerID: "777290058110951", Password: "123abc"})
	if err != nil {
		t.Fatal(err)
	}
	check("UnionPay", account.AddInput{MerchantNo: u.MerID, Keys: account.UnionPayKeys{
		PFX: vault.NewSecret(u.PFX), Password: secret(u.Password), Middle: u.MiddlePEM, Root: u.RootPEM,
	}}, account.Fits)
}

// strangersKey is a private key that no provider knows.
func strangersKey(t *testing.T) vault.Secret {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return vault.NewSecret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
