package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

// MoneyFilter narrows the lists of payments, refunds and anomalies.
type MoneyFilter struct {
	Status string // "" for all; of refunds also "task"
	Query  string // a number of ours or the provider's, or an order's: exact; of refunds also words of the note
	From   time.Time
	Until  time.Time
	Before int64 // 0 for the first page
	// Channel is a provider's code; Least and Most bound the amount, 0 for none.
	Channel     string
	Least, Most money.Fen
}

// PaymentRow is a payment in the list.
type PaymentRow struct {
	ID            int64
	OutTradeNo    string
	OrderNo       string
	Channel       string
	Scene         string
	Account       string
	MerchantNo    string
	Mode          string
	Amount        money.Fen
	Reserved      money.Fen
	Refunded      money.Fen
	Status        string
	TransactionID string
	Surplus       bool
	LastError     string
	CreatedAt     time.Time
	ExpiresAt     time.Time
	PaidAt        *time.Time
}

// Rest is what can still be given back.
func (p PaymentRow) Rest() money.Fen {
	if p.Status != "succeeded" {
		return 0
	}
	return p.Amount - p.Reserved - p.Refunded
}

// MoneyPage is a page of a list with the counts of its tabs, capped at CountCap.
type MoneyPage[T any] struct {
	Rows   []T
	Next   int64
	Counts map[string]int64
}

const paymentColumns = `SELECT t.id, t.out_trade_no, t.business_no, t.channel, t.scene, a.name, a.merchant_no, a.mode, t.amount_fen, t.refund_reserved_fen, t.refunded_fen,
       t.status, coalesce(t.transaction_id, ''), t.surplus, t.last_error, t.created_at, t.expires_at, t.paid_at
  FROM payment_attempt t JOIN payment_account a ON a.id = t.account_id`

const paymentCounts = `SELECT s.status, (SELECT count(*) FROM (SELECT 1 FROM payment_attempt t WHERE t.status = s.status LIMIT $2) c)
  FROM unnest($1::text[]) AS s (status)`

func paymentRow(row pgx.CollectableRow) (p PaymentRow, err error) {
	err = row.Scan(&p.ID, &p.OutTradeNo, &p.OrderNo, &p.Channel, &p.Scene, &p.Account, &p.MerchantNo, &p.Mode, &p.Amount, &p.Reserved, &p.Refunded,
		&p.Status, &p.TransactionID, &p.Surplus, &p.LastError, &p.CreatedAt, &p.ExpiresAt, &p.PaidAt)
	return p, err
}

func paymentsSQL(in MoneyFilter, limit int) (sql string, args []any) {
	var w filter
	if in.Status != "" {
		w.add("t.status = ?", in.Status)
	}
	if in.Query != "" {
		w.add("(t.out_trade_no = ? OR t.business_no = ? OR t.transaction_id = ?)", in.Query)
	}
	w.money("t.created_at", "t.amount_fen", in)
	w.before("t.id", in.Before)
	return paymentColumns + w.where() + newestFirst("t.id", limit), w.args
}

// Payments returns a page of the shop's payments, newest first.
func (s *Store) Payments(ctx context.Context, shop tenant.ID, in MoneyFilter) (page MoneyPage[PaymentRow], err error) {
	sql, args := paymentsSQL(in, PageSize+1)
	err = s.read(ctx, shop, "payments", func(b *pgx.Batch) {
		collect(b, &page.Rows, paymentRow, sql, args...)
		queueCounts(b, &page.Counts, paymentCounts, []string{"created", "prepaid", "closing", "succeeded", "closed", "failed"}, CountCap)
	})
	page.cut(func(p PaymentRow) int64 { return p.ID })
	return page, err
}

func (f *filter) between(column string, in MoneyFilter) {
	if !in.From.IsZero() {
		f.add(column+" >= ?", in.From)
	}
	if !in.Until.IsZero() {
		f.add(column+" < ?", in.Until)
	}
}

// money narrows a list to days, a channel of t and an amount; "" for a list without one.
func (f *filter) money(at, amount string, in MoneyFilter) {
	f.between(at, in)
	if in.Channel != "" {
		f.add("t.channel = ?", in.Channel)
	}
	if in.Least > 0 {
		f.add(amount+" >= ?", in.Least)
	}
	if in.Most > 0 {
		f.add(amount+" <= ?", in.Most)
	}
}

func (f *filter) before(column string, id int64) {
	if id > 0 {
		f.add(column+" < ?", id)
	}
}

func (p *MoneyPage[T]) cut(id func(T) int64) {
	if len(p.Rows) > PageSize {
		p.Rows = p.Rows[:PageSize]
		p.Next = id(p.Rows[PageSize-1])
	}
}

