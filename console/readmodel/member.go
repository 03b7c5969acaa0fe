package readmodel

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

// MemberFilter narrows the list of members. Zero fields do not narrow.
type MemberFilter struct {
	Status     string // one of MemberTabs
	Query      string // nickname, or the member's number
	PhoneIndex []byte // a whole phone number, blind; nil if Query is none
	Tag        string
	Level      int64     // who has it
	Spent      money.Fen // paid at least
	Joined     time.Time // joined at or after
	Ordered    time.Time // last order at or after
	Asleep     time.Time // has ordered, last before
	Never      bool      // has not ordered
	Before     int64     // cursor
}

// MemberTabs are the statuses that the list tells apart.
func MemberTabs() []string { return []string{"active", "blocked", "leaving", "left"} }

// MemberRow is one member in the list.
type MemberRow struct {
	ID        int64
	Nickname  string
	PhoneHint string
	Status    string // of MemberTabs, or "merged"
	Tags      []string
	Level     string // its name; "": none
	Orders    int64  // paid
	Paid      money.Fen
	Refunded  money.Fen
	LastOrder *time.Time
	CreatedAt time.Time
}

// MemberPage is one page of members, the newest first.
type MemberPage struct {
	MoneyPage[MemberRow]
	Tags   []string      // of the shop, the most used first
	Levels []MemberLevel // that go on, the lowest first
}

// MemberLevel is a level that members can have.
type MemberLevel struct {
	ID   int64
	Name string
}

// MemberApp is where a member logs in.
type MemberApp struct {
	AppID string
	Name  string
	Since time.Time
}

// MemberDetail is one member with what he did.
type MemberDetail struct {
	MemberRow
	Note       string
	Reason     string // why he is blocked
	LeaveAt    *time.Time
	MergedInto int64
	Apps       []MemberApp
	Addresses  int64
	Favourites int64
	OrderRows  []OrderRow
	RefundRows []RefundRow
	CaseRows   []CaseRow
}

const memberColumns = `SELECT m.id, m.nickname, m.phone_hint, CASE WHEN m.status = 'active' AND m.leave_at IS NOT NULL THEN 'leaving' ELSE m.status END,
       coalesce((SELECT array_agg(g.tag ORDER BY g.tag) FROM member_tag g WHERE g.member_id = m.id), '{}'),
       coalesce((SELECT v.name FROM level_account a JOIN level_version v ON v.level_id = a.level_id AND v.until IS NULL WHERE a.member_id = m.id), ''),
       coalesce(t.orders, 0), coalesce(t.paid_fen, 0), coalesce(t.refunded_fen, 0), t.last_order_at, m.created_at
  FROM member m LEFT JOIN member_trade t ON t.member_id = m.id`

// memberTabs are the conditions of the tabs. The statuses stand in them, so that a plan that is kept
// sees that index member_apart has all but the active.
func memberTabs() map[string]string {
	return map[string]string{
		"active":  "m.status = 'active' AND m.leave_at IS NULL",
		"blocked": "m.status = 'blocked'",
		"leaving": "m.status = 'active' AND m.leave_at IS NOT NULL",
		"left":    "m.status = 'left'",
	}
}

// memberCounts counts the members of each tab.
func memberCounts() string {
	var counts []string
	for _, tab := range MemberTabs() {
		counts = append(counts, "SELECT '"+tab+"', "+capped("member m WHERE "+memberTabs()[tab]))
	}
	return strings.Join(counts, " UNION ALL ")
}

func memberRow(row pgx.CollectableRow) (m MemberRow, err error) {
	err = row.Scan(&m.ID, &m.Nickname, &m.PhoneHint, &m.Status, &m.Tags, &m.Level, &m.Orders, &m.Paid, &m.Refunded, &m.LastOrder, &m.CreatedAt)
	return m, err
}

// Members returns a page of the shop's members, newest first.
func (s *Store) Members(ctx context.Context, shop tenant.ID, in MemberFilter) (page MemberPage, err error) {
	w := in.where()
	err = s.read(ctx, shop, "members", func(b *pgx.Batch) {
		collect(b, &page.Rows, memberRow, memberColumns+w.where()+newestFirst("m.id", PageSize+1), w.args...)
		queueCounts(b, &page.Counts, memberCounts())
		collect(b, &page.Levels, pgx.RowToStructByPos[MemberLevel], "SELECT level_id, name FROM level_version WHERE until IS NULL ORDER BY threshold")
		collect(b, &page.Tags, pgx.RowTo[string], "SELECT tag FROM member_tag GROUP BY tag ORDER BY count(*) DESC, tag LIMIT 200")
	})
	page.cut(func(m MemberRow) int64 { return m.ID })
	return page, err
}

