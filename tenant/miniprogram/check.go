package miniprogram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// CheckCode is what a live check found. The console has for each what it means and where to
// mend it.
type CheckCode string

// What a live check may find.
const (
	NeverChecked    CheckCode = ""
	CheckOK         CheckCode = "ok"
	CheckAppID      CheckCode = "app_id"      // the provider does not know the AppID
	CheckSecret     CheckCode = "secret"      // WeChat: not the app's AppSecret
	CheckFrozen     CheckCode = "frozen"      // WeChat: the AppSecret is frozen
	CheckAddress    CheckCode = "address"     // WeChat: our address is not in the app's list
	CheckPermission CheckCode = "permission"  // the app may not use the call
	CheckBanned     CheckCode = "banned"      // the app is taken down or not online
	CheckQuota      CheckCode = "quota"       // too many calls today or this minute; says nothing of the keys
	CheckSignature  CheckCode = "signature"   // Alipay: the app's key is not the one uploaded there
	CheckNoKey      CheckCode = "no_key"      // Alipay: no key was uploaded there
	CheckMode       CheckCode = "mode"        // Alipay: the app is in the other mode of keys
	CheckCert       CheckCode = "cert"        // Alipay: the app's certificate has ended or is another app's
	CheckAnswer     CheckCode = "answer"      // Alipay: the answer does not verify with the key given as Alipay's
	CheckUnsigned   CheckCode = "unsigned"    // Alipay: our signature is accepted, theirs was not shown
	CheckClock      CheckCode = "clock"       // Alipay: our clock is wrong
	CheckDamaged    CheckCode = "damaged"     // the stored keys do not open
	CheckBusy       CheckCode = "busy"        // the provider cannot serve now
	CheckTimeout    CheckCode = "timeout"     // the provider did not answer in time
	CheckUnreached  CheckCode = "unreachable" // the provider was not reached
	CheckOther      CheckCode = "other"       // what we have no words for
)

// Check is the result of a live check of an app's present keys.
type Check struct {
	At           time.Time `json:"-"`
	Code         CheckCode `json:"code"`
	ProviderCode string    `json:"provider_code,omitempty"` // "40164", "isv.invalid-signature"
	Message      string    `json:"message,omitempty"`       // the provider's own words, without secrets
	RequestID    string    `json:"rid,omitempty"`           // what the provider's support asks for
	Address      string    `json:"ip,omitempty"`            // the address that the provider saw us under, if it told
}

// OK reports whether the keys are good.
func (c Check) OK() bool { return c.Code == CheckOK }

// Unsure reports a result that says nothing of the keys: ask again later.
func (c Check) Unsure() bool {
	switch c.Code {
	case NeverChecked, CheckQuota, CheckUnsigned, CheckBusy, CheckTimeout, CheckUnreached:
		return true
	case CheckOK, CheckAppID, CheckSecret, CheckFrozen, CheckAddress, CheckPermission, CheckBanned, CheckSignature, CheckNoKey, CheckMode,
		CheckCert, CheckAnswer, CheckClock, CheckDamaged, CheckOther:
	}
	return false
}

// CheckEvery is how long after one check of an app the next may begin.
const CheckEvery = 10 * time.Second

// CheckNow asks the provider, with the app's keys, for something that changes nothing, and
// stores what it said. A refusal is a result and no error. Faults: NOT_FOUND, APP_MISCONFIGURED
// without keys, CHECK_TOO_SOON.
func (s *Service) CheckNow(ctx context.Context, id tenant.ID, app tenant.AppID) (Check, error) {
	known, err := s.App(ctx, id, app)
	if err != nil {
		return Check{}, err
	}
	if known.revision == 0 {
		return Check{}, ErrNoCredential
	}
	var revision int32
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		at, notAfter := tx.Now(), tx.Now().Add(-CheckEvery)
		revision, err = s.q.BeginCheck(ctx, tx, &at, app.String(), &notAfter)
		return err
	})
	if tenantdb.NoRows(err) {
		return Check{}, ErrCheckTooSoon.After(CheckEvery)
	}
	if err != nil {
		return Check{}, fmt.Errorf("begin check: %w", err)
	}
	result, err := s.probe(ctx, id, app)
	if err != nil {
		return Check{}, err
	}
	raw, err := json.Marshal(result)
	if err != nil {
		return Check{}, fmt.Errorf("encode check: %w", err)
	}
	// The check goes with the keys it was made with: if they were replaced meanwhile, it is
	// nobody's. What was asked is stored even if the asker has gone.
	err = s.db.InTenant(context.WithoutCancel(ctx), id, func(tx tenantdb.Tx) error {
		result.At = tx.Now()
		_, err := s.q.SaveCheck(ctx, tx, &result.At, raw, app.String(), revision)
		return err
	})
	if err != nil {
		return Check{}, fmt.Errorf("save check: %w", err)
	}
	return result, nil
}

// probe asks the provider. Only failures of ours are errors.
func (s *Service) probe(ctx context.Context, id tenant.ID, app tenant.AppID) (Check, error) {
	cred, err := s.open(ctx, id, app)
	if errors.Is(err, vault.ErrSealed) {
		return Check{Code: CheckDamaged}, nil
	}
	if err != nil {
		return Check{}, err
	}
	if cred.provider == tenant.Alipay {
		return s.probeAlipay(ctx, cred), nil
	}
	// Past the memory of tokens: what counts is whether the secret is good now. A repeated
	// stable_token gives the same token and disturbs nobody.
	_, _, err = s.fetchToken(ctx, cred)
	if refusal, ok := errors.AsType[*RefusalError](err); ok {
		return wechatCheck(refusal), nil
	}
	return unanswered(err), nil
}

