package app_test

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"galleria/commerce/review"
)

// reviews are the lives of orders whose buyers say something.
func reviews() map[string]func(*shopper) {
	return map[string]func(*shopper){"reviewed": (*shopper).reviews}
}

// lastWord leaves a review that others see, and that somebody has reported, in a market.
func (w *world) lastWord(m *market) {
	w.t.Helper()
	var said [2]*shopper
	for i := range said {
		b := w.login(m.shop, "末客"+itoa(int64(i)))
		said[i] = &shopper{buyer: b, market: m, dice: rand.New(rand.NewPCG(0, uint64(i))), address: b.address()}
	}
	line := said[0].arrived()[0]
	var mine struct{ ID int64 }
	said[0].must(http.StatusCreated, http.MethodPost, "/reviews", map[string]any{"line_id": line.LineID, "score": 5, "body": "很香"}, &mine)
	eventually(w.t, 30*time.Second, "a review that others see", func() bool {
		status, _ := said[1].call(http.MethodPost, "/reviews/"+itoa(mine.ID)+"/report", map[string]any{"reason": "other"})
		return status == http.StatusNoContent
	})
}

type arrivedLine struct {
	OrderNo string `json:"order_no"`
	LineID  int64  `json:"line_id"`
	Product int64  `json:"product_id"`
}

// reviews lets an order arrive and says something of it, what passes the check and what does
// not; what others said is reported, and some of it the shop decides.
func (s *shopper) reviews() {
	for _, l := range s.arrived() {
		s.says(l)
	}
}

// arrived is an order of the shopper's that came, line by line.
func (s *shopper) arrived() (lines []arrivedLine) {
	no := s.paid(s.channel())
	s.ship(no)
	s.receive(no)
	for deadline := time.Now().Add(30 * time.Second); len(lines) == 0 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var page struct{ Items []arrivedLine }
		s.must(http.StatusOK, http.MethodGet, "/reviews/pending?limit=100", nil, &page)
		for _, l := range page.Items {
			if l.OrderNo == no {
				lines = append(lines, l)
			}
		}
	}
	if len(lines) == 0 {
		s.w.t.Fatalf("%s arrived and cannot be reviewed", no)
	}
	return lines
}

func (s *shopper) says(l arrivedLine) {
	says := []string{"很香", "一般", "老板是骗子", "加微信"}[s.dice.IntN(4)]
	var mine struct{ ID int64 }
	s.must(http.StatusCreated, http.MethodPost, "/reviews", map[string]any{"line_id": l.LineID, "score": 1 + s.dice.IntN(5), "body": says}, &mine)
	if s.dice.IntN(4) == 0 {
		s.must(http.StatusNoContent, http.MethodDelete, "/reviews/"+itoa(mine.ID), nil, nil)
	}
	var shown struct {
		Items []struct{ ID int64 }
	}
	s.must(http.StatusOK, http.MethodGet, "/products/"+itoa(l.Product)+"/reviews", nil, &shown)
	for _, r := range shown.Items {
		status, answer := s.call(http.MethodPost, "/reviews/"+itoa(r.ID)+"/report", map[string]any{"reason": "untrue"})
		if status != http.StatusNoContent && !strings.Contains(string(answer), "REVIEW_OWN") && status != http.StatusNotFound {
			s.w.t.Errorf("report: %d %s", status, answer)
		}
		if s.dice.IntN(3) == 0 { // a race with the check, other reports and other staff: what is refused is so
			_ = s.w.Reviews.Act(s.w.t.Context(), s.market.ID, review.ActInput{ReviewID: r.ID, Part: review.First, Event: review.EventApprove, Actor: "staff:1"})
		}
		status, answer = s.call(http.MethodPost, "/reviews/"+itoa(r.ID)+"/follow-up", map[string]any{"body": "补充"})
		if status >= http.StatusInternalServerError {
			s.w.t.Errorf("follow up: %d %s", status, answer)
		}
	}
}
