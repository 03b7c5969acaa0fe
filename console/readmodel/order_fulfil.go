package readmodel

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/tenant"
)

// Parcel is what leaves the shop for an order at once.
type Parcel struct {
	ParcelNo, Kind, Courier, TrackingNo, Status string
	ShippedAt                                   time.Time // or packed, while it has not left
	LostReason, Remedy, RefundCase              string    // of a lost one
	Resends                                     string    // the tracking number that was lost, if this one goes in its stead
	Track                                       Track
	Lines                                       []PickLine
}

// Track is where a parcel is, as its courier tells it.
type Track struct {
	State    string // "none" before the first word
	Error    string // the code of a fault, or the tracking service's own words
	Followed bool   // the service tells of it by itself
	Events   []TrackEvent
}

// TrackEvent is a word of the courier's.
type TrackEvent struct {
	At    time.Time `json:"at"`
	State string    `json:"state"`
	Text  string    `json:"text"`
	Place string    `json:"place"`
}

// PickLine is pieces of a product.
type PickLine struct {
	ID    int64  `json:"id"` // of the order's line; of parcels only
	Title string `json:"title"`
	Spec  string `json:"spec"`
	Code  string `json:"code"` // of the variant, as the merchant writes it
	Qty   int64  `json:"qty"`
	// Place names the places besides the main one where pieces of it are held; "" if none are.
	Place string `json:"place"`
	Gift  bool   `json:"gift"` // of an order; the sum does not tell them apart
}

// ShippingUpload is what the provider was told of an order's parcels.
type ShippingUpload struct {
	State, Error       string
	UploadedAt         *time.Time
	Provider, Mismatch string     // what the provider said that it holds, and how that differs from ours
	LookedAt           *time.Time // when it was asked
}

// Fulfilment is how an order reaches its buyer.
type Fulfilment struct {
	Delivery, Store, Settlement, Note string
	Adjust                            money.Fen
	ReceiveBy, SettleBy               *time.Time
	SlotFrom, SlotUntil               *time.Time      // when it is to be brought
	Sent                              map[int64]int64 // pieces by line that are in parcels, or not to be sent any more
	Packed                            map[int64]int64 // pieces by line that lie in parcels without a number
	LineIDs                           []int64         // of the order's lines, in their order
	Parcels                           []Parcel
	Upload                            *ShippingUpload
}

// Unsent reports whether pieces are left to send.
func (f Fulfilment) Unsent(lines []OrderLine) bool {
	for i, l := range lines {
		if i < len(f.LineIDs) && f.Sent[f.LineIDs[i]] < l.Qty {
			return true
		}
	}
	return false
}

// Unpacked reports whether pieces are left that lie in no parcel.
func (f Fulfilment) Unpacked(lines []OrderLine) bool {
	for i, l := range lines {
		if i < len(f.LineIDs) && f.Sent[f.LineIDs[i]]+f.Packed[f.LineIDs[i]] < l.Qty {
			return true
		}
	}
	return false
}

const (
	// What couriers said lastly of the numbers that the condition between the two names x by.
	trackHead = `coalesce((SELECT json_agg(json_build_object('at', e.at, 'state', e.state, 'text', e.text, 'place', e.place) ORDER BY e.at DESC, e.id DESC)
         FROM (SELECT x.id, x.at, x.state, x.text, x.place FROM parcel_track_event x WHERE `
	trackTail = ` ORDER BY x.at DESC, x.id DESC LIMIT 50) e), '[]')`

	fulfilHead = `SELECT o.delivery, coalesce(s.name, ''), o.settlement, o.staff_note, o.adjust_fen, o.receive_by, o.settle_by, o.slot_from, o.slot_until,
       coalesce((SELECT json_agg(json_build_object('id', l.id, 'sent', l.sent + l.dropped, 'packed', l.packed) ORDER BY l.id) FROM order_line l WHERE l.order_id = o.id), '[]'),
       (SELECT json_build_object('State', u.state, 'Error', u.error, 'UploadedAt', u.uploaded_at, 'Provider', u.provider_state, 'Mismatch', u.mismatch, 'LookedAt', u.looked_at) FROM shipping_upload u WHERE u.order_no = o.order_no)
  FROM orders o LEFT JOIN pickup_store s ON s.id = o.store_id WHERE o.order_no = $1`
	fulfilParcels = `SELECT p.parcel_no, p.kind, p.courier, p.tracking_no, p.status, coalesce(p.shipped_at, p.packed_at), p.lost_reason, p.remedy, coalesce(p.refund_case, ''),
       coalesce((SELECT f.tracking_no FROM order_parcel f WHERE f.id = p.resends), ''),
       coalesce(t.state, 'none'), coalesce(t.error, ''), t.subscribed_at IS NOT NULL,
       ` + trackHead + `x.courier = p.courier AND x.tracking_no = p.tracking_no AND p.kind = 'express'` + trackTail + `,
       coalesce((SELECT json_agg(json_build_object('id', l.id, 'title', l.title, 'spec', l.spec, 'qty', x.qty) ORDER BY l.id) FROM order_parcel_line x JOIN order_line l ON l.id = x.line_id WHERE x.parcel_id = p.id AND x.qty > 0), '[]')
  FROM order_parcel p JOIN orders o ON o.id = p.order_id LEFT JOIN parcel_track t ON t.parcel_no = p.parcel_no WHERE o.order_no = $1 AND p.status <> 'cancelled' ORDER BY p.id LIMIT 200`
)

