package miniprogram

import (
	"context"
	"net/http"

	"galleria/tenant"
)

// Message is one subscribe message.
type Message struct {
	OpenID     string
	TemplateID string
	Page       string            // path without leading slash that opens on tap; may be empty
	Data       map[string]string // template keyword ("thing1") → text within the keyword's limits
}

// SendSubscribeMessage sends one message to a buyer who agreed to it. Whether it was
// sent is unknown after PROVIDER_TIMEOUT; it was not sent after any other error.
// Faults: MESSAGE_REFUSED (the buyer withdrew), RATE_LIMITED, UNAVAILABLE,
// PROVIDER_TIMEOUT, PROVIDER_BAD_RESPONSE, APP_MISCONFIGURED, MESSAGE_INVALID.
func (s *Service) SendSubscribeMessage(ctx context.Context, id tenant.ID, app tenant.AppID, m Message) error {
	cred, err := s.open(ctx, id, app)
	if err != nil {
		return err
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
	return s.withToken(ctx, id, cred, app, request{
		api: "subscribe/send", method: http.MethodPost, base: cred.base, path: "/cgi-bin/message/subscribe/send", body: body,
	}, nil)
}
