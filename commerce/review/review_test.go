package review_test

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/member"
	"galleria/commerce/review"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

var update = flag.Bool("update", false, "write the golden files")

// shop is a tenant whose members got goods.
type shop struct {
	*tenanttest.Env
	t       testing.TB
	reviews *review.Service
	members *member.Service
	app     string
	n       int64
	mu      sync.Mutex
}

func newShop(t testing.TB) *shop {
	t.Helper()
	env := tenanttest.New(t)
	s := &shop{Env: env, t: t, app: env.App(t, env.Tenant).ID.String()}
	s.members = member.New(member.Deps{DB: env.DB, Now: env.Clock().Now, Rand: rand.Reader, Vault: env.Vault})
	s.reviews = review.New(review.Deps{
		DB: env.DB, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, NotifyChannel: catalog.NotifyChannel,
		Pictures: func(_ tenantdb.Tx, address string) bool { return strings.HasPrefix(address, "/media/shop/") },
		Nickname: func(ctx context.Context, tx tenantdb.Tx, memberID int64) (string, error) {
			return s.members.NicknameTx(ctx, tx, memberID)
		},
	})
	return s
}

func (s *shop) newMember(name string) int64 {
	s.t.Helper()
	app := s.App(s.t, s.Tenant)
	m, err := s.members.Login(s.t.Context(), s.Tenant.ID, member.LoginInput{AppID: app.ID, OpenID: "o" + tenanttest.RandomHex(10)})
	if err != nil {
		s.t.Fatal(err)
	}
	if name != "" {
		if err := s.members.SetNickname(s.t.Context(), s.Tenant.ID, m.MemberID, name); err != nil {
			s.t.Fatal(err)
		}
	}
	return m.MemberID
}

// arrived gives a member an order of products that came just now, and returns its lines.
func (s *shop) arrived(memberID int64, spus ...int64) (orderNo string, lines []int64) {
	s.t.Helper()
	s.mu.Lock()
	s.n++
	orderNo = fmt.Sprintf("26112200%08d", s.n)
	s.mu.Unlock()
	ctx := s.t.Context()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		var orderID int64
		err := tx.QueryRow(ctx, `INSERT INTO orders (order_no, member_id, app_id, status, close_reason, closed_at, goods_fen, payable_fen, address, expires_at, placed_at, paid_at)
			VALUES ($1, $2, 'wx', 'closed', 'all_refunded', now(), 0, 0, '{}', now(), now(), now()) RETURNING id`, orderNo, memberID).Scan(&orderID)
		if err != nil {
			return err
		}
		var invited []review.Line
		for i, spu := range spus {
			l := review.Line{SPUID: spu, SKUID: int64(i + 1), Title: "云南小粒挂耳咖啡", Spec: "10 包", Picture: "/media/p.jpg"}
			if err := tx.QueryRow(ctx, `INSERT INTO order_line (order_id, spu_id, sku_id, title, price_fen, qty, goods_fen, payable_fen)
				VALUES ($1, $2, $3, 't', 0, 1, 0, 0) RETURNING id`, orderID, spu, l.SKUID).Scan(&l.LineID); err != nil {
				return err
			}
			lines, invited = append(lines, l.LineID), append(invited, l)
		}
		for range 2 { // the event may come twice
			if err := s.reviews.InviteTx(ctx, tx, orderNo, memberID, tx.Now(), invited); err != nil {
				return err
			}
		}
		return nil
	})
	return orderNo, lines
}

func (s *shop) write(in review.WriteInput) (review.Review, error) {
	if in.AppID == "" {
		in.AppID = s.app
	}
	return s.reviews.Write(s.t.Context(), s.Tenant.ID, in)
}

func (s *shop) judge(id int64, part review.Part, v review.Verdict) error {
	return s.DB.InTenant(s.t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) error { return s.reviews.JudgeTx(s.t.Context(), tx, id, part, v) })
}

// published writes a review and lets it pass.
func (s *shop) published(memberID, line int64, score int) review.Review {
	s.t.Helper()
	r, err := s.write(review.WriteInput{LineID: line, MemberID: memberID, Score: score, Body: "很好喝"})
	if err == nil {
		err = s.judge(r.ID, review.First, review.Verdict{Pass: true})
	}
	if err == nil {
		r, err = s.reviews.Get(s.t.Context(), s.Tenant.ID, r.ID)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *shop) count(sql string, args ...any) (n int64) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error { return tx.QueryRow(s.t.Context(), sql, args...).Scan(&n) })
	return n
}

