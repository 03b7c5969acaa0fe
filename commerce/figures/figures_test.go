package figures_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"galleria/commerce/figures"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// shop is one tenant whose orders a test writes by hand, each of them as its room would.
type shop struct {
	*tenanttest.Env
	t       testing.TB
	figures *figures.Service
	spus    []int64
	n       int
}

// noon is the middle of a day in Shanghai.
func noon(day int) time.Time { return time.Date(2026, 3, day, 4, 0, 0, 0, time.UTC) }

func newShop(t testing.TB, options ...tenanttest.Option) *shop {
	t.Helper()
	env := tenanttest.New(t, options...)
	env.Clock().Set(noon(20))
	s := &shop{Env: env, t: t, figures: figures.New(env.DB, env.Timers)}
	category := s.row("INSERT INTO category (name) VALUES ('茶叶') RETURNING id")
	for range 3 {
		s.spus = append(s.spus, s.row("INSERT INTO spu (category_id, title) VALUES ($1, '茶') RETURNING id", category))
	}
	return s
}

// row runs a statement and returns its number.
func (s *shop) row(sql string, args ...any) (n int64) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error { return tx.QueryRow(s.t.Context(), sql, args...).Scan(&n) })
	return n
}

func (s *shop) do(sql string, args ...any) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(s.t.Context(), sql, args...)
		return err
	})
}

func (s *shop) member(at time.Time) int64 {
	return s.row("INSERT INTO member (created_at) VALUES ($1) RETURNING id", at)
}

// order places one with qtys pieces of the products, at 100 fen each and 10 of freight.
func (s *shop) order(member int64, at time.Time, test bool, qtys ...int) (no string, id int64) {
	s.t.Helper()
	s.n++
	no = fmt.Sprintf("F%011d", s.n)
	pieces := 0
	for _, q := range qtys {
		pieces += q
	}
	id = s.row(`INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, freight_fen, payable_fen, address, expires_at, placed_at, test)
		VALUES ($1, $2, 'wx', 'pending_payment', $3::bigint, 10, $3::bigint + 10, '{}', $4, $4, $5) RETURNING id`, no, member, pieces*100, at, test)
	for i, q := range qtys {
		if q > 0 {
			s.do(`INSERT INTO order_line (order_id, spu_id, sku_id, title, price_fen, qty, goods_fen, payable_fen) VALUES ($1, $2, $3, '茶', 100, $4::integer, $4::integer * 100, $4::integer * 100)`,
				id, s.spus[i%len(s.spus)], i+1, q)
		}
	}
	return no, id
}

func (s *shop) pay(id int64, at time.Time) {
	s.do("UPDATE orders SET status = 'paid', paid_at = $2 WHERE id = $1", id, at)
}

func (s *shop) cancel(id int64, at time.Time) {
	s.do("UPDATE orders SET status = 'closed', close_reason = 'timeout', closed_at = $2 WHERE id = $1", id, at)
}

func (s *shop) refund(id int64, fen int, at time.Time) {
	s.do("UPDATE orders SET refunded_fen = refunded_fen + $2 WHERE id = $1", id, fen)
	s.do("INSERT INTO order_event (order_id, at, event, actor, detail) VALUES ($1, $2, 'part_refunded', 'system', jsonb_build_object('amount_fen', $3::bigint))", id, at, fen)
}

// caseRefunded is an after-sales case about one piece of an order's first line.
func (s *shop) caseRefunded(id int64, at time.Time) {
	s.n++
	c := s.row(`INSERT INTO aftersale_case (case_no, order_id, order_no, member_id, app_id, kind, status, reason, share_fen, freight_fen, amount_fen, unsent, test, opened_by, opened_at, closed_at)
		SELECT $1, o.id, o.order_no, o.member_id, 'wx', 'refund', 'refunded', 'other', 100, 0, 90, true, o.test, 'member', $3, $3 FROM orders o WHERE o.id = $2 RETURNING id`,
		fmt.Sprintf("S%011d", s.n), id, at)
	s.do(`INSERT INTO aftersale_line (case_id, line_id, sku_id, title, spec, picture, qty, dropped, share_fen, refund_fen)
		SELECT $1, l.id, l.sku_id, '', '', '', 1, 1, 100, 90 FROM order_line l WHERE l.order_id = $2 ORDER BY l.id LIMIT 1`, c, id)
}

