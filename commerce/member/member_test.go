package member_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/member"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// statements counts the SQL a test causes, without the routing around it.
type statements struct{ n atomic.Int64 }

func (s *statements) add(sql string) {
	for _, routing := range []string{"begin", "commit", "rollback", "select set_config('role'"} {
		if strings.HasPrefix(sql, routing) {
			return
		}
	}
	s.n.Add(1)
}

func (s *statements) take() int64 { return s.n.Swap(0) }

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.add(d.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.add(d.SQL)
}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// world is one shop with a Mini Program and its members.
type world struct {
	*tenanttest.Env
	*member.Service
	id   tenant.ID
	app  tenant.AppID
	seen *statements
}

func newWorld(t *testing.T, options ...tenanttest.Option) *world {
	t.Helper()
	seen := &statements{}
	env := tenanttest.New(t, append(options, tenanttest.WithTracer(seen))...)
	return &world{
		Env: env, Service: member.New(member.Deps{
			DB: env.DB, Now: env.Clock().Now, Rand: rand.Reader, Vault: env.Vault,
			Audit: env.Audit, Outbox: env.Outbox, Timers: env.Timers, Belongings: func() []member.Belongings { return nil },
		}),
		id: env.Tenant.ID, app: env.App(t, env.Tenant).ID, seen: seen,
	}
}

func (w *world) login(t *testing.T, openID string) member.Tokens {
	t.Helper()
	tokens, err := w.Login(t.Context(), w.id, member.LoginInput{AppID: w.app, OpenID: openID})
	if err != nil {
		t.Fatalf("login: %v", err)
	}
	return tokens
}

// scalar asks for one number in the shop.
func (w *world) scalar(t *testing.T, sql string, args ...any) (n int64) {
	t.Helper()
	err := w.DB.InTenant(t.Context(), w.id, func(tx tenantdb.Tx) error { return tx.QueryRow(t.Context(), sql, args...).Scan(&n) })
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// authentic reports the fault code of Authenticate, empty for success.
func (w *world) authentic(t *testing.T, token string) string {
	t.Helper()
	_, err := w.Authenticate(t.Context(), w.id, w.app, token)
	if err == nil {
		return ""
	}
	return fault.CodeOf(err)
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); err == nil || got != code {
		t.Errorf("got error %v (code %s), want code %s", err, got, code)
	}
}

func TestLoginMakesTheMemberOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, again := w.login(t, "openid-a"), w.login(t, "openid-a")
	if !first.IsNew || again.IsNew || first.MemberID != again.MemberID {
		t.Errorf("got %+v, then %+v", first, again)
	}
	if first.AccessToken == again.AccessToken || first.RefreshToken == again.RefreshToken {
		t.Error("two logins share a token")
	}
	for _, token := range []string{first.AccessToken, again.AccessToken} {
		who, err := w.Authenticate(t.Context(), w.id, w.app, token)
		if err != nil || who.MemberID != first.MemberID || who.OpenID != "openid-a" {
			t.Errorf("got %+v, %v", who, err)
		}
	}
	if ttl := time.Until(first.AccessExpiresAt); ttl < 119*time.Minute || ttl > 121*time.Minute {
		t.Errorf("the access token lives %s, want 2 h", ttl)
	}
	if ttl := time.Until(first.RefreshExpiresAt); ttl < 719*time.Hour || ttl > 721*time.Hour {
		t.Errorf("the refresh token lives %s, want 30 d", ttl)
	}
	got, err := w.Get(t.Context(), w.id, first.MemberID)
	if err != nil || got.Status != member.Active || got.ID != first.MemberID {
		t.Errorf("got member %+v, %v", got, err)
	}
	_, err = w.Get(t.Context(), w.id, 999_999)
	wantCode(t, err, "NOT_FOUND")
}