func (in MemberFilter) where() *filter {
	w := &filter{}
	switch tab, known := memberTabs()[in.Status]; {
	case in.Status == "":
		w.is("m.status <> 'merged'") // they stand under whom they were joined to
	case known:
		w.is(tab)
	default:
		w.add("m.status = ?", in.Status)
	}
	in.search(w)
	if in.Tag != "" {
		w.add("EXISTS (SELECT 1 FROM member_tag x WHERE x.tag = ? AND x.member_id = m.id)", in.Tag)
	}
	if in.Level != 0 {
		w.add("EXISTS (SELECT 1 FROM level_account x WHERE x.level_id = ? AND x.member_id = m.id)", in.Level)
	}
	if in.Spent > 0 {
		w.add("t.paid_fen - t.refunded_fen >= ?", in.Spent)
	}
	for _, since := range []struct {
		condition string
		at        time.Time
	}{{"m.created_at >= ?", in.Joined}, {"t.last_order_at >= ?", in.Ordered}, {"t.last_order_at < ?", in.Asleep}} {
		if !since.at.IsZero() {
			w.add(since.condition, since.at)
		}
	}
	if in.Never {
		w.add("coalesce(t.orders, 0) = ?", 0)
	}
	w.before("m.id", in.Before)
	return w
}

// search looks for a number or a nickname; a phone is found whole or not at all.
func (in MemberFilter) search(w *filter) {
	switch id, err := strconv.ParseInt(in.Query, 10, 64); {
	case in.Query == "":
	case in.PhoneIndex != nil && err == nil:
		w.addAll("(m.phone_index = ?1 OR m.id IN (SELECT a.member_id FROM address a WHERE a.phone_index = ?1) OR m.id = ?2)", in.PhoneIndex, id)
	case in.PhoneIndex != nil:
		w.add("(m.phone_index = ? OR m.id IN (SELECT a.member_id FROM address a WHERE a.phone_index = ?))", in.PhoneIndex)
	case err == nil:
		w.addAll(anyCase("(m.id = ?1 OR m.nickname ILIKE ?2)", in.Query), id, contains(in.Query))
	default:
		w.add(anyCase("m.nickname ILIKE ?", in.Query), contains(in.Query))
	}
}

// Member returns one member. Faults: NOT_FOUND.
func (s *Store) Member(ctx context.Context, shop tenant.ID, id int64) (m MemberDetail, err error) {
	err = s.read(ctx, shop, "member", func(b *pgx.Batch) {
		b.Queue(memberColumns+" WHERE m.id = $1", id).Query(func(rows pgx.Rows) (err error) {
			m.MemberRow, err = pgx.CollectExactlyOneRow(rows, memberRow)
			return err
		})
		b.Queue(`SELECT m.note, m.block_reason, m.leave_at, coalesce(m.merged_into, 0), (SELECT count(*) FROM address a WHERE a.member_id = m.id),
			(SELECT count(*) FROM member_favourite f WHERE f.member_id = m.id) FROM member m WHERE m.id = $1`, id).QueryRow(func(row pgx.Row) error {
			return row.Scan(&m.Note, &m.Reason, &m.LeaveAt, &m.MergedInto, &m.Addresses, &m.Favourites)
		})
		collect(b, &m.Apps, func(row pgx.CollectableRow) (a MemberApp, err error) {
			err = row.Scan(&a.AppID, &a.Since)
			return a, err
		}, "SELECT i.app_id, min(i.created_at) FROM member_identity i WHERE i.member_id = $1 GROUP BY i.app_id ORDER BY 2", id)
		collect(b, &m.OrderRows, orderRow, orderColumns+" WHERE o.member_id = $1 ORDER BY o.id DESC LIMIT $2", id, PageSize)
		collect(b, &m.CaseRows, caseRow, caseColumns+" WHERE c.member_id = $1 ORDER BY c.id DESC LIMIT $2", id, PageSize)
		collect(b, &m.RefundRows, refundRow, refundColumns+" WHERE t.business_no IN (SELECT o.order_no FROM orders o WHERE o.member_id = $1 AND o.paid_at IS NOT NULL) ORDER BY r.id DESC LIMIT $2", id, PageSize)
	})
	if err == nil {
		err = s.nameRows(ctx, shop, m.OrderRows)
	}
	return m, err
}
