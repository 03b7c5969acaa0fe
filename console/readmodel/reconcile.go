package readmodel

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

// BillDay is a business day of a merchant account and what its bills came to.
type BillDay struct {
	ID            int64
	Day           time.Time // midnight UTC of the date
	AccountID     int64
	Account       string
	Channel       string
	MerchantNo    string
	Status        string
	LastError     string
	DueAt         time.Time
	TheirPaid     money.Fen
	TheirPaidN    int64
	TheirRefunded money.Fen
	TheirRefundN  int64
	OurPaid       money.Fen
	OurPaidN      int64
	OurRefunded   money.Fen
	OurRefundN    int64
	Fee           money.Fen
	Settled       money.Fen
	Matched       int64
	OpenCount     int64
	Unexplained   money.Fen
	FetchedAt     *time.Time
	ClosedAt      *time.Time
}

// BillDayFilter says which days are listed; zero fields do not matter.
type BillDayFilter struct {
	AccountID int64
	OnlyOpen  bool // with something to explain, or a file that cannot be believed
	BeforeDay time.Time
	BeforeID  int64
}

// BillAccount is an account that days can be filtered by.
type BillAccount struct {
	ID            int64
	Name, Channel string
}

// BillDayPage is a page of days, newest first.
type BillDayPage struct {
	Rows     []BillDay
	More     bool
	Accounts []BillAccount
	ToDo     int64 // days of the whole shop that wait for a person
}

const billDaysPerPage = 31

const billDayColumns = `SELECT b.id, b.day, a.id, a.name, a.channel, a.merchant_no, b.status, b.last_error, b.due_at, b.their_paid_fen, b.their_paid, b.their_refunded_fen, b.their_refunded,
       b.our_paid_fen, b.our_paid, b.our_refunded_fen, b.our_refunded, b.fee_fen, b.settled_fen, b.matched, b.open_count, b.unexplained_fen, b.fetched_at, b.closed_at
  FROM bill_day b JOIN payment_account a ON a.id = b.account_id`

func billDayRow(row pgx.CollectableRow) (d BillDay, err error) {
	err = row.Scan(&d.ID, &d.Day, &d.AccountID, &d.Account, &d.Channel, &d.MerchantNo, &d.Status, &d.LastError, &d.DueAt, &d.TheirPaid, &d.TheirPaidN, &d.TheirRefunded, &d.TheirRefundN,
		&d.OurPaid, &d.OurPaidN, &d.OurRefunded, &d.OurRefundN, &d.Fee, &d.Settled, &d.Matched, &d.OpenCount, &d.Unexplained, &d.FetchedAt, &d.ClosedAt)
	return d, err
}

// BillDays returns a page of a shop's reconciliation in one round trip.
func (s *Store) BillDays(ctx context.Context, shop tenant.ID, in BillDayFilter) (page BillDayPage, err error) {
	var f filter
	if in.AccountID > 0 {
		f.add("b.account_id = ?", in.AccountID)
	}
	if in.OnlyOpen {
		f.add("(b.open_count > ? OR b.status = 'malformed')", 0)
	}
	if in.BeforeID > 0 {
		f.add("b.day <= ?", in.BeforeDay)
		f.add("(b.day < $"+strconv.Itoa(len(f.args))+" OR b.id < ?)", in.BeforeID)
	}
	f.args = append(f.args, billDaysPerPage+1)
	sql := billDayColumns + f.where() + " ORDER BY b.day DESC, b.id DESC LIMIT $" + strconv.Itoa(len(f.args))
	err = s.read(ctx, shop, "bill days", func(b *pgx.Batch) {
		collect(b, &page.Rows, billDayRow, sql, f.args...)
		collect(b, &page.Accounts, func(row pgx.CollectableRow) (a BillAccount, err error) {
			err = row.Scan(&a.ID, &a.Name, &a.Channel)
			return a, err
		}, "SELECT a.id, a.name, a.channel FROM payment_account a ORDER BY a.id LIMIT 100")
		b.Queue("SELECT count(*) FROM bill_day b WHERE b.open_count > 0 OR b.status = 'malformed'").QueryRow(func(row pgx.Row) error { return row.Scan(&page.ToDo) })
	})
	if err != nil {
		return BillDayPage{}, err
	}
	if len(page.Rows) > billDaysPerPage {
		page.Rows, page.More = page.Rows[:billDaysPerPage], true
	}
	return page, nil
}

