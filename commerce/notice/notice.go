package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/money"
	"galleria/commerce/notice/internal/noticedb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Template says how an event is told by a template of one Mini Program.
type Template struct {
	AppID      string
	Event      string            // "order.paid"
	Kind       TemplateKind      // empty: BySubscription
	TemplateID string            // the provider's id
	Page       string            // page that opens on tap; {order_no} and {case_no} are replaced
	Fields     map[string]string // template keyword → name of our value
}

// State is what became of a message.
type State string

// The states. Sending is a message under way, or one whose sender died; Sent one that its
// provider took, Delivered one that its receipt says has arrived.
const (
	Sending   State = "sending"
	Sent      State = "sent"
	Delivered State = "delivered"
	Skipped   State = "skipped"
	Failed    State = "failed"
)

// Deps are what the service works with.
type Deps struct {
	DB     *tenantdb.DB
	Audit  *audit.Log
	Outbox *outbox.Outbox
	Vault  *vault.Vault
	Mailer Mailer
	Texter Texter           // of tests
	Now    func() time.Time // the time of what tests show
}

// Service keeps what people are told, how, and what became of it. Safe for concurrent use.
type Service struct {
	d Deps
	q *noticedb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{d: d, q: noticedb.New()} }

func (s *Service) now() time.Time { return s.d.Now() }

// PutTemplate sets the template of an event.
func (s *Service) PutTemplate(ctx context.Context, id tenant.ID, t Template) error {
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.putTemplate(ctx, tx, t) })
}

func (s *Service) putTemplate(ctx context.Context, tx tenantdb.Tx, t Template) error {
	fields, err := json.Marshal(t.Fields)
	if err != nil {
		return err
	}
	return s.q.PutTemplate(ctx, tx, t.AppID, t.Event, string(t.kind()), t.TemplateID, t.Page, fields)
}

func (t Template) kind() TemplateKind {
	if t.Kind == "" {
		return BySubscription
	}
	return t.Kind
}

// Templates lists the templates of a Mini Program. It should ask its buyers to subscribe to
// those of subscriptions, and hand in forms where there are some of forms.
func (s *Service) Templates(ctx context.Context, id tenant.ID, appID string) (list []Template, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.TemplatesOf(ctx, r, appID)
		if err != nil {
			return err
		}
		list = make([]Template, 0, len(rows))
		for _, row := range rows {
			t := Template{AppID: appID, Event: row.Event, Kind: TemplateKind(row.Kind), TemplateID: row.TemplateID, Page: row.Page}
			if err := json.Unmarshal(row.Fields, &t.Fields); err != nil {
				return err
			}
			list = append(list, t)
		}
		return nil
	})
	return list, err
}

// Report records what the buyer answered in wx.requestSubscribeMessage: an accept
// allows one more message, a refusal changes nothing that was allowed before. Faults:
// UNKNOWN_TEMPLATE.
func (s *Service) Report(ctx context.Context, id tenant.ID, appID, openID, templateID string, accepted bool) error {
	if !accepted {
		return nil
	}
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.Accept(ctx, tx, appID, openID, templateID)
		if err == nil && n == 0 {
			return ErrUnknownTemplate
		}
		return err
	})
}

// Message is one message ready to be sent.
type Message struct {
	EventID    uuid.UUID
	Event      string // of the catalogue
	Channel    Channel
	AppID      string // of a text message: the account at the vendor
	OpenID     string
	TemplateID string
	Kind       TemplateKind
	FormID     string // of Alipay: the number that lets it through, none of a subscription
	Page       string
	Data       map[string]string // template keyword → text
	Test       bool              // asked for by staff

	PhoneIndex []byte    // of a text message: whose limit it counts to
	Day        time.Time // on which day
	Pieces     int64     // and what of the month's money
	CostFen    money.Fen
	Month      time.Time
}

// BeginInput says which event is to be told to whom.
type BeginInput struct {
	EventID  uuid.UUID
	Event    string // one of the catalogue
	MemberID int64
	AppID    string
	OpenID   string
	Facts    Facts
	Trade    *Trade // what the buyer has just paid through Alipay, or nil
	// BuyerOnly keeps it from the staff's board, of an event of which they hear at another of its steps.
	BuyerOnly bool
}

// Begun is what is to be done about an event that was begun.
type Begun struct {
	Message Message
	Ready   bool      // to be sent, and then ended by FinishTx or RetryTx
	Wait    time.Time // in quiet hours: begin again then; zero: no need to
	SMS     time.Time // when a text message is to be begun, too; zero: none
	Mail    bool      // a mail is to be begun, too
}

// smsAfter is how long a text message waits for the Mini Program's own to be sent, which
// costs nothing.
const smsAfter = time.Minute

