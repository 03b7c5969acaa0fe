package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

// Flow is what moved over a merchant account, as the shop's books have it. Received less
// the rest, plus Other, is what the provider has come to owe the shop.
type Flow struct {
	Received money.Fen
	Refunded money.Fen
	Fees     money.Fen
	PaidOut  money.Fen // to people
	Settled  money.Fen // to the shop's bank
	Other    money.Fen // explained differences
}

// Net is what was left of the received money after refunds and fees.
func (f Flow) Net() money.Fen { return f.Received - f.Refunded - f.Fees }

// Balance is by how much the provider owes the shop more.
func (f Flow) Balance() money.Fen { return f.Net() - f.PaidOut - f.Settled + f.Other }

// Plus adds up two flows.
func (f Flow) Plus(g Flow) Flow {
	return Flow{
		Received: f.Received + g.Received, Refunded: f.Refunded + g.Refunded, Fees: f.Fees + g.Fees, PaidOut: f.PaidOut + g.PaidOut, Settled: f.Settled + g.Settled, Other: f.Other + g.Other,
	}
}

// add takes in what came from or went to a family of accounts; in says that it came.
func (f *Flow) add(family string, in bool, amount money.Fen) {
	signed := amount
	if !in {
		signed = -amount
	}
	switch {
	case family == "sales", family == "surplus" && in:
		f.Received += signed
	case family == "refunds", family == "surplus":
		f.Refunded -= signed
	case family == "fees":
		f.Fees -= signed
	case family == "bank":
		f.Settled -= signed
	case family == "payouts":
		f.PaidOut -= signed
	default:
		f.Other += signed
	}
}

// AccountMoney is where the money of a merchant account is.
type AccountMoney struct {
	AccountID  int64
	Channel    string
	Name       string
	MerchantNo string
	Mode       string
	Flow
	Held
}

// Held is what keeps a provider from paying out what it owes.
type Held struct {
	Unshipped    money.Fen // frozen: the goods are not sent
	UnshippedN   int64
	NotUploaded  money.Fen // frozen: the provider was not told that they were
	NotUploadedN int64
	Unreceived   money.Fen // frozen until the buyer has them
	UnreceivedN  int64
	Refunding    money.Fen // about to go back
	RefundingN   int64
	Waiting      money.Fen // for the provider to settle or the shop to withdraw it; negative is owed to the provider
}

// Parts is what Held comes to; it equals the flow's balance.
func (h Held) Parts() money.Fen {
	return h.Unshipped + h.NotUploaded + h.Unreceived + h.Refunding + h.Waiting
}

// split parts what the provider owes by what holds it. A provider that has paid out more than
// was free has not frozen it: those parts are smaller by as much, so that they add up.
func (h Held) split(balance money.Fen) Held {
	h.Waiting = balance - h.Unshipped - h.NotUploaded - h.Unreceived - h.Refunding
	for _, part := range []*money.Fen{&h.Unreceived, &h.Unshipped, &h.NotUploaded} {
		if h.Waiting >= 0 {
			break
		}
		released := min(*part, -h.Waiting)
		*part -= released
		h.Waiting += released
	}
	return h
}

// Whereabouts is where the money of a shop is, account by account.
type Whereabouts struct {
	Accounts []AccountMoney
}

// Total adds the accounts up.
func (w Whereabouts) Total() (sum AccountMoney) {
	for _, a := range w.Accounts {
		sum.Flow = sum.Plus(a.Flow)
		sum.Unshipped, sum.UnshippedN = sum.Unshipped+a.Unshipped, sum.UnshippedN+a.UnshippedN
		sum.NotUploaded, sum.NotUploadedN = sum.NotUploaded+a.NotUploaded, sum.NotUploadedN+a.NotUploadedN
		sum.Unreceived, sum.UnreceivedN = sum.Unreceived+a.Unreceived, sum.UnreceivedN+a.UnreceivedN
		sum.Refunding, sum.RefundingN = sum.Refunding+a.Refunding, sum.RefundingN+a.RefundingN
		sum.Waiting += a.Waiting
	}
	return sum
}

