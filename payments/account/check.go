package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"galleria/payments"
	"galleria/payments/account/internal/accountdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Outcome is what a live check found, as it is stored.
type Outcome string

// The outcomes. Those of a provider's refusal name what has to be mended.
const (
	Unchecked      Outcome = ""
	Fits           Outcome = "ok"
	BadSignature   Outcome = "signature"   // the provider does not accept our signature
	BadMerchant    Outcome = "merchant"    // no such merchant, or not in order
	BadPermission  Outcome = "permission"  // the product is not opened
	BadCertificate Outcome = "certificate" // serial, certificate or its validity
	BadAnswer      Outcome = "answer"      // the provider's answer does not verify: its key is wrong
	BadAPIv3Key    Outcome = "api_v3_key"  // the provider's message does not open
	BadApp         Outcome = "app"         // the AppID and the merchant do not belong together
	BadRelation    Outcome = "relation"    // the service provider may not act for the merchant
	Refused        Outcome = "refused"     // another no of the provider
	Unreachable    Outcome = "unreachable"
	Busy           Outcome = "busy"
	NotBuilt       Outcome = "not_built"  // the channel is not part of this installation yet
	Damaged        Outcome = "damaged"    // the stored keys do not open
	NoSandbox      Outcome = "no_sandbox" // the sandbox of a test account is not there
)

// Outcomes lists all of them.
func Outcomes() []Outcome {
	return []Outcome{
		Unchecked, Fits, BadSignature, BadMerchant, BadPermission, BadCertificate, BadAnswer, BadAPIv3Key, BadApp, BadRelation, Refused,
		Unreachable, Busy, NotBuilt, Damaged, NoSandbox,
	}
}

// Wrong reports that the keys, or what they belong to, have to be mended; false where
// nothing was learnt.
func (o Outcome) Wrong() bool {
	switch o {
	case BadSignature, BadMerchant, BadPermission, BadCertificate, BadAnswer, BadAPIv3Key, BadApp, BadRelation, Refused, Damaged:
		return true
	case Unchecked, Fits, Unreachable, Busy, NotBuilt, NoSandbox:
	}
	return false
}

// Check is the last live check of an account.
type Check struct {
	At      time.Time // zero: never
	Outcome Outcome
	Code    string // the provider's own, "" if it said none
	Message string // the provider's words
	Current bool   // it tried the keys in use; false after a replacement
}

func checkFromRow(r accountdb.AccountsRow) Check {
	c := Check{Outcome: Outcome(r.CheckOutcome), Code: r.CheckCode, Message: r.CheckMessage, Current: r.CheckVersion == r.KeyVersion}
	if r.CheckedAt != nil {
		c.At = *r.CheckedAt
	}
	return c
}

// checkPause is the least time between two live checks of an account.
const checkPause = 10 * time.Second

// CheckInput asks for a live check.
type CheckInput struct {
	AccountID int64
	Actor     string // for the log; "" is "system"
	// Probe puts the signed question to the provider: payments.Service.Probe.
	Probe func(ctx context.Context, acc payments.Account) error
}

// CheckNow tries an account's keys at its provider and keeps what came out. The provider
// is asked outside of any transaction. A bad outcome is no error. Faults: NOT_FOUND,
// CHECKED_JUST_NOW.
func (s *Service) CheckNow(ctx context.Context, id tenant.ID, in CheckInput) (Check, error) {
	shown, err := s.Show(ctx, id, in.AccountID)
	if err != nil {
		return Check{}, fmt.Errorf("check payment account: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.BeginCheck(ctx, tx, tx.Now(), shown.ID, tx.Now().Add(-checkPause))
		if err == nil && n == 0 {
			return ErrCheckedJustNow.After(checkPause)
		}
		return err
	})
	if err != nil {
		return Check{}, fmt.Errorf("check payment account: %w", err)
	}
	acc, err := s.ByID(ctx, id, shown.ID)
	if err == nil {
		err = in.Probe(ctx, acc)
	}
	found := Judge(shown.Channel, err)
	err = s.d.DB.InTenant(context.WithoutCancel(ctx), id, func(tx tenantdb.Tx) error {
		_, err := s.q.EndCheck(ctx, tx, tx.Now(), int32(shown.KeyVersion), string(found.Outcome), found.Code, found.Message, shown.ID)
		if err != nil {
			return err
		}
		found.At, found.Current = tx.Now(), true
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: in.Actor, Action: "payment_account.checked", Object: object(shown.ID),
			Detail: map[string]any{"outcome": string(found.Outcome), "provider_code": found.Code, "merchant_no": shown.MerchantNo, "key_version": shown.KeyVersion},
		})
	})
	if err != nil {
		return Check{}, fmt.Errorf("check payment account: %w", err)
	}
	return found, nil
}

