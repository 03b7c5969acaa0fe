package alipaygw

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Template is a message template of an app.
type Template struct {
	AppID      string   `json:"app_id"`
	TemplateID string   `json:"template_id"`
	Kind       string   `json:"kind,omitempty"` // KindTrade, KindForm; "" is for subscriptions
	Keywords   []string `json:"keywords"`       // keyword1, keyword2 …
}

// Consent counts how many messages of a template a buyer still allows.
type Consent struct {
	AppID      string `json:"app_id"`
	OpenID     string `json:"open_id"`
	TemplateID string `json:"template_id"`
	Remaining  int    `json:"remaining"`
}

// The kinds of templates beside those for subscriptions: what their form_id has to be.
const (
	KindTrade = "trade" // the trade_no of what the receiver has paid in the app
	KindForm  = "form"  // the number of a form that the receiver has submitted in the app
)

// Form is a form that a buyer submitted.
type Form struct {
	AppID  string    `json:"app_id"`
	Buyer  string    `json:"buyer"`
	FormID string    `json:"form_id"`
	MadeAt time.Time `json:"made_at"`
}

// Either number lets through so many messages for so long. Source: AlipayDocs/open-docs, the
// pages of FORM_ID_OVER_TIME (seven days, of a trade from its payment) and of the form
// component (three messages); no source gives a number of messages for trades.
const (
	formLife = 7 * 24 * time.Hour
	formUses = 3
)

// SubmitForm leaves behind what a form with report-submit does: its number.
func (g *Gateway) SubmitForm(appID, buyer string) (Form, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.knowsApp(appID) || buyer == "" {
		return Form{}, badControl("there is no app %q, or no buyer", appID)
	}
	f := Form{AppID: appID, Buyer: buyer, FormID: "ZjBi" + g.letters(40), MadeAt: g.now().UTC()}
	return f, g.commit(entry{Buyer: newBuyer(appID, buyer), Form: &f})
}

type consentKey struct{ app, open, template string }

var (
	messageTemplate = regexp.MustCompile(`^[0-9A-Za-z+/=_-]{1,64}$`)
	messageKeyword  = regexp.MustCompile(`^keyword[1-9][0-9]?$`)
)

// maxWords is how many characters a keyword's value has at most.
const maxWords = 50

