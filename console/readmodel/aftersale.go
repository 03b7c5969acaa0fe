package readmodel

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

// CaseRow is an after-sales case in the desk's list.
type CaseRow struct {
	ID       int64
	CaseNo   string
	OrderNo  string
	Kind     string
	Status   string
	Reason   string
	Amount   money.Fen
	Title    string
	Spec     string
	Picture  string
	Pieces   int64
	Buyer    string
	Unsent   bool // none of its pieces had left the shop
	DueAt    *time.Time
	OpenedAt time.Time
}

// CaseTodo is the tab of the cases that wait for the shop.
const CaseTodo = "todo"

// CaseTabs are the tabs of the desk, besides all, and the statuses behind them.
func CaseTabs() []CaseTab {
	return []CaseTab{
		{CaseTodo, casesOfTheShop()},
		{"answer", []string{"requested"}},
		{"inspect", []string{"returned_in_transit", "inspecting"}},
		{"reship", []string{"reshipping"}},
		{"stopped", []string{"refund_stopped"}},
		{"waiting", []string{"awaiting_return", "reshipped", "refunding"}},
		{"ended", []string{"refunded", "closed", "rejected", "withdrawn", "receipt_refused", "timeout_closed"}},
	}
}

// casesOfTheShop are the statuses at which the shop is to act.
func casesOfTheShop() []string {
	return []string{"requested", "returned_in_transit", "inspecting", "reshipping", "refund_stopped"}
}

// CaseTab is one of them.
type CaseTab struct {
	Name     string
	Statuses []string
}

const caseColumns = `SELECT c.id, c.case_no, c.order_no, c.kind, c.status, c.reason, c.amount_fen, f.title, f.spec, f.picture,
       (SELECT sum(l.qty)::bigint FROM aftersale_line l WHERE l.case_id = c.id), m.nickname, c.unsent, c.due_at, c.opened_at
  FROM aftersale_case c JOIN member m ON m.id = c.member_id
 CROSS JOIN LATERAL (SELECT l.title, l.spec, l.picture FROM aftersale_line l WHERE l.case_id = c.id ORDER BY l.line_id LIMIT 1) f`

func caseRow(row pgx.CollectableRow) (r CaseRow, err error) {
	err = row.Scan(&r.ID, &r.CaseNo, &r.OrderNo, &r.Kind, &r.Status, &r.Reason, &r.Amount, &r.Title, &r.Spec, &r.Picture, &r.Pieces, &r.Buyer, &r.Unsent, &r.DueAt, &r.OpenedAt)
	return r, err
}

// CaseAside is what the desk shows of a case beside the case itself.
type CaseAside struct {
	Buyer        string
	RefundStatus string            // of the refund that counts; empty without one
	RefundHold   string            // why it waits
	People       map[string]string // names of the staff in its thread, by number
	Back         Track             // of the parcel that comes back
	Shelved      map[int64]string  // the places other than the main one that sellable pieces went to, by SKU
}

// caseTrack is where the parcel is that comes back for a case.
const caseTrack = `SELECT t.state, t.error, t.subscribed_at IS NOT NULL,
       ` + trackHead + `x.courier = t.courier AND x.tracking_no = t.tracking_no` + trackTail + `
  FROM parcel_track t WHERE t.parcel_no = $1`

// CaseAside returns it. Faults: NOT_FOUND.
func (s *Store) CaseAside(ctx context.Context, shop tenant.ID, caseNo string) (a CaseAside, err error) {
	var actors []string
	err = s.read(ctx, shop, "after-sales case", func(b *pgx.Batch) {
		b.Queue(`SELECT m.nickname, coalesce(r.status, ''), coalesce(r.hold, '')
  FROM aftersale_case c JOIN member m ON m.id = c.member_id LEFT JOIN refund r ON r.out_refund_no = c.out_refund_no WHERE c.case_no = $1`, caseNo).
			QueryRow(func(row pgx.Row) error { return row.Scan(&a.Buyer, &a.RefundStatus, &a.RefundHold) })
		a.Back = Track{State: "none"}
		b.Queue(caseTrack, caseNo).Query(func(rows pgx.Rows) error {
			var events []byte
			_, err := pgx.ForEachRow(rows, []any{&a.Back.State, &a.Back.Error, &a.Back.Followed, &events}, func() error { return json.Unmarshal(events, &a.Back.Events) })
			return err
		})
		a.Shelved = map[int64]string{}
		b.Queue(`SELECT m.sku_id, string_agg(p.name, '、' ORDER BY p.id) FROM stock_movement m JOIN stock_location p ON p.id = m.location_id
 WHERE m.document = $1 || '-back' AND m.kind = 'receive' GROUP BY m.sku_id`, caseNo).Query(func(rows pgx.Rows) error {
			var sku int64
			var name string
			_, err := pgx.ForEachRow(rows, []any{&sku, &name}, func() error { a.Shelved[sku] = name; return nil })
			return err
		})
		collect(b, &actors, pgx.RowTo[string], `SELECT DISTINCT t.actor FROM aftersale_message t JOIN aftersale_case c ON c.id = t.case_id WHERE c.case_no = $1`, caseNo)
	})
	if err != nil {
		return CaseAside{}, err
	}
	if ids := staffIDs(actors); len(ids) > 0 {
		a.People, _, err = s.names(ctx, ids, "")
	}
	return a, err
}

// pageCases is how many cases a page of the desk shows.
const pageCases = 50

// Cases returns a page of the desk: a tab's cases, those whose deadline is soonest first;
// all of them, and those that ended, newest first. query is a case's number or an order's.
func (s *Store) Cases(ctx context.Context, shop tenant.ID, tab, query string, offset int64) (page MoneyPage[CaseRow], err error) {
	page.Counts = map[string]int64{}
	var w filter
	order := " ORDER BY c.id DESC"
	for _, t := range CaseTabs() {
		if t.Name != tab {
			continue
		}
		w.add("c.status = ANY (?)", t.Statuses)
		if tab != "ended" {
			order = " ORDER BY c.due_at NULLS LAST, c.id"
		}
	}
	if query != "" {
		w.add("(c.case_no = ? OR c.order_no = ?)", query)
	}
	w.args = append(w.args, offset)
	order += " OFFSET " + lastArg(w.args)
	w.args = append(w.args, pageCases+1)
	err = s.read(ctx, shop, "aftersales", func(b *pgx.Batch) {
		collect(b, &page.Rows, caseRow, caseColumns+w.where()+order+" LIMIT "+lastArg(w.args), w.args...)
		for _, t := range append(CaseTabs(), CaseTab{"", nil}) {
			b.Queue(`SELECT count(*) FROM (SELECT 1 FROM aftersale_case c WHERE $1::text[] IS NULL OR c.status = ANY ($1) LIMIT $2) x`, t.Statuses, CountCap).
				QueryRow(func(row pgx.Row) error {
					var n int64
					err := row.Scan(&n)
					page.Counts[t.Name] = n
					return err
				})
		}
	})
	if len(page.Rows) > pageCases {
		page.Rows, page.Next = page.Rows[:pageCases], offset+pageCases
	}
	return page, err
}
