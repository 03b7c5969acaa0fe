package unionpaygw

import (
	"slices"
	"strings"
	"time"

	"galleria/commerce/money"
	"galleria/payments/sandbox/internal/courier"
)

// entry is one line of the journal: whatever changed together. Rows are written whole, so
// replaying is putting them back in order.
type entry struct {
	At        time.Time    `json:"at"`
	Authority *authority   `json:"authority,omitempty"`
	Merchant  *merchantRow `json:"merchant,omitempty"`
	Trade     *Trade       `json:"trade,omitempty"`
	Other     *Trade       `json:"other,omitempty"` // a second trade that changed with the first
	Delivery  *Delivery    `json:"delivery,omitempty"`
	Attempt   *attemptRow  `json:"attempt,omitempty"`
}

// Trade is one transaction of a merchant: a consumption, a refund or an undo.
type Trade struct {
	MerID       string    `json:"mer_id"`
	OrderID     string    `json:"order_id"`
	TxnTime     string    `json:"txn_time"` // as the merchant wrote it
	TxnType     string    `json:"txn_type"`
	TxnSubType  string    `json:"txn_sub_type"`
	BizType     string    `json:"biz_type"`
	ChannelType string    `json:"channel_type"`
	AmountFen   money.Fen `json:"amount_fen"`
	FrontURL    string    `json:"front_url,omitempty"`
	BackURL     string    `json:"back_url"`
	ReqReserved string    `json:"req_reserved,omitempty"`
	PayTimeout  time.Time `json:"pay_timeout,omitzero"`
	Signed      string    `json:"signed"` // digest of what the merchant signed
	TN          string    `json:"tn,omitempty"`
	QRCode      string    `json:"qr_code,omitempty"`
	Page        string    `json:"page,omitempty"` // secret of the buyer's page
	// RespCode is the state of the trade: "" as long as no buyer has tried to pay, 05 while
	// it is under way, 00 or A6 done, anything else the last failure.
	RespCode    string    `json:"resp_code"`
	QueryID     string    `json:"query_id,omitempty"`
	TraceNo     string    `json:"trace_no,omitempty"`
	TracedAt    time.Time `json:"traced_at,omitzero"`
	OrigQueryID string    `json:"orig_query_id,omitempty"`
	EndsWith    string    `json:"ends_with,omitempty"` // the code that a refund under way will take
	DueAt       time.Time `json:"due_at,omitzero"`     // when
	RefundedFen money.Fen `json:"refunded_fen,omitempty"`
	Undone      bool      `json:"undone,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
}

// Transaction types.
const (
	typeConsume = "01"
	typeRefund  = "04"
	typeUndo    = "31"
)

func (t Trade) key() tradeKey { return tradeKey{t.MerID, t.OrderID, t.TxnTime} }

// done says that the money has moved.
func (t Trade) done() bool { return t.RespCode == codeOK || t.RespCode == codeDefect }

// Delivery is one notification: what is said, to whom, and how far it got.
type Delivery struct {
	ID      string            `json:"id"`
	MerID   string            `json:"mer_id"`
	OrderID string            `json:"order_id"`
	TxnType string            `json:"txn_type"`
	URL     string            `json:"url"`
	Fields  map[string]string `json:"fields"` // without certificate and signature
	courier.Progress
}

// Attempt is one try to hand a notification over.
type Attempt = courier.Attempt

type attemptRow struct {
	ID string `json:"id"`
	courier.Step
}

type tradeKey struct{ merID, orderID, txnTime string }

// books is the state that the journal replays into. Rows are values: whoever reads one
// under the lock may keep it.
type books struct {
	authority     *authority
	merchants     map[string]merchantRow
	trades        map[tradeKey]Trade
	tradeOrder    []tradeKey
	byQueryID     map[string]tradeKey
	byTN          map[string]tradeKey
	byQRCode      map[string]tradeKey
	byPage        map[string]tradeKey
	onDay         map[tradeKey]string // (merId, orderId, day) → txnTime
	unsettled     map[tradeKey]bool
	deliveries    map[string]Delivery
	deliveryOrder []string
	pending       map[string]bool
}

func newBooks() books {
	return books{
		merchants: map[string]merchantRow{}, trades: map[tradeKey]Trade{}, byQueryID: map[string]tradeKey{}, byTN: map[string]tradeKey{},
		byQRCode: map[string]tradeKey{}, byPage: map[string]tradeKey{}, onDay: map[tradeKey]string{}, unsettled: map[tradeKey]bool{},
		deliveries: map[string]Delivery{}, pending: map[string]bool{},
	}
}

func (b *books) apply(e entry) {
	if e.Authority != nil {
		b.authority = e.Authority
	}
	if e.Merchant != nil {
		b.merchants[e.Merchant.MerID] = *e.Merchant
	}
	for _, t := range []*Trade{e.Trade, e.Other} {
		if t != nil {
			b.applyTrade(*t)
		}
	}
	if e.Delivery != nil {
		b.deliveryOrder = append(b.deliveryOrder, e.Delivery.ID)
		b.setDelivery(*e.Delivery)
	}
	if e.Attempt != nil {
		d := b.deliveries[e.Attempt.ID]
		d.Progress = d.With(e.Attempt.Step)
		b.setDelivery(d)
	}
}

func (b *books) applyTrade(t Trade) {
	key := t.key()
	if _, known := b.trades[key]; !known {
		b.tradeOrder = append(b.tradeOrder, key)
	}
	b.trades[key] = t
	b.onDay[tradeKey{t.MerID, t.OrderID, t.TxnTime[:8]}] = t.TxnTime
	for value, index := range map[string]map[string]tradeKey{t.QueryID: b.byQueryID, t.TN: b.byTN, t.QRCode: b.byQRCode, t.Page: b.byPage} {
		if value != "" {
			index[value] = key
		}
	}
	delete(b.unsettled, key)
	if !t.DueAt.IsZero() {
		b.unsettled[key] = true
	}
}

func (b *books) setDelivery(d Delivery) {
	b.deliveries[d.ID] = d
	delete(b.pending, d.ID)
	if !d.NextAt.IsZero() {
		b.pending[d.ID] = true
	}
}

// Books is what UnionPay knows, oldest first, without keys and passwords.
type Books struct {
	Merchants  []MerchantView `json:"merchants"`
	Trades     []Trade        `json:"trades"`
	Deliveries []Delivery     `json:"deliveries"`
}

// MerchantView is a merchant without its keys.
type MerchantView struct {
	MerID  string `json:"mer_id"`
	Name   string `json:"name"`
	CertID string `json:"cert_id"`
}

// Books returns a copy of the books as they are now.
func (g *Gateway) Books() Books {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out Books
	for _, m := range g.books.merchants {
		out.Merchants = append(out.Merchants, MerchantView{m.MerID, m.Name, m.CertID})
	}
	slices.SortFunc(out.Merchants, func(a, b MerchantView) int { return strings.Compare(a.MerID, b.MerID) })
	for _, key := range g.books.tradeOrder {
		out.Trades = append(out.Trades, g.books.trades[key])
	}
	for _, id := range g.books.deliveryOrder {
		out.Deliveries = append(out.Deliveries, g.books.deliveries[id])
	}
	return out
}
