package sandbox_test

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// The provider's cryptography once more, written against the reference and not against
// the package under test.

func stampOf(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func randomHex() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}

func rsaSign(t *testing.T, privatePEM, text string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(privatePEM))
	if block == nil {
		t.Fatal("private key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		t.Fatalf("not an RSA key: %v", err)
	}
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sig)
}

// verifies checks the three signed lines of an answer or a callback with a PEM key.
func verifies(t *testing.T, keyPEM string, h http.Header, body []byte) bool {
	t.Helper()
	block, _ := pem.Decode([]byte(keyPEM))
	if block == nil {
		t.Fatal("public key is not PEM")
	}
	var public any
	var err error
	if block.Type == "CERTIFICATE" {
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			public = cert.PublicKey
		}
	} else {
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	key, ok := public.(*rsa.PublicKey)
	if err != nil || !ok {
		t.Fatalf("not an RSA key: %v", err)
	}
	text := h.Get("Wechatpay-Timestamp") + "\n" + h.Get("Wechatpay-Nonce") + "\n" + string(body) + "\n"
	sig, err := base64.StdEncoding.DecodeString(h.Get("Wechatpay-Signature"))
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(text))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) == nil
}

// resource decrypts a callback's content.
func resource(t *testing.T, apiV3Key string, body []byte) map[string]any {
	t.Helper()
	var e struct {
		Resource struct {
			Ciphertext     string `json:"ciphertext"`
			AssociatedData string `json:"associated_data"`
			Nonce          string `json:"nonce"`
		} `json:"resource"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatalf("callback %q: %v", body, err)
	}
	plain := openGCM(t, apiV3Key, e.Resource.Nonce, e.Resource.AssociatedData, e.Resource.Ciphertext)
	m := map[string]any{}
	if err := json.Unmarshal(plain, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func openGCM(t *testing.T, apiV3Key, nonce, associated, cipherText string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(cipherText)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher([]byte(apiV3Key))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm.Open(nil, []byte(nonce), raw, []byte(associated))
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// total is amount.total of a transaction or a refund.
func total(m map[string]any) any {
	amount, _ := m["amount"].(map[string]any)
	return amount["total"]
}

// summary is what a shop compares of a payment before it believes it.
func summary(tx map[string]any) string {
	amount, _ := tx["amount"].(map[string]any)
	return fmt.Sprintf("%v %v %v %v", amount["total"], amount["currency"], tx["appid"], tx["mchid"])
}
