package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/member"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/web/auth"
)

// Members is the member service; *member.Service is one.
type Members interface {
	auth.Members
	Login(ctx context.Context, id tenant.ID, in member.LoginInput) (member.Tokens, error)
	Refresh(ctx context.Context, id tenant.ID, appID tenant.AppID, refreshToken string) (member.Tokens, error)
	Logout(ctx context.Context, id tenant.ID, sessionID int64) error
	Get(ctx context.Context, id tenant.ID, memberID int64) (member.Member, error)
	Addresses(ctx context.Context, id tenant.ID, memberID int64) ([]member.Address, error)
	AddAddress(ctx context.Context, id tenant.ID, memberID int64, in member.AddressInput) (member.Address, error)
	UpdateAddress(ctx context.Context, id tenant.ID, memberID, addressID int64, in member.AddressInput) (member.Address, error)
	SetPhone(ctx context.Context, id tenant.ID, memberID int64, phone string) (hint string, err error)
	DeleteAddress(ctx context.Context, id tenant.ID, memberID, addressID int64) error
}

// Logins asks the provider who is behind a login code; *miniprogram.Service is one.
type Logins interface {
	Login(ctx context.Context, id tenant.ID, app tenant.AppID, code string) (miniprogram.Session, error)
	PhoneNumber(ctx context.Context, id tenant.ID, app tenant.AppID, given string) (string, error)
}

// Tokens is a session's keys.
type Tokens struct {
	AccessToken      string `json:"access_token" doc:"Send as Authorization: Bearer. Opaque." example:"m_k3v9x2m7q1za_…"`
	RefreshToken     string `json:"refresh_token" doc:"Exchanges for a new pair, once." example:"r_k3v9x2m7q1za_…"`
	ExpiresIn        int64  `json:"expires_in" doc:"Life of the access token, seconds." example:"7200"`
	RefreshExpiresIn int64  `json:"refresh_expires_in" doc:"Life of the refresh token, seconds." example:"2592000"`
}

// Member is the buyer.
type Member struct {
	ID        int64     `json:"id" example:"42"`
	Nickname  string    `json:"nickname" example:"小满"`
	Avatar    string    `json:"avatar" example:""`
	Phone     string    `json:"phone" example:"138****8000" doc:"Masked; empty until the buyer has given one."`
	CreatedAt time.Time `json:"created_at"`
	// LeavingAt is set for a member who has asked to leave.
	LeavingAt *time.Time `json:"leaving_at,omitempty" nullable:"false" doc:"When the account will be closed; absent unless that was asked for."`
}

// Login is the answer to a log-in.
type Login struct {
	Tokens
	Member Member `json:"member"`
	IsNew  bool   `json:"is_new" doc:"This log-in made the member."`
}

type loginInput struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"256" doc:"What wx.login gave, or my.getAuthCode in an Alipay Mini Program; good once, for a few minutes." example:"0a3bXk000…"`
	}
}

type loginOutput struct{ Body Login }

type refreshInput struct {
	Body struct {
		RefreshToken string `json:"refresh_token" minLength:"1" maxLength:"256"`
	}
}

type tokensOutput struct{ Body Tokens }

type none struct{}

type memberOutput struct{ Body Member }

func (a *API) loginRoutes() {
	add(a, route{
		method: http.MethodPost, path: "/auth/login", id: "login", tag: tagSession, class: classLogin,
		summary: "Log in with a code of wx.login or my.getAuthCode",
		description: "The server asks the provider who the buyer is, finds or creates the member and opens a session that is bound to " +
			"this shop and this Mini Program. `session_key` never leaves the server.",
		errors: []*fault.Error{
			miniprogram.ErrCode, miniprogram.ErrBlocked, member.ErrBlocked, miniprogram.ErrConfiguration,
			miniprogram.ErrProviderBusy, miniprogram.ErrProviderTimeout, miniprogram.ErrBadResponse,
		},
	}, a.login)
	add(a, route{
		method: http.MethodPost, path: "/auth/refresh", id: "refresh", tag: tagSession, class: classLogin,
		summary:     "Exchange a refresh token for a new pair",
		description: "A refresh token is good once. Using one again ends the session: somebody else may have it.",
		errors:      []*fault.Error{member.ErrAuthInvalid, member.ErrBlocked},
	}, a.refresh)
	add(a, route{
		method: http.MethodPost, path: "/auth/logout", id: "logout", tag: tagSession, class: classWrite, member: true,
		summary: "End this session", status: http.StatusNoContent,
	}, a.logout)
}

func (a *API) memberRoutes() {
	add(a, route{method: http.MethodGet, path: "/me", id: "getMe", tag: tagSession, member: true, summary: "The buyer of this session"}, a.me)
}

func (a *API) login(ctx context.Context, in *loginInput) (*loginOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	session, err := a.d.Logins.Login(ctx, who.tenant, who.app, in.Body.Code)
	if err != nil {
		return nil, err
	}
	tokens, err := a.d.Members.Login(ctx, who.tenant, member.LoginInput{AppID: who.app, OpenID: session.OpenID, UnionID: session.UnionID})
	if err != nil {
		return nil, err
	}
	m, err := a.d.Members.Get(ctx, who.tenant, tokens.MemberID)
	if err != nil {
		return nil, err
	}
	return &loginOutput{Login{Tokens: toTokens(tokens), Member: toMember(m), IsNew: tokens.IsNew}}, nil
}

func (a *API) refresh(ctx context.Context, in *refreshInput) (*tokensOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := a.d.Members.Refresh(ctx, who.tenant, who.app, in.Body.RefreshToken)
	if err != nil {
		return nil, err
	}
	return &tokensOutput{toTokens(tokens)}, nil
}

func (a *API) logout(ctx context.Context, _ *none) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Members.Logout(ctx, who.tenant, who.session)
}

func (a *API) me(ctx context.Context, _ *none) (*memberOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	m, err := a.d.Members.Get(ctx, who.tenant, who.member)
	if err != nil {
		return nil, err
	}
	return &memberOutput{toMember(m)}, nil
}

func toTokens(t member.Tokens) Tokens {
	return Tokens{
		AccessToken: t.AccessToken, RefreshToken: t.RefreshToken,
		ExpiresIn: int64(member.AccessTTL / time.Second), RefreshExpiresIn: int64(member.RefreshTTL / time.Second),
	}
}

func toMember(m member.Member) Member {
	return Member{ID: m.ID, Nickname: m.Nickname, Avatar: m.Avatar, Phone: m.PhoneHint, CreatedAt: m.CreatedAt, LeavingAt: m.LeaveAt}
}
