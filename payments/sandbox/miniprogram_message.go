package sandbox

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Template is a subscribe-message template of an app. A keyword such as thing1 or
// amount2 carries its type in its name.
type Template struct {
	AppID      string   `json:"app_id"`
	TemplateID string   `json:"template_id"`
	Title      string   `json:"title,omitempty"`
	Keywords   []string `json:"keywords"`
}

// Consent counts how many messages of a template a buyer still allows.
type Consent struct {
	AppID      string `json:"app_id"`
	OpenID     string `json:"openid"`
	TemplateID string `json:"template_id"`
	Remaining  int    `json:"remaining"`
}

// Message is a subscribe message that was delivered.
type Message struct {
	AppID      string            `json:"app_id"`
	OpenID     string            `json:"openid"`
	TemplateID string            `json:"template_id"`
	Page       string            `json:"page,omitempty"`
	State      string            `json:"miniprogram_state"`
	Data       map[string]string `json:"data"`
	MsgID      string            `json:"msgid,omitempty"`
	SentAt     time.Time         `json:"sent_at"`
}

var (
	keywordPattern  = regexp.MustCompile(`^(thing|number|letter|symbol|character_string|time|date|amount|phone_number|car_number|name|phrase)[0-9]{1,2}$`)
	templatePattern = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
	pagePattern     = regexp.MustCompile(`^[0-9A-Za-z_\-]+(/[0-9A-Za-z_\-]+)*(\?[^\s#]*)?$`)

	numberPattern = regexp.MustCompile(`^-?[0-9]{1,32}(\.[0-9]{1,31})?$`)
	letterPattern = regexp.MustCompile(`^[A-Za-z]{1,32}$`)
	symbolPattern = regexp.MustCompile(`^[^0-9A-Za-z\p{Han}]{1,5}$`)
	stringPattern = regexp.MustCompile(`^[\x20-\x7e]{1,32}$`)
	amountPattern = regexp.MustCompile(`^[¥￥$€£]?[0-9]{1,10}(\.[0-9]{1,2})?\x{5143}?$`) // may end with "yuan"
	telPattern    = regexp.MustCompile(`^[0-9+()\-*# ]{1,17}$`)
	carPattern    = regexp.MustCompile(`^[0-9A-Za-z\p{Han}]{1,8}$`)
	phrasePattern = regexp.MustCompile(`^\p{Han}{1,5}$`)
	timePattern   = regexp.MustCompile(`^(` + datePart + ` )?` + clockPart + `$`)
	datePattern   = regexp.MustCompile(`^` + datePart + `( ` + clockPart + `)?$`)
)

const (
	// datePart is a date with the signs for year, month and day, or with hyphens.
	datePart    = `[0-9]{4}(\x{5E74}[0-9]{1,2}\x{6708}[0-9]{1,2}\x{65E5}|-[0-9]{1,2}-[0-9]{1,2})`
	clockPart   = `[0-2]?[0-9]:[0-5][0-9](:[0-5][0-9])?`
	thingLimit  = 20
	nameHan     = 10
	nameLetters = 20
	maxKeywords = 10
)

