package miniprogram

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// alipayGateway serves live apps; the sandbox has the same gateway under its own root.
const (
	alipayGateway = "https://openapi.alipay.com/gateway.do"
	sandboxPath   = "/alipay/gateway.do"
)

// GatewayError is Alipay's own refusal, free of secrets.
type GatewayError struct {
	API     string // "alipay.system.oauth.token"
	Code    string // "40002"
	SubCode string // "isv.code-invalid"
	Reason  string
	Signed  bool // by a key that we verified
}

// Error implements error.
func (e *GatewayError) Error() string {
	return fmt.Sprintf("%s: %s %s: %s", e.API, e.Code, e.SubCode, e.Reason)
}

var (
	errSignature = errors.New("the answer's signature does not verify")
	errUnsigned  = errors.New("the answer is not signed")
)

// gateway makes one signed call with top-level parameters and returns the part of the answer
// that is about it, verified. What Alipay refuses is a *GatewayError.
func (s *Service) gateway(ctx context.Context, cred credential, method string, more url.Values) (json.RawMessage, error) {
	private, err := privateKey(cred.secret)
	if err != nil {
		return nil, ErrConfiguration.Because(err)
	}
	form, err := signedForm(cred, private, method, more, s.now())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	address := alipayGateway
	if cred.base != "" {
		address = strings.TrimSuffix(cred.base, "/") + sandboxPath
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"?charset=utf-8", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("%s: the stored api_base is no address", method) // err would show the address
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, unreachable(method, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, unreachable(method, err)
	}
	switch {
	case resp.StatusCode >= http.StatusInternalServerError:
		return nil, ErrProviderBusy.Because(fmt.Errorf("%s: HTTP %d", method, resp.StatusCode))
	case resp.StatusCode != http.StatusOK, len(raw) > maxAnswer:
		return nil, ErrBadResponse.Because(fmt.Errorf("%s: HTTP %d, %d bytes", method, resp.StatusCode, len(raw)))
	}
	return readAnswer(cred, method, raw, more)
}

// signedForm is every parameter of a call with its signature: names sorted, values as they
// are, empty ones left out.
func signedForm(cred credential, private *rsa.PrivateKey, method string, more url.Values, now time.Time) (url.Values, error) {
	form := url.Values{}
	maps.Copy(form, more)
	beijing := time.FixedZone("Asia/Shanghai", 8*60*60) // the gateway refuses any other clock
	for name, value := range map[string]string{
		"app_id": cred.appID, "method": method, "format": "JSON", "charset": "utf-8", "sign_type": "RSA2", "version": "1.0",
		"timestamp": now.In(beijing).Format(time.DateTime), "app_cert_sn": cred.config.AppCertSN, "alipay_root_cert_sn": cred.config.RootSN,
	} {
		if value != "" {
			form.Set(name, value)
		}
	}
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	parts := make([]string, 0, len(names))
	for _, name := range names {
		if v := form.Get(name); v != "" {
			parts = append(parts, name+"="+v)
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "&")))
	signature, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, sum[:])
	if err != nil {
		return nil, err
	}
	form.Set("sign", base64.StdEncoding.EncodeToString(signature))
	return form, nil
}

// readAnswer takes the answer apart. Whatever says that something was done must be signed; a
// refusal often is not, and is believed as a refusal.
func readAnswer(cred credential, method string, raw []byte, sent url.Values) (json.RawMessage, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, ErrBadResponse.Because(fmt.Errorf("%s: the answer is not JSON of the documented form", method))
	}
	body, ok := parts[strings.ReplaceAll(method, ".", "_")+"_response"]
	if !ok {
		if body, ok = parts["error_response"]; !ok {
			return nil, ErrBadResponse.Because(fmt.Errorf("%s: the answer names no response", method))
		}
	}
	var status struct {
		Code    string `json:"code"`
		Msg     string `json:"msg"`
		SubCode string `json:"sub_code"`
		SubMsg  string `json:"sub_msg"`
	}
	if err := json.Unmarshal(body, &status); err != nil {
		return nil, ErrBadResponse.Because(fmt.Errorf("%s: the answer is not JSON of the documented form", method))
	}
	problem := verifyAnswer(cred, parts, body)
	switch {
	case errors.Is(problem, errSignature):
		return nil, ErrBadResponse.Because(fmt.Errorf("%s: %w", method, problem))
	case status.Code != "" && status.Code != "10000":
		reason := status.SubMsg
		if reason == "" {
			reason = status.Msg
		}
		return nil, &GatewayError{
			API: method, Code: status.Code, SubCode: status.SubCode, Reason: scrub(reason, sent.Get("code")), Signed: problem == nil,
		}
	case problem != nil:
		return nil, ErrBadResponse.Because(fmt.Errorf("%s: %w", method, problem))
	}
	return body, nil
}

