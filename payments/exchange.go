package payments

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Exchange is one request to a provider and its answer, as they went over the wire.
type Exchange struct {
	Method, Path string
	Asked        []byte
	Answered     []byte
	Status       int // HTTP; 0 if no answer came
	At           time.Time
	Took         time.Duration
}

// exchanges collects what a call says and hears; calls of a provider are bounded in number
// and size.
type exchanges struct {
	mu  sync.Mutex
	all []Exchange
}

type exchangesKey struct{}

// listening returns a context in which the calls to a provider are heard.
func listening(ctx context.Context) (context.Context, *exchanges) {
	x := &exchanges{}
	return context.WithValue(ctx, exchangesKey{}, x), x
}

// none reports that nothing was heard.
func (x *exchanges) none() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.all) == 0
}

// Heard tells whether the calls under ctx are kept, for the way to the provider.
func Heard(ctx context.Context) bool { return ctx.Value(exchangesKey{}) != nil }

// Hear keeps an exchange of a call under ctx.
func Hear(ctx context.Context, x Exchange) {
	into, ok := ctx.Value(exchangesKey{}).(*exchanges)
	if !ok {
		return
	}
	into.mu.Lock()
	defer into.mu.Unlock()
	if len(into.all) < mostHeard {
		into.all = append(into.all, x)
	}
}

const (
	mostHeard   = 8
	mostHeardIn = 4000 // bytes of a side that are kept
)

// step says what an exchange was about.
type step string

const (
	stepPrepay      step = "prepay"
	stepQuery       step = "query"
	stepClose       step = "close"
	stepRefund      step = "refund"
	stepRefundQuery step = "refund_query"
	stepAbnormal    step = "refund_abnormal"
)

// about names what an exchange belongs to.
type about struct {
	accountID               int64
	outTradeNo, outRefundNo string
	step                    step
}

// keepExchanges writes what was said, masked, in a transaction of its own. What goes wrong
// here changes nothing about the money.
func (s *Service) keepExchanges(ctx context.Context, id tenant.ID, of about, x *exchanges, cause error) {
	if x.none() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		return s.keepExchangesTx(ctx, tx, of, x, cause)
	})
	if err != nil {
		s.d.Log.WarnContext(ctx, "exchange not kept", "tenant_id", id.String(), "out_trade_no", of.outTradeNo, "error", err)
	}
}

// keepExchangesTx writes what was said, masked, in a transaction that is about it.
func (s *Service) keepExchangesTx(ctx context.Context, tx tenantdb.Tx, of about, x *exchanges, cause error) error {
	row := paymentsdb.InsertExchangeParams{AccountID: of.accountID, OutTradeNo: of.outTradeNo, OutRefundNo: of.outRefundNo}
	return writeExchanges(ctx, tx, s.q, row, x, cause, func(e Exchange) step {
		if of.step == stepRefund && asksOnly(e) {
			return stepRefundQuery
		}
		return of.step
	})
}

// writeExchanges writes what was said about what row names; the last of it is what failed.
func writeExchanges(ctx context.Context, tx tenantdb.Tx, q *paymentsdb.Queries, row paymentsdb.InsertExchangeParams, x *exchanges, cause error, stepOf func(Exchange) step) error {
	x.mu.Lock()
	heard := x.all
	x.mu.Unlock()
	for i, e := range heard {
		row.Code = ""
		if cause != nil && i == len(heard)-1 {
			row.Code = fault.CodeOf(cause)
		}
		row.Step, row.Answer, row.At = string(stepOf(e)), int16(e.Status), e.At.UTC()
		row.Asked, row.Answered = strings.TrimSpace(e.Method+" "+e.Path+"\n\n"+maskWire(e.Asked)), maskWire(e.Answered)
		row.TookMs = int32(min(e.Took.Milliseconds(), 1<<30))
		if err := q.InsertExchange(ctx, tx, row); err != nil {
			return fmt.Errorf("keep exchange: %w", err)
		}
	}
	return nil
}

// asksOnly tells a question about a refund from the request for one.
func asksOnly(e Exchange) bool {
	return e.Method == http.MethodGet || strings.Contains(e.Path, "queryTrans") || strings.Contains(string(e.Asked), "refund.query")
}

// hiddenNames are what identifies people or proves who speaks, in every provider's words.
var hiddenNames = regexp.MustCompile(`(?i)sign|cert|open_?id|user_?id|buyer|payer|payee|logon|identity|customer|package_info|accno|account|card|phone|mobile|mail|name|auth_code|token|key|password`)

// shownNames would be hidden by their look only.
var shownNames = regexp.MustCompile(`(?i)^(sign_?type|identity_type|signMethod|user_received_account|funds_account|payer_total|payer_refund)$`)

const hiddenText = "***"

// maskWire makes a message fit to be shown: JSON and forms with their sensitive values
// hidden, and nothing of what is neither.
func maskWire(raw []byte) string {
	text := strings.ToValidUTF8(string(raw), "?")
	text = strings.ReplaceAll(text, "\x00", "")
	var v any
	if json.Unmarshal([]byte(text), &v) == nil {
		return shorten(compact(maskValue("", v)))
	}
	values, err := url.ParseQuery(text)
	if err != nil || len(values) == 0 || !strings.Contains(text, "=") {
		if text == "" {
			return ""
		}
		return hiddenText
	}
	out := map[string]any{}
	for name := range values {
		var inner any
		value := values.Get(name)
		if json.Unmarshal([]byte(value), &inner) == nil {
			if _, object := inner.(map[string]any); object {
				out[name] = maskValue(name, inner)
				continue
			}
		}
		out[name] = maskValue(name, value)
	}
	return shorten(compact(out))
}

func maskValue(name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = maskValue(key, inner)
		}
		return v
	case []any:
		for i := range v {
			v[i] = maskValue(name, v[i])
		}
		return v
	}
	if hiddenNames.MatchString(name) && !shownNames.MatchString(name) {
		return hiddenText
	}
	return v
}

func compact(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return hiddenText
	}
	return string(b)
}

func shorten(text string) string {
	if len(text) > mostHeardIn {
		return strings.ToValidUTF8(text[:mostHeardIn], "") + "…"
	}
	return text
}