// AddTemplate registers a template; the same id again replaces it.
func (s *Server) AddTemplate(t Template) (Template, error) {
	if !templatePattern.MatchString(t.TemplateID) {
		return Template{}, badControl(http.StatusBadRequest, "INVALID", "template_id %q", t.TemplateID)
	}
	if len(t.Keywords) == 0 || len(t.Keywords) > maxKeywords {
		return Template{}, badControl(http.StatusBadRequest, "INVALID", "a template has 1 to %d keywords", maxKeywords)
	}
	for _, k := range t.Keywords {
		if !keywordPattern.MatchString(k) {
			return Template{}, badControl(http.StatusBadRequest, "INVALID", "keyword %q is not a known type with a number", k)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.books.apps[t.AppID]; !ok {
		return Template{}, badControl(http.StatusNotFound, "NOT_FOUND", "no app %q", t.AppID)
	}
	return t, s.commit(entry{Template: &t})
}

// SubscribeInput is one answer in the dialogue of wx.requestSubscribeMessage.
type SubscribeInput struct {
	AppID      string `json:"app_id"`
	Buyer      string `json:"buyer"`
	TemplateID string `json:"template_id"`
	Accept     bool   `json:"accept"`
	// Off is a refusal in WeChat's own settings, without being asked: nothing is allowed any
	// more.
	Off bool `json:"off,omitempty"`
}

// Subscribe leaves behind what wx.requestSubscribeMessage does: one acceptance allows
// one message more, a refusal changes nothing. The app's server is told.
func (s *Server) Subscribe(in SubscribeInput) (Consent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, openid, err := s.meet(in.AppID, in.Buyer)
	if err != nil {
		return Consent{}, err
	}
	if _, ok := s.books.templates[pair{in.AppID, in.TemplateID}]; !ok {
		return Consent{}, badControl(http.StatusNotFound, "NOT_FOUND", "no template %q in app %s", in.TemplateID, in.AppID)
	}
	c := s.books.consents[pair{openid, in.TemplateID}]
	c.AppID, c.OpenID, c.TemplateID = in.AppID, openid, in.TemplateID
	switch {
	case in.Off:
		c.Remaining = 0
	case in.Accept:
		c.Remaining++
	}
	e.Consent = &c
	if err := s.commit(e); err != nil {
		return c, err
	}
	s.tellAnswer(s.books.apps[in.AppID], c, in)
	return c, nil
}

type messageBody struct {
	ToUser     string                       `json:"touser"`
	TemplateID string                       `json:"template_id"`
	Page       string                       `json:"page"`
	Data       map[string]map[string]string `json:"data"`
	State      string                       `json:"miniprogram_state"`
	Lang       string                       `json:"lang"`
}

type messageAnswer struct {
	ErrCode int    `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
	MsgID   string `json:"msgid,omitempty"`
}

// sendMessage is POST /cgi-bin/message/subscribe/send.
func (s *Server) sendMessage(r *http.Request, body []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.checkToken(r)
	if err != nil {
		return nil, err
	}
	if !isJSON(r) {
		return nil, miniRefusal(40003) // the real endpoint misreads the body and says this
	}
	var in messageBody
	if err := decodeMini(body, messageFields(s.books.templates, app.AppID), &in); err != nil {
		return nil, err
	}
	if b, ok := s.books.buyers[in.ToUser]; !ok || b.AppID != app.AppID {
		return nil, miniRefusal(40003)
	}
	t, ok := s.books.templates[pair{app.AppID, in.TemplateID}]
	if !ok {
		return nil, miniRefusal(40037)
	}
	if err := checkMessage(app, t, in); err != nil {
		return nil, err
	}
	c := s.books.consents[pair{in.ToUser, in.TemplateID}]
	if c.Remaining < 1 {
		return nil, miniRefusal(43101)
	}
	c.Remaining--
	m := Message{
		AppID: app.AppID, OpenID: in.ToUser, TemplateID: in.TemplateID, Page: in.Page,
		State: orElse(in.State, "formal"), Data: map[string]string{}, MsgID: s.digits(19), SentAt: s.now().UTC(),
	}
	for k, v := range in.Data {
		m.Data[k] = v["value"]
	}
	if err := s.commit(entry{Consent: &c, Message: &m}); err != nil {
		return nil, err
	}
	s.tellReceipt(app, m)
	return messageAnswer{ErrCode: 0, ErrMsg: "ok", MsgID: m.MsgID}, nil
}

// messageFields allows under data whatever any template of the app names: a keyword of
// the wrong template is a 47003 that names it, not malformed JSON.
func messageFields(templates map[pair]Template, appID string) []field {
	names := map[string]bool{}
	for key, t := range templates {
		if key.owner == appID {
			for _, k := range t.Keywords {
				names[k] = true
			}
		}
	}
	value := []field{{name: "value", kind: kindString}}
	var data []field
	for _, name := range slices.Sorted(maps.Keys(names)) {
		data = append(data, field{name: name, kind: kindObject, fields: value})
	}
	return []field{
		{name: "touser", kind: kindString},
		{name: "template_id", kind: kindString},
		{name: "page", kind: kindString, maximum: 1024},
		{name: "data", kind: kindObject, fields: data},
		{name: "miniprogram_state", kind: kindString},
		{name: "lang", kind: kindString},
	}
}

func checkMessage(app App, t Template, in messageBody) error {
	for _, k := range t.Keywords {
		if v, ok := in.Data[k]["value"]; !ok || strings.TrimSpace(v) == "" {
			return miniRefusal(47003, "argument invalid! data."+k+".value is empty")
		}
	}
	for _, k := range slices.Sorted(maps.Keys(in.Data)) {
		if !slices.Contains(t.Keywords, k) || !validValue(k, in.Data[k]["value"]) {
			return miniRefusal(47003, "argument invalid! data."+k+".value invalid")
		}
	}
	if in.Page != "" {
		path, _, _ := strings.Cut(in.Page, "?")
		if !pagePattern.MatchString(in.Page) || (len(app.Pages) > 0 && !slices.Contains(app.Pages, path)) {
			return miniRefusal(41030)
		}
	}
	if !slices.Contains([]string{"", "developer", "trial", "formal"}, in.State) ||
		!slices.Contains([]string{"", "zh_CN", "en_US", "zh_HK", "zh_TW"}, in.Lang) {
		return miniRefusal(40097)
	}
	return nil
}

// validValue checks the documented limit of a keyword's type; nothing is cut to fit.
func validValue(keyword, value string) bool {
	switch strings.TrimRight(keyword, "0123456789") {
	case "thing":
		return utf8.RuneCountInString(value) <= thingLimit
	case "name":
		if strings.ContainsFunc(value, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			return utf8.RuneCountInString(value) <= nameHan
		}
		return utf8.RuneCountInString(value) <= nameLetters
	case "number":
		return numberPattern.MatchString(value)
	case "letter":
		return letterPattern.MatchString(value)
	case "symbol":
		return symbolPattern.MatchString(value)
	case "character_string":
		return stringPattern.MatchString(value)
	case "amount":
		return amountPattern.MatchString(value)
	case "phone_number":
		return telPattern.MatchString(value)
	case "car_number":
		return carPattern.MatchString(value)
	case "phrase":
		return phrasePattern.MatchString(value)
	case "time":
		return timePattern.MatchString(value)
	case "date":
		return datePattern.MatchString(value)
	default:
		return false
	}
}

// PhoneCode is what a button with open-type=getPhoneNumber gives: single use, five
// minutes, not the login code. phone is a mainland number of 11 digits.
func (s *Server) PhoneCode(appID, buyer, phone string) (string, error) {
	if _, err := strconv.ParseUint(phone, 10, 64); err != nil || len(phone) != 11 {
		return "", badControl(http.StatusBadRequest, "INVALID", "phone must have 11 digits")
	}
	return s.newCode(codePhone, appID, buyer, phone)
}

type phoneAnswer struct {
	ErrCode   int       `json:"errcode"`
	ErrMsg    string    `json:"errmsg"`
	PhoneInfo phoneInfo `json:"phone_info"`
}

type phoneInfo struct {
	PhoneNumber     string    `json:"phoneNumber"`
	PurePhoneNumber string    `json:"purePhoneNumber"`
	CountryCode     string    `json:"countryCode"`
	Watermark       watermark `json:"watermark"`
}

type watermark struct {
	Timestamp int64  `json:"timestamp"`
	AppID     string `json:"appid"`
}

// phoneNumber is POST /wxa/business/getuserphonenumber.
func (s *Server) phoneNumber(r *http.Request, body []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.checkToken(r)
	if err != nil {
		return nil, err
	}
	if !isJSON(r) {
		return nil, miniRefusal(47001, "data format error: Content-Type is not JSON")
	}
	var in struct {
		Code   string `json:"code"`
		OpenID string `json:"openid"`
	}
	if err := decodeMini(body, []field{{name: "code", kind: kindString}, {name: "openid", kind: kindString}}, &in); err != nil {
		return nil, err
	}
	c, err := s.usable(codePhone, in.Code)
	switch {
	case err != nil:
		return nil, err
	case c.AppID != app.AppID:
		return nil, miniRefusal(40013)
	case !c.UsedAt.IsZero():
		return nil, miniRefusal(40029)
	case in.OpenID != "" && in.OpenID != c.OpenID:
		return nil, miniRefusal(40003)
	}
	if err := s.useUp(c); err != nil {
		return nil, err
	}
	return phoneAnswer{ErrCode: 0, ErrMsg: "ok", PhoneInfo: phoneInfo{
		PhoneNumber: c.Phone, PurePhoneNumber: c.Phone, CountryCode: "86",
		Watermark: watermark{Timestamp: s.now().Unix(), AppID: app.AppID},
	}}, nil
}
