package unionpaygw

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"galleria/payments/sandbox/internal/faults"
)

// Fault is a misbehaviour armed for the next Count matching calls or deliveries; it matches a
// merId or an orderId.
type Fault = faults.Fault

// Targets: the kinds of calls, and the notifications.
const (
	TargetFront  = "front"  // the buyer's browser at frontTransReq
	TargetPrepay = "prepay" // appTransReq and the QR code
	TargetQuery  = "query"
	TargetRefund = "refund" // and undo
	TargetFile   = "file"
	TargetNotify = "notify"
)

// Modes; the package's documentation says what each does.
const (
	ModeDelay            = "delay"
	ModeDrop             = faults.ModeDrop
	ModeHTTP500          = "http_500"
	ModeCutAfterDoing    = "cut_after_doing"
	ModeGarbage          = "garbage"
	ModeTruncated        = "truncated"
	ModeHuge             = "huge"
	ModeCorruptBody      = "corrupt_body"
	ModeCorruptSignature = "corrupt_signature"
	ModeNoSignature      = "no_signature"
	ModeRespCode         = "resp_code" // value under a true signature
	ModeAmountPlusOne    = "amount_plus_one"
	ModeWrongMerID       = "wrong_merid"
	ModeWrongOrder       = "wrong_order"
	ModeCurrency         = "currency"
	ModeDuplicate        = faults.ModeDuplicate
	ModeReorder          = faults.ModeReorder
	ModeRefundFailed     = "refund_failed" // accepted, but it ends with value, else 64
	ModeLate             = "late"
	ModeCorruptFile      = "corrupt_file"
	ModeRowMissing       = "row_missing"
	ModeRowExtra         = "row_extra"
	ModeRowAmount        = "row_amount"
	ModeRowFee           = "row_fee"
)

const hugeMB = 10

// modesOf lists what can be armed for a target; nil for one that does not exist.
func modesOf(target string) []string {
	way := []string{ModeDelay, ModeDrop, ModeHTTP500, ModeCutAfterDoing, ModeGarbage, ModeTruncated, ModeHuge}
	said := []string{
		ModeCorruptBody, ModeCorruptSignature, ModeNoSignature, ModeRespCode, ModeAmountPlusOne, ModeWrongMerID, ModeWrongOrder, ModeCurrency,
		string(SignWrongKey), string(SignOtherChain), string(SignExpired), string(SignOtherMerchant), string(SignOtherName),
	}
	switch target {
	case TargetFront:
		return []string{ModeDelay, ModeDrop, ModeHTTP500}
	case TargetPrepay, TargetQuery:
		return slices.Concat(way, said)
	case TargetFile:
		return slices.Concat(way, said, []string{ModeLate, ModeCorruptFile, ModeRowMissing, ModeRowExtra, ModeRowAmount, ModeRowFee})
	case TargetRefund:
		return slices.Concat(way, said, []string{ModeRefundFailed})
	case TargetNotify:
		return slices.Concat(way, said, []string{ModeDuplicate, ModeReorder})
	}
	return nil
}

// Arm sets a fault; faults of one target take effect in the order in which they were armed.
func (g *Gateway) Arm(f Fault) error {
	modes := modesOf(f.Target)
	if modes == nil {
		return badControl(http.StatusBadRequest, "INVALID", "unknown target %q", f.Target)
	}
	if !slices.Contains(modes, f.Mode) {
		return badControl(http.StatusBadRequest, "INVALID", "mode %q cannot be armed for %s", f.Mode, f.Target)
	}
	if f.Count < 0 || f.DelayMS < 0 || (f.Mode == ModeDelay && f.DelayMS == 0) {
		return badControl(http.StatusBadRequest, "INVALID", "count and delay_ms must not be negative, and delay needs delay_ms")
	}
	// Keys take a second to make: not while a call waits for its answer.
	if _, err := g.signerOf(signWith(&f)); err != nil {
		return err
	}
	g.faults.Arm(f)
	return nil
}

// Armed lists the faults that wait, in order.
func (g *Gateway) Armed() []Fault { return g.faults.Armed() }

// Disarm forgets all faults.
func (g *Gateway) Disarm() { g.faults.Disarm() }

// signWith is whose certificate and key a fault puts under a message.
func signWith(f *Fault) SignWith {
	if f == nil {
		return SignRight
	}
	switch with := SignWith(f.Mode); with {
	case SignWrongKey, SignOtherChain, SignExpired, SignOtherMerchant, SignOtherName:
		return with
	case SignRight:
	}
	return SignRight
}

// before plays what happens instead of the work, or before it. handled says that the
// answer is sent.
func (g *Gateway) before(ctx context.Context, w http.ResponseWriter, f *Fault) (handled bool) {
	if f == nil {
		return false
	}
	f.Wait(ctx)
	switch f.Mode {
	case ModeDrop:
		panic(http.ErrAbortHandler) // the connection is cut without an answer
	case ModeHTTP500:
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return true
	}
	return false
}

// tamper changes what is said before it is signed.
func tamper(f *Fault, fields map[string]string) {
	if f == nil {
		return
	}
	switch f.Mode {
	case ModeAmountPlusOne:
		if n, err := strconv.ParseInt(fields["txnAmt"], 10, 64); err == nil {
			fields["txnAmt"] = strconv.FormatInt(n+1, 10)
		}
	case ModeWrongMerID:
		fields["merId"] = orElse(f.Value, "999999999999999")
	case ModeWrongOrder:
		fields["orderId"] = orElse(f.Value, "NOBODYSORDER")
	case ModeCurrency:
		fields["currencyCode"] = orElse(f.Value, "840")
	}
}

// bend changes how a signed message looks on the wire.
func bend(f *Fault, fields map[string]string, encode func(map[string]string) []byte) []byte {
	if f == nil {
		return encode(fields)
	}
	fields = maps.Clone(fields)
	switch f.Mode {
	case ModeNoSignature:
		delete(fields, fieldSignature)
	case ModeCorruptSignature:
		fields[fieldSignature] = string(faults.Flip([]byte(fields[fieldSignature]), len(fields[fieldSignature])/2))
	case ModeCorruptBody:
		fields["respMsg"] += "!"
	case ModeGarbage:
		return []byte("<html><body>502 Bad Gateway</body></html>")
	case ModeTruncated:
		body := encode(fields)
		return body[:len(body)/2]
	case ModeHuge:
		return slices.Concat(encode(fields), []byte("&filler="), bytes.Repeat([]byte("x"), hugeMB<<20))
	}
	return encode(fields)
}
