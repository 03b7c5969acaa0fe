package readmodel

import (
	"context"
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
	Picture  string
	Lines    int64
	DueAt    *time.Time
	Late     bool // by the database's clock
	OpenedAt time.Time
}

// CaseTabs are the tabs of the desk, besides all, and the statuses behind them.
func CaseTabs() []CaseTab {
	return []CaseTab{
		{"answer", []string{"requested"}},
		{"inspect", []string{"returned_in_transit", "inspecting"}},
		{"reship", []string{"reshipping"}},
		{"stopped", []string{"refund_stopped"}},
		{"waiting", []string{"awaiting_return", "reshipped", "refunding"}},
		{"ended", []string{"refunded", "closed", "rejected", "withdrawn", "receipt_refused", "timeout_closed"}},
	}
}

// CaseTab is one of them.
type CaseTab struct {
	Name     string
	Statuses []string
}

const caseColumns = `SELECT c.id, c.case_no, c.order_no, c.kind, c.status, c.reason, c.amount_fen, f.title, f.picture,
       (SELECT count(*) FROM aftersale_line l WHERE l.case_id = c.id), c.due_at, coalesce(c.due_at <= now(), false) AND c.closed_at IS NULL, c.opened_at
  FROM aftersale_case c CROSS JOIN LATERAL (SELECT l.title, l.picture FROM aftersale_line l WHERE l.case_id = c.id ORDER BY l.line_id LIMIT 1) f`

func caseRow(row pgx.CollectableRow) (r CaseRow, err error) {
	err = row.Scan(&r.ID, &r.CaseNo, &r.OrderNo, &r.Kind, &r.Status, &r.Reason, &r.Amount, &r.Title, &r.Picture, &r.Lines, &r.DueAt, &r.Late, &r.OpenedAt)
	return r, err
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
