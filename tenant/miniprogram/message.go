package miniprogram

import (
	"context"
	"errors"
	"net/http"

	"galleria/tenant"
)

// Message is one subscribe message.
type Message struct {
	OpenID     string
	TemplateID string
	FormID     string            // Alipay: a trade_no or a form's number; empty of templates for subscriptions
	Page       string            // path without leading slash that opens on tap; may be empty
	Data       map[string]string // template keyword ("thing1") → text within the keyword's limits
}

// SendSubscribeMessage sends one message to a buyer who agreed to it and returns WeChat's
// number of it, by which its receipt comes (EventMessageSent). After an error, NotSent tells
// whether it certainly was not sent, and Judge what to do. An Alipay app sends the message of
// a template of its own kinds, which has no number and no receipt.
// Faults: MESSAGE_REFUSED (the buyer withdrew), RATE_LIMITED, UNAVAILABLE,
// PROVIDER_TIMEOUT, PROVIDER_BAD_RESPONSE, APP_MISCONFIGURED, MESSAGE_INVALID.
func (s *Service) SendSubscribeMessage(ctx context.Context, id tenant.ID, app tenant.AppID, m Message) (msgID string, err error) {
	cred, err := s.open(ctx, id, app)
	if err != nil {
		return "", err
	}
	if cred.provider == tenant.Alipay {
		return "", s.sendTemplateMessage(ctx, cred, m)
	}
	type value struct {
		Value string `json:"value"`
	}
	data := make(map[string]value, len(m.Data))
	for keyword, text := range m.Data {
		data[keyword] = value{text}
	}
	body := map[string]any{
		"touser": m.OpenID, "template_id": m.TemplateID, "data": data,
		"miniprogram_state": "formal", "lang": "zh_CN",
	}
	if m.Page != "" {
		body["page"] = m.Page
	}
	var answer struct {
		MsgID text `json:"msgid"`
	}
	err = s.withToken(ctx, id, cred, app, request{
		api: "subscribe/send", method: http.MethodPost, base: cred.base, path: "/cgi-bin/message/subscribe/send", body: body,
	}, &answer)
	return string(answer.MsgID), err
}

// NotSent reports whether err says for certain that the provider did not do what was
// asked: it refused, or was never reached. After anything else it may have.
func NotSent(err error) bool {
	var refusal *RefusalError
	if declined, ok := errors.AsType[*GatewayError](err); ok {
		return declined.Code != alipayUnsure
	}
	return errors.As(err, &refusal) || errors.Is(err, errNotReached) || errors.Is(err, ErrNoCredential)
}
