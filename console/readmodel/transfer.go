package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

// TransferRow is a payout to a person in the list.
type TransferRow struct {
	ID         int64
	OutBillNo  string
	SourceKind string
	SourceNo   string
	Channel    string
	Account    string
	MerchantNo string
	Mode       string
	Receiver   string // masked
	Title      string
	Amount     money.Fen
	Status     string
	FailReason string // the provider's own word
	LastCode   string // of what last went wrong
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// Stuck reports a transfer that something keeps from going on.
func (t TransferRow) Stuck() bool { return t.FinishedAt == nil && t.LastCode != "" }

// TransferTabs are the parts of the list of transfers.
func TransferTabs() []string { return []string{"stuck", "receiver", "under_way", "done", "over"} }

const (
	transferColumns = `SELECT t.id, t.out_bill_no, t.source_kind, t.source_no, t.channel, a.name, a.merchant_no, a.mode, t.receiver_hint, t.title, t.amount_fen, t.status,
       t.fail_reason, t.last_code, t.created_at, t.finished_at
  FROM transfer t JOIN payment_account a ON a.id = t.account_id`

	transferPart = `CASE WHEN t.finished_at IS NULL AND t.last_code <> '' THEN 'stuck' WHEN t.status = 'wait_user_confirm' THEN 'receiver'
         WHEN t.status = 'succeeded' THEN 'done' WHEN t.finished_at IS NOT NULL THEN 'over' ELSE 'under_way' END`

	transferCounts = `SELECT s.status, (SELECT count(*) FROM (SELECT 1 FROM transfer t WHERE ` + transferPart + ` = s.status LIMIT $2) c)
  FROM unnest($1::text[]) AS s (status)`
)

func transferRow(row pgx.CollectableRow) (t TransferRow, err error) {
	err = row.Scan(&t.ID, &t.OutBillNo, &t.SourceKind, &t.SourceNo, &t.Channel, &t.Account, &t.MerchantNo, &t.Mode, &t.Receiver, &t.Title, &t.Amount, &t.Status,
		&t.FailReason, &t.LastCode, &t.CreatedAt, &t.FinishedAt)
	return t, err
}

func transfersSQL(in MoneyFilter, limit int) (sql string, args []any) {
	var w filter
	if in.Status != "" {
		w.add(transferPart+" = ?", in.Status)
	}
	if in.Query != "" {
		w.addAll("(t.out_bill_no = ?1 OR t.source_no = ?1 OR t.provider_no = ?1 OR t.title ILIKE ?2)", in.Query, contains(in.Query))
	}
	w.money("t.created_at", "t.amount_fen", in)
	w.before("t.id", in.Before)
	return transferColumns + w.where() + newestFirst("t.id", limit), w.args
}

// Transfers returns a page of the shop's payouts, newest first.
func (s *Store) Transfers(ctx context.Context, shop tenant.ID, in MoneyFilter) (page MoneyPage[TransferRow], err error) {
	sql, args := transfersSQL(in, PageSize+1)
	err = s.read(ctx, shop, "transfers", func(b *pgx.Batch) {
		collect(b, &page.Rows, transferRow, sql, args...)
		queueCounts(b, &page.Counts, transferCounts, TransferTabs(), CountCap)
	})
	page.cut(func(t TransferRow) int64 { return t.ID })
	return page, err
}

// EachTransfer gives every payout that in asks for to take, newest first, in bounded memory.
func (s *Store) EachTransfer(ctx context.Context, shop tenant.ID, in MoneyFilter, take func(TransferRow) error) error {
	return each(in, take, func(t TransferRow) int64 { return t.ID }, func(in MoneyFilter) (rows []TransferRow, err error) {
		sql, args := transfersSQL(in, atOnce)
		err = s.read(ctx, shop, "transfers to export", func(b *pgx.Batch) { collect(b, &rows, transferRow, sql, args...) })
		return rows, err
	})
}

// TransferEvent is one entry of a payout's timeline.
type TransferEvent struct {
	At        time.Time
	Event     string
	To        string
	ActorKind string
	ActorName string
	Note      string
}

// TransferDetail is one payout with everything that happened to it.
type TransferDetail struct {
	TransferRow
	ProviderNo string
	LastError  string
	MemberID   int64 // 0: nobody of the shop's members
	Asker      string
	Events     []TransferEvent
	Exchanges  []Exchange
}

const (
	transferHead = `SELECT t.provider_no, t.last_error, coalesce(t.member_id, 0)::bigint, t.created_by FROM transfer t WHERE t.out_bill_no = $1`

	transferEvents = `SELECT e.at, e.event, e.to_status, e.actor, e.note FROM transfer_event e JOIN transfer t ON t.id = e.transfer_id
 WHERE t.out_bill_no = $1 ORDER BY e.id LIMIT 200`
	transferExchanges = `SELECT x.at, x.step, x.out_refund_no, x.asked, x.answered, x.answer::bigint, x.code, x.took_ms::bigint
  FROM payment_exchange x WHERE x.out_bill_no = $1 ORDER BY x.id DESC LIMIT 100`
)

// Transfer returns one payout. Faults: NOT_FOUND.
func (s *Store) Transfer(ctx context.Context, shop tenant.ID, outBillNo string) (t TransferDetail, err error) {
	var actors []string
	var asker string
	err = s.read(ctx, shop, "transfer", func(b *pgx.Batch) {
		b.Queue(transferColumns+" WHERE t.out_bill_no = $1", outBillNo).Query(func(rows pgx.Rows) (err error) {
			t.TransferRow, err = pgx.CollectExactlyOneRow(rows, transferRow)
			return err
		})
		b.Queue(transferHead, outBillNo).QueryRow(func(row pgx.Row) error { return row.Scan(&t.ProviderNo, &t.LastError, &t.MemberID, &asker) })
		actors = nil
		collect(b, &t.Events, func(row pgx.CollectableRow) (e TransferEvent, err error) {
			var actor string
			err = row.Scan(&e.At, &e.Event, &e.To, &actor, &e.Note)
			actors = append(actors, actor)
			return e, err
		}, transferEvents, outBillNo)
		collect(b, &t.Exchanges, exchangeRow, transferExchanges, outBillNo)
	})
	if err != nil {
		return TransferDetail{}, err
	}
	people, _, err := s.names(ctx, staffIDs(append([]string{asker}, actors...)), "")
	if err != nil {
		return TransferDetail{}, err
	}
	name := func(actor string) string {
		kind, rest := actorOf(actor)
		return actorName(kind, rest, "", people)
	}
	t.Asker = name(asker)
	for i := range t.Events {
		t.Events[i].ActorKind, _ = actorOf(actors[i])
		t.Events[i].ActorName = name(actors[i])
	}
	return t, nil
}