// BillFile is a kept file of a day.
type BillFile struct {
	ID        int64
	Kind      string
	Status    string
	Name      string
	Bytes     int64
	Lines     int64
	Note      string
	FetchedAt time.Time
}

// Difference is something that bill and books do not agree on.
type Difference struct {
	ID          int64
	Kind        string
	Subject     string
	Status      string
	ProviderNo  string
	OwnNo       string
	OrderNo     string // "" for none
	MovedAt     time.Time
	Our, Their  money.Fen
	Fen         money.Fen
	Answer      string
	CarriedFrom *time.Time
	Resolution  string
	Note        string
	ResolvedBy  string // actor
	ResolvedAt  *time.Time
	Resolver    string // name
}

// BillDayDetail is one day with its files and a page of its differences.
type BillDayDetail struct {
	BillDay
	Files       []BillFile
	Differences []Difference
	More        bool
	Counts      map[string]int64 // differences by status
}

const differencesPerPage = 50

// BillDayDetail returns a day. status filters its differences; "" is all; after is the last
// difference of the page before. Faults: NOT_FOUND.
func (s *Store) BillDayDetail(ctx context.Context, shop tenant.ID, id int64, status string, after int64) (d BillDayDetail, err error) {
	err = s.read(ctx, shop, "bill day", func(b *pgx.Batch) {
		d.Counts = map[string]int64{}
		b.Queue(billDayColumns+" WHERE b.id = $1", id).Query(func(rows pgx.Rows) (err error) {
			d.BillDay, err = pgx.CollectExactlyOneRow(rows, billDayRow)
			return err
		})
		collect(b, &d.Files, func(row pgx.CollectableRow) (f BillFile, err error) {
			err = row.Scan(&f.ID, &f.Kind, &f.Status, &f.Name, &f.Bytes, &f.Lines, &f.Note, &f.FetchedAt)
			return f, err
		}, "SELECT f.id, f.kind, f.status, f.name, f.bytes, f.lines, f.note, f.fetched_at FROM bill_file f WHERE f.day_id = $1 AND f.status <> 'staging' ORDER BY f.id DESC LIMIT 20", id)
		collect(b, &d.Differences, func(row pgx.CollectableRow) (x Difference, err error) {
			err = row.Scan(&x.ID, &x.Kind, &x.Subject, &x.Status, &x.ProviderNo, &x.OwnNo, &x.OrderNo, &x.MovedAt, &x.Our, &x.Their, &x.Fen, &x.Answer, &x.CarriedFrom,
				&x.Resolution, &x.Note, &x.ResolvedBy, &x.ResolvedAt)
			return x, err
		}, `SELECT d.id, d.kind, d.subject, d.status, d.provider_no, d.own_no, coalesce(p.business_no, r.business_no, ''), d.moved_at, d.our_fen, d.their_fen, d.fen, d.answer, c.day,
       d.resolution, d.note, d.resolved_by, d.resolved_at
  FROM bill_difference d LEFT JOIN payment_attempt p ON p.id = d.attempt_id LEFT JOIN refund r ON r.id = d.refund_id LEFT JOIN bill_day c ON c.id = d.carried_from
 WHERE d.day_id = $1 AND ($2 = '' OR d.status = $2) AND d.id > $3 ORDER BY d.id LIMIT $4`, id, status, after, differencesPerPage+1)
		b.Queue("SELECT d.status, count(*) FROM bill_difference d WHERE d.day_id = $1 GROUP BY d.status", id).Query(func(rows pgx.Rows) error {
			var of string
			var n int64
			_, err := pgx.ForEachRow(rows, []any{&of, &n}, func() error {
				d.Counts[of] = n
				return nil
			})
			return err
		})
	})
	if err != nil {
		return BillDayDetail{}, err
	}
	if len(d.Differences) > differencesPerPage {
		d.Differences, d.More = d.Differences[:differencesPerPage], true
	}
	return d, s.nameResolvers(ctx, d.Differences)
}

func (s *Store) nameResolvers(ctx context.Context, list []Difference) error {
	var ids []int64
	for _, x := range list {
		if kind, rest := actorOf(x.ResolvedBy); kind == "staff" {
			if id, err := strconv.ParseInt(rest, 10, 64); err == nil {
				ids = append(ids, id)
			}
		}
	}
	people, _, err := s.names(ctx, ids, "")
	if err != nil {
		return err
	}
	for i := range list {
		_, rest := actorOf(list[i].ResolvedBy)
		list[i].Resolver = people[rest]
	}
	return nil
}
