package sandbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"galleria/payments/sandbox/internal/faults"
)

// Fault is a misbehaviour armed for the next Count matching calls or deliveries; it matches a
// mchid, an app id or an out_trade_no.
type Fault = faults.Fault

// Targets: the kinds of calls, and the callbacks.
const (
	TargetPrepay         = "prepay"
	TargetQuery          = "query"
	TargetClose          = "close"
	TargetRefund         = "refund"
	TargetRefundQuery    = "refund_query"
	TargetAbnormalRefund = "abnormal_refund"
	TargetCertificates   = "certificates"
	TargetTransfer       = "transfer"
	TargetTransferQuery  = "transfer_query"
	TargetTransferCancel = "transfer_cancel"
	TargetLogin          = "login"
	TargetToken          = "token"
	TargetMessage        = "message"
	TargetPhone          = "phone"
	TargetShipping       = "shipping"
	TargetShippingLook   = "shipping_look" // get_order
	TargetContent        = "content"       // msg_sec_check
	TargetMedia          = "media"         // media_check_async
	TargetCode           = "code"          // getwxacodeunlimit
	TargetPush           = "push"          // messages to a Mini Program's server
	TargetReceipt        = "receipt"       // receipts of subscribe messages
	TargetNotify         = "notify"
	TargetBill           = "bill"      // tradebill
	TargetFundBill       = "fund_bill" // fundflowbill
	TargetBillFile       = "bill_file" // the download
)

// Modes; the package's documentation says what each does.
const (
	ModeDelay            = "delay"
	ModeDrop             = faults.ModeDrop
	ModeHTTP500          = "http_500"
	ModeHTTP429          = "http_429"
	ModeError            = "error"
	ModeCutAfterDoing    = "cut_after_doing"
	ModeGarbage          = "garbage"
	ModeTruncated        = "truncated"
	ModeHuge             = "huge"
	ModeGzipBomb         = "gzip_bomb"
	ModeOtherAnswer      = "other_answer"
	ModeCorruptBody      = "corrupt_body"
	ModeCorruptSignature = "corrupt_signature"
	ModeWrongKey         = "wrong_key"
	ModeSignTest         = "signtest"
	ModeOldTimestamp     = "old_timestamp"
	ModeAmountPlusOne    = "amount_plus_one"
	ModeWrongAppID       = "wrong_appid"
	ModeWrongMchID       = "wrong_mchid"
	ModeCurrency         = "currency"
	ModeTradeState       = "trade_state"
	ModeDuplicate        = faults.ModeDuplicate
	ModeReorder          = faults.ModeReorder
	ModeNoResource       = "no_resource"
	ModeShortNonce       = "short_nonce"
	ModeRefundAbnormal   = "refund_abnormal"
	ModeRefundClosed     = "refund_closed"
	ModeLate             = "late"
	ModeCorruptFile      = "corrupt_file"
	ModeRowMissing       = "row_missing"
	ModeRowExtra         = "row_extra"
	ModeRowAmount        = "row_amount"
	ModeRowFee           = "row_fee"
	ModePayout           = "payout"
	ModeTransferStuck    = "transfer_stuck"
	ModeUndelivered      = "undelivered" // a receipt says so; value is its code, 45047 if empty
	ModeRisky            = "risky"       // the verdict on a picture; value is its label, 20002 if empty
)

// hugeMB is how large huge and gzip_bomb make a body: far above any honest one.
const hugeMB = 10

// retryAfter is the Retry-After of http_429, in seconds, unless the fault has a value.
const retryAfter = "30"

// codeDropped marks a call whose connection is cut without an answer.
const codeDropped = "DROPPED"

func payTargets() []string {
	return []string{TargetPrepay, TargetQuery, TargetClose, TargetRefund, TargetRefundQuery, TargetAbnormalRefund, TargetCertificates, TargetTransfer, TargetTransferQuery, TargetTransferCancel}
}

func miniTargets() []string {
	return []string{TargetLogin, TargetToken, TargetMessage, TargetPhone, TargetShipping, TargetContent, TargetMedia, TargetCode}
}

