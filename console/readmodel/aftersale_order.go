package readmodel

import (
	"context"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

// ClaimableLine is a line of an order as a case could be about it.
type ClaimableLine struct {
	ID      int64
	Title   string
	Spec    string
	Picture string
	Qty     int64
	Free    int64     // pieces that no case has
	Back    int64     // of them, those that were sent and could come back
	Rest    money.Fen // what was paid for the free ones
}

// Claimable is what of an order a case could still be about.
type Claimable struct {
	Lines   []ClaimableLine
	Freight money.Fen // that no case has
	Open    bool      // the order's money is not final: cases are possible at all
}

// Any reports whether there is anything left.
func (c Claimable) Any() bool {
	for _, l := range c.Lines {
		if c.Open && l.Free > 0 {
			return true
		}
	}
	return false
}

const claimableLines = `SELECT l.id, l.title, l.spec, l.picture, l.qty::bigint, (l.qty - l.claimed)::bigint, greatest(l.sent - (l.claimed - l.dropped), 0)::bigint, l.payable_fen - l.claimed_fen
  FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1 ORDER BY l.id`

const claimableHead = `SELECT o.freight_fen - o.claimed_freight_fen, o.status IN ('paid', 'fulfilling', 'completed') AND o.settlement <> 'settled'
  FROM orders o WHERE o.order_no = $1`

func queueClaimable(b *pgx.Batch, orderNo string, into *Claimable) {
	b.Queue(claimableHead, orderNo).QueryRow(func(row pgx.Row) error { return row.Scan(&into.Freight, &into.Open) })
	collect(b, &into.Lines, func(row pgx.CollectableRow) (l ClaimableLine, err error) {
		err = row.Scan(&l.ID, &l.Title, &l.Spec, &l.Picture, &l.Qty, &l.Free, &l.Back, &l.Rest)
		return l, err
	}, claimableLines, orderNo)
}

// queueOrderCases reads an order's cases, newest first.
func queueOrderCases(b *pgx.Batch, orderNo string, into *[]CaseRow) {
	collect(b, into, caseRow, caseColumns+` JOIN orders o ON o.id = c.order_id WHERE o.order_no = $1 ORDER BY c.id DESC LIMIT 50`, orderNo)
}

// Claimable returns what of an order a case could still be about. Faults: NOT_FOUND.
func (s *Store) Claimable(ctx context.Context, shop tenant.ID, orderNo string) (c Claimable, err error) {
	err = s.read(ctx, shop, "what may be claimed", func(b *pgx.Batch) { queueClaimable(b, orderNo, &c) })
	return c, err
}