func (s *shop) count(no string) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error { return s.figures.NoteOrderTx(s.t.Context(), tx, no) })
	s.countDue()
}

// countDue counts what is noted and returns what was sold, by product.
func (s *shop) countDue() (sold map[int64]int64) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		due, err := s.figures.DueTx(s.t.Context(), tx, 100)
		if err != nil {
			return err
		}
		var more bool
		if sold, more, err = s.figures.CountTx(s.t.Context(), tx, due, 100); more {
			s.t.Error("more than a hundred are due")
		}
		return err
	})
	return sold
}

// merge joins two members as the members' room does.
func (s *shop) merge(from, to int64) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		ctx := s.t.Context()
		for _, sql := range []string{
			"SELECT id FROM member WHERE id IN ($1, $2) ORDER BY id FOR UPDATE", "UPDATE orders SET member_id = $2 WHERE member_id = $1",
		} {
			if _, err := tx.Exec(ctx, sql, from, to); err != nil {
				return err
			}
		}
		if err := s.figures.MoveMemberTx(ctx, tx, from, to); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE member SET status = 'merged', merged_into = $2 WHERE id = $1", from, to)
		return err
	})
}

// all is everything the figures hold, as text.
func (s *shop) all() (out string) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(s.t.Context(), `SELECT concat_ws(E'\n',
			(SELECT string_agg(d::text, E'\n' ORDER BY d.day) FROM figure_day d),
			(SELECT string_agg('product ' || d::text, E'\n' ORDER BY d.day, d.spu_id) FROM figure_product d),
			(SELECT string_agg('buyer ' || d::text, E'\n' ORDER BY d.day, d.member_id) FROM figure_buyer d),
			(SELECT string_agg('member ' || d::text, E'\n' ORDER BY d.member_id) FROM figure_member d),
			(SELECT string_agg('order ' || d::text, E'\n' ORDER BY d.order_id) FROM figure_order d),
			(SELECT string_agg('case ' || d::text, E'\n' ORDER BY d.case_id) FROM figure_case d))`).Scan(&out)
	})
	return out
}

func (s *shop) recount() string {
	s.t.Helper()
	if err := s.figures.Recount(s.t.Context(), s.Tenant.ID); err != nil {
		s.t.Fatal(err)
	}
	return s.all()
}

// TestAnyHistoryEqualsARecount: orders, payments, closings, refunds, cases and merges in any
// order, their events late, twice or not at all until the end, recounts in between: what was
// counted step by step is what a recount finds.
func TestAnyHistoryEqualsARecount(t *testing.T) {
	t.Parallel()
	type model struct {
		no           string
		id, member   int64
		placed, paid int // days
		cases        int
		closed       bool
		left         int
	}
	s := newShop(t)
	rapid.Check(t, func(rt *rapid.T) {
		var orders []*model
		var members []int64
		var told []string
		at := func(from int) (int, time.Time) {
			day := rapid.IntRange(from, 19).Draw(rt, "day")
			// Around midnight in Shanghai, too.
			return day, noon(day).Add(time.Duration(rapid.SampledFrom([]int{-12, -3, 0, 11}).Draw(rt, "hour")) * time.Hour)
		}
		pick := func() *model {
			if len(orders) == 0 {
				rt.Skip("no order")
			}
			return orders[rapid.IntRange(0, len(orders)-1).Draw(rt, "order")]
		}
		rt.Repeat(map[string]func(*rapid.T){
			"member": func(*rapid.T) {
				_, when := at(1)
				members = append(members, s.member(when))
			},
			"place": func(*rapid.T) {
				if len(members) == 0 {
					rt.Skip("nobody")
				}
				day, when := at(1)
				m := &model{placed: day, member: members[rapid.IntRange(0, len(members)-1).Draw(rt, "who")]}
				qtys := []int{rapid.IntRange(1, 3).Draw(rt, "q"), rapid.IntRange(0, 2).Draw(rt, "q"), 0, rapid.IntRange(0, 1).Draw(rt, "q")}
				for _, q := range qtys {
					m.left += q * 100
				}
				m.no, m.id = s.order(m.member, when, rapid.IntRange(0, 9).Draw(rt, "test") == 0, qtys...)
				orders, told = append(orders, m), append(told, m.no)
			},
			"pay": func(*rapid.T) {
				if m := pick(); m.paid == 0 && !m.closed {
					day, when := at(m.placed)
					m.paid = day
					s.pay(m.id, when)
					told = append(told, m.no)
				}
			},
			"cancel": func(*rapid.T) {
				if m := pick(); m.paid == 0 && !m.closed {
					_, when := at(m.placed)
					m.closed = true
					s.cancel(m.id, when)
					told = append(told, m.no)
				}
			},
			"refund": func(*rapid.T) {
				if m := pick(); m.paid > 0 && m.left >= 100 {
					_, when := at(m.paid)
					m.left -= 100
					s.refund(m.id, 100, when)
					told = append(told, m.no)
				}
			},
			"case": func(*rapid.T) {
				if m := pick(); m.paid > 0 && m.cases < 2 {
					_, when := at(m.paid)
					m.cases++
					s.caseRefunded(m.id, when)
					told = append(told, m.no)
				}
			},
			"event": func(*rapid.T) { // any of them, told again too
				if len(told) > 0 {
					s.count(told[rapid.IntRange(0, len(told)-1).Draw(rt, "event")])
				}
			},
			"merge": func(*rapid.T) {
				if len(members) > 1 {
					i := rapid.IntRange(0, len(members)-2).Draw(rt, "into")
					from, to := members[len(members)-1], members[i]
					members = members[:len(members)-1]
					s.merge(from, to)
					for _, m := range orders {
						if m.member == from {
							m.member = to
						}
					}
				}
			},
			"recount": func(*rapid.T) { s.recount() },
		})
		for _, no := range told {
			s.count(no)
		}
		for _, id := range members {
			s.InTenant(t, func(tx tenantdb.Tx) error { return s.figures.CountMemberTx(t.Context(), tx, id) })
		}
		kept := s.all()
		if got := s.recount(); got != kept {
			rt.Fatalf("kept by events:\n%s\nrecounted:\n%s", kept, got)
		}
	})
}

