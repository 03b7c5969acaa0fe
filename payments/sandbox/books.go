package sandbox

import (
	"time"

	"galleria/commerce/money"
	"galleria/payments/sandbox/internal/courier"
)

// entry is one line of the journal: whatever changed together. Rows are written whole,
// so replaying is putting them back in order.
type entry struct {
	At       time.Time    `json:"at"`
	Merchant *merchantRow `json:"merchant,omitempty"`
	App      *App         `json:"app,omitempty"`
	Relation *Relation    `json:"relation,omitempty"`
	Buyer    *Buyer       `json:"buyer,omitempty"`
	Code     *code        `json:"code,omitempty"`
	Token    *token       `json:"token,omitempty"`
	Template *Template    `json:"template,omitempty"`
	Consent  *Consent     `json:"consent,omitempty"`
	Message  *Message     `json:"message,omitempty"`
	Shipment *Shipment    `json:"shipment,omitempty"`
	Charge   *Charge      `json:"charge,omitempty"`
	Refund   *Refund      `json:"refund,omitempty"`
	Transfer *Transfer    `json:"transfer,omitempty"`
	Balance  *Balance     `json:"balance,omitempty"`
	Delivery *Delivery    `json:"delivery,omitempty"`
	Attempt  *attemptRow  `json:"attempt,omitempty"`
}

// Buyer is a person inside one app.
type Buyer struct {
	AppID  string `json:"app_id"`
	Name   string `json:"buyer"`
	OpenID string `json:"openid"`
	// RealName is what the account is verified by; "": anybody's.
	RealName string `json:"real_name,omitempty"`
}

// Charge is one payment order, keyed by (mchid, out_trade_no).
type Charge struct {
	MchID         string    `json:"mchid"`              // whose money it is
	SpMchID       string    `json:"sp_mchid,omitempty"` // the service provider that signed
	SpAppID       string    `json:"sp_appid,omitempty"`
	SubAppID      string    `json:"sub_appid,omitempty"`
	AppID         string    `json:"app_id"`     // the app that runs
	TradeType     string    `json:"trade_type"` // JSAPI, NATIVE, MWEB, APP
	OutTradeNo    string    `json:"out_trade_no"`
	OpenID        string    `json:"openid"` // known from the payment on unless JSAPI
	Description   string    `json:"description"`
	Attach        string    `json:"attach,omitempty"`
	NotifyURL     string    `json:"notify_url"`
	TotalFen      money.Fen `json:"total_fen"`
	PrepayID      string    `json:"prepay_id"`
	PrepayAt      time.Time `json:"prepay_at"`
	BodyDigest    string    `json:"body_digest"` // SHA-256 of the prepay body, hex
	CreatedAt     time.Time `json:"created_at"`
	ExpiresAt     time.Time `json:"expires_at"`
	ClosedAt      time.Time `json:"closed_at,omitzero"`
	PaidAt        time.Time `json:"paid_at,omitzero"`
	TransactionID string    `json:"transaction_id,omitempty"`
	RefundedFen   money.Fen `json:"refunded_fen,omitempty"` // accepted refunds that did not fail
	Refunds       int       `json:"refunds,omitempty"`      // accepted refunds, for the limit of 50
	LastRefundAt  time.Time `json:"last_refund_at,omitzero"`
}

// signer is the merchant number whose keys the charge is signed with.
func (c Charge) signer() string { return orElse(c.SpMchID, c.MchID) }

// Trade states of a charge, as the provider spells them.
const (
	stateNotPay  = "NOTPAY"
	stateSuccess = "SUCCESS"
	stateRefund  = "REFUND"
	stateClosed  = "CLOSED"
)

// State is the trade state at a moment; an unpaid charge closes by itself at ExpiresAt.
func (c Charge) State(now time.Time) string {
	switch {
	case !c.PaidAt.IsZero() && c.Refunds > 0:
		return stateRefund
	case !c.PaidAt.IsZero():
		return stateSuccess
	case !c.ClosedAt.IsZero() || !now.Before(c.ExpiresAt):
		return stateClosed
	default:
		return stateNotPay
	}
}

// Refund is one refund, keyed by (mchid, out_refund_no).
type Refund struct {
	MchID         string    `json:"mchid"`
	SpMchID       string    `json:"sp_mchid,omitempty"`
	OutTradeNo    string    `json:"out_trade_no"`
	TransactionID string    `json:"transaction_id"`
	OutRefundNo   string    `json:"out_refund_no"`
	RefundID      string    `json:"refund_id"`
	NotifyURL     string    `json:"notify_url,omitempty"`
	Reason        string    `json:"reason,omitempty"`
	RefundFen     money.Fen `json:"refund_fen"`
	TotalFen      money.Fen `json:"total_fen"`
	BodyDigest    string    `json:"body_digest"`
	ReceivedBy    string    `json:"received_by,omitempty"` // where the money went, if not the wallet
	Status        string    `json:"status"`                // PROCESSING, SUCCESS, CLOSED, ABNORMAL
	EndsWith      string    `json:"ends_with"`             // the status it will take
	DueAt         time.Time `json:"due_at"`                // when it leaves PROCESSING
	CreatedAt     time.Time `json:"created_at"`
	SuccessAt     time.Time `json:"success_at,omitzero"`
}

// Delivery is one callback: what is said, to whom, and how far it got.
type Delivery struct {
	EventID    string `json:"event_id"`
	MchID      string `json:"mchid"`
	OutTradeNo string `json:"out_trade_no"`
	EventType  string `json:"event_type"`
	Original   string `json:"original_type"` // transaction or refund
	Summary    string `json:"summary"`
	URL        string `json:"url"`
	Content    string `json:"content"` // the resource before encryption, JSON
	Number     int    `json:"number"`  // counts a merchant's callbacks; picks the key in mode "both"
	courier.Progress
}