func queueFulfilment(b *pgx.Batch, orderNo string, into *Fulfilment) {
	b.Queue(fulfilHead, orderNo).QueryRow(func(row pgx.Row) error {
		var lines, upload []byte
		*into = Fulfilment{Sent: map[int64]int64{}, Packed: map[int64]int64{}, Parcels: into.Parcels}
		if err := row.Scan(&into.Delivery, &into.Store, &into.Settlement, &into.Note, &into.Adjust, &into.ReceiveBy, &into.SettleBy, &into.SlotFrom, &into.SlotUntil, &lines, &upload); err != nil {
			return err
		}
		var sent []struct{ ID, Sent, Packed int64 }
		if err := json.Unmarshal(lines, &sent); err != nil {
			return fmt.Errorf("lines sent: %w", err)
		}
		for _, l := range sent {
			into.LineIDs, into.Sent[l.ID], into.Packed[l.ID] = append(into.LineIDs, l.ID), l.Sent, l.Packed
		}
		if upload == nil {
			return nil
		}
		return json.Unmarshal(upload, &into.Upload)
	})
	collect(b, &into.Parcels, parcelRow, fulfilParcels, orderNo)
}

func parcelRow(row pgx.CollectableRow) (p Parcel, err error) {
	var lines, events []byte
	if err = row.Scan(&p.ParcelNo, &p.Kind, &p.Courier, &p.TrackingNo, &p.Status, &p.ShippedAt, &p.LostReason, &p.Remedy, &p.RefundCase, &p.Resends, &p.Track.State, &p.Track.Error, &p.Track.Followed, &events, &lines); err != nil {
		return p, err
	}
	if err := json.Unmarshal(events, &p.Track.Events); err != nil {
		return p, fmt.Errorf("track of parcel %s: %w", p.ParcelNo, err)
	}
	return p, json.Unmarshal(lines, &p.Lines)
}

// PickOrder is an order to be packed.
type PickOrder struct {
	OrderNo      string
	PlacedAt     time.Time
	Address      Address
	Remark, Note string
	Delivery     string
	SlotFrom     *time.Time // when it is to be brought
	SlotUntil    *time.Time
	Lines        []PickLine
}

// Picking is what is to be packed, oldest order first, and the sum of it by product.
type Picking struct {
	Orders []PickOrder
	Sum    []PickLine
}

// pickMost bounds what is printed at once.
const pickMost = 200

// linePlaces names where the pieces of line l of order o lie that are not in the main place.
const linePlaces = `coalesce((SELECT string_agg(p.name || ' × ' || a.qty, '、' ORDER BY p.id) FROM reservation_away a JOIN stock_location p ON p.id = a.location_id
          WHERE a.order_no = o.order_no AND a.sku_id = l.sku_id), '')`

const pickOrders = `SELECT o.order_no, o.placed_at, o.address, o.receiver, o.remark, o.staff_note, o.delivery, o.slot_from, o.slot_until,
       (SELECT json_agg(json_build_object('title', l.title, 'spec', l.spec, 'code', coalesce(k.code, ''), 'gift', l.gift, 'qty', l.qty - l.sent - l.dropped - l.packed, 'place', ` + linePlaces + `) ORDER BY l.id)
          FROM order_line l LEFT JOIN sku k ON k.id = l.sku_id WHERE l.order_id = o.id AND l.sent + l.dropped + l.packed < l.qty)
  FROM orders o WHERE o.status = ANY ('{paid,fulfilling}') AND o.delivery IN ('express', 'local') AND NOT o.test AND coalesce(o.group_state, 'complete') = 'complete'
   AND EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.sent + l.dropped + l.packed < l.qty)
   AND NOT EXISTS (SELECT 1 FROM payment_attempt t WHERE t.business_no = o.order_no AND t.status = 'succeeded' AND NOT t.surplus AND o.payable_fen > 0 AND t.refund_reserved_fen + t.refunded_fen >= o.payable_fen)
 ORDER BY o.id LIMIT $1`

