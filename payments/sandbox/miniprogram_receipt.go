package sandbox

import (
	"context"
	"strconv"
)

// receiptEvent is a message about subscribe messages. Its List is one entry, as the provider
// writes a single one in JSON, and its numbers are text.
type receiptEvent struct {
	ToUserName   string `json:"ToUserName"`
	FromUserName string `json:"FromUserName"`
	CreateTime   string `json:"CreateTime"`
	MsgType      string `json:"MsgType"`
	Event        string `json:"Event"`
	List         any    `json:"List"`
}

type sentNote struct {
	TemplateID  string `json:"TemplateId"`
	MsgID       string `json:"MsgID"`
	ErrorCode   string `json:"ErrorCode"`
	ErrorStatus string `json:"ErrorStatus"`
}

type answerNote struct {
	TemplateID string `json:"TemplateId"`
	Status     string `json:"SubscribeStatusString"`
	PopupScene string `json:"PopupScene,omitempty"`
}

// What a message that does not arrive is said to have come to, unless a fault says otherwise.
const undelivered = "45047"

func (s *Server) about(event, openID string, list any) receiptEvent {
	return receiptEvent{
		ToUserName: "gh_sandbox", FromUserName: openID, CreateTime: strconv.FormatInt(s.now().Unix(), 10), MsgType: "event", Event: event, List: list,
	}
}

// tellReceipt tells the app's server what became of a message, soon and not at once: the
// answer to the sender may come first or second. The caller holds the lock.
func (s *Server) tellReceipt(app App, m Message) {
	if app.Push.URL == "" {
		return
	}
	event := s.about("subscribe_msg_sent_event", m.OpenID, nil)
	s.courier.Go(func(ctx context.Context) {
		f := s.faults.Take(TargetReceipt, app.AppID)
		if f.Is(ModeDrop) {
			return
		}
		f.Wait(ctx)
		note := sentNote{TemplateID: m.TemplateID, MsgID: m.MsgID, ErrorCode: "0", ErrorStatus: "success"}
		if f.Is(ModeUndelivered) {
			note.ErrorCode, note.ErrorStatus = orElse(f.Value, undelivered), "failed:system failed"
		}
		event.List = note
		s.tellApp(ctx, app, event, f)
	})
}

// tellAnswer tells the app's server what a person answered to the question, or changed in the
// settings. The caller holds the lock.
func (s *Server) tellAnswer(app App, c Consent, in SubscribeInput) {
	if app.Push.URL == "" {
		return
	}
	note := answerNote{TemplateID: in.TemplateID, Status: "reject"}
	name := "subscribe_msg_change_event"
	if !in.Off {
		name, note.PopupScene = "subscribe_msg_popup_event", "0"
		if in.Accept {
			note.Status = "accept"
		}
	}
	event := s.about(name, c.OpenID, []answerNote{note})
	s.courier.Go(func(ctx context.Context) { s.tellApp(ctx, app, event, nil) })
}