// Attempt is one try to hand a callback over.
type Attempt = courier.Attempt

type attemptRow struct {
	EventID string `json:"event_id"`
	courier.Step
}

type pair struct{ owner, name string }

// books is the state that the journal replays into. Rows are values: whoever reads one
// under the lock may keep it.
type books struct {
	merchants     map[string]merchantRow
	relations     map[pair]bool   // (sp_mchid, sub_mchid)
	providers     map[string]bool // who is an sp_mchid of a relation
	apps          map[string]App
	buyers        map[string]Buyer // by openid
	codes         map[string]code
	tokens        map[string]token
	currentToken  map[string]string // app id → token
	templates     map[pair]Template // (app id, template id)
	consents      map[pair]Consent  // (openid, template id)
	messages      []Message
	shipments     map[string]Shipment // by transaction id
	charges       map[pair]Charge     // (mchid, out_trade_no)
	chargeOrder   []pair
	byPrepay      map[string]pair
	byTransaction map[string]pair
	refunds       map[pair]Refund // (mchid, out_refund_no)
	refundOrder   []pair
	unsettled     map[pair]bool
	transfers     map[pair]Transfer // (mchid, out_bill_no)
	transferOrder []pair
	balances      map[string]money.Fen // by mchid; none: no limit
	deliveries    map[string]Delivery
	deliveryOrder []string
	pending       map[string]bool
	callbacks     map[string]int // how many, by mchid
}

func newBooks() books {
	return books{
		merchants: map[string]merchantRow{}, relations: map[pair]bool{}, providers: map[string]bool{}, apps: map[string]App{}, buyers: map[string]Buyer{},
		codes: map[string]code{}, tokens: map[string]token{}, currentToken: map[string]string{},
		templates: map[pair]Template{}, consents: map[pair]Consent{}, messages: nil,
		shipments: map[string]Shipment{}, charges: map[pair]Charge{}, chargeOrder: nil,
		byPrepay: map[string]pair{}, byTransaction: map[string]pair{},
		refunds: map[pair]Refund{}, refundOrder: nil, unsettled: map[pair]bool{},
		transfers: map[pair]Transfer{}, transferOrder: nil, balances: map[string]money.Fen{},
		deliveries: map[string]Delivery{}, deliveryOrder: nil, pending: map[string]bool{}, callbacks: map[string]int{},
	}
}

func (b *books) apply(e entry) {
	b.applyPeople(e)
	if e.Charge != nil {
		b.applyCharge(*e.Charge)
	}
	if e.Refund != nil {
		b.applyRefund(*e.Refund)
	}
	if e.Transfer != nil {
		b.applyTransfer(*e.Transfer)
	}
	if e.Balance != nil {
		b.balances[e.Balance.MchID] = e.Balance.Fen
	}
	if e.Delivery != nil {
		d := *e.Delivery
		b.deliveries[d.EventID] = d
		b.deliveryOrder = append(b.deliveryOrder, d.EventID)
		b.callbacks[d.MchID]++
		b.setPending(d)
	}
	if e.Attempt != nil {
		d := b.deliveries[e.Attempt.EventID]
		d.Progress = d.With(e.Attempt.Step)
		b.deliveries[d.EventID] = d
		b.setPending(d)
	}
}

func (b *books) applyPeople(e entry) {
	if e.Merchant != nil {
		b.merchants[e.Merchant.MchID] = *e.Merchant
	}
	if e.Relation != nil {
		b.relations[pair{e.Relation.SpMchID, e.Relation.SubMchID}], b.providers[e.Relation.SpMchID] = true, true
	}
	if e.App != nil {
		b.apps[e.App.AppID] = *e.App
	}
	if e.Buyer != nil {
		b.buyers[e.Buyer.OpenID] = *e.Buyer
	}
	if e.Code != nil {
		b.codes[e.Code.Code] = *e.Code
	}
	if e.Token != nil {
		b.tokens[e.Token.Value] = *e.Token
		if !e.Token.Revoked {
			b.currentToken[e.Token.AppID] = e.Token.Value
		}
	}
	if e.Template != nil {
		b.templates[pair{e.Template.AppID, e.Template.TemplateID}] = *e.Template
	}
	if e.Consent != nil {
		b.consents[pair{e.Consent.OpenID, e.Consent.TemplateID}] = *e.Consent
	}
	if e.Message != nil {
		b.messages = append(b.messages, *e.Message)
	}
	if e.Shipment != nil {
		b.shipments[e.Shipment.TransactionID] = *e.Shipment
	}
}

func (b *books) applyCharge(c Charge) {
	if c.TradeType == "" { // written before there were others
		c.TradeType = "JSAPI"
	}
	key := pair{c.MchID, c.OutTradeNo}
	if _, known := b.charges[key]; !known {
		b.chargeOrder = append(b.chargeOrder, key)
	}
	b.charges[key] = c
	b.byPrepay[c.PrepayID] = key
	if c.TransactionID != "" {
		b.byTransaction[c.TransactionID] = key
	}
}

func (b *books) applyRefund(r Refund) {
	key := pair{r.MchID, r.OutRefundNo}
	if _, known := b.refunds[key]; !known {
		b.refundOrder = append(b.refundOrder, key)
	}
	b.refunds[key] = r
	if r.Status == refundProcessing {
		b.unsettled[key] = true
	} else {
		delete(b.unsettled, key)
	}
}

func (b *books) setPending(d Delivery) {
	if d.NextAt.IsZero() {
		delete(b.pending, d.EventID)
	} else {
		b.pending[d.EventID] = true
	}
}
