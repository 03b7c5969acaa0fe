package demo

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// desk stands before the sandbox while history is told. The provider's SDK dates its
// requests by the wall clock and cannot be told otherwise, so the desk, which has the
// merchant's key, dates and signs them again. Answers need nothing: the sandbox dates them
// by Clock, and Clock is what our side checks them by.
type desk struct {
	provider http.Handler
	clock    *Clock
	merchant sandbox.Merchant
	key      *rsa.PrivateKey
}

var errNoKey = errors.New("the merchant's key is no PKCS#8 RSA key")

func newDesk(s *seeding) (*desk, error) {
	block, _ := pem.Decode([]byte(s.merchant.PrivateKeyPEM))
	if block == nil {
		return nil, errNoKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoKey, err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errNoKey
	}
	return &desk{provider: s.Sandbox.Handler(), clock: s.Clock, merchant: s.merchant, key: key}, nil
}

// ServeHTTP implements http.Handler.
func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, messageLimit))
	if err == nil {
		var authorization string
		authorization, err = d.sign(r.Method, r.URL.RequestURI(), body)
		r.Header.Set("Authorization", authorization)
	}
	if err != nil {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	d.provider.ServeHTTP(w, r)
}

func (d *desk) sign(method, uri string, body []byte) (string, error) {
	at, nonce := d.clock.Now().Unix(), rand.Text()
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%s\n%s\n", method, uri, at, nonce, body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, d.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return fmt.Sprintf(`WECHATPAY2-SHA256-RSA2048 mchid="%s",nonce_str="%s",signature="%s",timestamp="%d",serial_no="%s"`,
		d.merchant.MchID, nonce, base64.StdEncoding.EncodeToString(signature), at, d.merchant.CertificateSerial), nil
}

// atDesk is the shop's accounts with the desk in the provider's place.
type atDesk struct {
	accounts *account.Service
	url      string
}

var _ payments.Accounts = atDesk{}

// ByKey implements payments.Accounts.
func (a atDesk) ByKey(ctx context.Context, id tenant.ID, key string) (payments.Account, error) {
	return a.moved(a.accounts.ByKey(ctx, id, key))
}

// Recent implements payments.Accounts.
func (a atDesk) Recent(ctx context.Context, id tenant.ID, key string) (payments.Account, error) {
	return a.moved(a.accounts.Recent(ctx, id, key))
}

// ByID implements payments.Accounts.
func (a atDesk) ByID(ctx context.Context, id tenant.ID, accountID int64) (payments.Account, error) {
	return a.moved(a.accounts.ByID(ctx, id, accountID))
}

// ForApp implements payments.Accounts.
func (a atDesk) ForApp(ctx context.Context, id tenant.ID, channel payments.Code, appID string) (payments.Account, error) {
	return a.moved(a.accounts.ForApp(ctx, id, channel, appID))
}

// Serving implements payments.Accounts.
func (a atDesk) Serving(ctx context.Context, q tenantdb.Querier, appID string) ([]payments.Serving, error) {
	return a.accounts.Serving(ctx, q, appID)
}

func (a atDesk) moved(acc payments.Account, err error) (payments.Account, error) {
	acc.Config.BaseURL = a.url
	return acc, err
}