// booksAccounts is what a merchant account is called in the books.
const booksAccounts = `WITH r AS (SELECT a.id, 'receivable:' || a.channel || ':' || a.id AS name FROM payment_account a)`

const (
	moneyAccounts = `SELECT a.id, a.channel, a.name, a.merchant_no, a.mode FROM payment_account a ORDER BY a.id`

	moneyFlows = booksAccounts + `
SELECT r.id, split_part(l.credit, ':', 1), true, sum(l.amount_fen)::bigint FROM r JOIN ledger_transfer l ON l.debit = r.name GROUP BY 1, 2
UNION ALL
SELECT r.id, split_part(l.debit, ':', 1), false, sum(l.amount_fen)::bigint FROM r JOIN ledger_transfer l ON l.credit = r.name GROUP BY 1, 2`

	// frozenPart says why the provider keeps the money of a payment whose order o has the
	// upload u; it does so only of payments in its own Mini Programs.
	frozenPart = `CASE WHEN u.order_no IS NULL AND o.shipped_at IS NULL OR u.state = 'partial' THEN 'unshipped'
            WHEN u.state IS DISTINCT FROM 'uploaded' THEN 'not_uploaded' WHEN o.received_at IS NULL THEN 'unreceived' END`
	frozenOrders = `(o.status IN ('paid', 'fulfilling') OR o.order_no IN (SELECT x.order_no FROM shipping_upload x WHERE x.state <> 'uploaded'))
   AND t.channel = 'wechat' AND t.payer <> '' AND t.status = 'succeeded' AND t.amount_fen > t.refunded_fen + t.refund_reserved_fen`

	moneyFrozen = `SELECT t.account_id, ` + frozenPart + `, sum(t.amount_fen - t.refunded_fen - t.refund_reserved_fen)::bigint, count(*)
  FROM orders o JOIN payment_attempt t ON t.out_trade_no = o.paid_by LEFT JOIN shipping_upload u ON u.order_no = o.order_no
 WHERE ` + frozenOrders + ` GROUP BY 1, 2
UNION ALL
SELECT t.account_id, 'refunding', sum(r.amount_fen)::bigint, count(*) FROM refund r JOIN payment_attempt t ON t.id = r.attempt_id WHERE r.finished_at IS NULL GROUP BY 1`
)

// Whereabouts reads where a shop's money is: three statements in one round trip, whatever
// the shop has.
func (s *Store) Whereabouts(ctx context.Context, shop tenant.ID) (w Whereabouts, err error) {
	flows, held := map[int64]*Flow{}, map[int64]*Held{}
	err = s.read(ctx, shop, "whereabouts", func(b *pgx.Batch) {
		clear(flows)
		clear(held)
		collect(b, &w.Accounts, func(row pgx.CollectableRow) (a AccountMoney, err error) {
			err = row.Scan(&a.AccountID, &a.Channel, &a.Name, &a.MerchantNo, &a.Mode)
			return a, err
		}, moneyAccounts)
		b.Queue(moneyFlows).Query(func(rows pgx.Rows) error {
			var id, fen int64
			var family string
			var in bool
			_, err := pgx.ForEachRow(rows, []any{&id, &family, &in, &fen}, func() error {
				of(flows, id).add(family, in, money.Fen(fen))
				return nil
			})
			return err
		})
		b.Queue(moneyFrozen).Query(func(rows pgx.Rows) error {
			var id, fen, n int64
			var part *string
			_, err := pgx.ForEachRow(rows, []any{&id, &part, &fen, &n}, func() error {
				if part != nil {
					of(held, id).set(*part, money.Fen(fen), n)
				}
				return nil
			})
			return err
		})
	})
	for i, a := range w.Accounts {
		w.Accounts[i].Flow = *of(flows, a.AccountID)
		w.Accounts[i].Held = of(held, a.AccountID).split(w.Accounts[i].Balance())
	}
	return w, err
}

// of is the entry of a map that is made when it is first asked for.
func of[T any](m map[int64]*T, id int64) *T {
	if m[id] == nil {
		m[id] = new(T)
	}
	return m[id]
}