// BeginTx tells an event: it goes into the buyer's inbox and onto the staff's board where
// the shop wants that, and the message that needs a template is decided about, with the
// consent or the number it needs spent. Nothing is ready if there is no template, no consent, or it was
// dealt with before; the inbox and the board have it once, however often it is begun.
func (s *Service) BeginTx(ctx context.Context, tx tenantdb.Tx, in BeginInput) (Begun, error) {
	kind, ok := KindOf(in.Event)
	if !ok {
		return Begun{}, fmt.Errorf("begin message: %q is in no catalogue", in.Event)
	}
	facts, err := json.Marshal(in.Facts)
	if err != nil {
		return Begun{}, err
	}
	if err := s.paidTx(ctx, tx, in.AppID, in.OpenID, in.Trade); err != nil {
		return Begun{}, err
	}
	t, err := s.q.Begin(ctx, tx, noticedb.BeginParams{
		Event: in.Event, AppID: in.AppID, EventID: in.EventID, MemberID: in.MemberID, Facts: facts, Now: tx.Now(),
		ByTemplate: kind.Buyers[WeChatSubscribe], ByInbox: kind.Buyers[Inbox], ByBoard: kind.Staffs[Inbox], ByMail: kind.Buyers[Email],
		BuyerOnly: in.BuyerOnly,
	})
	if err != nil {
		return Begun{}, fmt.Errorf("begin message: %w", err)
	}
	if t.StaffMail {
		if err := s.mailOut(ctx, tx, MailOutV1{EventID: in.EventID, Event: in.Event, Facts: in.Facts}); err != nil {
			return Begun{}, err
		}
	}
	if !t.Fresh { // begun before: either ended, or its sender died between sending and saying so
		return Begun{}, s.finish(ctx, tx, Message{EventID: in.EventID, Channel: Channel(t.Channel), AppID: in.AppID}, Outcome{State: Failed, Reason: "outcome unknown"})
	}
	var out Begun
	until := (Hours{From: int(t.QuietFrom), Until: int(t.QuietUntil)}).Wait(tx.Now())
	if kind.Urgent {
		until = time.Time{}
	}
	if t.Sms {
		out.SMS = tx.Now().Add(smsAfter)
		if until.After(out.SMS) {
			out.SMS = until.Add(smsAfter)
		}
	}
	var templates []bound
	if err := json.Unmarshal(t.Templates, &templates); err != nil {
		return Begun{}, fmt.Errorf("begin message: %w", err)
	}
	if len(templates) == 0 {
		out.Mail = t.BuyerMail
		return out, nil
	}
	if !until.IsZero() {
		out.Wait = until
		return out, s.q.Reopen(ctx, tx, in.EventID, t.Channel)
	}
	out.Mail = t.BuyerMail // a mail wakes nobody, but goes out once: with the message, or without any
	return s.write(ctx, tx, kind, in, out, Channel(t.Channel), templates)
}

// write makes the message by the template that something lets through, or ends it without.
func (s *Service) write(ctx context.Context, tx tenantdb.Tx, kind Kind, in BeginInput, out Begun, channel Channel, templates []bound) (Begun, error) {
	by, formID, why, err := s.permit(ctx, tx, in, templates)
	if err != nil {
		return Begun{}, fmt.Errorf("begin message: %w", err)
	}
	if why != "" {
		return out, s.finish(ctx, tx, Message{EventID: in.EventID, Channel: channel, AppID: in.AppID}, Outcome{State: Skipped, Reason: why})
	}
	out.Message, err = compose(kind, in, channel, by)
	out.Message.FormID = formID
	out.Ready = err == nil
	return out, err
}

// compose writes a message by its template.
func compose(kind Kind, in BeginInput, by Channel, t bound) (Message, error) {
	var fields map[string]string
	if err := json.Unmarshal(t.Fields, &fields); err != nil {
		return Message{}, fmt.Errorf("begin message: %w", err)
	}
	m := Message{
		EventID: in.EventID, Event: in.Event, Channel: by, AppID: in.AppID, OpenID: in.OpenID, TemplateID: t.TemplateID, Kind: t.Kind, Data: make(map[string]string, len(fields)),
		Page: strings.NewReplacer("{order_no}", in.Facts.OrderNo, "{case_no}", in.Facts.CaseNo).Replace(t.Page),
	}
	for keyword, name := range fields {
		m.Data[keyword] = fitted(keyword, kind.value(name, in.Facts, ""))
	}
	return m, nil
}

// BoardTx tells an event to the staff alone, once.
func (s *Service) BoardTx(ctx context.Context, tx tenantdb.Tx, eventID uuid.UUID, event string, f Facts) error {
	facts, err := json.Marshal(f)
	if err != nil {
		return err
	}
	mailed, err := s.q.Board(ctx, tx, event, eventID, facts, tx.Now())
	if err != nil {
		return fmt.Errorf("tell staff: %w", err)
	}
	if !mailed {
		return nil
	}
	return s.mailOut(ctx, tx, MailOutV1{EventID: eventID, Event: event, Facts: f})
}

// BoxTx tells an event to a member alone, in the inbox, once: there is no order whose Mini
// Program could send a message.
func (s *Service) BoxTx(ctx context.Context, tx tenantdb.Tx, eventID uuid.UUID, event string, memberID int64, f Facts) error {
	facts, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := s.q.Box(ctx, tx, eventID, memberID, event, facts, tx.Now()); err != nil {
		return fmt.Errorf("tell a member: %w", err)
	}
	return nil
}
