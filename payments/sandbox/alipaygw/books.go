package alipaygw

import (
	"time"

	"galleria/commerce/money"
	"galleria/payments/sandbox/internal/courier"
)

// entry is one line of the journal: whatever changed together. Rows are written whole,
// so replaying is putting them back in order.
type entry struct {
	At       time.Time   `json:"at"`
	Roots    *rootsRow   `json:"roots,omitempty"`
	App      *appRow     `json:"app,omitempty"`
	Buyer    *Buyer      `json:"buyer,omitempty"`
	Code     *authCode   `json:"code,omitempty"`
	Token    *tokenRow   `json:"token,omitempty"`
	Trade    *Trade      `json:"trade,omitempty"`
	Refund   *Refund     `json:"refund,omitempty"`
	Transfer *Transfer   `json:"transfer,omitempty"`
	Message  *Message    `json:"message,omitempty"`
	Template *Template   `json:"template,omitempty"`
	Consent  *Consent    `json:"consent,omitempty"`
	Form     *Form       `json:"form,omitempty"`
	MiniCode *Code       `json:"mini_code,omitempty"`
	Delivery *Delivery   `json:"delivery,omitempty"`
	Attempt  *attemptRow `json:"attempt,omitempty"`
}

// Buyer is a person as one app knows them.
type Buyer struct {
	AppID  string `json:"app_id"`
	Name   string `json:"buyer"`
	UserID string `json:"user_id"` // the same in every app
	OpenID string `json:"open_id"` // of this app
}

// Trade is one payment order, keyed by (seller, out_trade_no).
type Trade struct {
	SellerID   string    `json:"seller_id"`
	AppID      string    `json:"app_id"`              // that asked for it
	OpAppID    string    `json:"op_app_id,omitempty"` // the Mini Program it is paid in
	OutTradeNo string    `json:"out_trade_no"`
	TradeNo    string    `json:"trade_no"`
	Method     string    `json:"method"`
	Buyer      string    `json:"buyer,omitempty"` // who may pay, and later who has paid
	Subject    string    `json:"subject"`
	Body       string    `json:"body,omitempty"`
	Passback   string    `json:"passback_params,omitempty"`
	NotifyURL  string    `json:"notify_url,omitempty"`
	ReturnURL  string    `json:"return_url,omitempty"`
	TotalFen   money.Fen `json:"total_fen"`
	Digest     string    `json:"digest"` // SHA-256 of what was asked for, hex
	QRCode     string    `json:"qr_code,omitempty"`
	// Opened says that a buyer has seen the cashier, or that there was none to open:
	// before that the provider denies knowing the trade.
	Opened       bool      `json:"opened"`
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	ClosedAt     time.Time `json:"closed_at,omitzero"`
	PaidAt       time.Time `json:"paid_at,omitzero"`
	FinishedAt   time.Time `json:"finished_at,omitzero"`
	RefundedFen  money.Fen `json:"refunded_fen,omitempty"`
	LastRefundAt time.Time `json:"last_refund_at,omitzero"`
}

// Trade states, as the provider spells them.
const (
	StateWait     = "WAIT_BUYER_PAY"
	StateSuccess  = "TRADE_SUCCESS"
	StateFinished = "TRADE_FINISHED"
	StateClosed   = "TRADE_CLOSED"
)

// State is the trade state at a moment; an unpaid trade closes by itself at ExpiresAt, a
// paid one by being refunded whole.
func (t Trade) State(now time.Time) string {
	switch {
	case !t.PaidAt.IsZero() && t.RefundedFen >= t.TotalFen:
		return StateClosed
	case !t.FinishedAt.IsZero():
		return StateFinished
	case !t.PaidAt.IsZero():
		return StateSuccess
	case !t.ClosedAt.IsZero() || !now.Before(t.ExpiresAt):
		return StateClosed
	default:
		return StateWait
	}
}

