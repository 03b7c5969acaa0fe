package payments

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

const (
	// refusalsKept is how many refused messages an account keeps, and refusalBytes how much
	// of each: at most 1.6 MB, whoever sends them.
	refusalsKept = 100
	refusalBytes = 16 << 10
	// refusalEvery and refusalBurst bound how fast a process keeps them.
	refusalEvery = 5 * time.Second
	refusalBurst = 10
	maxGates     = 10_000
)

// refusal is why a message was not taken and what was answered.
type refusal struct {
	cause  error
	answer int
	began  time.Time
}

// refusalGate lets so many refusals of an account be kept. The zero gate is ready.
type refusalGate struct {
	mu       sync.Mutex
	accounts map[string]*gate
}

type gate struct {
	pace    *rate.Limiter
	skipped int32
}

// pass tells whether a refusal is kept, and how many before it were not.
func (g *refusalGate) pass(accountKey string, now time.Time) (skipped int32, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.accounts == nil || len(g.accounts) >= maxGates {
		g.accounts = make(map[string]*gate)
	}
	held, known := g.accounts[accountKey]
	if !known {
		held = &gate{pace: rate.NewLimiter(rate.Every(refusalEvery), refusalBurst)}
		g.accounts[accountKey] = held
	}
	if !held.pace.AllowN(now, 1) {
		held.skipped++
		return 0, false
	}
	skipped, held.skipped = held.skipped, 0
	return skipped, true
}

// keepRefusal writes a message that was not taken into the callback log, within bounds. An
// anomaly has its row already, and a message that we take again is kept as it is. What
// goes wrong here changes no answer.
func (s *Service) keepRefusal(ctx context.Context, id tenant.ID, acc Account, n Notice, r refusal) {
	if !n.At.IsZero() || errors.Is(r.cause, ErrAnomaly) {
		return
	}
	skipped, ok := s.refusals.pass(acc.Key, r.began)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	kept := n
	kept.Body = n.Body[:min(len(n.Body), refusalBytes)]
	sealed, err := s.d.Vault.Seal(ctx, bodyField(id, acc.Key), vault.NewSecret(pack(kept)))
	if err == nil {
		err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
			err := s.q.InsertRefusal(ctx, tx, paymentsdb.InsertRefusalParams{
				AccountID: acc.ID, Code: fault.CodeOf(r.cause), Answer: int16(r.answer), TookMs: s.tookMS(r.began),
				BodyBytes: int32(len(n.Body)), BodySealed: sealed, Skipped: skipped, ReceivedAt: r.began.UTC(),
			})
			if err == nil {
				err = s.q.TrimRefusals(ctx, tx, acc.ID, refusalsKept)
			}
			if err != nil || errors.Is(r.cause, ErrNoticeProbe) { // a probe is meant to be refused
				return err
			}
			return s.countFailure(ctx, tx, fault.CodeOf(r.cause))
		})
	}
	if err != nil {
		s.d.Log.WarnContext(ctx, "refused callback not kept", "tenant_id", id.String(), "account_id", acc.ID, "error", err)
	}
}

// countFailure counts a callback that failed where the platform's staff look.
func (s *Service) countFailure(ctx context.Context, tx tenantdb.Tx, code string) error {
	day := func(at time.Time) string {
		return at.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format(time.DateOnly)
	}
	now := tx.Now()
	if err := s.q.CountFailure(ctx, tx, tx.TenantID().String(), day(now), now, code, day(now.AddDate(0, 0, -31))); err != nil {
		return fmt.Errorf("count failed callback: %w", err)
	}
	return nil
}

// tookMS is the time since a moment in whole milliseconds.
func (s *Service) tookMS(began time.Time) int32 {
	if began.IsZero() {
		return 0
	}
	return int32(min(max(s.d.Now().Sub(began).Milliseconds(), 0), 1<<30))
}

// pack writes a message as it is kept: the headers that its signature needs, an empty
// line, the body. A body without headers is from before they were kept.
func pack(n Notice) []byte {
	var b bytes.Buffer
	names := make([]string, 0, len(n.Header))
	for name := range n.Header {
		if canonical := textproto.CanonicalMIMEHeaderKey(name); canonical == "Content-Type" || strings.HasPrefix(canonical, "Wechatpay-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range n.Header[name] {
			b.WriteString(textproto.CanonicalMIMEHeaderKey(name) + ": " + strings.NewReplacer("\r", " ", "\n", " ").Replace(value) + "\r\n")
		}
	}
	b.WriteString("\r\n")
	b.Write(n.Body)
	return b.Bytes()
}

