package alipaygw

import (
	"crypto/sha512"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	codeLife  = 5 * time.Minute
	tokenLife = 15 * 24 * time.Hour
)

// authCode is what my.getAuthCode leaves behind: single use, some minutes.
type authCode struct {
	Code   string    `json:"code"`
	AppID  string    `json:"app_id"`
	Buyer  string    `json:"buyer"`
	MadeAt time.Time `json:"made_at"`
	UsedAt time.Time `json:"used_at,omitzero"`
}

type tokenRow struct {
	AppID   string    `json:"app_id"`
	Buyer   string    `json:"buyer"`
	Access  string    `json:"access_token"`
	Refresh string    `json:"refresh_token"`
	MadeAt  time.Time `json:"made_at"`
}

// UserID is a buyer's number at the provider, the same in every app.
func UserID(buyer string) string { return "2088" + spell("user\x00"+buyer, "0123456789", 12) }

// OpenID is a buyer's name in one app.
func OpenID(appID, buyer string) string {
	return "0" + spell(appID+"\x00"+buyer, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 46)
}

func spell(of, alphabet string, n int) string {
	sum := sha512.Sum512([]byte(of))
	var b strings.Builder
	for _, c := range sum[:n] {
		b.WriteByte(alphabet[int(c)%len(alphabet)])
	}
	return b.String()
}

// Login is what my.getAuthCode does on the phone of a buyer (any name): it returns a code.
func (g *Gateway) Login(appID, buyer string) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.knowsApp(appID) {
		return "", badControl("there is no app %q", appID)
	}
	if buyer == "" || utf8.RuneCountInString(buyer) > 64 {
		return "", badControl("a buyer has a name of at most 64 characters")
	}
	code := authCode{Code: g.letters(32), AppID: appID, Buyer: buyer, MadeAt: g.now().UTC()}
	return code.Code, g.commit(entry{Buyer: newBuyer(appID, buyer), Code: &code})
}

func newBuyer(appID, name string) *Buyer {
	return &Buyer{AppID: appID, Name: name, UserID: UserID(name), OpenID: OpenID(appID, name)}
}

// knowsApp also knows Mini Programs that are bound to another app. g.mu must be held.
func (g *Gateway) knowsApp(appID string) bool {
	if _, ok := g.books.apps[appID]; ok {
		return true
	}
	for _, row := range g.books.apps {
		if (&appKeys{appRow: row}).bound(appID) {
			return true
		}
	}
	return false
}

type tokenAnswer struct {
	UserID      string `json:"user_id,omitempty"`
	OpenID      string `json:"open_id,omitempty"`
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
	Refresh     string `json:"refresh_token"`
	ReExpiresIn int    `json:"re_expires_in"`
	AuthStart   string `json:"auth_start"`
}

// oauthToken is alipay.system.oauth.token.
func (g *Gateway) oauthToken(c *call) (any, *refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, row := g.now(), tokenRow{AppID: c.keys.AppID}
	var used *authCode
	if c.text("grant_type") == "authorization_code" {
		code, ok := g.books.codes[c.text("code")]
		if !ok || code.AppID != c.keys.AppID || !code.UsedAt.IsZero() || now.Sub(code.MadeAt) > codeLife {
			return nil, invalid("isv.code-invalid", "授权码code无效")
		}
		code.UsedAt = now.UTC()
		used, row.Buyer = &code, code.Buyer
	} else {
		old, ok := g.books.tokens[c.text("refresh_token")]
		if !ok || old.Refresh != c.text("refresh_token") || old.AppID != c.keys.AppID || now.Sub(old.MadeAt) > tokenLife {
			return nil, &refusal{code: "20001", sub: "aop.invalid-auth-token", text: "无效的访问令牌", unsigned: true}
		}
		row.Buyer = old.Buyer
	}
	row.Access, row.Refresh, row.MadeAt = "authbseB"+g.letters(32), "authbseR"+g.letters(32), now.UTC()
	a := tokenAnswer{AccessToken: row.Access, ExpiresIn: 1296000, Refresh: row.Refresh, ReExpiresIn: 2592000, AuthStart: clockText(now)}
	a.OpenID, a.UserID = g.callerID(c.keys, row.Buyer)
	return a, g.keep(entry{Code: used, Token: &row})
}

// PhoneInput asks for what my.getPhoneNumber gives the page.
type PhoneInput struct {
	AppID   string `json:"app_id"`
	Phone   string `json:"phone"`
	Refused bool   `json:"refused,omitempty"` // the app may not ask, or the buyer said no
}

// Phone is what my.getPhoneNumber gives the page: a JSON text with the number sealed by the
// app's AES key, signed over the sealed text together with its quotes.
func (g *Gateway) Phone(in PhoneInput) (string, error) {
	g.mu.Lock()
	keys := g.keysOf(in.AppID)
	g.mu.Unlock()
	if keys == nil {
		return "", badControl("there is no app %q", in.AppID)
	}
	answer := map[string]any{"sign_type": "RSA2", "encrypt_type": "AES", "charset": "UTF-8"}
	if in.Refused {
		answer["response"] = map[string]string{
			"code": "40003", "msg": "Insufficient Conditions", "subCode": "isv.invalid-auth-relations", "subMsg": "无效的授权关系",
		}
		raw, err := json.Marshal(answer)
		return string(raw), err
	}
	sealed, err := sealAES(keys.AESKey, encode(map[string]string{"code": "10000", "msg": "Success", "mobile": in.Phone}))
	if err != nil {
		return "", err
	}
	answer["response"] = sealed
	if answer["sign"], err = signBase64(keys.alipay, `"`+sealed+`"`); err != nil {
		return "", err
	}
	raw, err := json.Marshal(answer)
	return string(raw), err
}