func (t Trade) key() pair { return pair{t.SellerID, t.OutTradeNo} }

// Refund is one refund, keyed by (trade_no, out_request_no).
type Refund struct {
	SellerID     string    `json:"seller_id"`
	OutTradeNo   string    `json:"out_trade_no"`
	TradeNo      string    `json:"trade_no"`
	OutRequestNo string    `json:"out_request_no"`
	Reason       string    `json:"reason,omitempty"`
	AmountFen    money.Fen `json:"amount_fen"`
	Done         bool      `json:"done"` // false: accepted by a fault, and no money moved yet
	CreatedAt    time.Time `json:"created_at"`
	DoneAt       time.Time `json:"done_at,omitzero"`
}

// Transfer is money to a user, keyed by (seller, out_biz_no).
type Transfer struct {
	SellerID  string    `json:"seller_id"`
	OutBizNo  string    `json:"out_biz_no"`
	OrderID   string    `json:"order_id"`
	FundID    string    `json:"pay_fund_order_id"`
	Payee     string    `json:"payee"`
	Title     string    `json:"order_title"`
	AmountFen money.Fen `json:"amount_fen"`
	Status    string    `json:"status"`               // SUCCESS, FAIL, DEALING
	ErrorCode string    `json:"error_code,omitempty"` // of a FAIL
	Digest    string    `json:"digest"`
	At        time.Time `json:"at"`
}

// Message is a template message that was sent to a buyer.
type Message struct {
	AppID      string    `json:"app_id"`
	To         string    `json:"to"`
	TemplateID string    `json:"user_template_id"`
	FormID     string    `json:"form_id,omitempty"`
	Page       string    `json:"page"`
	Data       string    `json:"data"`
	SentAt     time.Time `json:"sent_at"`
}

// Delivery is one notification: what is said, to whom, and how far it got.
type Delivery struct {
	NotifyID   string            `json:"notify_id"`
	AppID      string            `json:"app_id"`
	SellerID   string            `json:"seller_id"`
	OutTradeNo string            `json:"out_trade_no"`
	URL        string            `json:"url"`
	Fields     map[string]string `json:"fields"` // what is said, without what a signature adds
	courier.Progress
}

// Attempt is one try to hand a notification over.
type Attempt = courier.Attempt

type attemptRow struct {
	NotifyID string `json:"notify_id"`
	courier.Step
}

type pair struct{ owner, name string }

// books is the state that the journal replays into. Rows are values: whoever reads one
// under the lock may keep it.
type books struct {
	roots         rootsRow
	apps          map[string]appRow
	appOrder      []string
	buyers        map[pair]Buyer // (app id, user id or open id)
	codes         map[string]authCode
	tokens        map[string]tokenRow // by access token and by refresh token
	trades        map[pair]Trade      // (seller, out_trade_no)
	tradeOrder    []pair
	byTradeNo     map[string]pair
	byQRCode      map[string]pair
	refunds       map[pair]Refund // (trade_no, out_request_no)
	refundOrder   []pair
	transfers     map[pair]Transfer // (seller, out_biz_no)
	transferOrder []pair
	messages      []Message
	templates     map[pair]Template
	consents      map[consentKey]Consent
	forms         map[pair]Form   // (app id, form id)
	formUses      map[pair]int    // (app id, form id or trade_no)
	miniCodes     map[string]Code // by the token of the picture
	miniCodeOrder []string
	deliveries    map[string]Delivery
	deliveryOrder []string
	pending       map[string]bool
}

func newBooks() books {
	return books{
		roots: rootsRow{}, apps: map[string]appRow{}, appOrder: nil, buyers: map[pair]Buyer{}, codes: map[string]authCode{},
		tokens: map[string]tokenRow{}, trades: map[pair]Trade{}, tradeOrder: nil, byTradeNo: map[string]pair{},
		byQRCode: map[string]pair{}, refunds: map[pair]Refund{}, refundOrder: nil, transfers: map[pair]Transfer{},
		transferOrder: nil, messages: nil, templates: map[pair]Template{}, consents: map[consentKey]Consent{},
		forms: map[pair]Form{}, formUses: map[pair]int{}, miniCodes: map[string]Code{}, miniCodeOrder: nil, deliveries: map[string]Delivery{}, deliveryOrder: nil, pending: map[string]bool{},
	}
}

