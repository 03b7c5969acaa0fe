package sandbox

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of msg_sec_check.
const (
	contentLimit  = 2500 // characters
	contentRecent = 2 * time.Hour
	checkVersion  = 2
	scenes        = 4
	labelNormal   = 100
)

// suspicion is a word that the check stumbles over, what it then suggests, and its label.
type suspicion struct {
	word, suggest string
	label         int
}

func suspicious() []suspicion {
	return []suspicion{
		{"加微信", "risky", 10001}, //nolint:gosmopolitan // what buyers write is Chinese
		{"赌场", "risky", 20006},  //nolint:gosmopolitan // what buyers write is Chinese
		{"傻瓜", "risky", 20003},  //nolint:gosmopolitan // what buyers write is Chinese
		{"骗子", "review", 20008}, //nolint:gosmopolitan // what buyers write is Chinese
	}
}

type contentBody struct {
	Version   int    `json:"version"`
	Scene     int    `json:"scene"`
	OpenID    string `json:"openid"`
	Content   string `json:"content"`
	Nickname  string `json:"nickname"`
	Title     string `json:"title"`
	Signature string `json:"signature"`
}

type contentAnswer struct {
	ErrCode int           `json:"errcode"`
	ErrMsg  string        `json:"errmsg"`
	TraceID string        `json:"trace_id"`
	Result  contentResult `json:"result"`
}

type contentResult struct {
	Suggest string `json:"suggest"`
	Label   int    `json:"label"`
}

// checkAuthor refuses a scene that there is not, and a buyer of another app or of long ago. The
// caller holds the lock.
func (s *Server) checkAuthor(app App, scene int, openID string) error {
	if scene < 1 || scene > scenes {
		return miniRefusal(40129)
	}
	if b, ok := s.books.buyers[openID]; !ok || b.AppID != app.AppID {
		return miniRefusal(40003)
	}
	if s.now().Sub(s.lastUse(openID)) > contentRecent {
		return miniRefusal(61010)
	}
	return nil
}

// checkText is POST /wxa/msg_sec_check, version 2.
func (s *Server) checkText(r *http.Request, body []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.checkToken(r)
	if err != nil {
		return nil, err
	}
	var in contentBody
	err = decodeMini(body, []field{
		{name: "version", kind: kindInteger, required: true},
		{name: "scene", kind: kindInteger, required: true},
		{name: "openid", kind: kindString, required: true},
		{name: "content", kind: kindString, required: true},
		{name: "nickname", kind: kindString},
		{name: "title", kind: kindString},
		{name: "signature", kind: kindString},
	}, &in)
	switch {
	case err != nil:
		return nil, err
	case in.Version != checkVersion || in.Content == "" || utf8.RuneCountInString(in.Content) > contentLimit:
		return nil, miniRefusal(47001)
	}
	if err := s.checkAuthor(app, in.Scene, in.OpenID); err != nil {
		return nil, err
	}
	found := contentResult{Suggest: "pass", Label: labelNormal}
	for _, w := range suspicious() {
		if strings.Contains(in.Content+in.Nickname+in.Title+in.Signature, w.word) {
			found = contentResult{Suggest: w.suggest, Label: w.label}
			break
		}
	}
	return contentAnswer{ErrCode: 0, ErrMsg: "ok", TraceID: s.hexLower(8) + "-" + s.hexLower(16), Result: found}, nil
}

// lastUse is when a person last opened the app, as far as logins tell. s.mu must be held.
func (s *Server) lastUse(openid string) (at time.Time) {
	for _, c := range s.books.codes {
		if c.OpenID == openid && c.UsedAt.After(at) {
			at = c.UsedAt
		}
	}
	return at
}
