package readmodel

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
)

// The stock lists of the console.
const (
	StockLow   = "low"   // something left, at or under the alarm level
	StockOut   = "out"   // nothing available
	StockAlarm = "alarm" // became so, and nobody has said that it is known
)

// StockFilter narrows the stock list. Zero fields do not narrow.
type StockFilter struct {
	Show       string // one of the Stock constants
	Query      string // words, pinyin or initials, or the beginning of a code or barcode
	LocationID int64  // only what lies in this place; 0 is all
	Before     int64  // cursor: SKUs with a smaller id only
}

// StockRow is one SKU with its stock, in one place if the list is of one.
type StockRow struct {
	SKUID, SPUID             int64
	Title, Spec, Code        string
	Picture                  string
	OnHand, Reserved, LowAt  int64
	Version                  int64
	Alarm                    bool // waits for somebody to see it
	MainOnHand, MainReserved int64
	Enabled                  bool
}

// Available is what can be sold.
func (r StockRow) Available() int64 { return r.OnHand - r.Reserved }

// StockPage is one page of SKUs, newest first.
type StockPage struct {
	Rows   []StockRow
	Next   int64
	Counts map[string]int64 // per list, capped at CountCap; "" is all
}

const stockColumns = `SELECT k.id, k.spu_id, p.title, array_to_string(k.spec_values, ' / '), k.code, CASE WHEN k.picture = '' THEN p.cover ELSE k.picture END,
       l.on_hand, l.reserved, l.low_at, l.version, coalesce(a.seen_by = '', false), l.on_hand - l.away_on_hand, l.reserved - l.away_reserved, k.enabled
  FROM sku k JOIN spu p ON p.id = k.spu_id JOIN stock_level l ON l.sku_id = k.id LEFT JOIN stock_alarm a ON a.sku_id = k.id`

// forSale joins the products of SKUs k, of those that can be sold.
const forSale = ` JOIN spu p ON p.id = k.spu_id WHERE k.enabled AND p.status NOT IN ('recycled', 'purged')`

// stockCounts counts no more of each list than its tab shows.
func stockCounts() string {
	level := "stock_level l JOIN sku k ON k.id = l.sku_id" + forSale
	return "SELECT " + strings.Join([]string{
		capped("sku k" + forSale),
		capped(level + " AND l.on_hand - l.reserved BETWEEN 1 AND l.low_at"),
		capped(level + " AND l.on_hand = l.reserved"),
		capped("stock_alarm a JOIN sku k ON k.id = a.sku_id" + forSale + " AND a.seen_by = ''"),
	}, ", ")
}

// Stock returns one page of the shop's SKUs that are for sale, and the counts of the lists.
func (s *Store) Stock(ctx context.Context, shop tenant.ID, in StockFilter) (page StockPage, err error) {
	var w filter
	w.is("p.status NOT IN ('recycled', 'purged')", "k.enabled")
	switch in.Show {
	case StockLow:
		w.is("l.on_hand - l.reserved BETWEEN 1 AND l.low_at")
	case StockOut:
		w.is("l.on_hand = l.reserved")
	case StockAlarm:
		w.is("a.seen_by = ''")
	}
	if in.Query != "" {
		w.search(in.Query)
	}
	if in.LocationID > 0 {
		w.add("EXISTS (SELECT FROM stock_away v WHERE v.sku_id = k.id AND v.location_id = ? AND v.on_hand > 0)", in.LocationID)
	}
	if in.Before > 0 {
		w.add("k.id < ?", in.Before)
	}
	sql := stockColumns + w.where() + newestFirst("k.id", PageSize+1)
	err = s.read(ctx, shop, "stock", func(b *pgx.Batch) {
		collect(b, &page.Rows, stockRow, sql, w.args...)
		b.Queue(stockCounts()).QueryRow(func(row pgx.Row) error {
			var all, low, out, alarm int64
			err := row.Scan(&all, &low, &out, &alarm)
			page.Counts = map[string]int64{"": all, StockLow: low, StockOut: out, StockAlarm: alarm}
			return err
		})
	})
	if len(page.Rows) > PageSize {
		page.Rows = page.Rows[:PageSize]
		page.Next = page.Rows[PageSize-1].SKUID
	}
	return page, err
}