// queueCounts counts rows by status; the sum is under "".
func queueCounts(b *pgx.Batch, into *map[string]int64, sql string, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		counts := map[string]int64{}
		var status string
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&status, &n}, func() error {
			counts[status] = n
			counts[""] = min(CountCap, counts[""]+n)
			return nil
		})
		*into = counts
		return err
	})
}

// Exchange is one call of ours to a provider and its answer, masked.
type Exchange struct {
	At          time.Time
	Step        string
	OutRefundNo string
	Asked       string
	Answered    string
	Answer      int64 // HTTP status, 0 if none came
	Code        string
	TookMS      int64
}

func exchangeRow(row pgx.CollectableRow) (x Exchange, err error) {
	err = row.Scan(&x.At, &x.Step, &x.OutRefundNo, &x.Asked, &x.Answered, &x.Answer, &x.Code, &x.TookMS)
	return x, err
}

// PaymentDetail is one payment with everything that was said about it.
type PaymentDetail struct {
	PaymentRow
	Refunds   []RefundRow
	Callbacks []Callback
	Exchanges []Exchange
	Anomalies []AnomalyRow
	Money     []MoneyFacts // none before it brought some
}

const (
	paymentCallbacks = `SELECT 'event', e.id, e.received_at, a.merchant_no, a.channel, e.outcome, e.event_type, e.out_trade_no, e.answer::bigint, e.took_ms::bigint, e.seen::bigint,
       0::bigint, false, e.body_sealed <> '' FROM payment_event e JOIN payment_account a ON a.id = e.account_id
 WHERE e.account_id = (SELECT account_id FROM payment_attempt WHERE out_trade_no = $1) AND e.out_trade_no = $1 ORDER BY e.id DESC LIMIT 50`
	paymentExchanges = `SELECT x.at, x.step, x.out_refund_no, x.asked, x.answered, x.answer::bigint, x.code, x.took_ms::bigint
  FROM payment_exchange x WHERE x.out_trade_no = $1 ORDER BY x.id DESC LIMIT 100`
)

// Payment returns one payment. Faults: NOT_FOUND.
func (s *Store) Payment(ctx context.Context, shop tenant.ID, outTradeNo string) (p PaymentDetail, err error) {
	err = s.read(ctx, shop, "payment", func(b *pgx.Batch) {
		b.Queue(paymentColumns+" WHERE t.out_trade_no = $1", outTradeNo).Query(func(rows pgx.Rows) (err error) {
			p.PaymentRow, err = pgx.CollectExactlyOneRow(rows, paymentRow)
			return err
		})
		collect(b, &p.Refunds, refundRow, refundColumns+" WHERE t.out_trade_no = $1 ORDER BY r.id DESC LIMIT 60", outTradeNo)
		collect(b, &p.Callbacks, callbackRow, paymentCallbacks, outTradeNo)
		collect(b, &p.Exchanges, exchangeRow, paymentExchanges, outTradeNo)
		collect(b, &p.Anomalies, anomalyRow, anomalyColumns+" WHERE n.out_trade_no = $1 ORDER BY n.id DESC LIMIT 20", outTradeNo)
		queueMoney(b, "t.out_trade_no = $1", outTradeNo, &p.Money)
	})
	return p, err
}

// RefundRow is a refund in the list.
type RefundRow struct {
	ID          int64
	OutRefundNo string
	OutTradeNo  string
	OrderNo     string
	Channel     string
	Reason      string
	Note        string
	Amount      money.Fen
	Status      string
	Hold        string
	RequestedBy string // actor
	RequestedAt time.Time
	DueAt       *time.Time
	FinishedAt  *time.Time
}

// Task reports a refund that a person has to do something about.
func (r RefundRow) Task() bool {
	return r.Status == "abnormal" || (r.Status == "waiting" && r.Hold != "spacing")
}

const refundColumns = `SELECT r.id, r.out_refund_no, t.out_trade_no, r.business_no, t.channel, r.reason, r.note, r.amount_fen, r.status, r.hold, r.requested_by,
       r.requested_at, r.due_at, r.finished_at
  FROM refund r JOIN payment_attempt t ON t.id = r.attempt_id`

const refundIsTask = `(r.status = 'abnormal' OR (r.status = 'waiting' AND r.hold <> 'spacing'))`

