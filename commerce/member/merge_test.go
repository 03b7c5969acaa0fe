package member_test

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"testing"
	"time"

	"galleria/commerce/member"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// appOf gives the shop one more Mini Program of a provider.
func (w *world) appOf(t *testing.T, provider tenant.Provider) tenant.AppID {
	t.Helper()
	app := w.App(t, w.Tenant)
	w.credential(t, app.ID, provider)
	return app.ID
}

func (w *world) credential(t *testing.T, app tenant.AppID, provider tenant.Provider) {
	t.Helper()
	w.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO app_credential (app_id, provider, secret_sealed, secret_last4) VALUES ($1, $2, '\\x00', 'xxxx')", app.String(), string(provider))
		return err
	})
}

func (w *world) loginAs(t *testing.T, app tenant.AppID, openID, unionID string) member.Tokens {
	t.Helper()
	tokens, err := w.Login(t.Context(), w.id, member.LoginInput{AppID: app, OpenID: openID, UnionID: unionID})
	if err != nil {
		t.Fatalf("login: %v", err)
	}
	return tokens
}

func (w *world) status(t *testing.T, memberID int64) (s string) {
	t.Helper()
	w.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT status FROM member WHERE id = $1", memberID).Scan(&s)
	})
	return s
}

func TestStatusesFitTheSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var allowed []string
	w.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT array_agg(m[1] ORDER BY m[1]) FROM pg_constraint c, regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''', 'g') m
			WHERE c.conname = 'member_status' AND c.conrelid = 'member'::regclass`).Scan(&allowed)
	})
	var ours []string
	for _, s := range member.Statuses() {
		ours = append(ours, string(s))
	}
	slices.Sort(ours)
	if !slices.Equal(allowed, ours) {
		t.Errorf("the schema allows %v, the code knows %v", allowed, ours)
	}
}

// A unionid that the provider names in a second app is the same person: the new identity
// belongs to the member there is, and the count of statements of a known login stays.
func TestUnionIDJoinsApps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.credential(t, w.app, tenant.WeChat)
	second, alipay := w.appOf(t, tenant.WeChat), w.appOf(t, tenant.Alipay)
	first := w.loginAs(t, w.app, "o-1", "union-1")
	again := w.loginAs(t, second, "o-2", "union-1")
	if again.IsNew || again.MemberID != first.MemberID {
		t.Errorf("got %+v, want one more identity of %d", again, first.MemberID)
	}
	// The same text from another provider, no text, and another person are nobody known.
	for name, got := range map[string]member.Tokens{
		"another provider": w.loginAs(t, alipay, "a-1", "union-1"),
		"no unionid":       w.loginAs(t, second, "o-3", ""),
		"another unionid":  w.loginAs(t, second, "o-4", "union-2"),
	} {
		if !got.IsNew || got.MemberID == first.MemberID {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	w.seen.take()
	w.loginAs(t, second, "o-2", "union-1")
	if n := w.seen.take(); n != 2 {
		t.Errorf("a known login took %d statements, want 2", n)
	}
}

// Two members who turn out to be one person become the older one, with what both had; the
// younger one's session goes on as the older one.
func TestMergeMovesEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.credential(t, w.app, tenant.WeChat)
	second := w.appOf(t, tenant.WeChat)
	older, younger := w.loginAs(t, w.app, "o-1", ""), w.loginAs(t, second, "o-2", "union-1")
	mine := w.addAddress(t, older.MemberID, true)
	w.addAddress(t, younger.MemberID, true)
	if err := w.SetTags(t.Context(), w.id, younger.MemberID, []string{"常客"}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if err := w.SetNote(t.Context(), w.id, younger.MemberID, "喜欢深烘", "staff:1"); err != nil {
		t.Fatal(err)
	}
	if got := w.authenticOn(t, second, younger.AccessToken); got != younger.MemberID {
		t.Fatalf("the younger is %d", got)
	}
	for range 2 { // the second time there is nothing left to do
		if got := w.loginAs(t, w.app, "o-1", "union-1"); got.MemberID != older.MemberID || got.IsNew {
			t.Fatalf("got %+v, want %d", got, older.MemberID)
		}
	}
	if got := w.status(t, younger.MemberID); got != string(member.Merged) {
		t.Errorf("the younger is %s", got)
	}
	if got := w.authenticOn(t, second, younger.AccessToken); got != older.MemberID {
		t.Errorf("the younger's session is of %d, want %d", got, older.MemberID)
	}
	if all, defaults := w.book(t, older.MemberID); len(all) != 2 || !slices.Equal(defaults, []int64{mine.ID}) {
		t.Errorf("addresses %v, defaults %v", all, defaults)
	}
	for what, sql := range map[string]string{
		"tags":     "SELECT count(*) FROM member_tag WHERE member_id = $1 AND tag = '常客'",
		"note":     "SELECT count(*) FROM member WHERE id = $1 AND note = '喜欢深烘'",
		"identity": "SELECT count(*) - 1 FROM member_identity WHERE member_id = $1",
	} {
		if n := w.scalar(t, sql, older.MemberID); n != 1 {
			t.Errorf("%s: %d", what, n)
		}
	}
	if n := w.audited(t, "member.merged"); n != 1 {
		t.Errorf("%d entries of the merge, want 1", n)
	}
}

func (w *world) audited(t *testing.T, action string) (n int64) {
	t.Helper()
	w.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.audit_log WHERE tenant_id = $1 AND action = $2", w.id.String(), action).Scan(&n)
	})
	return n
}

func (w *world) authenticOn(t *testing.T, app tenant.AppID, token string) int64 {
	t.Helper()
	who, err := w.Authenticate(t.Context(), w.id, app, token)
	if err != nil {
		t.Fatalf("authenticate: %v", err)
	}
	return who.MemberID
}

// A fresh proof of the same number joins members of two apps; in one app it does not, and
// an old proof only loses the number.
func TestPhoneJoinsOnlyWithAFreshProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.credential(t, w.app, tenant.WeChat)
	alipay := w.appOf(t, tenant.Alipay)
	a, b, c := w.loginAs(t, w.app, "o-1", "").MemberID, w.loginAs(t, alipay, "a-1", "").MemberID, w.loginAs(t, w.app, "o-3", "").MemberID
	set := func(memberID int64, number string) error {
		_, err := w.SetPhone(t.Context(), w.id, memberID, number)
		return err
	}
	if err := set(a, "13800138000"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, set(c, "13800138000"), "PHONE_TAKEN") // two accounts of one app are two people
	if err := set(b, "13800138000"); err != nil {
		t.Fatal(err)
	}
	if w.status(t, b) != string(member.Merged) || w.status(t, a) != string(member.Active) {
		t.Errorf("a is %s, b is %s", w.status(t, a), w.status(t, b))
	}
	if got, err := w.Phone(t.Context(), w.id, a); err != nil || string(got.Reveal()) != "13800138000" {
		t.Errorf("the survivor's number: %v", err)
	}
	// Ninety days later the carrier may have given the number to somebody else.
	d := w.loginAs(t, alipay, "a-2", "").MemberID
	w.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE member SET phone_at = now() - interval '91 days' WHERE id = $1", a)
		return err
	})
	if err := set(d, "13800138000"); err != nil {
		t.Fatal(err)
	}
	if w.status(t, d) != string(member.Active) || w.status(t, a) != string(member.Active) {
		t.Errorf("a is %s, d is %s", w.status(t, a), w.status(t, d))
	}
	if _, err := w.Phone(t.Context(), w.id, a); err == nil {
		t.Error("the number has two members")
	}
	if n := w.audited(t, "member.phone_released"); n != 1 {
		t.Errorf("%d entries", n)
	}
}

// Whoever is blocked stays blocked, as whomever else he comes.
func TestMergeKeepsABlock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.credential(t, w.app, tenant.WeChat)
	second := w.appOf(t, tenant.WeChat)
	bad := w.loginAs(t, w.app, "o-1", "union-1")
	other := w.loginAs(t, second, "o-2", "")
	if err := w.Block(t.Context(), w.id, bad.MemberID, "恶意退款", "staff:1"); err != nil {
		t.Fatal(err)
	}
	wantCodeOf := func(app tenant.AppID, openID string) {
		t.Helper()
		_, err := w.Login(t.Context(), w.id, member.LoginInput{AppID: app, OpenID: openID, UnionID: "union-1"})
		wantCode(t, err, "MEMBER_BLOCKED")
	}
	wantCodeOf(w.app, "o-1")
	third := w.appOf(t, tenant.WeChat)
	wantCodeOf(third, "o-9") // a new identity of a blocked person
	if got := w.status(t, other.MemberID); got != "active" {
		t.Fatal(got)
	}
	if _, err := w.Login(t.Context(), w.id, member.LoginInput{AppID: second, OpenID: "o-2", UnionID: "union-1"}); err == nil {
		t.Error("joined with a blocked member and let in")
	}
	if err := w.Unblock(t.Context(), w.id, bad.MemberID, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if w.loginAs(t, second, "o-2", "union-1").MemberID != bad.MemberID {
		t.Error("not one member after the block was lifted")
	}
	wantCode(t, w.Block(t.Context(), w.id, bad.MemberID, " ", "staff:1"), "VALIDATION")
	wantCode(t, w.Block(t.Context(), w.id, 999_999, "x", "staff:1"), "NOT_FOUND")
}

// Many devices of one person at once: one member stays, nothing is lost, nobody waits for
// ever.
func TestMergesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.credential(t, w.app, tenant.WeChat)
	apps := []tenant.AppID{w.app, w.appOf(t, tenant.WeChat), w.appOf(t, tenant.WeChat)}
	for i, app := range apps {
		w.addAddress(t, w.loginAs(t, app, "o-"+string(rune('0'+i)), "").MemberID, true)
	}
	var wg sync.WaitGroup
	for range 4 {
		for i, app := range apps {
			wg.Go(func() {
				if _, err := w.Login(t.Context(), w.id, member.LoginInput{AppID: app, OpenID: "o-" + string(rune('0'+i)), UnionID: "union-1"}); err != nil {
					t.Errorf("login: %v", err)
				}
			})
		}
	}
	wg.Wait()
	for i, app := range apps { // whoever was alone when he came is joined when he comes again
		w.loginAs(t, app, "o-"+string(rune('0'+i)), "")
		w.loginAs(t, app, "o-"+string(rune('0'+i)), "union-1")
	}
	if n := w.scalar(t, "SELECT count(DISTINCT member_id) FROM member_identity"); n != 1 {
		t.Errorf("%d members have the identities, want 1", n)
	}
	if n := w.scalar(t, "SELECT count(*) FROM address a JOIN member m ON m.id = a.member_id AND m.status = 'active'"); n != 3 {
		t.Errorf("%d addresses, want 3", n)
	}
	if n := w.scalar(t, "SELECT count(*) FROM address WHERE is_default"); n != 1 {
		t.Errorf("%d defaults", n)
	}
}

// The same person in two shops is two members of two shops.
func TestMergeNeverCrossesShops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.credential(t, w.app, tenant.WeChat)
	first := w.loginAs(t, w.app, "o-1", "union-1")
	if _, err := w.SetPhone(t.Context(), w.id, first.MemberID, "13800138000"); err != nil {
		t.Fatal(err)
	}
	there := w.OpenShop(t)
	app := w.App(t, there).ID
	got, err := w.Login(t.Context(), there.ID, member.LoginInput{AppID: app, OpenID: "o-1", UnionID: "union-1"})
	if err != nil || !got.IsNew {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := w.SetPhone(t.Context(), there.ID, got.MemberID, "13800138000"); err != nil {
		t.Error(err)
	}
	if w.status(t, first.MemberID) != "active" || w.audited(t, "member.merged") != 0 {
		t.Error("a member of another shop was touched")
	}
	var same int64
	err = w.DB.InTenant(t.Context(), there.ID, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM member WHERE phone_index = $1", w.index(t, first.MemberID)).Scan(&same)
	})
	if err != nil || same != 0 {
		t.Errorf("the number has one index in both shops: %d, %v", same, err)
	}
}

func (w *world) index(t *testing.T, memberID int64) (index []byte) {
	t.Helper()
	w.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT phone_index FROM member WHERE id = $1", memberID).Scan(&index)
	})
	return index
}

// something is unfinished while it says so.
type something struct{ open, moved, forgot int64 }

func (s *something) MoveMemberTx(context.Context, tenantdb.Tx, int64, int64) error {
	s.moved++
	return nil
}

func (s *something) ForgetMemberTx(context.Context, tenantdb.Tx, int64) error { s.forgot++; return nil }

func (s *something) OpenOfTx(context.Context, tenantdb.Querier, int64) (int64, error) {
	return s.open, nil
}

// T116: who leaves may think better of it, leaves nothing that says who it was, and comes
// back as somebody new.
func TestT116MemberLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	things := &something{open: 1}
	w.Service = member.New(member.Deps{
		DB: w.DB, Now: w.Clock().Now, Rand: rand.Reader, Vault: w.Vault, Audit: w.Audit, Outbox: w.Outbox, Timers: w.Timers,
		Belongings: func() []member.Belongings { return []member.Belongings{things} },
	})
	m := w.login(t, "o-1")
	w.addAddress(t, m.MemberID, true)
	if _, err := w.SetPhone(t.Context(), w.id, m.MemberID, "13800138000"); err != nil {
		t.Fatal(err)
	}
	_, err := w.Leave(t.Context(), w.id, m.MemberID)
	wantCode(t, err, "MEMBER_OPEN_ORDERS")
	things.open = 0
	first, err := w.Leave(t.Context(), w.id, m.MemberID)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.Leave(t.Context(), w.id, m.MemberID); err != nil || !again.Equal(first) {
		t.Errorf("asked again: %v, %v; want %v", again, err, first)
	}
	due := func() {
		t.Helper()
		w.InTenant(t, func(tx tenantdb.Tx) error { return w.LeaveDueTx(t.Context(), tx, m.MemberID) })
	}
	due() // too early by the database's clock
	if err := w.Stay(t.Context(), w.id, m.MemberID); err != nil || w.status(t, m.MemberID) != "active" {
		t.Fatalf("stay: %v", err)
	}
	late := func() {
		t.Helper()
		w.InTenant(t, func(tx tenantdb.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE member SET leave_at = now() - interval '1 second' WHERE id = $1", m.MemberID)
			return err
		})
	}
	due()
	if _, err := w.Leave(t.Context(), w.id, m.MemberID); err != nil {
		t.Fatal(err)
	}
	late()
	things.open = 1
	due() // an order came in between: later
	if w.status(t, m.MemberID) != "active" || things.forgot != 0 {
		t.Fatal("left with an order under way")
	}
	late()
	things.open = 0
	due()
	due() // again: nothing
	if w.status(t, m.MemberID) != "left" || things.forgot != 1 {
		t.Errorf("%s, forgotten %d times", w.status(t, m.MemberID), things.forgot)
	}
	if got := w.authentic(t, m.AccessToken); got != "AUTH_INVALID" {
		t.Errorf("the session: %q", got)
	}
	for _, table := range []string{"member_identity", "member_session", "address"} {
		if n := w.scalar(t, "SELECT count(*) FROM "+table+" WHERE member_id = $1", m.MemberID); n != 0 {
			t.Errorf("%s keeps %d rows", table, n)
		}
	}
	if back := w.login(t, "o-1"); !back.IsNew || back.MemberID == m.MemberID {
		t.Errorf("came back as %+v", back)
	}
	if n := w.scalar(t, "SELECT count(*) FROM member m WHERE m::text ~ '\\m1[3-9][0-9]{9}\\M'"); n != 0 {
		t.Error("a phone lies in clear")
	}
}

// What a member likes and has looked at is bounded, and another member's business is not his.
func TestTaste(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m, other := w.login(t, "o-1").MemberID, w.login(t, "o-2").MemberID
	w.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), `WITH c AS (INSERT INTO category (name) VALUES ('x') RETURNING id)
			INSERT INTO spu (category_id, title, status) SELECT c.id, 'p' || n, CASE WHEN n = 300 THEN 'draft' ELSE 'on_shelf' END FROM c, generate_series(1, 300) n`)
		return err
	})
	first := w.scalar(t, "SELECT min(id) FROM spu")
	draft := w.scalar(t, "SELECT id FROM spu WHERE status = 'draft'")
	for range 2 {
		if err := w.Favour(t.Context(), w.id, m, first); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, w.Favour(t.Context(), w.id, m, draft), "NOT_FOUND")
	if list, next, err := w.Favourites(t.Context(), w.id, m, member.TasteCursor{}); err != nil || len(list) != 1 || next.ID != 0 {
		t.Errorf("%v, %v, %v", list, next, err)
	}
	if list, _, _ := w.Favourites(t.Context(), w.id, other, member.TasteCursor{}); len(list) != 0 {
		t.Errorf("another member sees %v", list)
	}
	if err := w.Unfavour(t.Context(), w.id, m, []int64{first, first}); err != nil {
		t.Error(err)
	}
	// Six reports of fifty: the last two hundred stay, in the order they were looked at.
	for n := range int64(6) {
		ids := make([]int64, 50)
		for i := range ids {
			ids[i] = first + n*50 + int64(i)
		}
		w.Clock().Advance(time.Minute)
		if err := w.LookedAt(t.Context(), w.id, m, append(ids[1:], ids[0])); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.scalar(t, "SELECT count(*) FROM member_footprint WHERE member_id = $1", m); n != member.MaxFootprints {
		t.Errorf("%d footprints", n)
	}
	var seen []int64
	var cursor member.TasteCursor
	for {
		page, next, err := w.Footprints(t.Context(), w.id, m, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page {
			seen = append(seen, l.ProductID)
		}
		if cursor = next; next.ID == 0 {
			break
		}
	}
	if len(seen) != member.MaxFootprints || seen[0] != first+250 || seen[1] != first+298 {
		t.Errorf("%d seen, beginning with %v", len(seen), seen[:min(3, len(seen))])
	}
	wantCode(t, w.LookedAt(t.Context(), w.id, m, make([]int64, 51)), "VALIDATION")
	if err := w.ForgetFootprints(t.Context(), w.id, m); err != nil {
		t.Error(err)
	}
}