// verifyAnswer checks the signature over the exact bytes of the body.
func verifyAnswer(cred credential, parts map[string]json.RawMessage, body []byte) error {
	var sign, serial string
	_ = json.Unmarshal(parts["sign"], &sign)
	_ = json.Unmarshal(parts["alipay_cert_sn"], &serial)
	if sign == "" {
		return errUnsigned
	}
	return verifyText(cred.config, serial, body, sign)
}

// verifyText checks Alipay's RSA2 signature over text by the key with the serial; in
// public-key mode there is one key and no serial. A serial we do not have is refused: it is
// never fetched while somebody waits.
func verifyText(config Config, serial string, text []byte, signature string) error {
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return errSignature
	}
	sum := sha256.Sum256(text)
	for _, k := range config.ProviderKeys {
		if k.Serial != "" && serial != "" && k.Serial != serial {
			continue
		}
		key, err := publicKey(k.PEM)
		if err == nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw) == nil {
			return nil
		}
	}
	return errSignature
}

func privateKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the stored private key is no PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, errors.New("the stored private key is not RSA in PKCS#8")
	}
	return key, nil
}

// publicKey reads the key of a PEM block, a bare one or a certificate's.
func publicKey(text string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM")
	}
	var parsed any
	if block.Type == "CERTIFICATE" {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		parsed = cert.PublicKey
	} else {
		var err error
		if parsed, err = x509.ParsePKIXPublicKey(block.Bytes); err != nil {
			return nil, err
		}
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("not RSA")
	}
	return key, nil
}

const oauthTokenAPI = "alipay.system.oauth.token"

// oauthToken redeems a code of my.getAuthCode. Its tokens are not kept: nothing here acts in
// the buyer's name.
func (s *Service) oauthToken(ctx context.Context, cred credential, code string) (Session, error) {
	body, err := s.gateway(ctx, cred, oauthTokenAPI, url.Values{"grant_type": {"authorization_code"}, "code": {code}})
	if err != nil {
		return Session{}, alipayMeaning(err)
	}
	var answer struct {
		OpenID string `json:"open_id"`
		UserID string `json:"user_id"` // apps from before there were open_ids have only this
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return Session{}, ErrBadResponse.Because(fmt.Errorf("%s: the answer is not JSON of the documented form", oauthTokenAPI))
	}
	who := answer.OpenID
	if who == "" {
		who = answer.UserID
	}
	if who == "" || len(who) > 128 {
		return Session{}, ErrBadResponse.Because(fmt.Errorf("%s: nobody in the answer", oauthTokenAPI))
	}
	return Session{OpenID: who}, nil
}

// alipayMeaning turns a refusal into its fault and leaves other errors alone.
func alipayMeaning(err error) error {
	refusal, ok := errors.AsType[*GatewayError](err)
	if !ok {
		return err
	}
	switch {
	case refusal.SubCode == "isv.code-invalid", refusal.SubCode == "isv.code-is-used":
		return ErrCode.Because(refusal)
	case refusal.Code == "20000":
		return ErrProviderBusy.Because(refusal)
	case refusal.Code == "40005":
		return ErrThrottled.Because(refusal)
	case refusal.Code == "40001", refusal.Code == "40002", refusal.Code == "40003", refusal.Code == "40006", refusal.Code == "20001":
		return ErrConfiguration.Because(refusal)
	}
	return ErrBadResponse.Because(refusal)
}