// Judge says what a probe's error means for the keys.
func Judge(channel payments.Code, err error) Check {
	found := Check{Outcome: outcomeOf(channel, err)}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		found.Code, found.Message = word(f, payments.DataProviderCode, mostCode), word(f, payments.DataProviderMessage, mostMessage)
	}
	return found
}

const (
	mostCode    = 60  // bytes
	mostMessage = 300 // bytes
)

// word reads a provider's word out of a fault, cut to what is stored.
func word(f *fault.Error, name string, most int) string {
	text, _ := f.Data()[name].(string)
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
}

func outcomeOf(channel payments.Code, err error) Outcome {
	switch {
	case err == nil:
		return Fits
	case errors.Is(err, vault.ErrSealed):
		return Damaged
	case errors.Is(err, ErrForeignSandbox):
		return NoSandbox
	case errors.Is(err, payments.ErrNoChannel):
		return NotBuilt
	case errors.Is(err, payments.ErrProviderBusy), errors.Is(err, fault.ErrBusy):
		return Busy
	}
	f, ok := errors.AsType[*fault.Error](err)
	switch {
	case !ok:
		return Unreachable
	case f.Data()[payments.DataSuspect] == fieldAPIv3Key:
		return BadAPIv3Key
	case errors.Is(err, payments.ErrBadResponse):
		return BadAnswer
	case errors.Is(err, payments.ErrRefused):
		return refusal(channel, word(f, payments.DataProviderCode, mostCode), word(f, payments.DataProviderMessage, mostMessage))
	}
	return Unreachable
}

// refusal reads a provider's code. The first row that fits counts.
func refusal(channel payments.Code, code, message string) Outcome {
	for _, row := range refusals() {
		if row.channel == channel && strings.Contains(strings.ToLower(code), row.code) && strings.Contains(message, row.message) {
			return row.outcome
		}
	}
	return Refused
}

// refusals is what the providers' codes mean for the keys. WeChat Pay says SIGN_ERROR also
// of a wrong serial or merchant, and tells them apart only in words.
func refusals() []struct {
	channel       payments.Code
	code, message string
	outcome       Outcome
} {
	return []struct {
		channel       payments.Code
		code, message string
		outcome       Outcome
	}{
		{payments.WeChat, "sign_error", serialWord(), BadCertificate},
		{payments.WeChat, "sign_error", merchantWord(), BadMerchant},
		{payments.WeChat, "param_error", "Wechatpay-Serial", BadAnswer},
		{payments.WeChat, "resource_not_exist", "", BadAnswer},
		{payments.WeChat, "sign_error", "", BadSignature},
		{payments.WeChat, "signerror", "", BadSignature},
		{payments.WeChat, "appid_mchid_not_match", "", BadApp},
		{payments.WeChat, "no_auth", relationWord(), BadRelation},
		{payments.WeChat, "param_error", providerWord(), BadRelation},
		{payments.WeChat, "no_auth", "", BadPermission},
		{payments.WeChat, "noauth", "", BadPermission},
		{payments.WeChat, "mch_not_exist", "", BadMerchant},
		{payments.WeChat, "mchid_not_exist", "", BadMerchant},
		{payments.WeChat, "account_error", "", BadMerchant},
		{payments.WeChat, "cert", "", BadCertificate},
		{payments.Alipay, "app-cert", "", BadCertificate},
		{payments.Alipay, "signature", "", BadSignature},
		{payments.Alipay, "app-id", "", BadApp},
		{payments.Alipay, "not-online-app", "", BadApp},
		{payments.Alipay, "permissions", "", BadPermission},
		{payments.Alipay, "access_forbidden", "", BadPermission},
		{payments.Alipay, "partner_error", "", BadMerchant},
		{payments.Alipay, "merchant_status", "", BadMerchant},
		{payments.UnionPay, "11", "", BadSignature},
		{payments.UnionPay, "31", "", BadMerchant},
		{payments.UnionPay, "32", "", BadPermission},
		{payments.UnionPay, "43", "", BadPermission},
	}
}