const refundCounts = `SELECT s.status, (SELECT count(*) FROM (SELECT 1 FROM refund r WHERE CASE s.status
         WHEN 'task' THEN ` + refundIsTask + `
         WHEN 'under_way' THEN r.status IN ('requested', 'processing') OR (r.status = 'waiting' AND r.hold = 'spacing')
         WHEN 'over' THEN r.status IN ('failed', 'refused', 'withdrawn')
         WHEN 'done' THEN r.status IN ('succeeded', 'settled')
         ELSE r.status = s.status END LIMIT $2) c)
  FROM unnest($1::text[]) AS s (status)`

// RefundTabs are the parts of the list of refunds.
func RefundTabs() []string {
	return []string{"awaiting_approval", "task", "under_way", "done", "over"}
}

func refundRow(row pgx.CollectableRow) (r RefundRow, err error) {
	err = row.Scan(&r.ID, &r.OutRefundNo, &r.OutTradeNo, &r.OrderNo, &r.Channel, &r.Reason, &r.Note, &r.Amount, &r.Status, &r.Hold, &r.RequestedBy,
		&r.RequestedAt, &r.DueAt, &r.FinishedAt)
	return r, err
}

func refundsSQL(in MoneyFilter, limit int) (sql string, args []any) {
	var w filter
	switch in.Status {
	case "task":
		w.is(refundIsTask)
	case "under_way":
		w.is("(r.status IN ('requested', 'processing') OR (r.status = 'waiting' AND r.hold = 'spacing'))")
	case "done":
		w.is("r.status IN ('succeeded', 'settled')")
	case "over":
		w.is("r.status IN ('failed', 'refused', 'withdrawn')")
	case "awaiting_approval":
		w.add("r.status = ?", in.Status)
	}
	if in.Query != "" {
		w.addAll("(r.out_refund_no = ?1 OR r.business_no = ?1 OR t.out_trade_no = ?1 OR r.provider_refund_id = ?1 OR r.note ILIKE ?2)", in.Query, contains(in.Query))
	}
	w.money("r.requested_at", "r.amount_fen", in)
	w.before("r.id", in.Before)
	return refundColumns + w.where() + newestFirst("r.id", limit), w.args
}

// Refunds returns a page of the shop's refunds, newest first.
func (s *Store) Refunds(ctx context.Context, shop tenant.ID, in MoneyFilter) (page MoneyPage[RefundRow], err error) {
	sql, args := refundsSQL(in, PageSize+1)
	err = s.read(ctx, shop, "refunds", func(b *pgx.Batch) {
		collect(b, &page.Rows, refundRow, sql, args...)
		queueCounts(b, &page.Counts, refundCounts, RefundTabs(), CountCap)
	})
	page.cut(func(r RefundRow) int64 { return r.ID })
	return page, err
}

// RefundEvent is one entry of a refund's timeline.
type RefundEvent struct {
	At        time.Time
	Event     string
	To        string
	ActorKind string
	ActorName string
	Note      string
}

// RefundDetail is one refund with everything that happened to it.
type RefundDetail struct {
	RefundRow
	ProviderID    string
	LastError     string
	Tries         int64
	SentAt        *time.Time
	Asker         string // name of who asked
	DecidedBy     string
	DecidedAt     *time.Time
	DecisionNote  string
	SettledBy     string
	Means         string
	Evidence      string
	EvidenceRef   string
	PaidAmount    money.Fen
	PaidAt        *time.Time
	PaymentRest   money.Fen
	Account       string
	MerchantNo    string
	Scene         string
	AccountID     int64
	TransactionID string
	Events        []RefundEvent
	Files         []EvidenceFile
}

// EvidenceFile is a file that proves a refund which was ended by hand.
type EvidenceFile struct {
	ID    int64
	Name  string
	Kind  string
	Bytes int64
}

const (
	refundHead = `SELECT coalesce(r.provider_refund_id, ''), r.last_error, r.tries::bigint, r.sent_at, coalesce(r.decided_by, ''), r.decided_at, r.decision_note,
       coalesce(r.settled_by, ''), coalesce(r.settled_means, ''), r.evidence, r.evidence_ref, t.amount_fen, t.paid_at,
       (t.amount_fen - t.refunded_fen - t.refund_reserved_fen)::bigint, a.name, a.merchant_no, t.scene, a.id, coalesce(t.transaction_id, '')
  FROM refund r JOIN payment_attempt t ON t.id = r.attempt_id JOIN payment_account a ON a.id = t.account_id WHERE r.out_refund_no = $1`
	refundEvents = `SELECT e.at, e.event, e.to_status, e.actor, e.note FROM refund_event e JOIN refund r ON r.id = e.refund_id
 WHERE r.out_refund_no = $1 ORDER BY e.id LIMIT 200`
)