// TestAHistoryByHand checks the meaning of the figures on a history that can be added up.
func TestAHistoryByHand(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann, bob := s.member(noon(1)), s.member(noon(2))
	a, aID := s.order(ann, noon(1).Add(11*time.Hour+59*time.Minute), false, 2, 1) // 23:59, paid a minute after midnight
	b, bID := s.order(bob, noon(2), false, 1)
	c, cID := s.order(ann, noon(2), false, 1)
	d, dID := s.order(bob, noon(2), true, 9) // a test order
	s.pay(aID, noon(2).Add(-12*time.Hour))
	s.pay(bID, noon(2))
	s.pay(dID, noon(2))
	s.cancel(cID, noon(3))
	s.refund(aID, 90, noon(5))
	s.caseRefunded(aID, noon(5))
	for range 2 {
		for _, no := range []string{d, c, b, a} {
			s.count(no)
		}
	}
	for _, id := range []int64{ann, bob} {
		s.InTenant(t, func(tx tenantdb.Tx) error { return s.figures.CountMemberTx(t.Context(), tx, id) })
	}
	want := fmt.Sprintf(`(2026-03-01,1,0,0,0,0,0,1,1,0,0,0)
(2026-03-02,2,2,420,0,0,0,1,2,2,0,0)
(2026-03-03,0,0,0,1,0,0,0,0,0,0,0)
(2026-03-05,0,0,0,0,1,90,0,0,0,0,0)
product (2026-03-02,%[1]d,2,3,300,0,0,0)
product (2026-03-02,%[2]d,1,1,100,0,0,0)
product (2026-03-05,%[1]d,0,0,0,1,90,0)
`, s.spus[0], s.spus[1])
	if got := s.all(); len(got) < len(want) || got[:len(want)] != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	s.merge(bob, ann) // one buyer now, of the second of March too
	if got := s.row("SELECT orderers * 10 + buyers FROM figure_day WHERE day = '2026-03-02'"); got != 11 {
		t.Errorf("orderers and buyers after the merge: %d", got)
	}
}