// All twenty find nobody before any of them may write (with a unionid they would come one
// after the other): the table is closed to writers
// until each waits at it.
func TestT012ParallelFirstLoginsMakeOneMember(t *testing.T) {
	t.Parallel()
	const logins = 20
	w := newWorld(t, tenanttest.WithConfig(func(c *tenantdb.Config) { c.LaneConns, c.LockTimeout = logins, 30*time.Second }))
	gate, err := pgx.Connect(t.Context(), w.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = gate.Close(context.WithoutCancel(t.Context())) }()
	if _, err := gate.Exec(t.Context(), fmt.Sprintf("BEGIN; LOCK TABLE %s.member_identity IN SHARE MODE", w.id)); err != nil {
		t.Fatal(err)
	}

	ids := make([]int64, logins)
	var fresh atomic.Int64
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			tokens, err := w.Login(t.Context(), w.id, member.LoginInput{AppID: w.app, OpenID: "openid-race"})
			if err != nil {
				t.Error(err)
			}
			ids[i] = tokens.MemberID
			if tokens.IsNew {
				fresh.Add(1)
			}
		})
	}
	w.waitForLocks(t, gate, logins)
	if _, err := gate.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("got members %v, want one", ids)
		}
	}
	members, sessions := w.scalar(t, "SELECT count(*) FROM member"), w.scalar(t, "SELECT count(*) FROM member_session")
	if members != 1 || sessions != logins || fresh.Load() != 1 {
		t.Errorf("got %d members, %d sessions, %d new; want 1, %d, 1", members, sessions, fresh.Load(), logins)
	}
}

// waitForLocks returns when so many transactions wait at the shop's member_identity.
func (w *world) waitForLocks(t *testing.T, conn *pgx.Conn, want int) {
	t.Helper()
	waiting := 0
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::regclass", w.id.String()+".member_identity").Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		if waiting == want {
			return
		}
	}
	t.Errorf("%d of %d logins wait", waiting, want)
}

func TestIdentitiesOfTwoAppsAreNotJoined(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.App(t, w.Tenant).ID
	a := w.login(t, "same-openid")
	b, err := w.Login(t.Context(), w.id, member.LoginInput{AppID: second, OpenID: "same-openid", UnionID: "u"})
	if err != nil || b.MemberID == a.MemberID {
		t.Errorf("got member %d for both apps, %v", b.MemberID, err)
	}
	_, err = w.Authenticate(t.Context(), w.id, second, a.AccessToken)
	wantCode(t, err, "AUTH_INVALID")
	_, err = w.Refresh(t.Context(), w.id, second, a.RefreshToken)
	wantCode(t, err, "AUTH_INVALID")
	if code := w.authentic(t, a.AccessToken); code != "" {
		t.Errorf("in its own app: %s", code)
	}
	if _, err := w.Refresh(t.Context(), w.id, w.app, a.RefreshToken); err != nil {
		t.Errorf("the session did not survive use in another app: %v", err)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error {
		openID, err := w.OpenID(t.Context(), tx, b.MemberID, second.String())
		if err != nil || openID != "same-openid" {
			t.Errorf("got openid %q, %v", openID, err)
		}
		_, err = w.OpenID(t.Context(), tx, b.MemberID, w.app.String())
		wantCode(t, err, "NOT_FOUND")
		return nil
	})
}

func TestLoginRefusesHalfAnIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, openID := range []string{"", strings.Repeat("x", 129)} {
		_, err := w.Login(t.Context(), w.id, member.LoginInput{AppID: w.app, OpenID: openID})
		wantCode(t, err, "VALIDATION")
	}
}

func TestT001TokenOfAnotherShopReadsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.OpenShop(t)
	tokens := w.login(t, "openid-a")
	if _, err := w.Login(t.Context(), other.ID, member.LoginInput{AppID: w.app, OpenID: "openid-a"}); err != nil {
		t.Fatal(err)
	}
	w.seen.take()
	_, err := w.Authenticate(t.Context(), other.ID, w.app, tokens.AccessToken)
	wantCode(t, err, "AUTH_INVALID")
	_, err = w.Refresh(t.Context(), other.ID, w.app, tokens.RefreshToken)
	wantCode(t, err, "AUTH_INVALID")
	if n := w.seen.take(); n != 0 {
		t.Errorf("a token of another shop caused %d statements, want none", n)
	}
	if code := w.authentic(t, tokens.AccessToken); code != "" {
		t.Errorf("in its own shop: %s", code)
	}
}

func TestAuthenticateRefusesWhatIsNoToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := w.login(t, "openid-a")
	cases := map[string]struct{ token, code string }{
		"none":                 {"", "AUTH_REQUIRED"},
		"blank":                {" ", "AUTH_INVALID"},
		"cut":                  {tokens.AccessToken[:40], "AUTH_INVALID"},
		"longer":               {tokens.AccessToken + "A", "AUTH_INVALID"},
		"upper case":           {strings.ToUpper(tokens.AccessToken), "AUTH_INVALID"},
		"unknown":              {tokens.AccessToken[:15] + strings.Repeat("A", 43), "AUTH_INVALID"},
		"the refresh token":    {tokens.RefreshToken, "AUTH_INVALID"},
		"head only":            {tokens.AccessToken[:15], "AUTH_INVALID"},
		"NUL":                  {tokens.AccessToken[:57] + "\x00", "AUTH_INVALID"},
		"quote":                {tokens.AccessToken[:50] + "' OR 1=1", "AUTH_INVALID"},
		"megabyte":             {strings.Repeat("m", 1<<20), "AUTH_INVALID"},
		"refresh as an access": {"m_" + tokens.RefreshToken[2:], "AUTH_INVALID"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := w.authentic(t, c.token); got != c.code {
				t.Errorf("got %s, want %s", got, c.code)
			}
		})
	}
}

func TestOnlyHashesAreStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := w.login(t, "openid-a")
	for _, secret := range []string{tokens.AccessToken[15:], tokens.RefreshToken[15:37], tokens.RefreshToken[37:]} {
		found := w.scalar(t, `SELECT count(*) FROM member_session s
			WHERE s::text LIKE '%' || $1 || '%' OR s::text LIKE '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%'`, secret)
		if found != 0 {
			t.Errorf("%q stands in the table", secret)
		}
	}
}

func TestAuthenticateRemembersForFiveSeconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := w.login(t, "openid-a")
	w.Clock().Set(time.Now())
	count := func(want int64) {
		t.Helper()
		w.seen.take()
		if code := w.authentic(t, tokens.AccessToken); code != "" {
			t.Fatal(code)
		}
		if n := w.seen.take(); n != want {
			t.Errorf("took %d statements, want %d", n, want)
		}
	}
	count(1)
	count(0)
	w.Clock().Advance(4900 * time.Millisecond)
	count(0)
	w.Clock().Advance(200 * time.Millisecond)
	count(1)

	w.Owner(t, fmt.Sprintf("UPDATE %s.member_session SET access_expires_at = now() - interval '1 second'", w.id))
	w.Clock().Advance(6 * time.Second)
	if code := w.authentic(t, tokens.AccessToken); code != "AUTH_INVALID" {
		t.Errorf("expired: got %q, want AUTH_INVALID", code)
	}
	if _, err := w.Refresh(t.Context(), w.id, w.app, tokens.RefreshToken); err != nil {
		t.Errorf("refresh after the access token expired: %v", err)
	}
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.login(t, "openid-a")
	if code := w.authentic(t, old.AccessToken); code != "" { // and so remembered
		t.Fatal(code)
	}
	fresh, err := w.Refresh(t.Context(), w.id, w.app, old.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if fresh.MemberID != old.MemberID || fresh.AccessToken == old.AccessToken || fresh.RefreshToken == old.RefreshToken || fresh.IsNew {
		t.Errorf("got %+v after %+v", fresh, old)
	}
	if code := w.authentic(t, fresh.AccessToken); code != "" {
		t.Errorf("the new token: %s", code)
	}
	if code := w.authentic(t, old.AccessToken); code != "AUTH_INVALID" {
		t.Errorf("the old token: got %q, want AUTH_INVALID", code)
	}
	w.Owner(t, fmt.Sprintf("UPDATE %s.member_session SET refresh_expires_at = now() - interval '1 second'", w.id))
	_, err = w.Refresh(t.Context(), w.id, w.app, fresh.RefreshToken)
	wantCode(t, err, "AUTH_INVALID")
}

