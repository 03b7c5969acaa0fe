package readmodel

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
)

// Callback is one message of a provider and what became of it.
type Callback struct {
	Kind       string // event, anomaly or refusal: where it is kept
	ID         int64
	At         time.Time
	Account    string // merchant number
	Channel    string
	Verdict    string // applied, duplicate, ignored, anomaly, or the code of the refusal
	Reason     string // of an anomaly
	OutTradeNo string
	Answer     int64 // HTTP status, 0 if it was not kept
	TookMS     int64
	Seen       int64 // times it came
	Skipped    int64 // refused before it and not kept
	Resolved   bool
	HasBody    bool
}

// CallbackCursor is where each part of the log goes on; 0 is its beginning.
type CallbackCursor struct {
	Event, Anomaly, Refusal int64
}

// CallbackPage is one page of the callback log, newest first.
type CallbackPage struct {
	Rows []Callback
	More bool
	Next CallbackCursor
}

const callbacksPerPage = 50

const (
	callbackEvents = `SELECT 'event', e.id, e.received_at, a.merchant_no, a.channel, e.outcome, '', e.out_trade_no, e.answer::bigint, e.took_ms::bigint, e.seen::bigint,
       0::bigint, false, e.body_sealed <> '' FROM payment_event e JOIN payment_account a ON a.id = e.account_id`
	callbackAnomalies = `SELECT 'anomaly', n.id, n.first_at, a.merchant_no, a.channel, 'anomaly', n.reason, n.out_trade_no, 0::bigint, n.took_ms::bigint, n.seen::bigint,
       0::bigint, n.resolved_at IS NOT NULL, n.body_sealed IS NOT NULL FROM payment_anomaly n JOIN payment_account a ON a.id = n.account_id`
	callbackRefusals = `SELECT 'refusal', r.id, r.received_at, a.merchant_no, a.channel, r.code, '', '', r.answer::bigint, r.took_ms::bigint, 1::bigint,
       r.skipped::bigint, false, true FROM payment_refusal r JOIN payment_account a ON a.id = r.account_id`
)

// Callbacks returns a page of a shop's callback log in one round trip. Its three parts are
// read by their keys and put together by time.
func (s *Store) Callbacks(ctx context.Context, shop tenant.ID, in CallbackFilter, after CallbackCursor) (page CallbackPage, err error) {
	var events, anomalies, refusals []Callback
	err = s.read(ctx, shop, "callbacks", func(b *pgx.Batch) {
		events, anomalies, refusals = nil, nil, nil
		if in.wants("event") {
			sql, args := in.part(callbackEvents, "e", "e.received_at", "e.out_trade_no", after.Event)
			collect(b, &events, callbackRow, sql, args...)
		}
		if in.wants("anomaly") {
			sql, args := in.part(callbackAnomalies, "n", "n.first_at", "n.out_trade_no", after.Anomaly)
			collect(b, &anomalies, callbackRow, sql, args...)
		}
		if in.wants("refusal") && in.Query == "" { // nobody believed what number it named
			sql, args := in.part(callbackRefusals, "r", "r.received_at", "", after.Refusal)
			collect(b, &refusals, callbackRow, sql, args...)
		}
	})
	if err != nil {
		return CallbackPage{}, fmt.Errorf("read callbacks: %w", err)
	}
	page.Rows = slices.Concat(events, anomalies, refusals)
	slices.SortStableFunc(page.Rows, func(a, b Callback) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	page.Next = after
	if len(page.Rows) <= callbacksPerPage {
		return page, nil
	}
	page.Rows, page.More = page.Rows[:callbacksPerPage], true
	for _, c := range page.Rows { // of each part, the last that is shown
		switch c.Kind {
		case "event":
			page.Next.Event = c.ID
		case "anomaly":
			page.Next.Anomaly = c.ID
		case "refusal":
			page.Next.Refusal = c.ID
		}
	}
	return page, nil
}

func (in CallbackFilter) wants(kind string) bool { return in.Kind == "" || in.Kind == kind }

// part is the statement for one part of the log.
func (in CallbackFilter) part(columns, table, at, number string, after int64) (sql string, args []any) {
	var w filter
	w.before(table+".id", after)
	w.between(at, MoneyFilter{From: in.From, Until: in.Until})
	if in.Channel != "" {
		w.add("a.channel = ?", in.Channel)
	}
	if in.Query != "" && number != "" {
		w.add(number+" = ?", in.Query)
	}
	return columns + w.where() + newestFirst(table+".id", callbacksPerPage+1), w.args
}

func callbackRow(row pgx.CollectableRow) (c Callback, err error) {
	err = row.Scan(&c.Kind, &c.ID, &c.At, &c.Account, &c.Channel, &c.Verdict, &c.Reason, &c.OutTradeNo, &c.Answer, &c.TookMS, &c.Seen, &c.Skipped, &c.Resolved, &c.HasBody)
	return c, err
}
