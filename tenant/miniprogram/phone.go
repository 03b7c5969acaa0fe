package miniprogram

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

// maxPhoneText is far above what the phone buttons give.
const maxPhoneText = 4 << 10

var phoneForm = regexp.MustCompile(`^\+?[0-9]{5,20}$`)

// PhoneNumber reads the number that a buyer gave by a phone button: what WeChat's button
// gives is a code, good once; what Alipay's gives is the sealed number itself, as the whole
// text of its response. Faults: PHONE_REFUSED, RATE_LIMITED, UNAVAILABLE, PROVIDER_TIMEOUT,
// PROVIDER_BAD_RESPONSE, APP_MISCONFIGURED.
func (s *Service) PhoneNumber(ctx context.Context, id tenant.ID, app tenant.AppID, given string) (string, error) {
	if given == "" || len(given) > maxPhoneText {
		return "", fault.Invalidf("code", "is not what a phone button gives")
	}
	cred, err := s.open(ctx, id, app)
	if err != nil {
		return "", err
	}
	var number string
	if cred.provider == tenant.Alipay {
		number, err = s.alipayPhone(ctx, id, app, cred, given)
	} else {
		number, err = s.wechatPhone(ctx, id, app, cred, given)
	}
	if err != nil {
		return "", err
	}
	if !phoneForm.MatchString(number) {
		return "", ErrBadResponse.Because(errors.New("phone number: not a number in the answer"))
	}
	return number, nil
}

func (s *Service) wechatPhone(ctx context.Context, id tenant.ID, app tenant.AppID, cred credential, code string) (string, error) {
	var answer struct {
		Info struct {
			Number    string `json:"phoneNumber"`
			Watermark struct {
				AppID string `json:"appid"`
			} `json:"watermark"`
		} `json:"phone_info"`
	}
	err := s.withToken(ctx, id, cred, app, request{
		api: "getuserphonenumber", method: http.MethodPost, base: cred.base, path: "/wxa/business/getuserphonenumber", body: map[string]string{"code": code},
	}, &answer)
	if errors.Is(err, ErrCode) {
		return "", ErrPhone.Because(err)
	}
	if err != nil {
		return "", err
	}
	if answer.Info.Watermark.AppID != cred.appID {
		return "", ErrBadResponse.Because(errors.New("getuserphonenumber: another app's watermark"))
	}
	return answer.Info.Number, nil
}

// alipayPhone verifies and opens what my.getPhoneNumber gave. The signature covers the sealed
// text together with its quotes; the key before the present one still opens what was sealed
// while it was replaced.
func (s *Service) alipayPhone(ctx context.Context, id tenant.ID, app tenant.AppID, cred credential, text string) (string, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &parts); err != nil {
		return "", fault.Invalidf("code", "is not the response of my.getPhoneNumber")
	}
	sealed := parts["response"]
	var base64Text, sign string
	if json.Unmarshal(sealed, &base64Text) != nil { // an object in clear: a refusal
		return "", alipayPhoneRefusal(sealed)
	}
	if json.Unmarshal(parts["sign"], &sign) != nil || verifyText(cred.config, "", sealed, sign) != nil {
		return "", ErrPhone.Because(errSignature)
	}
	raw, err := base64.StdEncoding.DecodeString(base64Text)
	if err != nil {
		return "", ErrPhone.Because(errors.New("sealed phone number: no Base64"))
	}
	keys, err := s.contentKeys(ctx, id, app)
	if err != nil {
		return "", err
	}
	if len(keys) == 0 {
		return "", ErrConfiguration.Because(errors.New("the app has no key for encrypted contents"))
	}
	for _, key := range keys {
		var opened struct {
			Code   string `json:"code"`
			Mobile string `json:"mobile"`
		}
		if plain, ok := openContent(key, raw); ok && json.Unmarshal(plain, &opened) == nil && opened.Code == "10000" {
			return opened.Mobile, nil
		}
	}
	return "", ErrConfiguration.Because(errors.New("no content key of the app opens the phone number"))
}

func alipayPhoneRefusal(raw json.RawMessage) error {
	var refusal struct {
		Code    string `json:"code"`
		SubCode string `json:"subCode"`
	}
	if json.Unmarshal(raw, &refusal) != nil {
		return fault.Invalidf("code", "is not the response of my.getPhoneNumber")
	}
	return ErrPhone.Because(fmt.Errorf("my.getPhoneNumber: %.20s %.60s", refusal.Code, refusal.SubCode))
}

// openContent is AES-128-CBC with an IV of zeros and PKCS#7, as Alipay seals contents. The
// text was authenticated by its signature before.
func openContent(key vault.Secret, sealed []byte) ([]byte, bool) {
	raw, err := base64.StdEncoding.DecodeString(string(key.Reveal()))
	if err != nil {
		return nil, false
	}
	block, err := aes.NewCipher(raw)
	if err != nil || len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, false
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(plain, sealed)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > aes.BlockSize {
		return nil, false
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, false
		}
	}
	return plain[:len(plain)-pad], true
}