// AddTemplate registers a template; the same id again replaces it.
func (g *Gateway) AddTemplate(t Template) (Template, error) {
	if !messageTemplate.MatchString(t.TemplateID) || len(t.Keywords) == 0 {
		return Template{}, badControl("a template has an id and keywords")
	}
	if t.Kind != "" && t.Kind != KindTrade && t.Kind != KindForm {
		return Template{}, badControl("%q is no kind of template", t.Kind)
	}
	for _, k := range t.Keywords {
		if !messageKeyword.MatchString(k) {
			return Template{}, badControl("%q is no keyword", k)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.knowsApp(t.AppID) {
		return Template{}, badControl("there is no app %q", t.AppID)
	}
	return t, g.commit(entry{Template: &t})
}

// SubscribeInput is one answer in the dialogue of my.requestSubscribeMessage.
type SubscribeInput struct {
	AppID      string `json:"app_id"`
	Buyer      string `json:"buyer"`
	TemplateID string `json:"template_id"`
	Subscribe  bool   `json:"subscribe"` // behavior "subscribe"; else "cancel", which ends what was allowed
}

// Subscribe leaves behind what my.requestSubscribeMessage does.
func (g *Gateway) Subscribe(in SubscribeInput) (Consent, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.books.templates[pair{in.AppID, in.TemplateID}]; !ok {
		return Consent{}, badControl("app %q has no template %q", in.AppID, in.TemplateID)
	}
	c := g.books.consents[consentKey{in.AppID, OpenID(in.AppID, in.Buyer), in.TemplateID}]
	c.AppID, c.OpenID, c.TemplateID = in.AppID, OpenID(in.AppID, in.Buyer), in.TemplateID
	if in.Subscribe {
		c.Remaining++
	} else {
		c.Remaining = 0
	}
	return c, g.commit(entry{Buyer: newBuyer(in.AppID, in.Buyer), Consent: &c})
}

// sendMessage is alipay.open.app.mini.templatemessage.send. The sub code of a buyer who did not
// subscribe is ours; no source names the provider's.
func (g *Gateway) sendMessage(c *call) (any, *refusal) {
	var data map[string]struct {
		Value string `json:"value"`
	}
	to := c.text("to_open_id") + c.text("to_user_id")
	switch {
	case json.Unmarshal([]byte(c.text("data")), &data) != nil || len(data) == 0:
		return nil, business("INVALID_PARAMETER", "参数无效：data")
	case (c.text("to_open_id") == "") == (c.text("to_user_id") == ""):
		return nil, business("INVALID_PARAMETER", "参数无效：to_user_id 与 to_open_id 二选一")
	case strings.HasPrefix(c.text("page"), "/"):
		return nil, business("INVALID_PARAMETER", "参数无效：page")
	}
	for _, word := range data {
		if utf8.RuneCountInString(word.Value) > maxWords {
			return nil, business("USER_KEYWORD_LENGTH_ERROR", "关键词长度超限")
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	buyer, ok := g.books.buyers[pair{c.keys.AppID, to}]
	if !ok {
		return nil, business("USER_NOT_EXIST", "用户不存在")
	}
	t, ok := g.books.templates[pair{c.keys.AppID, c.text("user_template_id")}]
	if !ok {
		return nil, business("USER_TEMPLATE_ILLEGAL", "模板非法")
	}
	lacks := func(k string) bool { return strings.TrimSpace(data[k].Value) == "" }
	if len(data) != len(t.Keywords) || slices.ContainsFunc(t.Keywords, lacks) {
		return nil, business("USER_TEMPLATE_LACK_KEYWORD", "缺少关键词")
	}
	m := Message{AppID: c.keys.AppID, To: to, TemplateID: c.text("user_template_id"), FormID: c.text("form_id"), Page: c.text("page"), Data: c.text("data"), SentAt: g.now().UTC()}
	if t.Kind != "" {
		if refused := g.admitForm(c.keys.AppID, buyer, t.Kind, m.FormID); refused != nil {
			return nil, refused
		}
		return struct{}{}, g.keep(entry{Message: &m})
	}
	if m.FormID != "" {
		return nil, business("FORM_ID_NOT_MATCH_APPID", "formId和appId不匹配")
	}
	consent := g.books.consents[consentKey{c.keys.AppID, buyer.OpenID, t.TemplateID}]
	if consent.Remaining == 0 {
		return nil, business("USER_NOT_SUBSCRIBED", "用户未订阅")
	}
	consent.Remaining--
	return struct{}{}, g.keep(entry{Message: &m, Consent: &consent})
}

// admitForm looks whether a number lets one more message through to a buyer. The sub codes of a
// number that is used up and of another buyer's form are ours; no source names the provider's.
// g.mu must be held.
func (g *Gateway) admitForm(appID string, to Buyer, kind, formID string) *refusal {
	from, owner, refused := g.formOf(appID, kind, formID)
	switch {
	case refused != nil:
		return refused
	case kind == KindTrade && (from.IsZero() || owner != to.Name):
		return business("TRADE_NO_NOT_MATCH_USERID", "tradeNo只能发送给实际付款人")
	case owner != to.Name:
		return business("FORM_ID_NOT_MATCH_USERID", "formId和用户不匹配")
	case g.now().Sub(from) > formLife:
		return business("FORM_ID_OVER_TIME", "formId超时")
	case g.books.formUses[pair{appID, formID}] >= formUses:
		return business("FORM_ID_OVER_COUNT", "formId发送次数超限")
	}
	return nil
}

// formOf is since when a number of an app counts, zero for a trade that is not paid, and whose it
// is. g.mu must be held.
func (g *Gateway) formOf(appID, kind, formID string) (from time.Time, owner string, refused *refusal) {
	trade, isTrade := g.books.trades[g.books.byTradeNo[formID]]
	form, isForm := g.books.forms[pair{appID, formID}]
	switch {
	case formID == "":
		return from, "", business("INVALID_PARAMETER", "参数无效：form_id")
	case isTrade && kind == KindForm, isForm && kind == KindTrade:
		return from, "", business("USER_TEMPLATE_ILLEGAL", "模板非法")
	case isTrade && (trade.AppID == appID || trade.OpAppID == appID):
		return trade.PaidAt, trade.Buyer, nil
	case isForm:
		return form.MadeAt, form.Buyer, nil
	}
	return from, "", business("FORM_ID_NOT_MATCH_APPID", "formId和appId不匹配")
}