func (b *books) apply(e entry) {
	b.applyPeople(e)
	b.applyMessages(e)
	b.applyMoney(e)
	if e.Delivery != nil {
		d := *e.Delivery
		b.deliveries[d.NotifyID] = d
		b.deliveryOrder = append(b.deliveryOrder, d.NotifyID)
		b.setPending(d)
	}
	if e.Attempt != nil {
		d := b.deliveries[e.Attempt.NotifyID]
		d.Progress = d.With(e.Attempt.Step)
		b.deliveries[d.NotifyID] = d
		b.setPending(d)
	}
}

func (b *books) applyMessages(e entry) {
	if e.Template != nil {
		b.templates[pair{e.Template.AppID, e.Template.TemplateID}] = *e.Template
	}
	if e.Consent != nil {
		b.consents[consentKey{e.Consent.AppID, e.Consent.OpenID, e.Consent.TemplateID}] = *e.Consent
	}
	if e.Form != nil {
		b.forms[pair{e.Form.AppID, e.Form.FormID}] = *e.Form
	}
	if e.MiniCode != nil {
		b.miniCodes[e.MiniCode.Token] = *e.MiniCode
		b.miniCodeOrder = append(b.miniCodeOrder, e.MiniCode.Token)
	}
	if e.Message != nil {
		b.messages = append(b.messages, *e.Message)
		if e.Message.FormID != "" {
			b.formUses[pair{e.Message.AppID, e.Message.FormID}]++
		}
	}
}

func (b *books) applyPeople(e entry) {
	if e.Roots != nil {
		b.roots = *e.Roots
	}
	if e.App != nil {
		if _, known := b.apps[e.App.AppID]; !known {
			b.appOrder = append(b.appOrder, e.App.AppID)
		}
		b.apps[e.App.AppID] = *e.App
	}
	if e.Buyer != nil {
		b.buyers[pair{e.Buyer.AppID, e.Buyer.OpenID}] = *e.Buyer
		b.buyers[pair{e.Buyer.AppID, e.Buyer.UserID}] = *e.Buyer
	}
	if e.Code != nil {
		b.codes[e.Code.Code] = *e.Code
	}
	if e.Token != nil {
		b.tokens[e.Token.Access], b.tokens[e.Token.Refresh] = *e.Token, *e.Token
	}
}

func (b *books) applyMoney(e entry) {
	if e.Trade != nil {
		t := *e.Trade
		if _, known := b.trades[t.key()]; !known {
			b.tradeOrder = append(b.tradeOrder, t.key())
		}
		b.trades[t.key()] = t
		b.byTradeNo[t.TradeNo] = t.key()
		if t.QRCode != "" {
			b.byQRCode[t.QRCode] = t.key()
		}
	}
	if e.Refund != nil {
		key := pair{e.Refund.TradeNo, e.Refund.OutRequestNo}
		if _, known := b.refunds[key]; !known {
			b.refundOrder = append(b.refundOrder, key)
		}
		b.refunds[key] = *e.Refund
	}
	if e.Transfer != nil {
		key := pair{e.Transfer.SellerID, e.Transfer.OutBizNo}
		if _, known := b.transfers[key]; !known {
			b.transferOrder = append(b.transferOrder, key)
		}
		b.transfers[key] = *e.Transfer
	}
}

func (b *books) setPending(d Delivery) {
	if d.NextAt.IsZero() {
		delete(b.pending, d.NotifyID)
	} else {
		b.pending[d.NotifyID] = true
	}
}