func TestUsedRefreshTokenEndsTheSession(t *testing.T) {
	t.Parallel()
	for _, rotations := range []int{1, 2, 5} {
		t.Run(fmt.Sprintf("after %d rotations", rotations), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			stolen, bystander := w.login(t, "openid-a"), w.login(t, "openid-a")
			current := stolen
			for range rotations {
				var err error
				if current, err = w.Refresh(t.Context(), w.id, w.app, current.RefreshToken); err != nil {
					t.Fatal(err)
				}
			}
			if code := w.authentic(t, current.AccessToken); code != "" {
				t.Fatal(code)
			}
			_, err := w.Refresh(t.Context(), w.id, w.app, stolen.RefreshToken)
			wantCode(t, err, "AUTH_INVALID")
			if code := w.authentic(t, current.AccessToken); code != "AUTH_INVALID" {
				t.Errorf("the session goes on: got %q", code)
			}
			_, err = w.Refresh(t.Context(), w.id, w.app, current.RefreshToken)
			wantCode(t, err, "AUTH_INVALID")
			if code := w.authentic(t, bystander.AccessToken); code != "" {
				t.Errorf("another session of the member ended too: %s", code)
			}
		})
	}
}

func TestParallelRefreshesGiveOnePair(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := w.login(t, "openid-a")
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			_, err := w.Refresh(t.Context(), w.id, w.app, tokens.RefreshToken)
			switch {
			case err == nil:
				won.Add(1)
			case fault.CodeOf(err) != "AUTH_INVALID":
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 10 uses of one refresh token gave tokens, want 1", won.Load())
	}
	if n := w.scalar(t, "SELECT count(*) FROM member_session WHERE revoked_at IS NULL"); n != 0 {
		t.Errorf("%d sessions go on after the reuse, want none", n)
	}
}

func TestLogoutEndsBothTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := w.login(t, "openid-a")
	who, err := w.Authenticate(t.Context(), w.id, w.app, tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Logout(t.Context(), w.id, who.SessionID); err != nil {
			t.Fatal(err)
		}
	}
	if code := w.authentic(t, tokens.AccessToken); code != "AUTH_INVALID" {
		t.Errorf("access token: got %q, want AUTH_INVALID", code)
	}
	_, err = w.Refresh(t.Context(), w.id, w.app, tokens.RefreshToken)
	wantCode(t, err, "AUTH_INVALID")
	wantCode(t, w.Logout(t.Context(), w.id, 999_999), "NOT_FOUND")
}

func TestBlockedMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := w.login(t, "openid-a")
	w.Owner(t, fmt.Sprintf("UPDATE %s.member SET status = 'blocked'", w.id))
	if code := w.authentic(t, tokens.AccessToken); code != "MEMBER_BLOCKED" {
		t.Errorf("authenticate: got %q, want MEMBER_BLOCKED", code)
	}
	_, err := w.Refresh(t.Context(), w.id, w.app, tokens.RefreshToken)
	wantCode(t, err, "MEMBER_BLOCKED")
	_, err = w.Login(t.Context(), w.id, member.LoginInput{AppID: w.app, OpenID: "openid-a"})
	wantCode(t, err, "MEMBER_BLOCKED")
}

func TestStatementsPerCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seen.take()
	tokens := w.login(t, "openid-a")
	first := w.seen.take()
	w.login(t, "openid-a")
	again := w.seen.take()
	if _, err := w.Refresh(t.Context(), w.id, w.app, tokens.RefreshToken); err != nil {
		t.Fatal(err)
	}
	refresh := w.seen.take()
	if _, err := w.Get(t.Context(), w.id, tokens.MemberID); err != nil {
		t.Fatal(err)
	}
	get := w.seen.take()
	if first != 4 || again != 2 || refresh != 2 || get != 1 {
		t.Errorf("first login %d, login %d, refresh %d, get %d statements; want 4, 2, 2, 1", first, again, refresh, get)
	}
}
