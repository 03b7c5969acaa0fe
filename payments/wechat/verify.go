package wechat

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/verifiers"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"

	"galleria/payments"
	"galleria/tenant/vault"
)

const (
	clockWindow   = 5 * time.Minute
	signatureType = "WECHATPAY2-SHA256-RSA2048"
	probePrefix   = "WECHATPAY/SIGNTEST/"
)

var (
	errSignature = errors.New("the signature does not verify")
	errProbe     = errors.New("the signature is a probe")
)

// verifier verifies the provider's messages for one version of an account. It is the
// validator of the SDK's client as well.
type verifier struct {
	channel     *Channel
	acc         payments.Account
	publicKeyID string // "" in certificate mode
	public      *rsa.PublicKey
	certs       *certificates
	sdk         auth.Verifier
}

var _ auth.Validator = (*verifier)(nil)

func (c *Channel) newVerifier(acc payments.Account) (*verifier, error) {
	v := &verifier{channel: c, acc: acc, certs: newCertificates(c.d.Now)}
	var public *rsa.PublicKey
	for _, k := range acc.ProviderKeys {
		block, _ := pem.Decode([]byte(k.PEM))
		if block == nil {
			return nil, fmt.Errorf("provider key %s is not PEM", k.Serial)
		}
		if block.Type == "CERTIFICATE" {
			if err := v.certs.add(k.Serial, block.Bytes); err != nil {
				return nil, err
			}
			continue
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		parsed, ok := key.(*rsa.PublicKey)
		if err != nil || !ok {
			return nil, fmt.Errorf("provider key %s is not an RSA key", k.Serial)
		}
		if k.Serial == acc.Config.PublicKeyID {
			public = parsed
		}
	}
	switch acc.Config.KeyMode {
	case payments.KeyModeCertificate:
		v.sdk = verifiers.NewSHA256WithRSAVerifier(v.certs)
		return v, nil
	case payments.KeyModePublicKey, payments.KeyModeBoth:
	}
	if public == nil {
		return nil, fmt.Errorf("public key %s is missing", acc.Config.PublicKeyID)
	}
	v.publicKeyID, v.public = acc.Config.PublicKeyID, public
	if acc.Config.KeyMode == payments.KeyModeBoth {
		v.sdk = verifiers.NewSHA256WithRSACombinedVerifier(v.certs, v.publicKeyID, *public)
	} else {
		v.sdk = verifiers.NewSHA256WithRSAPubkeyVerifier(v.publicKeyID, *public)
	}
	return v, nil
}

// Validate implements auth.Validator for answers. The status was looked at before.
func (v *verifier) Validate(ctx context.Context, resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return v.verify(ctx, resp.Header, body, v.channel.d.Now())
}

// GetAcceptSerial implements auth.Validator: with which key the provider should sign its
// answer.
func (v *verifier) GetAcceptSerial(ctx context.Context) (string, error) {
	if v.publicKeyID != "" {
		return v.publicKeyID, nil
	}
	if serial := v.certs.GetNewestSerial(ctx); serial != "" {
		return serial, nil
	}
	return "", errSignature // none known yet: the provider chooses
}

// verify checks a message of the provider that came in at a time: headers, time window
// around it, key, signature. The
// error is errProbe, errSignature with a reason, or a failure to fetch certificates.
func (v *verifier) verify(ctx context.Context, h http.Header, body []byte, at time.Time) error {
	timestamp, nonce := h.Get(consts.WechatPayTimestamp), h.Get(consts.WechatPayNonce)
	signature, serial := h.Get(consts.WechatPaySignature), h.Get(consts.WechatPaySerial)
	if timestamp == "" || nonce == "" || signature == "" || serial == "" {
		return fmt.Errorf("%w: a Wechatpay header is missing", errSignature)
	}
	if kind := h.Get("Wechatpay-Signature-Type"); kind != "" && kind != signatureType {
		return fmt.Errorf("%w: signature type %.40q", errSignature, kind)
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: timestamp %.20q", errSignature, timestamp)
	}
	if age := at.Sub(time.Unix(seconds, 0)); age >= clockWindow || age <= -clockWindow {
		return fmt.Errorf("%w: signed %s ago", errSignature, age.Round(time.Second))
	}
	if strings.HasPrefix(signature, probePrefix) {
		return errProbe
	}
	if err := v.ensureKey(ctx, serial); err != nil {
		return err
	}
	v.acc.Used(vault.Verify)
	if err := v.sdk.Verify(ctx, serial, timestamp+"\n"+nonce+"\n"+string(body)+"\n", signature); err != nil {
		return fmt.Errorf("%w: key %.60q", errSignature, serial)
	}
	return nil
}

// ensureKey fetches the platform's certificates if a message names one that is not
// known yet and the account's mode has them.
func (v *verifier) ensureKey(ctx context.Context, serial string) error {
	if serial == v.publicKeyID || v.acc.Config.KeyMode == payments.KeyModePublicKey {
		return nil
	}
	if _, known := v.certs.Get(ctx, serial); known {
		return nil
	}
	return v.channel.fetchCertificates(ctx, v)
}

// certificates is the platform certificates of an account by serial. It grows when an
// unknown serial appears.
type certificates struct {
	now func() time.Time
	mu  sync.RWMutex
	all map[string]*x509.Certificate
}

var _ core.CertificateGetter = (*certificates)(nil)

func newCertificates(now func() time.Time) *certificates {
	return &certificates{now: now, mu: sync.RWMutex{}, all: map[string]*x509.Certificate{}}
}

func (c *certificates) add(serial string, der []byte) error {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("platform certificate %s: %w", serial, err)
	}
	if _, ok := cert.PublicKey.(*rsa.PublicKey); !ok {
		return fmt.Errorf("platform certificate %s is not of an RSA key", serial) // the SDK's verifier would panic
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[serial] = cert
	return nil
}

// Get implements core.CertificateGetter. An expired certificate is unknown.
func (c *certificates) Get(_ context.Context, serial string) (*x509.Certificate, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	cert, ok := c.all[serial]
	return cert, ok && c.now().Before(cert.NotAfter)
}

// GetAll implements core.CertificateGetter.
func (c *certificates) GetAll(context.Context) map[string]*x509.Certificate {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make(map[string]*x509.Certificate, len(c.all))
	for serial, cert := range c.all {
		if c.now().Before(cert.NotAfter) {
			all[serial] = cert
		}
	}
	return all
}

// GetNewestSerial implements core.CertificateGetter: the one that starts latest.
func (c *certificates) GetNewestSerial(ctx context.Context) (newest string) {
	var from time.Time
	for serial, cert := range c.GetAll(ctx) {
		if newest == "" || cert.NotBefore.After(from) {
			newest, from = serial, cert.NotBefore
		}
	}
	return newest
}