// modesOf lists what can be armed for a target; nil for a target that does not exist.
func modesOf(target string) []string {
	call := []string{ModeDelay, ModeDrop, ModeHTTP500, ModeError, ModeCutAfterDoing, ModeGarbage}
	signature := []string{ModeCorruptBody, ModeCorruptSignature, ModeWrongKey, ModeSignTest, ModeOldTimestamp}
	content := []string{ModeAmountPlusOne, ModeWrongAppID, ModeWrongMchID, ModeCurrency, ModeTradeState}
	answer := []string{ModeHTTP429, ModeTruncated, ModeHuge, ModeGzipBomb, ModeOtherAnswer}
	switch {
	case target == TargetNotify:
		own := []string{ModeDelay, ModeDrop, ModeCutAfterDoing, ModeGarbage, ModeDuplicate, ModeReorder, ModeNoResource, ModeShortNonce, ModeTruncated, ModeHuge}
		return slices.Concat(own, signature, content)
	case target == TargetPush:
		return []string{ModeDelay, ModeDrop, ModeDuplicate, ModeCorruptSignature, ModeWrongAppID, ModeRisky}
	case target == TargetReceipt:
		return []string{ModeDelay, ModeDrop, ModeDuplicate, ModeCorruptSignature, ModeWrongAppID, ModeUndelivered}
	case target == TargetClose: // answers without a body
		return slices.Concat(call, signature, content, []string{ModeHTTP429})
	case target == TargetRefund || target == TargetAbnormalRefund:
		return slices.Concat(call, signature, content, answer, []string{ModeRefundAbnormal, ModeRefundClosed})
	case target == TargetTransfer:
		return slices.Concat(call, signature, content, answer, []string{ModeTransferStuck})
	case slices.Contains(payTargets(), target):
		return slices.Concat(call, signature, content, answer)
	case slices.Contains(miniTargets(), target):
		return call
	case target == TargetBill || target == TargetFundBill:
		rows := []string{ModeLate, ModeCorruptFile, ModeRowMissing, ModeRowExtra, ModeRowAmount, ModeRowFee, ModePayout}
		return slices.Concat(call, signature, []string{ModeHTTP429}, rows)
	case target == TargetBillFile:
		return []string{ModeDelay, ModeDrop, ModeHTTP500, ModeGarbage, ModeTruncated}
	default:
		return nil
	}
}

// Arm sets a fault; faults of one target take effect in the order in which they were armed.
func (s *Server) Arm(f Fault) error {
	modes := modesOf(f.Target)
	if modes == nil {
		return badControl(http.StatusBadRequest, "INVALID", "unknown target %q", f.Target)
	}
	if !slices.Contains(modes, f.Mode) {
		return badControl(http.StatusBadRequest, "INVALID", "mode %q cannot be armed for %s", f.Mode, f.Target)
	}
	if f.Count < 0 || f.DelayMS < 0 {
		return badControl(http.StatusBadRequest, "INVALID", "count and delay_ms must not be negative")
	}
	if f.Mode == ModeDelay && f.DelayMS == 0 {
		return badControl(http.StatusBadRequest, "INVALID", "delay needs delay_ms")
	}
	if f.Mode == ModeError && !validErrorValue(f) {
		return badControl(http.StatusBadRequest, "INVALID", "value %q is not an error code of %s", f.Value, f.Target)
	}
	if f.Mode == ModeOtherAnswer && f.Value == "" {
		return badControl(http.StatusBadRequest, "INVALID", "other_answer needs the out_trade_no of another payment in value")
	}
	if seconds, err := strconv.Atoi(orElse(f.Value, retryAfter)); f.Mode == ModeHTTP429 && (err != nil || seconds < 0) {
		return badControl(http.StatusBadRequest, "INVALID", "value %q is not a number of seconds", f.Value)
	}
	s.faults.Arm(f)
	return nil
}

// Armed lists the faults that wait, in order.
func (s *Server) Armed() []Fault { return s.faults.Armed() }

// validErrorValue wants a code of the documented table, or a numeric errcode.
func validErrorValue(f Fault) bool {
	if slices.Contains(miniTargets(), f.Target) {
		_, err := strconv.Atoi(f.Value)
		return err == nil
	}
	_, ok := payCodes()[f.Value]
	return ok
}

// Disarm forgets all faults.
func (s *Server) Disarm() { s.faults.Disarm() }

