package wechat

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/validators"

	"galleria/payments"
	"galleria/payments/internal/wire"
	"galleria/tenant/vault"
)

// client is what is derived from one version of an account.
type client struct {
	core     *core.Client
	files    *core.Client // for answers that are not signed: files
	signer   *signer
	verifier *verifier
	earlier  []earlier // of replaced keys
}

// earlier verifies and opens messages that were under way when the keys were replaced.
type earlier struct {
	verifier *verifier
	until    time.Time
}

// client returns the client of an account's version, made when first needed.
func (c *Channel) client(ctx context.Context, acc payments.Account) (*client, error) {
	if found, ok := c.clients.Get(acc); ok {
		return found, nil
	}
	made, err := c.newClient(ctx, acc)
	if err != nil {
		return nil, fmt.Errorf("payment account %d: %w", acc.ID, err)
	}
	c.clients.Put(acc, made)
	return made, nil
}

func (c *Channel) newClient(ctx context.Context, acc payments.Account) (*client, error) {
	key, err := wire.ParsePrivateKey(acc.PrivateKey.Reveal())
	if err != nil {
		return nil, err
	}
	transport, err := wire.NewAccountTransport(c.transport, acc, providerHost, c.d.Now)
	if err != nil {
		return nil, err
	}
	s := &signer{merchantNo: acc.SignerNo(), serial: acc.Config.MerchantSerial, key: key, slots: c.slots, used: acc.Used}
	v, err := c.newVerifier(acc)
	if err != nil {
		return nil, err
	}
	settings := core.DialSettings{
		HTTPClient: &http.Client{Transport: transport, CheckRedirect: wire.NoRedirect, Jar: nil, Timeout: 0}, // limits are per call, by context
		Signer:     s, Validator: v, Cipher: nil,
	}
	sdk, err := core.NewClientWithDialSettings(ctx, &settings)
	if err != nil {
		return nil, err
	}
	settings.Validator = &validators.NullValidator{}
	files, err := core.NewClientWithDialSettings(ctx, &settings)
	if err != nil {
		return nil, err
	}
	return &client{core: sdk, files: files, signer: s, verifier: v, earlier: c.earlier(acc)}, nil
}

// earlier makes the verifiers of replaced keys. One that cannot be made is done without.
func (c *Channel) earlier(acc payments.Account) (all []earlier) {
	for _, set := range acc.Earlier {
		old := acc
		old.Config, old.APIv3Key, old.Earlier = set.Config, set.APIv3Key, nil
		if v, err := c.newVerifier(old); err == nil {
			all = append(all, earlier{v, set.Until})
		}
	}
	return all
}

// signer signs with the merchant's key, few at a time.
type signer struct {
	merchantNo, serial string
	key                *rsa.PrivateKey
	slots              wire.Slots
	used               func(vault.Purpose)
}

var _ auth.Signer = (*signer)(nil)

// Sign implements auth.Signer.
func (s *signer) Sign(ctx context.Context, message string) (*auth.SignatureResult, error) {
	free, err := s.slots.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer free()
	s.used(vault.Sign)
	sum := sha256.Sum256([]byte(message))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	if err != nil {
		return nil, errors.New("the merchant's key does not sign")
	}
	return &auth.SignatureResult{
		MchID: s.merchantNo, CertificateSerialNo: s.serial, Signature: base64.StdEncoding.EncodeToString(signature),
	}, nil
}

// Algorithm implements auth.Signer.
func (*signer) Algorithm() string { return "SHA256-RSA2048" }

// nonce is 32 letters and digits that were never used before.
func nonce() string { return rand.Text() + rand.Text()[:6] }
