package miniprogram

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

const templateMessageAPI = "alipay.open.app.mini.templatemessage.send"

// alipayUnsure is the gateway's code for a call of which nobody knows whether it was done.
const alipayUnsure = "20000"

// userIDForm is a buyer's number at Alipay, which apps from before there were open_ids know.
var userIDForm = regexp.MustCompile(`^2088[0-9]{12}$`)

// sendTemplateMessage sends a message of a template: one for trades or forms under a form_id, one
// for subscriptions without. Source: the models of Alipay's own SDKs, and its page mini/01rnqx.
func (s *Service) sendTemplateMessage(ctx context.Context, cred credential, m Message) error {
	type value struct {
		Value string `json:"value"`
	}
	words := make(map[string]value, len(m.Data))
	for keyword, text := range m.Data {
		words[keyword] = value{text}
	}
	data, err := json.Marshal(words)
	if err != nil {
		return err
	}
	content := map[string]string{"user_template_id": m.TemplateID, "page": m.Page, "data": string(data), "to_open_id": m.OpenID}
	if userIDForm.MatchString(m.OpenID) {
		delete(content, "to_open_id")
		content["to_user_id"] = m.OpenID
	}
	if m.FormID != "" {
		content["form_id"] = m.FormID
	}
	body, err := json.Marshal(content)
	if err != nil {
		return err
	}
	_, err = s.gateway(ctx, cred, templateMessageAPI, url.Values{"biz_content": {string(body)}})
	return alipayMeaning(err)
}

// judgeAlipay says what to do about a refusal of the gateway. A buyer who unsubscribed is a
// business failure like any other: it is final.
func judgeAlipay(e *GatewayError) (Ruling, string) {
	switch e.Code {
	case "40005":
		return Later, e.Code
	case "20001", "40001", "40002", "40003", "40006":
		return SetupWrong, e.Code
	case "40004":
		switch {
		case e.SubCode == "USER_TEMPLATE_ILLEGAL", e.SubCode == "USER_KEYWORD_LENGTH_ERROR", e.SubCode == "USER_TEMPLATE_LACK_KEYWORD":
			return TemplateWrong, e.SubCode
		case strings.HasPrefix(e.SubCode, "FORM_ID_"), strings.HasPrefix(e.SubCode, "TRADE_NO_"):
			return FormWrong, e.SubCode
		}
		return Drop, e.SubCode
	}
	return Drop, e.Code // 20000: it may have been sent
}
