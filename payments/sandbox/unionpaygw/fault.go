package unionpaygw

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Fault is a misbehaviour armed for the next Count matching calls or deliveries.
type Fault struct {
	Target  string `json:"target"`
	Mode    string `json:"mode"`
	Match   string `json:"match,omitempty"` // only this merId or orderId
	Count   int    `json:"count"`           // 0 means 1
	DelayMS int    `json:"delay_ms,omitempty"`
	Value   string `json:"value,omitempty"`
}

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
	ModeDrop             = "drop"
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
	ModeDuplicate        = "duplicate"
	ModeReorder          = "reorder"
	ModeRefundFailed     = "refund_failed" // accepted, but it ends with value, else 64
	ModeLate             = "late"
	ModeCorruptFile      = "corrupt_file"
	ModeRowMissing       = "row_missing"
	ModeRowExtra         = "row_extra"
	ModeRowAmount        = "row_amount"
	ModeRowFee           = "row_fee"
)

const (
	hugeMB          = 10
	maxCopies       = 1000
	reorderPatience = 3 * time.Second
)

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
	if _, err := g.signerOf(f.signWith()); err != nil {
		return err
	}
	f.Count = max(f.Count, 1)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults = append(g.faults, &f)
	return nil
}

// Armed lists the faults that wait, in order.
func (g *Gateway) Armed() []Fault {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]Fault, 0, len(g.faults))
	for _, f := range g.faults {
		out = append(out, *f)
	}
	return out
}

// Disarm forgets all faults.
func (g *Gateway) Disarm() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults = nil
}

// takeFault uses up one count of the first fault that matches, or returns nil.
func (g *Gateway) takeFault(target string, matches ...string) *Fault {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, f := range g.faults {
		if f.Target != target || (f.Match != "" && !slices.Contains(matches, f.Match)) {
			continue
		}
		taken := *f
		if f.Count--; f.Count == 0 {
			g.faults = slices.Delete(g.faults, i, i+1)
		}
		return &taken
	}
	return nil
}

func (f *Fault) is(mode string) bool { return f != nil && f.Mode == mode }

// signWith is whose certificate and key a fault puts under a message.
func (f *Fault) signWith() SignWith {
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
	if f.DelayMS > 0 && !f.is(ModeReorder) {
		pause(ctx, time.Duration(f.DelayMS)*time.Millisecond)
	}
	switch f.Mode {
	case ModeDrop:
		panic(http.ErrAbortHandler) // the connection is cut without an answer
	case ModeHTTP500:
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return true
	}
	return false
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// tamper changes what is said before it is signed.
func (f *Fault) tamper(fields map[string]string) {
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
func (f *Fault) bend(fields map[string]string, encode func(map[string]string) []byte) []byte {
	if f == nil {
		return encode(fields)
	}
	fields = maps.Clone(fields)
	switch f.Mode {
	case ModeNoSignature:
		delete(fields, fieldSignature)
	case ModeCorruptSignature:
		fields[fieldSignature] = string(flip([]byte(fields[fieldSignature])))
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

// flip changes one letter in the middle.
func flip(b []byte) []byte {
	for i := len(b) / 2; i < len(b); i++ {
		if (b[i] >= 'a' && b[i] < 'z') || (b[i] >= 'A' && b[i] < 'Z') {
			b[i]++
			return b
		}
	}
	return b
}