// off is how many products' summaries differ from a recount.
func (s *shop) off() int64 {
	return s.count(`SELECT count(*) FROM review_summary m FULL JOIN (
		SELECT spu_id, count(*) AS total, count(*) FILTER (WHERE score = 1) AS s1, count(*) FILTER (WHERE score = 2) AS s2, count(*) FILTER (WHERE score = 3) AS s3,
		       count(*) FILTER (WHERE score = 4) AS s4, count(*) FILTER (WHERE score = 5) AS s5,
		       count(*) FILTER (WHERE cardinality(pictures) > 0 OR (follow_status = 'published' AND cardinality(follow_pictures) > 0)) AS pictured,
		       count(*) FILTER (WHERE follow_status = 'published') AS followed
		FROM review WHERE status = 'published' GROUP BY spu_id) c USING (spu_id)
		WHERE (m.total, m.score_1, m.score_2, m.score_3, m.score_4, m.score_5, m.pictured, m.followed)
		  IS DISTINCT FROM (coalesce(c.total, 0), coalesce(c.s1, 0), coalesce(c.s2, 0), coalesce(c.s3, 0), coalesce(c.s4, 0), coalesce(c.s5, 0), coalesce(c.pictured, 0), coalesce(c.followed, 0))`)
}

func TestTransitions(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for _, tr := range review.Transitions() {
		q := string(tr.From) + "/" + string(tr.Event)
		if asked[q] {
			t.Errorf("two rows for %s", q)
		}
		asked[q] = true
		if to, err := review.Next(tr.From, tr.Event); err != nil || to != tr.To {
			t.Errorf("%s: %s, %v", q, to, err)
		}
	}
	if _, err := review.Next(review.Deleted, review.EventShow); !errors.Is(err, review.ErrState) {
		t.Errorf("what its author took back was shown: %v", err)
	}
	golden, got := "testdata/transitions.golden.md", "```mermaid\n"+review.Chart()+"```\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != got {
		t.Errorf("the chart differs from %s (-update writes it): %v", golden, err)
	}
}

