package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
)

// ApprovalRow is a product of which something waits to be approved, or was refused.
type ApprovalRow struct {
	ID        int64
	Title     string
	Cover     string
	Status    string
	Change    bool // of a product on the shelf; else the product itself
	Rejected  bool
	AskedKind string // "staff", "system"
	AskedBy   string // the name; empty for one who is gone
	AskedAt   time.Time
	Reason    string // of a refusal
	asked     string
}

// Approvals are the products of which something waits, the longest first, and those that were
// refused, the last first.
type Approvals struct {
	Needed            bool // the shop wants products to be approved
	Waiting, Rejected []ApprovalRow
	More              bool // more wait than are listed
}

const approvalColumns = `SELECT p.id, p.title, p.cover, p.status, a.change IS NOT NULL, a.state = 'rejected', a.asked_by, a.asked_at, a.reason
  FROM product_approval a JOIN spu p ON p.id = a.spu_id WHERE p.status NOT IN ('recycled', 'purged') AND a.state = `

// approvalCount tells whether products must be approved, and how many wait.
const approvalCount = `SELECT coalesce((SELECT s.product_approval FROM shop s), false),
       (SELECT count(*) FROM (SELECT 1 FROM product_approval a JOIN spu p ON p.id = a.spu_id WHERE a.state = 'waiting' AND p.status NOT IN ('recycled', 'purged') LIMIT $1) c)`

// Approvals returns them.
func (s *Store) Approvals(ctx context.Context, shop tenant.ID) (out Approvals, err error) {
	err = s.read(ctx, shop, "approvals", func(b *pgx.Batch) {
		b.Queue(approvalCount, 1).QueryRow(func(row pgx.Row) error { return row.Scan(&out.Needed, new(int64)) })
		collect(b, &out.Waiting, approvalRow, approvalColumns+"'waiting' ORDER BY a.asked_at, p.id LIMIT $1", PageSize+1)
		collect(b, &out.Rejected, approvalRow, approvalColumns+"'rejected' ORDER BY a.decided_at DESC, p.id LIMIT $1", PageSize)
	})
	if len(out.Waiting) > PageSize {
		out.Waiting, out.More = out.Waiting[:PageSize], true
	}
	if err != nil {
		return Approvals{}, err
	}
	var actors []string
	for _, rows := range [][]ApprovalRow{out.Waiting, out.Rejected} {
		for _, r := range rows {
			actors = append(actors, r.asked)
		}
	}
	people, _, err := s.names(ctx, staffIDs(actors), "")
	for _, rows := range [][]ApprovalRow{out.Waiting, out.Rejected} {
		for i := range rows {
			kind, rest := actorOf(rows[i].asked)
			rows[i].AskedKind, rows[i].AskedBy = kind, actorName(kind, rest, "", people)
		}
	}
	return out, err
}

func approvalRow(row pgx.CollectableRow) (r ApprovalRow, err error) {
	err = row.Scan(&r.ID, &r.Title, &r.Cover, &r.Status, &r.Change, &r.Rejected, &r.asked, &r.AskedAt, &r.Reason)
	return r, err
}

// People returns the names of the staff among actors, by number.
func (s *Store) People(ctx context.Context, actors ...string) (map[string]string, error) {
	people, _, err := s.names(ctx, staffIDs(actors), "")
	return people, err
}