func stockRow(row pgx.CollectableRow) (r StockRow, err error) {
	err = row.Scan(&r.SKUID, &r.SPUID, &r.Title, &r.Spec, &r.Code, &r.Picture, &r.OnHand, &r.Reserved, &r.LowAt, &r.Version, &r.Alarm,
		&r.MainOnHand, &r.MainReserved, &r.Enabled)
	return r, err
}

// StockPlace is what of a SKU lies in one place.
type StockPlace struct {
	LocationID       int64 // 0 is the main place
	Name             string
	OnHand, Reserved int64
}

// StockEntry is one movement of a SKU.
type StockEntry struct {
	ID                   int64
	At                   time.Time
	Kind, Reason, Note   string
	OnHand, Reserved     int64 // changes
	Document             string
	OrderNo              string // of an order that it belongs to
	Place                int64
	ActorKind, ActorName string
}

// StockDetail is a SKU with its places and the latest of its movements.
type StockDetail struct {
	StockRow
	Places []StockPlace // besides the main one
	Moves  []StockEntry
	Next   int64 // cursor of older movements
}

const (
	stockPlaces = `SELECT v.location_id, o.name, v.on_hand, v.reserved FROM stock_away v JOIN stock_location o ON o.id = v.location_id
 WHERE v.sku_id = $1 ORDER BY v.location_id`
	stockEntries = `SELECT v.id, v.at, v.kind, v.reason, v.note, v.on_hand_delta, v.reserved_delta, v.document, coalesce(o.order_no, ''), v.location_id, v.actor, coalesce(m.nickname, '')
  FROM stock_movement v
  LEFT JOIN orders o ON o.order_no = v.document
  LEFT JOIN member m ON m.id = CASE WHEN v.actor ~ '^member:[0-9]{1,18}$' THEN substr(v.actor, 8)::bigint END
 WHERE v.sku_id = $1 AND v.id < $2 ORDER BY v.id DESC LIMIT $3`
)

// StockOf returns one SKU with movements older than the cursor before; 0 is from the newest.
// Faults: NOT_FOUND.
func (s *Store) StockOf(ctx context.Context, shop tenant.ID, skuID, before int64) (d StockDetail, err error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	var actors []string
	err = s.read(ctx, shop, "stock of a SKU", func(b *pgx.Batch) {
		var found []StockRow
		b.Queue(stockColumns+" WHERE k.id = $1 AND p.status <> 'purged'", skuID).Query(func(rows pgx.Rows) (err error) {
			if found, err = pgx.CollectRows(rows, stockRow); err != nil {
				return err
			}
			if len(found) == 0 {
				return pgx.ErrNoRows
			}
			d.StockRow = found[0]
			return nil
		})
		collect(b, &d.Places, func(row pgx.CollectableRow) (p StockPlace, err error) {
			err = row.Scan(&p.LocationID, &p.Name, &p.OnHand, &p.Reserved)
			return p, err
		}, stockPlaces, skuID)
		actors = nil
		collect(b, &d.Moves, func(row pgx.CollectableRow) (m StockEntry, err error) {
			var actor string
			err = row.Scan(&m.ID, &m.At, &m.Kind, &m.Reason, &m.Note, &m.OnHand, &m.Reserved, &m.Document, &m.OrderNo, &m.Place, &actor, &m.ActorName)
			actors = append(actors, actor)
			return m, err
		}, stockEntries, skuID, before, PageSize+1)
	})
	if err != nil {
		return StockDetail{}, err
	}
	if len(d.Moves) > PageSize {
		d.Moves = d.Moves[:PageSize]
		d.Next = d.Moves[PageSize-1].ID
	}
	people, _, err := s.names(ctx, staffIDs(actors), "")
	for i := range d.Moves {
		kind, rest := actorOf(actors[i])
		d.Moves[i].ActorKind, d.Moves[i].ActorName = kind, actorName(kind, rest, d.Moves[i].ActorName, people)
	}
	return d, err
}

// StaffName is how a person of an actor such as "staff:3" is called; "" for nobody known.
func (s *Store) StaffName(ctx context.Context, actor string) string {
	kind, rest := actorOf(actor)
	people, _, err := s.names(ctx, staffIDs([]string{actor}), "")
	if err != nil || kind != "staff" {
		return ""
	}
	return strings.TrimSpace(people[rest])
}
