package app_test

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"galleria/commerce/distribution"
	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/tenant/tenanttest"
)

// promoter is a member who sells for a shop. One draws at a time, so that what can be drawn is
// known.
type promoter struct {
	*buyer
	code    string
	drawing *sync.Mutex
}

// promotersOf opens a shop's distribution at 10 % and 5 %, and returns two who sell for it, of
// whom the first brought the second.
func (w *world) promotersOf(s *shop) (two [2]promoter) {
	w.t.Helper()
	p := distribution.NewPlan()
	p.Enabled, p.Depth, p.JoinBy, p.BoundDays, p.FirstBps, p.SecondBps, p.Review = true, 2, distribution.JoinAnyone, 0, 1000, 500, false
	p.WithdrawFromFen, p.DayCount, p.DayFen, p.FeeBps, p.TaxBps = 100, 100, 20_000_000, 100, 200
	if err := w.Distributed.SavePlan(w.t.Context(), s.ID, p, "staff:1"); err != nil {
		w.t.Fatal(err)
	}
	for i, name := range []string{"小满", "谷雨"} {
		b := w.login(s, name)
		if i == 1 {
			b.broughtBy(two[0].code)
		}
		var joined struct{ Code string }
		b.must(http.StatusOK, http.MethodPost, "/distribution/apply", map[string]any{}, &joined)
		two[i] = promoter{buyer: b, code: joined.Code, drawing: &sync.Mutex{}}
	}
	return two
}

// broughtBy tells that a link of somebody's brought the buyer.
func (b *buyer) broughtBy(code string) {
	b.w.t.Helper()
	b.must(http.StatusOK, http.MethodPost, "/distribution/bind", map[string]any{"code": code, "how": "link", "scene": "1007"}, nil)
}

// account is what a promoter may draw.
func (p promoter) account() (availableFen, withdrawnFen money.Fen) {
	p.w.t.Helper()
	var got struct {
		AvailableFen money.Fen `json:"available_fen"`
		WithdrawnFen money.Fen `json:"withdrawn_fen"`
	}
	p.must(http.StatusOK, http.MethodGet, "/distribution", nil, &got)
	return got.AvailableFen, got.WithdrawnFen
}

// draw asks for money and returns the withdrawal's number, "" if refunds have taken it back since
// the account was looked at.
func (p promoter) draw(body map[string]any) string {
	p.w.t.Helper()
	var got struct {
		No string `json:"withdrawal_no"`
	}
	key := header{"Idempotency-Key": tenanttest.RandomHex(8)}
	if status, answer := p.call(http.MethodPost, "/distribution/withdrawals", body, key); status == http.StatusConflict && strings.Contains(string(answer), "WITHDRAWAL_BALANCE") {
		return ""
	}
	for range 2 { // the answer was lost
		p.must(http.StatusCreated, http.MethodPost, "/distribution/withdrawals", body, &got, key)
	}
	return got.No
}

// billOf waits for the transfer of a withdrawal.
func (w *world) billOf(s *shop, withdrawalNo string) (outBillNo string) {
	w.t.Helper()
	eventually(w.t, 30*time.Second, "the transfer of "+withdrawalNo, func() bool {
		w.scan(s, "SELECT coalesce(min(out_bill_no), '') FROM transfer WHERE source_no = $1", []any{withdrawalNo}, &outBillNo)
		return outBillNo != ""
	})
	return outBillNo
}

// ends waits for a withdrawal to be over.
func (w *world) ends(s *shop, withdrawalNo, status string) {
	w.t.Helper()
	eventually(w.t, 30*time.Second, withdrawalNo+" "+status, func() bool {
		return w.count(s, "SELECT count(*) FROM withdrawal WHERE withdrawal_no = $1 AND status = $2", withdrawalNo, status) == 1
	})
	eventually(w.t, 10*time.Second, "the word of "+withdrawalNo, func() bool {
		return w.count(s, "SELECT count(*) FROM inbox_message WHERE event = 'withdrawal.moved' AND facts->>'withdrawal_no' = $1 AND facts->>'status' = $2", withdrawalNo, status) == 1
	})
}

// finishes lets the time run out in which a buyer may complain.
func (w *world) finishes(s *shop, orderNo string) {
	w.t.Helper()
	eventually(w.t, 30*time.Second, orderNo+" is received", func() bool {
		return w.count(s, "SELECT count(*) FROM orders WHERE order_no = $1 AND settlement = 'window'", orderNo) == 1
	})
	w.owner("UPDATE "+s.ID.String()+".orders SET settle_by = now() - interval '1 second' WHERE order_no = $1", []any{orderNo})
	w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'order.finish' AND key = $2", []any{s.ID.String(), orderNo})
	eventually(w.t, 30*time.Second, orderNo+" is final and its commission available", func() bool {
		return w.count(s, "SELECT count(*) FROM commission c JOIN orders o ON o.id = c.order_id WHERE o.order_no = $1 AND c.status IN ('available', 'withdrawn')", orderNo) > 0
	})
}

// earned buys something whose commission may be drawn.
func (s *shopper) earned() string {
	s.w.t.Helper()
	no := s.paid(payments.WeChat)
	s.ship(no)
	s.receive(no)
	s.w.finishes(s.market.shop, no)
	return no
}

// draws lets the shop's second promoter draw a part of what there is.
func (s *shopper) draws(in sandbox.ConfirmInput, status string) {
	s.w.t.Helper()
	p := s.market.promoters[1]
	p.drawing.Lock()
	defer p.drawing.Unlock()
	available, _ := p.account()
	if available < 100 {
		return // others have drawn it
	}
	no := p.draw(map[string]any{"way": "wechat", "amount_fen": max(available/2, 100)})
	if no == "" {
		return
	}
	s.w.confirms(s.market, p.name, s.w.billOf(s.market.shop, no), in)
	s.w.ends(s.market.shop, no, status)
}

// promotions are what may become of commission: fates of a shopper, as those of orders are.
func promotions() map[string]func(*shopper) {
	return map[string]func(*shopper){
		"commission drawn":          func(s *shopper) { s.earned(); s.draws(sandbox.ConfirmInput{}, "succeeded") },
		"commission drawn, refused": func(s *shopper) { s.earned(); s.draws(sandbox.ConfirmInput{Fail: "ACCOUNT_FREEZED"}, "failed") },
		"commission taken back": func(s *shopper) {
			no := s.earned()
			s.draws(sandbox.ConfirmInput{}, "succeeded")
			s.refund(no, 1)
		},
		"commission drawn by hand": func(s *shopper) {
			s.earned()
			p := s.market.promoters[0]
			p.drawing.Lock()
			defer p.drawing.Unlock()
			if available, _ := p.account(); available < 100 {
				return
			}
			no := p.draw(map[string]any{"way": "manual", "amount_fen": 100, "account": "招商银行 6222020200112233445", "name": "李雷"})
			if no == "" {
				return
			}
			if s.dice.IntN(3) == 0 {
				p.must(http.StatusNoContent, http.MethodPost, "/distribution/withdrawals/"+no+"/cancel", nil, nil)
				return
			}
			for _, step := range []error{
				s.w.Distributed.Approve(s.w.t.Context(), s.market.ID, no, "staff:1"), s.w.Distributed.MarkPaid(s.w.t.Context(), s.market.ID, no, "ICBC0001", nil, "staff:2"),
			} {
				if step != nil {
					s.w.t.Errorf("by hand: %v", step)
				}
			}
		},
	}
}