func (h *Held) set(part string, fen money.Fen, n int64) {
	switch part {
	case "unshipped":
		h.Unshipped, h.UnshippedN = fen, n
	case "not_uploaded":
		h.NotUploaded, h.NotUploadedN = fen, n
	case "unreceived":
		h.Unreceived, h.UnreceivedN = fen, n
	case "refunding":
		h.Refunding, h.RefundingN = fen, n
	}
}

// FlowDay is a business day of the settlement overview.
type FlowDay struct {
	Day time.Time // midnight UTC of the date
	Flow
}

// FlowPeriod is a run of business days, both included, as dates at midnight UTC.
type FlowPeriod struct{ From, To time.Time }

// Days is how many days the period has.
func (p FlowPeriod) Days() int { return int(p.To.Sub(p.From)/(24*time.Hour)) + 1 }

// before is the period of the same length that ends where p begins.
func (p FlowPeriod) before() FlowPeriod {
	return FlowPeriod{From: p.From.AddDate(0, 0, -p.Days()), To: p.From.AddDate(0, 0, -1)}
}

// ChannelFlow is what moved over the accounts of a channel.
type ChannelFlow struct {
	Channel string
	Flow
}

// Settlement is the settlement overview of a period.
type Settlement struct {
	Period   FlowPeriod
	Total    Flow
	Before   Flow // of the period of the same length before it
	Days     []FlowDay
	Channels []ChannelFlow // those of the shop's accounts, in a fixed order
}

// Empty reports that nothing moved in the period.
func (s Settlement) Empty() bool { return s.Total == Flow{} }

const settlementFlows = booksAccounts + `
SELECT l.day, a.channel, split_part(l.credit, ':', 1), true, sum(l.amount_fen)::bigint FROM r JOIN payment_account a ON a.id = r.id
  JOIN ledger_transfer l ON l.debit = r.name AND l.day BETWEEN $1 AND $2 GROUP BY 1, 2, 3
UNION ALL
SELECT l.day, a.channel, split_part(l.debit, ':', 1), false, sum(l.amount_fen)::bigint FROM r JOIN payment_account a ON a.id = r.id
  JOIN ledger_transfer l ON l.credit = r.name AND l.day BETWEEN $1 AND $2 GROUP BY 1, 2, 3`

// Settlement reads what moved in a period, day by day, and in the one before it, in one
// round trip.
func (s *Store) Settlement(ctx context.Context, shop tenant.ID, p FlowPeriod) (out Settlement, err error) {
	err = s.read(ctx, shop, "settlement", func(b *pgx.Batch) {
		byChannel := map[string]*Flow{}
		out = Settlement{Period: p, Days: make([]FlowDay, p.Days())}
		for i := range out.Days {
			out.Days[i].Day = p.From.AddDate(0, 0, i)
		}
		b.Queue(settlementFlows, p.before().From, p.To).Query(func(rows pgx.Rows) error {
			var day time.Time
			var channel, family string
			var in bool
			var fen int64
			_, err := pgx.ForEachRow(rows, []any{&day, &channel, &family, &in, &fen}, func() error {
				i := int(day.Sub(p.From) / (24 * time.Hour))
				if day.Before(p.From) {
					out.Before.add(family, in, money.Fen(fen))
					return nil
				}
				if byChannel[channel] == nil {
					byChannel[channel] = &Flow{}
				}
				byChannel[channel].add(family, in, money.Fen(fen))
				out.Total.add(family, in, money.Fen(fen))
				out.Days[i].add(family, in, money.Fen(fen))
				return nil
			})
			return err
		})
		b.Queue("SELECT DISTINCT a.channel FROM payment_account a ORDER BY 1 DESC").Query(func(rows pgx.Rows) error {
			channels, err := pgx.CollectRows(rows, pgx.RowTo[string])
			out.Channels = nil
			for _, c := range channels {
				flow := Flow{}
				if byChannel[c] != nil {
					flow = *byChannel[c]
				}
				out.Channels = append(out.Channels, ChannelFlow{Channel: c, Flow: flow})
			}
			return err
		})
	})
	return out, err
}
