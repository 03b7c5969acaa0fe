package app_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/points"
	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/tenant/tenanttest"
)

const (
	stories    = 5  // told at once, in one shop
	storySteps = 14 // of each but the first, which meets every verb
)

// story is what one buyer does, step by step, and where that buyer's orders stand.
type story struct {
	*shopper
	placedNos, paidNos, sentNos, arrivedNos, finalNos []string
	lessPaidNos, lessSentNos, lessArrivedNos          []string // a part of their money has gone back
	ended                                             bool
	told                                              []string
}

// verbs are the steps of a story. A verb that has nothing to be done with says false.
func verbs() map[string]func(*story) bool {
	return map[string]func(*story) bool{
		"earn": func(s *story) bool {
			in := points.AdjustInput{MemberID: s.buyerID(), Points: 1 + s.dice.Int64N(300), Reason: "补偿", Key: tenanttest.RandomHex(8), Actor: "staff:1"}
			if err := s.w.Points.Adjust(s.w.t.Context(), s.market.ID, in); err != nil {
				s.w.t.Error(err)
			}
			return true
		},
		"claim": func(s *story) bool {
			s.must(http.StatusCreated, http.MethodPost, "/coupons/"+itoa(s.market.coupon)+"/claim", nil, nil, header{"Idempotency-Key": tenanttest.RandomHex(8)})
			return true
		},
		"exchange": func(s *story) bool {
			status, answer := s.call(http.MethodPost, "/mall/"+itoa(s.market.ofCoupon)+"/exchange", nil, header{"Idempotency-Key": tenanttest.RandomHex(8)})
			if status != http.StatusCreated && status != http.StatusConflict {
				s.w.t.Errorf("exchange: %d %s", status, answer)
			}
			return status == http.StatusCreated
		},
		// Spends points and locks a coupon, as the dice say.
		"place": func(s *story) bool { s.placedNos = append(s.placedNos, s.placed()); return true },
		"release": func(s *story) bool {
			return s.with(&s.placedNos, nil, func(no string) { s.cancel(no); s.waitFor(no, "closed", 30*time.Second) })
		},
		"lapse": func(s *story) bool {
			return s.with(&s.placedNos, nil, func(no string) { s.expire(no); s.waitFor(no, "closed", 30*time.Second) })
		},
		"pay": func(s *story) bool {
			return s.with(&s.placedNos, &s.paidNos, func(no string) { s.payFor(no, s.channel()) })
		},
		"send": func(s *story) bool {
			return s.with(&s.paidNos, &s.sentNos, s.ship) || s.with(&s.lessPaidNos, &s.lessSentNos, s.ship)
		},
		"receive": func(s *story) bool {
			return s.with(&s.sentNos, &s.arrivedNos, s.receive) || s.with(&s.lessSentNos, &s.lessArrivedNos, s.receive)
		},
		"settle": func(s *story) bool {
			finish := func(no string) { s.w.finishes(s.market.shop, no) }
			return s.with(&s.arrivedNos, &s.finalNos, finish) || s.with(&s.lessArrivedNos, nil, finish)
		},
		"refund all": func(s *story) bool {
			return s.with(s.anyPaid(), nil, func(no string) { s.giveBack(no, 1) })
		},
		"refund a part": func(s *story) bool {
			from := s.anyPaid()
			return s.with(from, s.after(from), func(no string) { s.giveBack(no, 3) })
		},
		"withdraw": func(s *story) bool {
			if s.dice.IntN(3) == 0 {
				s.draws(sandbox.ConfirmInput{Fail: "ACCOUNT_FREEZED"}, "failed")
			} else {
				s.draws(sandbox.ConfirmInput{}, "succeeded")
			}
			return true
		},
		"expire": func(s *story) bool {
			if s.ended {
				return false
			}
			s.ended = true
			s.ends()
			return true
		},
	}
}

// with does something with one of the orders of from, which then stands in to, if that is given.
func (s *story) with(from, to *[]string, do func(no string)) bool {
	if from == nil || len(*from) == 0 {
		return false
	}
	i := s.dice.IntN(len(*from))
	no := (*from)[i]
	*from = slices.Delete(*from, i, i+1)
	do(no)
	if to != nil {
		*to = append(*to, no)
	}
	return true
}

// anyPaid is one of the stages in which money can go back. It goes back once: the providers want a
// minute between two refunds of a payment (T076), which no story waits for.
func (s *story) anyPaid() *[]string {
	stages := slices.DeleteFunc([]*[]string{&s.paidNos, &s.sentNos, &s.arrivedNos, &s.finalNos}, func(of *[]string) bool { return len(*of) == 0 })
	if len(stages) == 0 {
		return nil
	}
	return stages[s.dice.IntN(len(stages))]
}