// Refund returns one refund. Faults: NOT_FOUND.
func (s *Store) Refund(ctx context.Context, shop tenant.ID, outRefundNo string) (r RefundDetail, err error) {
	var actors []string
	err = s.read(ctx, shop, "refund", func(b *pgx.Batch) {
		b.Queue(refundColumns+" WHERE r.out_refund_no = $1", outRefundNo).Query(func(rows pgx.Rows) (err error) {
			r.RefundRow, err = pgx.CollectExactlyOneRow(rows, refundRow)
			return err
		})
		b.Queue(refundHead, outRefundNo).QueryRow(func(row pgx.Row) error {
			var rest int64
			err := row.Scan(&r.ProviderID, &r.LastError, &r.Tries, &r.SentAt, &r.DecidedBy, &r.DecidedAt, &r.DecisionNote, &r.SettledBy, &r.Means,
				&r.Evidence, &r.EvidenceRef, &r.PaidAmount, &r.PaidAt, &rest, &r.Account, &r.MerchantNo, &r.Scene, &r.AccountID, &r.TransactionID)
			r.PaymentRest = money.Fen(rest)
			return err
		})
		actors = nil
		collect(b, &r.Events, func(row pgx.CollectableRow) (e RefundEvent, err error) {
			var actor string
			err = row.Scan(&e.At, &e.Event, &e.To, &actor, &e.Note)
			actors = append(actors, actor)
			return e, err
		}, refundEvents, outRefundNo)
		collect(b, &r.Files, func(row pgx.CollectableRow) (f EvidenceFile, err error) {
			err = row.Scan(&f.ID, &f.Name, &f.Kind, &f.Bytes)
			return f, err
		}, "SELECT f.id, f.name, f.kind, f.bytes FROM refund_evidence f WHERE f.out_refund_no = $1 ORDER BY f.id", outRefundNo)
	})
	if err != nil {
		return RefundDetail{}, err
	}
	people, _, err := s.names(ctx, staffIDs(append([]string{r.RequestedBy, r.DecidedBy, r.SettledBy}, actors...)), "")
	if err != nil {
		return RefundDetail{}, err
	}
	name := func(actor string) string {
		kind, rest := actorOf(actor)
		return actorName(kind, rest, "", people)
	}
	r.Asker, r.DecidedBy, r.SettledBy = name(r.RequestedBy), name(r.DecidedBy), name(r.SettledBy)
	for i := range r.Events {
		r.Events[i].ActorKind, _ = actorOf(actors[i])
		r.Events[i].ActorName = name(actors[i])
	}
	return r, nil
}

// AnomalyRow is a provider's message that verified but does not fit.
type AnomalyRow struct {
	ID           int64
	Reason       string
	Blocking     bool
	OutTradeNo   string
	OrderNo      string // "" if no payment of ours has the number
	EventID      string
	Channel      string
	MerchantNo   string
	Expected     string
	Got          string
	Seen         int64
	FirstAt      time.Time
	LastAt       time.Time
	ResolvedAt   *time.Time
	ResolvedBy   string
	ResolvedNote string
	HasBody      bool
}

const anomalyColumns = `SELECT n.id, n.reason, n.blocking, n.out_trade_no, coalesce(t.business_no, ''), n.event_id, a.channel, a.merchant_no,
       coalesce(n.detail->>'expected', ''), coalesce(n.detail->>'got', ''), n.seen::bigint, n.first_at, n.last_at, n.resolved_at, n.resolved_by, n.resolved_note,
       n.body_sealed IS NOT NULL
  FROM payment_anomaly n JOIN payment_account a ON a.id = n.account_id LEFT JOIN payment_attempt t ON t.out_trade_no = n.out_trade_no`

const anomalyCounts = `SELECT s.status, (SELECT count(*) FROM (SELECT 1 FROM payment_anomaly n WHERE (n.resolved_at IS NULL) = (s.status = 'open') LIMIT $2) c)
  FROM unnest($1::text[]) AS s (status)`

func anomalyRow(row pgx.CollectableRow) (n AnomalyRow, err error) {
	err = row.Scan(&n.ID, &n.Reason, &n.Blocking, &n.OutTradeNo, &n.OrderNo, &n.EventID, &n.Channel, &n.MerchantNo, &n.Expected, &n.Got, &n.Seen,
		&n.FirstAt, &n.LastAt, &n.ResolvedAt, &n.ResolvedBy, &n.ResolvedNote, &n.HasBody)
	return n, err
}

