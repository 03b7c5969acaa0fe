package notice

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"galleria/commerce/notice/internal/noticedb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Template says how an event is told by a template of one Mini Program.
type Template struct {
	AppID      string
	Event      string            // "order.paid"
	TemplateID string            // the provider's id
	Page       string            // page that opens on tap; {order_no} is replaced
	Fields     map[string]string // template keyword → name of our value
}

// State is what became of a message.
type State string

// The states. Sending is a message under way, or one whose sender died.
const (
	Sending State = "sending"
	Sent    State = "sent"
	Skipped State = "skipped"
	Failed  State = "failed"
)

// Service keeps templates, consents and the log.
type Service struct {
	db *tenantdb.DB
	q  *noticedb.Queries
}

// New returns the service.
func New(db *tenantdb.DB) *Service { return &Service{db: db, q: noticedb.New()} }

// PutTemplate sets the template of an event.
func (s *Service) PutTemplate(ctx context.Context, id tenant.ID, t Template) error {
	fields, err := json.Marshal(t.Fields)
	if err != nil {
		return err
	}
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		return s.q.PutTemplate(ctx, tx, t.AppID, t.Event, t.TemplateID, t.Page, fields)
	})
}

// Templates lists the templates a Mini Program should ask its buyers to subscribe to.
func (s *Service) Templates(ctx context.Context, id tenant.ID, appID string) (list []Template, err error) {
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.TemplatesOf(ctx, r, appID)
		if err != nil {
			return err
		}
		list = make([]Template, 0, len(rows))
		for _, row := range rows {
			t := Template{AppID: appID, Event: row.Event, TemplateID: row.TemplateID, Page: row.Page}
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
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
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
	AppID      string
	OpenID     string
	TemplateID string
	Page       string
	Data       map[string]string // template keyword → text
}

// BeginInput says which event is to be told to whom.
type BeginInput struct {
	EventID  uuid.UUID
	Event    string
	MemberID int64
	AppID    string
	OpenID   string
	Values   map[string]string // our values by name
}

// BeginTx decides about an event's message and spends the consent it needs. ready is
// false if there is nothing to send: no template, no consent, or it was dealt with
// before. What is ready must be ended by FinishTx or RetryTx.
func (s *Service) BeginTx(ctx context.Context, tx tenantdb.Tx, in BeginInput) (m Message, ready bool, err error) {
	t, err := s.q.Begin(ctx, tx, in.AppID, in.Event, in.EventID, in.MemberID)
	switch {
	case err != nil:
		return m, false, fmt.Errorf("begin message: %w", err)
	case !t.Fresh: // begun before: either ended, or its sender died between sending and saying so
		return m, false, s.q.Finish(ctx, tx, string(Failed), "outcome unknown", in.EventID)
	case t.TemplateID == "":
		return m, false, nil
	}
	spent, err := s.q.SpendConsent(ctx, tx, in.AppID, in.OpenID, t.TemplateID)
	if err != nil {
		return m, false, fmt.Errorf("begin message: %w", err)
	}
	if spent == 0 {
		return m, false, s.q.Finish(ctx, tx, string(Skipped), "not subscribed", in.EventID)
	}
	var fields map[string]string
	if err := json.Unmarshal(t.Fields, &fields); err != nil {
		return m, false, fmt.Errorf("begin message: %w", err)
	}
	m = Message{EventID: in.EventID, AppID: in.AppID, OpenID: in.OpenID, TemplateID: t.TemplateID, Page: t.Page, Data: make(map[string]string, len(fields))}
	for keyword, name := range fields {
		m.Data[keyword] = in.Values[name]
	}
	return m, true, nil
}

// FinishTx records the outcome of a message that was begun. A buyer who withdrew the
// subscription at the provider (withdrawn) has no consents left.
func (s *Service) FinishTx(ctx context.Context, tx tenantdb.Tx, m Message, state State, reason string, withdrawn bool) error {
	if withdrawn {
		if _, err := s.q.Refuse(ctx, tx, m.AppID, m.OpenID, m.TemplateID); err != nil {
			return fmt.Errorf("finish message: %w", err)
		}
	}
	return s.q.Finish(ctx, tx, string(state), reason, m.EventID)
}

// RetryTx undoes BeginTx: the provider said that it has not sent the message and may be
// asked again.
func (s *Service) RetryTx(ctx context.Context, tx tenantdb.Tx, m Message) error {
	if err := s.q.Reopen(ctx, tx, m.EventID); err != nil {
		return fmt.Errorf("retry message: %w", err)
	}
	return s.q.ReturnConsent(ctx, tx, m.AppID, m.OpenID, m.TemplateID)
}