// TestCountedAtOnce: the events of many orders of one day, each twice, at the same time as
// recounts and a merge.
func TestCountedAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann, bob := s.member(noon(1)), s.member(noon(1))
	var nos []string
	for i := range 30 {
		who := ann
		if i%2 == 0 {
			who = bob
		}
		no, id := s.order(who, noon(1+i%3), false, 1, 1)
		s.pay(id, noon(2+i%3))
		nos = append(nos, no, no)
	}
	rand.Shuffle(len(nos), func(i, j int) { nos[i], nos[j] = nos[j], nos[i] })
	var group sync.WaitGroup
	for i, no := range nos {
		group.Go(func() { s.count(no) })
		switch i {
		case 20:
			group.Go(func() { s.merge(bob, ann) })
		case 10, 40:
			group.Go(func() {
				if err := s.figures.Recount(t.Context(), s.Tenant.ID); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.figures.CountMemberTx(t.Context(), tx, ann) })
	if kept, got := s.all(), s.recount(); kept != got {
		t.Errorf("kept:\n%s\nrecounted:\n%s", kept, got)
	}
}

// TestCatchUp: what no event has counted is found, and who looked is forgotten.
func TestCatchUp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann := s.member(noon(18))
	_, id := s.order(ann, noon(18), false, 1)
	s.pay(id, noon(19))
	s.refund(id, 50, noon(19))
	s.do("INSERT INTO figure_look (day, member_id, viewed, carted) VALUES ('2026-03-10', $1, true, false)", ann)
	for _, want := range []bool{true, false} {
		s.InTenant(t, func(tx tenantdb.Tx) error {
			more, err := s.figures.CatchUpTx(t.Context(), tx, 1)
			if more != want {
				t.Errorf("more is %v, want %v", more, want)
			}
			return err
		})
	}
	if n := s.row("SELECT count(*) FROM figure_look"); n != 0 {
		t.Errorf("%d looks are kept", n)
	}
	if n := s.row("SELECT count(*) FROM platform.timer WHERE topic = 'figures.due'"); n != 1 {
		t.Errorf("%d timers are set, want 1", n)
	}
	s.countDue()
	if kept, got := s.all(), s.recount(); kept != got {
		t.Errorf("kept:\n%s\nrecounted:\n%s", kept, got)
	}
}

// TestLooks: people are counted once a day, looks each time; merged and unknown ones do no harm.
func TestLooks(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann, bob := s.member(noon(20)), s.member(noon(20))
	first := figures.NewLooks(figures.LooksDeps{Figures: s.figures, Now: s.Clock().Now, Log: slog.New(slog.DiscardHandler)})
	second := figures.NewLooks(figures.LooksDeps{Figures: s.figures, Now: s.Clock().Now, Log: slog.New(slog.DiscardHandler)})
	flush := func(l *figures.Looks) { l.Flush(context.WithoutCancel(t.Context())) }
	id := s.Tenant.ID
	first.Joined(id, ann)
	first.Viewed(id, ann, []int64{s.spus[0], s.spus[1]})
	first.Viewed(id, ann, []int64{s.spus[0], 987654321})
	second.Viewed(id, ann, []int64{s.spus[0]})
	second.Carted(id, bob)
	second.Carted(id, 987654321)
	var group sync.WaitGroup
	group.Go(func() { flush(first) })
	group.Go(func() { flush(second) })
	group.Wait()
	first.Carted(id, bob)
	first.Viewed(id, bob, nil)
	flush(first)
	flush(first)
	if got := s.row("SELECT members * 100 + viewers * 10 + carters FROM figure_day"); got != 121 {
		t.Errorf("members, viewers, carters: %d, want 121", got)
	}
	if got := s.row("SELECT sum(views)::bigint FROM figure_product"); got != 4 {
		t.Errorf("%d views, want 4", got)
	}
	s.recount()
	if got := s.row("SELECT viewers FROM figure_day"); got != 2 {
		t.Errorf("a recount left %d viewers", got)
	}
	s.merge(bob, ann)
	if got := s.row("SELECT viewers * 10 + carters FROM figure_day"); got != 11 {
		t.Errorf("viewers, carters after a merge: %d, want 11", got)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.figures.ForgetMemberTx(t.Context(), tx, ann) })
	if n := s.row("SELECT count(*) FROM figure_look"); n != 0 {
		t.Errorf("%d looks of one who left", n)
	}
}

// TestBusinessDay: a day ends at 16:00 UTC.
func TestBusinessDay(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{"2026-03-01T15:59:59Z": "2026-03-01", "2026-03-01T16:00:00Z": "2026-03-02"} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := tenant.BusinessDay(when).Format(time.DateOnly); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
}