// TestTheDatabaseKnowsTheSameStatuses compares the table in Go with the constraints.
func TestTheDatabaseKnowsTheSameStatuses(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	for _, name := range []string{"review_status", "review_follow_status"} {
		var def string
		env.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1 AND conrelid = 'review'::regclass`, name).Scan(&def)
		})
		for _, s := range review.Statuses() {
			if !strings.Contains(def, "'"+string(s)+"'") {
				t.Errorf("%s does not know %s", name, s)
			}
		}
		if got, want := strings.Count(def, "::text"), len(review.Statuses()); strings.Count(def, "'")/2 != want {
			t.Errorf("%s lists %d words, want %d: %s", name, got, want, def)
		}
	}
}

// TestAReviewsLife walks from what arrived to the shop's reply.
func TestAReviewsLife(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx, id := t.Context(), s.Tenant.ID
	buyer := s.newMember("王小明")
	_, lines := s.arrived(buyer, 7, 8)
	todo, err := s.reviews.ToWrite(ctx, id, buyer, review.ListInput{Limit: 1})
	if err != nil || len(todo.Items) != 1 || todo.Next == "" {
		t.Fatalf("to write: %+v, %v", todo, err)
	}
	if rest, err := s.reviews.ToWrite(ctx, id, buyer, review.ListInput{Limit: 1, Cursor: todo.Next}); err != nil || len(rest.Items) != 1 || rest.Next != "" || rest.Items[0].ID == todo.Items[0].ID {
		t.Fatalf("the rest to write: %+v, %v", rest, err)
	}
	in := review.WriteInput{LineID: lines[0], MemberID: buyer, Score: 2, Anonymous: true, Body: " 漏气了 ", Pictures: []string{"/media/shop/a.jpg"}}
	r, err := s.write(in)
	if err != nil || r.First.Status != review.Waiting || r.Author != "王***明" || r.First.Body != "漏气了" {
		t.Fatalf("written: %+v, %v", r, err)
	}
	if again, err := s.write(in); err != nil || again.ID != r.ID {
		t.Errorf("the same once more: %+v, %v", again, err)
	}
	other := in
	other.Score = 5
	if _, err := s.write(other); !errors.Is(err, review.ErrWritten) {
		t.Errorf("written anew: %v", err)
	}
	if err := s.reviews.Reply(ctx, id, r.ID, "抱歉", "staff:1"); !errors.Is(err, review.ErrState) {
		t.Errorf("a reply to what nobody sees: %v", err)
	}
	if page, err := s.reviews.OfProduct(ctx, id, 7, review.ListInput{}); err != nil || len(page.Items) != 0 {
		t.Errorf("seen before its check: %+v, %v", page, err)
	}
	for range 2 { // the verdict may come twice
		if err := s.judge(r.ID, review.First, review.Verdict{Pass: true}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Events(t, review.TopicPublished)); n != 1 {
		t.Errorf("announced %d times", n)
	}
	for filter, want := range map[review.Filter]int{review.All: 1, review.Pictured: 1, review.Bad: 1, review.Good: 0, review.Middling: 0, review.Followed: 0} {
		if page, err := s.reviews.OfProduct(ctx, id, 7, review.ListInput{Filter: filter}); err != nil || len(page.Items) != want {
			t.Errorf("filter %q: %d, %v", filter, len(page.Items), err)
		}
	}
	if _, err := s.reviews.Follow(ctx, id, review.FollowUpInput{ReviewID: r.ID, MemberID: buyer, AppID: s.app, Body: "补发了，很满意"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.reviews.Follow(ctx, id, review.FollowUpInput{ReviewID: r.ID, MemberID: buyer, AppID: s.app, Body: "再说一句"}); !errors.Is(err, review.ErrWritten) {
		t.Errorf("a second follow-up: %v", err)
	}
	if err := s.judge(r.ID, review.FollowUp, review.Verdict{Doubt: "20008"}); err != nil {
		t.Fatal(err)
	}
	if err := s.reviews.Act(ctx, id, review.ActInput{ReviewID: r.ID, Part: review.FollowUp, Event: review.EventApprove, Actor: "staff:1"}); err != nil {
		t.Fatal(err)
	}
	for _, reply := range []string{"非常抱歉", "非常抱歉，已补发"} {
		if err := s.reviews.Reply(ctx, id, r.ID, reply, "staff:1"); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := s.reviews.SummaryOf(ctx, id, 7)
	if err != nil || sum.Total != 1 || sum.AverageHundredths() != 200 || sum.GoodBPS() != 0 || sum.Pictured != 1 || sum.Followed != 1 {
		t.Errorf("summary %+v, %v", sum, err)
	}
	if err := s.reviews.Delete(ctx, id, buyer, r.ID); err != nil {
		t.Fatal(err)
	}
	if n := s.count("SELECT count(*) FROM review WHERE id = $1 AND body = '' AND reply = '' AND author = '' AND pictures = '{}'", r.ID); n != 1 || s.off() != 0 {
		t.Errorf("what was taken back is kept, or counted: %d", s.off())
	}
	if _, err := s.write(in); !errors.Is(err, review.ErrWritten) {
		t.Errorf("a line reviewed anew after its review was taken back: %v", err)
	}
}

// T028: what another member may review, or has written, is not there.
func TestT028OtherPeoplesReviews(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx, id := t.Context(), s.Tenant.ID
	buyer, thief := s.newMember(""), s.newMember("")
	_, lines := s.arrived(buyer, 7, 7)
	mine := s.published(buyer, lines[0], 5)
	if _, err := s.write(review.WriteInput{LineID: lines[1], MemberID: thief, Score: 1}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("wrote for another: %v", err)
	}
	if _, err := s.reviews.Follow(ctx, id, review.FollowUpInput{ReviewID: mine.ID, MemberID: thief, Body: "x"}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("followed another's up: %v", err)
	}
	if err := s.reviews.Delete(ctx, id, thief, mine.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("deleted another's: %v", err)
	}
	if page, err := s.reviews.Mine(ctx, id, thief, review.ListInput{}); err != nil || len(page.Items) != 0 {
		t.Errorf("lists %+v, %v", page, err)
	}
	if got, err := s.reviews.Get(ctx, id, mine.ID); err != nil || got.First.Status != review.Published || s.off() != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// T102, T104: what does not belong into a review is refused before anything is written.
func TestT102WhatAReviewMayHold(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.newMember("")
	_, lines := s.arrived(buyer, 7)
	many := make([]string, review.MaxPictures+1)
	for i := range many {
		many[i] = fmt.Sprintf("/media/shop/%d.jpg", i)
	}
	for name, in := range map[string]review.WriteInput{
		"no score": {}, "score 6": {Score: 6}, "long": {Score: 5, Body: strings.Repeat("好", review.MaxBody+1)}, "NUL": {Score: 5, Body: "a\x00"},
		"broken": {Score: 5, Body: "\xff"}, "many": {Score: 5, Pictures: many}, "twice": {Score: 5, Pictures: []string{many[0], many[0]}},
		"foreign": {Score: 5, Pictures: []string{"https://evil.example/x.jpg"}}, "script": {Score: 5, Pictures: []string{"javascript:alert(1)"}},
	} {
		in.LineID, in.MemberID = lines[0], buyer
		if _, err := s.write(in); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := s.count("SELECT count(*) FROM review WHERE status <> 'open'"); n != 0 {
		t.Errorf("%d were written", n)
	}
}

func TestTimesOfReviews(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx, id := t.Context(), s.Tenant.ID
	buyer := s.newMember("")
	orderNo, lines := s.arrived(buyer, 7, 8)
	first := s.published(buyer, lines[0], 4)
	s.Owner(t, fmt.Sprintf("UPDATE %s.review SET until = now() - interval '1 second', written_at = written_at - interval '181 days' WHERE status <> 'open' OR line_id = $1", id), lines[1])
	if _, err := s.write(review.WriteInput{LineID: lines[1], MemberID: buyer, Score: 5}); !errors.Is(err, review.ErrLate) {
		t.Errorf("written late: %v", err)
	}
	if _, err := s.reviews.Follow(ctx, id, review.FollowUpInput{ReviewID: first.ID, MemberID: buyer, Body: "还不错"}); !errors.Is(err, review.ErrLate) {
		t.Errorf("followed up late: %v", err)
	}
	auto := func() {
		s.InTenant(t, func(tx tenantdb.Tx) error { return s.reviews.AutoTx(ctx, tx, orderNo) })
	}
	auto()
	if n := s.count("SELECT count(*) FROM review WHERE auto"); n != 0 {
		t.Errorf("%d were written by themselves in a shop that does not want it", n)
	}
	s.Owner(t, fmt.Sprintf("INSERT INTO %s.shop (name) SELECT '店' WHERE NOT EXISTS (SELECT FROM %[1]s.shop)", id))
	if err := s.reviews.SetTerms(ctx, id, review.Terms{ReviewDays: 15, FollowUpDays: 90, Auto: true, Checks: false, ReportLimit: 3}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	auto()
	auto()
	if n := s.count("SELECT count(*) FROM review WHERE auto AND score = 5 AND status = 'published' AND author = ''"); n != 1 || s.off() != 0 {
		t.Errorf("%d were written by themselves, %d summaries off", n, s.off())
	}
	_, more := s.arrived(buyer, 7)
	if r, err := s.write(review.WriteInput{LineID: more[0], MemberID: buyer, Score: 3, Body: "一般"}); err != nil || r.First.Status != review.Published {
		t.Errorf("without checks: %+v, %v", r, err)
	}
	for name, in := range map[string]review.Terms{"none": {}, "long": {ReviewDays: 181, FollowUpDays: 1}, "many": {ReviewDays: 1, FollowUpDays: 1, ReportLimit: 51}, "late": {ReviewDays: 1, FollowUpDays: 366}} {
		if err := s.reviews.SetTerms(ctx, id, in, "staff:1"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTwoSubmitAtOnce: one line, many writers of different words: one review, counted once.
func TestTwoSubmitAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.newMember("")
	_, lines := s.arrived(buyer, 7)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = s.write(review.WriteInput{LineID: lines[0], MemberID: buyer, Score: i%5 + 1, Body: fmt.Sprint(i)})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, review.ErrWritten) {
			t.Error(err)
		}
	}
	if n := len(s.Events(t, review.TopicCheck)); won != 1 || n != 1 {
		t.Errorf("%d won, %d checks", won, n)
	}
}

// TestHideAgainstPublish: verdicts, staff and the author at once leave one state that the
// summary knows.
func TestHideAgainstPublish(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx, id := t.Context(), s.Tenant.ID
	buyer := s.newMember("")
	for range 6 {
		_, lines := s.arrived(buyer, 7)
		r, err := s.write(review.WriteInput{LineID: lines[0], MemberID: buyer, Score: 1, Body: "差"})
		if err != nil {
			t.Fatal(err)
		}
		acts := []func() error{
			func() error { return s.judge(r.ID, review.First, review.Verdict{Pass: true}) },
			func() error {
				return s.reviews.Act(ctx, id, review.ActInput{ReviewID: r.ID, Part: review.First, Event: review.EventHide, Reason: "广告", Actor: "staff:1"})
			},
			func() error {
				return s.reviews.Act(ctx, id, review.ActInput{ReviewID: r.ID, Part: review.First, Event: review.EventApprove, Actor: "staff:2"})
			},
			func() error { return s.reviews.Delete(ctx, id, buyer, r.ID) },
		}
		var wg sync.WaitGroup
		for _, act := range acts {
			wg.Go(func() {
				if err := act(); err != nil && !errors.Is(err, review.ErrState) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if s.off() != 0 {
		t.Error("the summary differs from a recount")
	}
}
