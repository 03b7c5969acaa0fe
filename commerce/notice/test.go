package notice

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TopicTest asks to send a test.
const TopicTest outbox.Topic = "notice.test"

// TestV1 is the payload of TopicTest.
type TestV1 struct {
	EventID  uuid.UUID `json:"event_id"` // of the log
	AppID    string    `json:"app_id"`
	Event    string    `json:"event"`
	Kind     string    `json:"kind,omitempty"` // of the template; empty: BySubscription
	MemberID int64     `json:"member_id"`
}

// testsAnHour is how many tests a shop may send in an hour: they are real messages, of which
// the provider counts each.
const testsAnHour = 20

// Test is an event's message with sample values to one member.
type Test struct {
	AppID    string
	Event    string
	Kind     TemplateKind // empty: BySubscription
	MemberID int64
	Actor    string
}

// AskTest has a test sent in the background; the log says what became of it. It takes one of
// the messages that the member allows, as any other. Opens a transaction. Faults:
// MESSAGE_TEMPLATE without a template, MESSAGE_TEST_MEMBER, MESSAGE_TEST_CONSENT,
// MESSAGE_TEST_FORM, MESSAGE_TEST_LIMIT.
func (s *Service) AskTest(ctx context.Context, id tenant.ID, in Test) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.q.LockTests(ctx, tx); err != nil {
			return err
		}
		kind := Template{Kind: in.Kind}.kind()
		t, err := s.q.TestOf(ctx, tx, tx.Now().Add(-time.Hour), in.MemberID, in.AppID, in.Event, string(kind))
		switch {
		case tenantdb.NoRows(err):
			return ErrTemplate.With(ErrTemplate.At("template_id"))
		case err != nil:
			return err
		case t.Openid == "":
			return ErrTestMember.With(ErrTestMember.At("member"))
		case t.Tested >= testsAnHour:
			return ErrTestLimit
		case kind == BySubscription && t.Remaining == 0:
			return ErrTestConsent.With(ErrTestConsent.At("member"))
		}
		if kind != BySubscription {
			left, err := s.q.FormsLeft(ctx, tx, in.AppID, t.Openid, string(kind), tx.Now())
			if err != nil {
				return err
			}
			if left == 0 {
				return ErrTestForm.With(ErrTestForm.At("member"))
			}
		}
		event := uuid.New()
		err = s.q.AskTest(ctx, tx, event, t.Channel, in.MemberID, in.Event, tx.Now())
		if err != nil {
			return err
		}
		if err := s.d.Outbox.Append(ctx, tx, TopicTest, event.String(), TestV1{EventID: event, AppID: in.AppID, Event: in.Event, Kind: string(kind), MemberID: in.MemberID}); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: in.Actor, Action: "message.test", Object: "message:" + in.Event, Detail: map[string]any{
			"app_id": in.AppID, "member_id": in.MemberID,
		}})
	})
	if err != nil {
		return fmt.Errorf("ask for a test message: %w", err)
	}
	return nil
}

// BeginTestTx begins a test that was asked for, once. What the shop tells, and when not, does
// not matter: somebody waits for it.
func (s *Service) BeginTestTx(ctx context.Context, tx tenantdb.Tx, p TestV1, openID string) (Begun, error) {
	kind, _ := KindOf(p.Event)
	by := Template{Kind: TemplateKind(p.Kind)}.kind()
	t, err := s.q.BeginTest(ctx, tx, p.EventID, p.AppID, string(by))
	if tenantdb.NoRows(err) { // begun before, or the template is gone
		err = s.q.EndTest(ctx, tx, p.EventID)
		return Begun{}, err
	}
	if err != nil {
		return Begun{}, fmt.Errorf("begin test message: %w", err)
	}
	facts := SampleOf(p.Event, tx.Now())
	facts.Title = testMark + facts.Title
	in := BeginInput{EventID: p.EventID, Event: p.Event, MemberID: p.MemberID, AppID: p.AppID, OpenID: openID, Facts: facts}
	template := bound{Kind: by, TemplateID: t.TemplateID, Page: t.Page, Fields: t.Fields}
	_, formID, why, err := s.permit(ctx, tx, in, []bound{template})
	if err != nil {
		return Begun{}, fmt.Errorf("begin test message: %w", err)
	}
	if why != "" {
		return Begun{}, s.finish(ctx, tx, Message{EventID: p.EventID, Channel: Channel(t.Channel), AppID: p.AppID}, Outcome{State: Skipped, Reason: why})
	}
	m, err := compose(kind, in, Channel(t.Channel), template)
	m.Test, m.FormID = true, formID
	return Begun{Message: m, Ready: err == nil}, err
}
