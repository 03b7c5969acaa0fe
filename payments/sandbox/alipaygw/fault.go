package alipaygw

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"galleria/payments/sandbox/internal/faults"
)

// Fault is a misbehaviour armed for the next Count matching calls or deliveries; it matches an
// app_id, a seller_id or an out_trade_no.
type Fault = faults.Fault

// Targets: the kinds of calls, and the notifications.
const (
	TargetPrepay      = "prepay" // create, precreate
	TargetQuery       = "query"
	TargetClose       = "close" // and cancel
	TargetRefund      = "refund"
	TargetRefundQuery = "refund_query"
	TargetLogin       = "login"
	TargetBill        = "bill"
	TargetTransfer    = "transfer"
	TargetMessage     = "message"
	TargetCode        = "code"
	TargetCertificate = "certificates"
	TargetNotify      = "notify"
)

// Modes; the package's documentation says what each does.
const (
	ModeDelay            = "delay"
	ModeDrop             = faults.ModeDrop
	ModeHTTP500          = "http_500"
	ModeError            = "error"
	ModeUnsignedError    = "unsigned_error"
	ModeCutAfterDoing    = "cut_after_doing"
	ModeGarbage          = "garbage"
	ModeTruncated        = "truncated"
	ModeHuge             = "huge"
	ModeCorruptBody      = "corrupt_body"
	ModeCorruptSignature = "corrupt_signature"
	ModeWrongKey         = "wrong_key"
	ModeUnsigned         = "unsigned"
	ModeWrongCertSN      = "wrong_cert_sn"
	ModeTwoNodes         = "two_nodes"
	ModeOtherAnswer      = "other_answer"
	ModeAmountPlusOne    = "amount_plus_one"
	ModeAmountText       = "amount_text"
	ModeWrongAppID       = "wrong_app_id"
	ModeWrongSellerID    = "wrong_seller_id"
	ModeTradeStatus      = "trade_status"
	ModeRefundUnsure     = "refund_unsure"
	ModeRefundPending    = "refund_pending"
	ModeTransferDealing  = "transfer_dealing"
	ModeDuplicate        = faults.ModeDuplicate
	ModeReorder          = faults.ModeReorder
	ModeSignTypeRSA      = "sign_type_rsa"
	ModeElsewhere        = "elsewhere"
	ModeLate             = "late"
	ModeCorruptFile      = "corrupt_file"
	ModeRowMissing       = "row_missing"
	ModeRowExtra         = "row_extra"
	ModeRowAmount        = "row_amount"
	ModeRowFee           = "row_fee"
)

// hugeMB is how large huge makes a body: far above any honest one.
const hugeMB = 10

// modesOf lists what can be armed for a target; nil for a target that does not exist.
func modesOf(target string) []string {
	broken := []string{ModeGarbage, ModeTruncated, ModeHuge, ModeCorruptBody, ModeCorruptSignature, ModeWrongKey, ModeUnsigned, ModeWrongCertSN}
	calls := slices.Concat([]string{ModeDelay, ModeDrop, ModeHTTP500, ModeError, ModeUnsignedError, ModeCutAfterDoing, ModeTwoNodes}, broken)
	trade := []string{ModeAmountPlusOne, ModeAmountText, ModeTradeStatus, ModeOtherAnswer}
	switch target {
	case TargetNotify:
		return slices.Concat([]string{ModeDelay, ModeDrop, ModeCutAfterDoing, ModeDuplicate, ModeReorder, ModeSignTypeRSA, ModeWrongAppID, ModeWrongSellerID}, broken, trade[:3])
	case TargetRefund:
		return slices.Concat(calls, trade, []string{ModeRefundUnsure, ModeRefundPending})
	case TargetPrepay, TargetQuery, TargetClose, TargetRefundQuery:
		return slices.Concat(calls, trade)
	case TargetBill:
		return slices.Concat(calls, []string{ModeLate, ModeCorruptFile, ModeRowMissing, ModeRowExtra, ModeRowAmount, ModeRowFee})
	case TargetTransfer:
		return slices.Concat(calls, []string{ModeTransferDealing})
	case TargetCode:
		return slices.Concat(calls, []string{ModeElsewhere})
	case TargetLogin, TargetMessage, TargetCertificate:
		return calls
	}
	return nil
}

// Arm sets a fault; faults of one target take effect in the order in which they were armed.
func (g *Gateway) Arm(f Fault) error {
	modes := modesOf(f.Target)
	switch {
	case modes == nil:
		return badControl("unknown target %q", f.Target)
	case !slices.Contains(modes, f.Mode):
		return badControl("mode %q cannot be armed for %s", f.Mode, f.Target)
	case f.Count < 0 || f.DelayMS < 0:
		return badControl("count and delay_ms must not be negative")
	case f.Mode == ModeDelay && f.DelayMS == 0:
		return badControl("delay needs delay_ms")
	case f.Mode == ModeOtherAnswer && f.Value == "":
		return badControl("other_answer needs an out_trade_no in value")
	case f.Mode == ModeElsewhere && f.Value == "":
		return badControl("elsewhere needs an address in value")
	}
	g.faults.Arm(f)
	return nil
}