// faultBefore plays what happens instead of the work, or before it.
func (s *Server) faultBefore(ctx context.Context, f *Fault, fail func(code string, text ...string) *Refusal) *Refusal {
	if f == nil {
		return nil
	}
	f.Wait(ctx)
	switch f.Mode {
	case ModeDrop:
		return &Refusal{Status: 0, Code: codeDropped, Message: "", Detail: nil}
	case ModeHTTP500:
		return fail("SYSTEM_ERROR")
	case ModeHTTP429:
		refusal := fail("FREQUENCY_LIMITED")
		refusal.RetryAfter = orElse(f.Value, retryAfter)
		return refusal
	case ModeError:
		return fail(f.Value)
	default:
		return nil
	}
}

// tamper changes what is said, under a true signature.
func tamper(f *Fault, content any) any {
	if f == nil || !slices.Contains([]string{ModeAmountPlusOne, ModeWrongAppID, ModeWrongMchID, ModeCurrency, ModeTradeState}, f.Mode) {
		return content
	}
	m, err := asMap(content)
	if err != nil {
		return content
	}
	tamperMap(f, m)
	return m
}

func tamperMap(f *Fault, m map[string]any) {
	amount, _ := m["amount"].(map[string]any)
	switch f.Mode {
	case ModeAmountPlusOne:
		for _, name := range []string{"total", "payer_total"} {
			if n, ok := amount[name].(json.Number); ok {
				v, _ := n.Int64()
				amount[name] = v + 1
			}
		}
	case ModeCurrency:
		if amount != nil {
			amount["currency"] = orElse(f.Value, "USD")
		}
	case ModeWrongAppID:
		m[firstOf(m, "sub_appid", "sp_appid", "appid")] = orElse(f.Value, "wx0000000000000000")
	case ModeWrongMchID:
		m[firstOf(m, "sub_mchid", "mchid")] = orElse(f.Value, "1999999999")
	case ModeTradeState:
		m["trade_state"] = orElse(f.Value, "PAYERROR")
	}
}

// firstOf is the first of the names that a message has, or the last.
func firstOf(m map[string]any, names ...string) string {
	for _, name := range names {
		if _, said := m[name]; said {
			return name
		}
	}
	return names[len(names)-1]
}

// bend changes how it is signed, or what happens to it on the way.
func (s *Server) bend(f *Fault, plan signPlan) signPlan {
	if f == nil {
		return plan
	}
	switch f.Mode {
	case ModeTruncated:
		plan.body = plan.body[:len(plan.body)/2]
	case ModeHuge, ModeGzipBomb:
		// Blanks behind the JSON change nothing of what it says: only its size is wrong.
		text, blanks := plan.body, bytes.Repeat([]byte(" "), 1<<20)
		plan.body = slices.Concat(text, bytes.Repeat(blanks, hugeMB))
		if f.Mode == ModeGzipBomb { // signed as it reads when unpacked; gzip may come in many pieces
			plan.after = func([]byte) []byte { return slices.Concat(zipped(text), bytes.Repeat(zipped(blanks), hugeMB)) }
		}
	case ModeCorruptBody:
		plan.after = flipMiddle
	case ModeGarbage:
		plan.after = func([]byte) []byte { return []byte("<html><body>502 Bad Gateway</body></html>") }
	case ModeCorruptSignature:
		// A well-formed signature of something else.
		if sig, err := signBase64(plan.signer.key, "not this answer"); err == nil {
			plan.signature = sig
		}
	case ModeWrongKey:
		if key, err := s.stranger(); err == nil {
			plan.signer.key = key
		}
	case ModeSignTest:
		plan.signature = s.probeSignature()
	case ModeOldTimestamp:
		plan.at = plan.at.Add(-2 * clockWindow)
	}
	return plan
}

func zipped(body []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(body)
	_ = z.Close()
	return out.Bytes()
}

func flipMiddle(body []byte) []byte { return faults.Flip(body, len(body)/2) }

// stranger is a key that belongs to no merchant, made when first needed.
func (s *Server) stranger() (*rsa.PrivateKey, error) {
	s.strangerOnce.Do(func() {
		text, err := newPrivatePEM()
		if err == nil {
			s.strangerKey, err = parsePrivatePEM(text)
		}
		s.strangerErr = err
	})
	return s.strangerKey, s.strangerErr
}

// probeSignature has the look and length of a true one behind the probe's prefix.
func (s *Server) probeSignature() string {
	return signTestPrefix + s.letters(320) + "=="
}