// after is the stage that an order goes on in when a part of its money has gone back.
func (s *story) after(from *[]string) *[]string {
	switch from {
	case &s.paidNos:
		return &s.lessPaidNos
	case &s.sentNos:
		return &s.lessSentNos
	}
	return nil
}

// giveBack refunds 1 of parts of an order, and waits until the money has gone.
func (s *story) giveBack(no string, parts money.Fen) {
	s.w.t.Helper()
	var paid money.Fen
	s.w.scan(s.market.shop, "SELECT payable_fen FROM orders WHERE order_no = $1", []any{no}, &paid)
	in := payments.AskInput{
		BusinessNo: no, AmountFen: max(paid/parts, 1), Reason: payments.ByStaff, Note: "缺货", SourceKind: payments.SourceStaff, SourceNo: tenanttest.RandomHex(8), Actor: "staff:1",
	}
	made, err := s.w.Payments.AskRefund(s.w.t.Context(), s.market.ID, in)
	if err != nil {
		s.w.t.Fatalf("refund %d of %d of %s: %v", in.AmountFen, paid, no, err)
	}
	if made.Status == payments.RefundAwaitingApproval {
		s.decide(made.OutRefundNo, true)
	}
	eventually(s.w.t, 30*time.Second, "the refund of "+no, func() bool {
		s.w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'payments.refund_query' AND due_at > now()", []any{s.market.ID.String()})
		return s.w.count(s.market.shop, "SELECT count(*) FROM refund r JOIN orders o ON o.order_no = r.business_no WHERE r.out_refund_no = $1 AND r.status = 'succeeded' AND o.refunded_fen = r.amount_fen", made.OutRefundNo) == 1
	})
}

// TestAnyStoryLeavesGoodBooks: whatever several buyers of a shop do at once, in whatever order of
// earning, spending, claiming, locking, releasing, paying, refunding, expiring, settling and
// drawing: every invariant of the oracle holds. What damages those invariants is shown by
// TestBooksHold.
func TestAnyStoryLeavesGoodBooks(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	seed := rand.Uint64N(1 << 32)
	if given := os.Getenv(seedEnv); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d", seedEnv, seed)
	w := newWorldOn(t, env.OwnerURL)
	m := w.openMarket(0)
	vocabulary := verbs()
	first := []string{
		"earn", "claim", "exchange", "place", "release", "place", "lapse", "place", "pay", "refund a part", "send", "receive", "settle", "place", "pay", "refund all",
		"place", "pay", "send", "receive", "settle", "withdraw", "refund a part", "withdraw", "expire",
	}
	var tales []*story
	var wait sync.WaitGroup
	for i := range stories {
		b := w.login(m.shop, fmt.Sprint("说书人", i))
		s := &story{shopper: &shopper{buyer: b, market: m, dice: rand.New(rand.NewPCG(seed, uint64(i))), address: b.address()}}
		b.broughtBy(m.promoters[1].code)
		s.must(http.StatusOK, http.MethodPost, "/points/sign-in", nil, nil)
		tales = append(tales, s)
		plot := first
		if i > 0 {
			plot = s.plot(slices.Sorted(maps.Keys(vocabulary)))
		}
		wait.Go(func() {
			for _, verb := range plot {
				if t.Failed() {
					return
				}
				if vocabulary[verb](s) {
					s.told = append(s.told, verb)
				} else if i == 0 {
					t.Errorf("the first story has nothing to %s", verb)
				}
			}
		})
	}
	wait.Wait()
	if !t.Failed() {
		w.comesToRest(m)
	}
	if t.Failed() {
		for i, s := range tales {
			t.Logf("story %d: %s", i, strings.Join(s.told, ", "))
		}
	}
	for verb := range vocabulary {
		if !slices.Contains(tales[0].told, verb) && !t.Failed() {
			t.Errorf("nobody told of %q", verb)
		}
	}
}

// plot draws a story: placing and what follows it come more often than the rest, or little would.
func (s *story) plot(names []string) (plot []string) {
	often := slices.Concat(names, []string{"place", "pay", "pay", "send", "receive", "settle", "refund a part"})
	for range storySteps {
		plot = append(plot, often[s.dice.IntN(len(often))])
	}
	return append([]string{"place", "pay"}, plot...)
}