// Picking returns what is to be packed. Orders whose whole money goes back are not.
func (s *Store) Picking(ctx context.Context, shop tenant.ID) (list Picking, err error) {
	err = s.read(ctx, shop, "picking", func(b *pgx.Batch) {
		collect(b, &list.Orders, func(row pgx.CollectableRow) (o PickOrder, err error) {
			var address, receiver, lines []byte
			if err = row.Scan(&o.OrderNo, &o.PlacedAt, &address, &receiver, &o.Remark, &o.Note, &o.Delivery, &o.SlotFrom, &o.SlotUntil, &lines); err != nil {
				return o, err
			}
			if o.Address, err = addressOf(o.OrderNo, address, receiver); err != nil {
				return o, err
			}
			return o, json.Unmarshal(lines, &o.Lines)
		}, pickOrders, pickMost)
	})
	at := map[PickLine]int{}
	for i := range list.Orders {
		o := &list.Orders[i]
		if err := s.name(ctx, shop, o.OrderNo, &o.Address); err != nil {
			return Picking{}, err
		}
		for _, l := range o.Lines {
			key := PickLine{Title: l.Title, Spec: l.Spec, Code: l.Code}
			if _, known := at[key]; !known {
				at[key] = len(list.Sum)
				list.Sum = append(list.Sum, key)
			}
			list.Sum[at[key]].Qty += l.Qty
		}
	}
	return list, err
}

// Shippable tells of orders by number whether they are to be sent, and which numbers are on
// their parcels already.
type Shippable struct {
	Status, Delivery string
	Unsent           bool
	Waits            bool     // for its group
	Packed           int64    // parcels that wait for a number
	Numbers          []string // "courier number"
	Payable          money.Fen
	UnderWay, Gone   money.Fen // money on its way back, and money that is back
}

// RefundsWhole reports that nothing of the order may be sent: all of its money goes back.
func (o Shippable) RefundsWhole() bool { return o.Payable > 0 && o.UnderWay+o.Gone >= o.Payable }

const shippable = `SELECT o.order_no, o.status, o.delivery, coalesce(o.group_state, 'complete') <> 'complete', EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.sent + l.dropped < l.qty),
       coalesce((SELECT array_agg(p.courier || ' ' || p.tracking_no) FROM order_parcel p WHERE p.order_id = o.id AND p.shipped_at IS NOT NULL), '{}'), (SELECT count(*) FROM order_parcel p WHERE p.order_id = o.id AND p.status = 'packed'), o.payable_fen, coalesce(t.refund_reserved_fen, 0), coalesce(t.refunded_fen, 0)
  FROM orders o LEFT JOIN payment_attempt t ON t.business_no = o.order_no AND t.status = 'succeeded' AND NOT t.surplus WHERE o.order_no = ANY ($1)`

// Shippable looks orders up by number; unknown ones are absent.
func (s *Store) Shippable(ctx context.Context, shop tenant.ID, orderNos []string) (found map[string]Shippable, err error) {
	found = map[string]Shippable{}
	err = s.read(ctx, shop, "shippable", func(b *pgx.Batch) {
		b.Queue(shippable, orderNos).Query(func(rows pgx.Rows) error {
			var no string
			var o Shippable
			_, err := pgx.ForEachRow(rows, []any{&no, &o.Status, &o.Delivery, &o.Waits, &o.Unsent, &o.Numbers, &o.Packed, &o.Payable, &o.UnderWay, &o.Gone}, func() error {
				found[no] = o
				return nil
			})
			return err
		})
	})
	return found, err
}

// Terms are how long a shop waits.
type Terms struct {
	UnpaidSeconds, ReceiveDays, SignedDays, FinishDays int64
	MaxOpenOrders, MaxOpenPieces                       int64 // what one buyer may leave unpaid
	Version                                            int32
}

// Terms returns how long the shop waits.
func (s *Store) Terms(ctx context.Context, shop tenant.ID) (t Terms, err error) {
	err = s.read(ctx, shop, "terms", func(b *pgx.Batch) {
		b.Queue(`SELECT coalesce((SELECT unpaid_ttl_seconds FROM shop), 1800)::bigint, coalesce((SELECT receive_days FROM shop), 10)::bigint, coalesce((SELECT finish_days FROM shop), 7)::bigint, coalesce((SELECT signed_days FROM shop), 7)::bigint,
  coalesce((SELECT max_open_orders FROM shop), 20)::bigint, coalesce((SELECT max_open_pieces FROM shop), 0)::bigint, coalesce((SELECT terms_version FROM shop), 1)`).QueryRow(func(row pgx.Row) error {
			return row.Scan(&t.UnpaidSeconds, &t.ReceiveDays, &t.FinishDays, &t.SignedDays, &t.MaxOpenOrders, &t.MaxOpenPieces, &t.Version)
		})
	})
	return t, err
}