var (
	ridIn     = regexp.MustCompile(`,?\s*rid:\s*([0-9A-Za-z-]+)`)
	addressIn = regexp.MustCompile(`invalid ip ([0-9A-Fa-f.:]+)`)
)

// wechatCheck is what a refusal of stable_token means.
func wechatCheck(r *RefusalError) Check {
	c := Check{Code: CheckOther, ProviderCode: strconv.Itoa(r.Code), Message: strings.TrimSpace(ridIn.ReplaceAllString(r.Reason, ""))}
	if m := ridIn.FindStringSubmatch(r.Reason); m != nil {
		c.RequestID = m[1]
	}
	switch r.Code {
	case 40013:
		c.Code = CheckAppID
	case 40125, 40001:
		c.Code = CheckSecret
	case 40243:
		c.Code = CheckFrozen
	case 40164, 61004, 40090:
		c.Code = CheckAddress
		if m := addressIn.FindStringSubmatch(r.Reason); m != nil {
			c.Address = strings.TrimRight(m[1], ".:")
		}
	case 45009, 45011, 45029:
		c.Code = CheckQuota
	case 48001, 50004:
		c.Code = CheckPermission
	case 48004, 50002, 89503:
		c.Code = CheckBanned
	case -1:
		c.Code = CheckBusy
	}
	return c
}

// What Alipay has given nobody: a code, and a trade's number of ours.
const (
	noSuchCode    = "galleria-check-of-keys"
	noSuchTrade   = `{"out_trade_no":"galleriacheckofkeys"}`
	tradeQueryAPI = "alipay.trade.query"
)

// probeAlipay redeems a code that cannot exist. That the code is invalid is said after our
// signature was verified there. Refusals of logins often come without Alipay's signature;
// then a trade that cannot exist is asked about, whose answer has one: if it verifies, both
// keys fit.
func (s *Service) probeAlipay(ctx context.Context, cred credential) Check {
	refusal, check := s.refused(ctx, cred, oauthTokenAPI, url.Values{"grant_type": {"authorization_code"}, "code": {noSuchCode}})
	if refusal == nil || check.Code != CheckOK {
		return check
	}
	if refusal.Signed {
		return Check{Code: CheckOK}
	}
	second, found := s.refused(ctx, cred, tradeQueryAPI, url.Values{"biz_content": {noSuchTrade}})
	switch {
	case found.Code == CheckAnswer:
		return found
	case second != nil && second.Signed:
		return Check{Code: CheckOK}
	}
	check.Code = CheckUnsigned
	return check
}

// refused makes a call that Alipay has to refuse, and says what its refusal means.
func (s *Service) refused(ctx context.Context, cred credential, method string, params url.Values) (*GatewayError, Check) {
	_, err := s.gateway(ctx, cred, method, params)
	refusal, ok := errors.AsType[*GatewayError](err)
	switch {
	case errors.Is(err, errSignature):
		return nil, Check{Code: CheckAnswer}
	case !ok:
		return nil, unanswered(err)
	}
	return refusal, Check{
		Code: alipayCheck(refusal), ProviderCode: strings.Trim(refusal.Code+" "+refusal.SubCode, " "), Message: refusal.Reason,
	}
}

func alipayCheck(r *GatewayError) CheckCode {
	switch r.SubCode {
	case "isv.code-invalid":
		return CheckOK
	case "isv.invalid-app-id", "isv.missing-app-id":
		return CheckAppID
	case "isv.invalid-signature":
		return CheckSignature
	case "isv.missing-signature-config", "isv.missing-signature-key":
		return CheckNoKey
	case "isv.app-cert-expired", "isv.cert-not-exist", "isv.invalid-app-cert-sn", "isv.app-cert-not-match":
		return CheckCert
	case "isv.missing-app-cert-sn", "isv.missing-cert-sn", "isv.missing-alipay-root-cert-sn", "isv.not-support-cert":
		return CheckMode
	case "isv.invalid-timestamp":
		return CheckClock
	case "isv.not-online-app", "isv.app-not-online":
		return CheckBanned
	case "isv.insufficient-isv-permissions", "isv.insufficient-user-permissions":
		return CheckPermission
	case "isv.app-call-limited", "isv.method-call-limited":
		return CheckQuota
	}
	switch r.Code {
	case "20000":
		return CheckBusy
	case "40005":
		return CheckQuota
	case "40006":
		return CheckPermission
	}
	return CheckOther
}

// unanswered is a check that the provider did not decide, or passed.
func unanswered(err error) Check {
	switch {
	case err == nil:
		return Check{Code: CheckOK}
	case errors.Is(err, ErrProviderTimeout):
		return Check{Code: CheckTimeout}
	case errors.Is(err, errNotReached):
		return Check{Code: CheckUnreached}
	case errors.Is(err, ErrProviderBusy):
		return Check{Code: CheckBusy}
	case errors.Is(err, ErrThrottled):
		return Check{Code: CheckQuota}
	}
	return Check{Code: CheckOther, Message: fault.CodeOf(err)}
}