// Anomalies returns a page of the shop's anomalies, newest first.
func (s *Store) Anomalies(ctx context.Context, shop tenant.ID, in MoneyFilter) (page MoneyPage[AnomalyRow], err error) {
	var w filter
	if in.Status != "" {
		w.add("(n.resolved_at IS NULL) = ?", in.Status == "open")
	}
	if in.Query != "" {
		w.add("(n.out_trade_no = ? OR t.business_no = ?)", in.Query)
	}
	w.between("n.last_at", in)
	if in.Channel != "" {
		w.add("a.channel = ?", in.Channel)
	}
	w.before("n.id", in.Before)
	err = s.read(ctx, shop, "anomalies", func(b *pgx.Batch) {
		collect(b, &page.Rows, anomalyRow, anomalyColumns+w.where()+newestFirst("n.id", PageSize+1), w.args...)
		queueCounts(b, &page.Counts, anomalyCounts, []string{"open", "resolved"}, CountCap)
	})
	page.cut(func(n AnomalyRow) int64 { return n.ID })
	return page, err
}

// Anomaly returns one anomaly, with the name of who resolved it. Faults: NOT_FOUND.
func (s *Store) Anomaly(ctx context.Context, shop tenant.ID, id int64) (n AnomalyRow, err error) {
	err = s.read(ctx, shop, "anomaly", func(b *pgx.Batch) {
		b.Queue(anomalyColumns+" WHERE n.id = $1", id).Query(func(rows pgx.Rows) (err error) {
			n, err = pgx.CollectExactlyOneRow(rows, anomalyRow)
			return err
		})
	})
	if err != nil {
		return n, err
	}
	people, _, err := s.names(ctx, staffIDs([]string{n.ResolvedBy}), "")
	kind, rest := actorOf(n.ResolvedBy)
	n.ResolvedBy = actorName(kind, rest, "", people)
	return n, err
}

// Todo is what waits for a person, capped at CountCap.
type Todo struct {
	ToApprove             int64      // refunds that somebody else has to decide about
	Tasks                 int64      // refunds that the provider could not end
	Stock                 int64      // SKUs that became scarce or ran out, and nobody has seen it
	Cases                 int64      // after-sales cases that wait for the shop
	CaseDue               *time.Time // of them, the soonest
	Bad                   int64      // bad reviews without a reply
	Flagged               int64      // reviews that a person has to look at
	Packed, Lost          int64      // orders with a parcel that waits for its number, and with one that is lost
	Products              int64      // that wait to be approved
	Invoices, RedInvoices int64      // that are asked for, and that have to be voided
}

const todoCounts = `SELECT
       (SELECT count(*) FROM (SELECT 1 FROM refund r WHERE r.status = 'awaiting_approval' AND r.requested_by <> $2 LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM refund r WHERE ` + refundIsTask + ` LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM stock_alarm a WHERE a.seen_by = '' LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM aftersale_case k WHERE k.status = ANY ($3) LIMIT $1) c),
       (SELECT min(k.due_at) FROM aftersale_case k WHERE k.status = ANY ($3) AND k.closed_at IS NULL),
       (SELECT count(*) FROM (SELECT 1 FROM review r WHERE ` + unansweredReview + ` LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM review r WHERE r.status = 'flagged' OR r.follow_status = 'flagged' LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM invoice i WHERE i.status = 'asked' AND i.ready_at IS NOT NULL LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM invoice i WHERE i.status = 'issued' AND i.red_due_at IS NOT NULL LIMIT $1) c),
       (SELECT count(*) FROM (SELECT DISTINCT p.order_id FROM order_parcel p JOIN orders o ON o.id = p.order_id WHERE p.status = 'packed' AND o.status IN ('paid', 'fulfilling') AND NOT o.test LIMIT $1) c),
       (SELECT count(*) FROM (SELECT DISTINCT p.order_id FROM order_parcel p JOIN orders o ON o.id = p.order_id WHERE p.status = 'lost' AND p.remedy = '' AND o.status = 'fulfilling' LIMIT $1) c),
       (SELECT count(*) FROM (SELECT 1 FROM product_approval a JOIN spu p ON p.id = a.spu_id WHERE a.state = 'waiting' AND p.status NOT IN ('recycled', 'purged') LIMIT $1) c)`

func queueTodo(b *pgx.Batch, into *Todo, actor string) {
	b.Queue(todoCounts, CountCap, actor, casesOfTheShop()).QueryRow(func(row pgx.Row) error {
		return row.Scan(&into.ToApprove, &into.Tasks, &into.Stock, &into.Cases, &into.CaseDue, &into.Bad, &into.Flagged, &into.Invoices, &into.RedInvoices, &into.Packed, &into.Lost, &into.Products)
	})
}