// Armed lists the faults that wait, in order.
func (g *Gateway) Armed() []Fault { return g.faults.Armed() }

// Disarm forgets all faults.
func (g *Gateway) Disarm() { g.faults.Disarm() }

// faultBefore plays what happens instead of the work, or before it.
func (g *Gateway) faultBefore(ctx context.Context, f *Fault) *refusal {
	if f == nil {
		return nil
	}
	f.Wait(ctx)
	switch f.Mode {
	case ModeDrop:
		return &refusal{dropped: true}
	case ModeHTTP500:
		return &refusal{status: http.StatusInternalServerError}
	case ModeError:
		return errorOf(orElse(f.Value, "ACQ.SYSTEM_ERROR"), false)
	case ModeUnsignedError:
		return errorOf(orElse(f.Value, "isv.insufficient-isv-permissions"), true)
	}
	return nil
}

// errorOf finds the code that a sub_code comes with.
func errorOf(sub string, unsigned bool) *refusal {
	code := "40004"
	switch {
	case strings.HasSuffix(sub, ".unknow-error"):
		code = "20000"
	case strings.HasPrefix(sub, "aop."):
		code = "20001"
	case strings.HasPrefix(sub, "isv.missing-signature-config"):
		code = "40003"
	case strings.HasPrefix(sub, "isv.missing-"):
		code = "40001"
	case strings.HasSuffix(sub, "-call-limited"):
		code = "40005"
	case strings.HasPrefix(sub, "isv.insufficient-"):
		code = "40006"
	case strings.HasPrefix(sub, "isv."):
		code = "40002"
	}
	return &refusal{code: code, sub: sub, text: "沙箱按要求返回的错误", unsigned: unsigned}
}

// rewrite changes what an answer says, under a true signature.
func rewrite(f *Fault, content []byte) []byte {
	if f == nil || !slices.Contains([]string{ModeAmountPlusOne, ModeAmountText, ModeTradeStatus}, f.Mode) {
		return content
	}
	var said map[string]any
	if json.Unmarshal(content, &said) != nil {
		return content
	}
	texts := map[string]string{}
	for name, value := range said {
		if text, ok := value.(string); ok {
			texts[name] = text
		}
	}
	tamper(f, texts)
	for name, text := range texts {
		said[name] = text
	}
	return encode(said)
}

// tamper changes what is said.
func tamper(f *Fault, said map[string]string) {
	if f == nil {
		return
	}
	set := func(name, value string) {
		if _, there := said[name]; there {
			said[name] = value
		}
	}
	switch f.Mode {
	case ModeAmountPlusOne:
		for _, name := range []string{"total_amount", "refund_amount", "send_back_fee"} {
			if yuanPattern.MatchString(said[name]) {
				said[name] = yuan(fen(said[name]) + 1)
			}
		}
	case ModeAmountText:
		set("total_amount", f.Value)
		set("send_back_fee", f.Value)
	case ModeTradeStatus:
		set("trade_status", orElse(f.Value, StateWait))
	case ModeWrongAppID:
		set("app_id", orElse(f.Value, "2021000000000000"))
	case ModeWrongSellerID:
		set("seller_id", orElse(f.Value, "2088000000000000"))
	}
}

// bend changes an answer on its way.
func bend(f *Fault, body []byte) []byte {
	if f == nil {
		return body
	}
	switch f.Mode {
	case ModeGarbage:
		return []byte("<html><body>502 Bad Gateway</body></html>")
	case ModeTruncated:
		return body[:len(body)/2]
	case ModeHuge: // blanks behind the JSON change nothing of what it says
		return slices.Concat(body, bytes.Repeat([]byte(" "), hugeMB<<20))
	case ModeCorruptBody:
		return faults.Flip(body, len(body)/4)
	case ModeTwoNodes: // a second node of the same name, which no signature covers
		colon := bytes.IndexByte(body, ':')
		return slices.Concat(body[:colon+1], []byte(`{"code":"10000","msg":"Success","trade_status":"TRADE_SUCCESS"},`), body[1:])
	}
	return body
}

// stranger is a key that belongs to no app, made when first needed.
func (g *Gateway) stranger() *rsa.PrivateKey {
	g.strangerOnce.Do(func() {
		text, err := newPrivatePEM()
		if err == nil {
			g.strangerKey, err = parsePrivatePEM(text)
		}
		g.strangerErr = err
	})
	if g.strangerErr != nil {
		panic(g.strangerErr) // no randomness
	}
	return g.strangerKey
}
