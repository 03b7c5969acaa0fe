package sandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"galleria/payments/sandbox/internal/qrcode"
)

// Of getwxacodeunlimit.
const (
	sceneLimit    = 32
	codeLeast     = 280 // pixels
	codeMost      = 1280
	codeDefault   = 430
	codePerMinute = 5000
)

// sceneRunes are the characters of a scene besides letters and digits.
const sceneRunes = "!#$&'()*+,/:;=?@-._~"

var codePagePattern = regexp.MustCompile(`^[0-9A-Za-z_\-]+(/[0-9A-Za-z_\-]+)*$`)

// codePicture is a PNG.
type codePicture []byte

type codeBody struct {
	Scene      string `json:"scene"`
	Page       string `json:"page"`
	CheckPath  *bool  `json:"check_path"`
	EnvVersion string `json:"env_version"`
	Width      *int64 `json:"width"`
}

// unlimitedCode is POST /wxa/getwxacodeunlimit. What it draws is a QR code that says what a phone
// would open. A page is released unless it lies in a folder that is called draft.
func (s *Server) unlimitedCode(r *http.Request, body []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.checkToken(r)
	if err != nil {
		return nil, err
	}
	var in codeBody
	err = decodeMini(body, []field{
		{name: "scene", kind: kindString, required: true},
		{name: "page", kind: kindString},
		{name: "check_path", kind: kindBool},
		{name: "env_version", kind: kindString},
		{name: "width", kind: kindInteger},
		{name: "auto_color", kind: kindBool},
		{name: "is_hyaline", kind: kindBool},
	}, &in)
	if err != nil {
		return nil, err
	}
	width := int64(codeDefault)
	if in.Width != nil {
		width = *in.Width
	}
	if err := in.check(width); err != nil {
		return nil, err
	}
	if !s.mayDraw(app.AppID) {
		return nil, miniRefusal(45009)
	}
	picture, err := qrcode.Draw("weixin://app/"+app.AppID+"/"+in.Page+"?scene="+in.Scene+"&env="+in.EnvVersion, int(width))
	return codePicture(picture), err
}

func (in codeBody) check(width int64) error {
	checked := in.CheckPath == nil || *in.CheckPath
	switch {
	case in.Scene == "" || len(in.Scene) > sceneLimit:
		return miniRefusal(40169)
	case strings.ContainsFunc(in.Scene, func(r rune) bool { return !sceneRune(r) }):
		return miniRefusal(40129)
	case in.EnvVersion != "" && !slices.Contains([]string{"release", "trial", "develop"}, in.EnvVersion):
		return miniRefusal(40129)
	case in.Page != "" && !codePagePattern.MatchString(in.Page):
		return miniRefusal(41030)
	case checked && strings.Contains("/"+in.Page, "/draft/"):
		return miniRefusal(41030)
	case width < codeLeast || width > codeMost:
		return miniRefusal(40097)
	}
	return nil
}

func sceneRune(r rune) bool {
	return (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || strings.ContainsRune(sceneRunes, r)
}

// mayDraw counts an app's codes of the last minute. s.mu must be held.
func (s *Server) mayDraw(appID string) bool {
	now := s.now()
	recent := slices.DeleteFunc(s.drawn[appID], func(at time.Time) bool { return now.Sub(at) >= time.Minute })
	if len(recent) >= codePerMinute {
		s.drawn[appID] = recent
		return false
	}
	s.drawn[appID] = append(recent, now)
	return true
}