// unpack reads what pack wrote; ok is false for a message without its headers.
func unpack(raw []byte) (n Notice, ok bool) {
	if bytes.HasPrefix(raw, []byte("{")) {
		return Notice{Body: raw}, false
	}
	n.Header = http.Header{}
	for {
		line, rest, found := bytes.Cut(raw, []byte("\r\n"))
		raw = rest
		if !found {
			return Notice{}, false
		}
		if len(line) == 0 {
			n.Body = raw
			return n, len(n.Header) > 0
		}
		name, value, _ := strings.Cut(string(line), ": ")
		n.Header.Add(name, value)
	}
}

// CallbackKind says in which part of the callback log a message is kept.
type CallbackKind string

// The parts.
const (
	CallbackEvent   CallbackKind = "event"
	CallbackAnomaly CallbackKind = "anomaly"
	CallbackRefusal CallbackKind = "refusal"
)

// CallbackRef names a message of the callback log.
type CallbackRef struct {
	Kind CallbackKind
	ID   int64
}

// StoredCallback is a message as it was kept.
type StoredCallback struct {
	AccountKey string
	ReceivedAt time.Time
	Raw        []byte // headers and body; of a refused one at most the first 16 kB
	Whole      bool   // it can be taken again: nothing is missing
}

// StoredCallback opens a message of the callback log. It holds what the provider said of a
// buyer: the caller checks who asks and records that somebody did. Faults: NOT_FOUND.
func (s *Service) StoredCallback(ctx context.Context, id tenant.ID, ref CallbackRef) (StoredCallback, error) {
	var out StoredCallback
	var sealed []byte
	size := int32(-1)
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		switch ref.Kind {
		case CallbackEvent:
			row, err := s.q.StoredEvent(ctx, r, ref.ID)
			out.AccountKey, out.ReceivedAt, sealed = row.AccountKey, row.ReceivedAt, row.BodySealed
			return err
		case CallbackAnomaly:
			row, err := s.q.StoredAnomaly(ctx, r, ref.ID)
			out.AccountKey, out.ReceivedAt, sealed = row.AccountKey, row.ReceivedAt, row.BodySealed
			return err
		case CallbackRefusal:
			row, err := s.q.StoredRefusal(ctx, r, ref.ID)
			out.AccountKey, out.ReceivedAt, sealed, size = row.AccountKey, row.ReceivedAt, row.BodySealed, row.BodyBytes
			return err
		}
		return fault.ErrNotFound
	})
	if err != nil {
		return StoredCallback{}, notFound(err, "read callback")
	}
	if len(sealed) == 0 { // an anomaly of a query, or from before messages were kept
		return StoredCallback{}, fault.ErrNotFound
	}
	raw, err := s.d.Vault.Open(ctx, bodyField(id, out.AccountKey), sealed)
	if err != nil {
		return StoredCallback{}, fmt.Errorf("open callback: %w", err)
	}
	out.Raw = raw.Reveal()
	n, ok := unpack(out.Raw)
	out.Whole = ok && (size < 0 || int(size) == len(n.Body))
	return out, nil
}

// ReplayCallback takes a message of the callback log again, through the same verification
// and intake as when it came in, its time window counted from then. Safe to repeat: a
// message has its effect once. An anomaly that now fits is resolved. Faults: NOT_FOUND,
// NOTIFICATION_NOT_KEPT, and those of HandleNotification.
func (s *Service) ReplayCallback(ctx context.Context, id tenant.ID, ref CallbackRef) error {
	stored, err := s.StoredCallback(ctx, id, ref)
	if err != nil {
		return err
	}
	n, _ := unpack(stored.Raw)
	if !stored.Whole {
		return ErrNoticeNotKept
	}
	n.At = stored.ReceivedAt
	if _, err := s.HandleNotification(ctx, id, stored.AccountKey, n); err != nil {
		return err
	}
	if ref.Kind != CallbackAnomaly {
		return nil
	}
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		at := tx.Now()
		return s.q.ResolveAnomaly(ctx, tx, &at, ref.ID)
	})
}
