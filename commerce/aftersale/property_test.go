package aftersale_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/aftersale"
	"galleria/commerce/money"
	"galleria/commerce/order"
)

// TestAnyHistoryOfCasesKeepsTheBooks: whatever is applied for, sent, agreed, refused,
// inspected and paid, in whatever order, nothing is refunded beyond what was paid, by line
// and in total, claims are those of the cases, and stock is conserved.
func TestAnyHistoryOfCasesKeepsTheBooks(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		qtys := []int64{rapid.Int64Range(1, 4).Draw(t, "qty"), rapid.Int64Range(1, 3).Draw(t, "qty")}
		b := s.buy(money.Fen(rapid.Int64Range(-90, 90).Draw(t, "adjust")), []money.Fen{101, 333}, qtys)
		var cases []string
		refused := func(err error) { // a refusal is an answer; anything else is a defect
			if err != nil && (strings.Contains(err.Error(), "SQLSTATE") || strings.Contains(err.Error(), "defect")) {
				t.Fatal(err)
			}
		}
		pick := func(t *rapid.T) aftersale.Case {
			if len(cases) == 0 {
				t.Skip("no case yet")
			}
			return s.get(cases[rapid.IntRange(0, len(cases)-1).Draw(t, "case")])
		}
		acts := map[string]func(*rapid.T){
			"apply": func(t *rapid.T) {
				lines := map[int64]int64{}
				for i, id := range b.lines {
					if n := rapid.Int64Range(0, qtys[i]).Draw(t, "pieces"); n > 0 {
						lines[id] = n
					}
				}
				s.nextDay()
				if no, err := s.open(b, rapid.SampledFrom(aftersale.Kinds()).Draw(t, "kind"), lines); err == nil {
					cases = append(cases, no)
				} else {
					refused(err)
				}
			},
			"ship": func(t *rapid.T) {
				i := rapid.IntRange(0, 1).Draw(t, "line")
				refused(s.ship(b, map[int64]int64{b.lines[i]: rapid.Int64Range(1, qtys[i]).Draw(t, "pieces")}))
			},
			"approve": func(t *rapid.T) {
				c := pick(t)
				in := aftersale.ApproveInput{CaseNo: c.CaseNo, AddressID: s.returnAddress(), Actor: "staff:1"}
				if rapid.Bool().Draw(t, "less") {
					in.AmountFen = new(money.Fen(rapid.Int64Range(0, int64(c.MostFen())).Draw(t, "amount")))
				}
				_, err := s.cases.Approve(ctx, s.Tenant.ID, in)
				refused(err)
			},
			"reject": func(t *rapid.T) {
				_, err := s.cases.Reject(ctx, s.Tenant.ID, pick(t).CaseNo, "不符合条件", "staff:1")
				refused(err)
			},
			"withdraw": func(t *rapid.T) { _, err := s.cases.Withdraw(ctx, s.Tenant.ID, s.member, pick(t).CaseNo); refused(err) },
			"send back": func(t *rapid.T) {
				_, err := s.cases.SendBack(ctx, s.Tenant.ID, aftersale.SendBackInput{CaseNo: pick(t).CaseNo, MemberID: s.member, Courier: "sf", TrackingNo: s.number(), Actor: "member:1"})
				refused(err)
			},
			"arrive": func(t *rapid.T) { _, err := s.cases.Arrive(ctx, s.Tenant.ID, pick(t).CaseNo, "staff:1"); refused(err) },
			"inspect": func(t *rapid.T) {
				c := pick(t)
				found := map[int64]aftersale.Found{}
				for _, l := range c.Lines {
					n := rapid.Int64Range(0, l.Qty).Draw(t, "sellable")
					found[l.LineID] = aftersale.Found{Sellable: n, Damaged: l.Qty - n}
				}
				var err error
				if rapid.Bool().Draw(t, "pay instead") {
					_, err = s.cases.PayInstead(ctx, s.Tenant.ID, c.CaseNo, found, "", "staff:1")
				} else {
					_, err = s.cases.Inspect(ctx, s.Tenant.ID, aftersale.InspectInput{CaseNo: c.CaseNo, Lines: found, Actor: "staff:1"})
				}
				refused(err)
			},
			"reship": func(t *rapid.T) {
				_, err := s.cases.Reship(ctx, s.Tenant.ID, pick(t).CaseNo, "sf", s.number(), "staff:1")
				refused(err)
			},
			"confirm": func(t *rapid.T) { _, err := s.cases.Confirm(ctx, s.Tenant.ID, s.member, pick(t).CaseNo); refused(err) },
			"money": func(t *rapid.T) {
				if c := pick(t); c.Status == aftersale.Refunding {
					if err := s.arrived(c); err != nil {
						t.Fatal(err)
					}
				}
			},
		}
		t.Repeat(acts)
		s.broken(t)
		// Goods are with the shop, with the buyer, or were found wanting: none is lost.
		for i, sku := range b.skus {
			out := s.count(`SELECT l.qty - coalesce((SELECT sum(CASE WHEN c.status = 'refunded' THEN a.dropped ELSE 0 END + a.sellable) FROM aftersale_line a JOIN aftersale_case c ON c.id = a.case_id WHERE a.line_id = l.id), 0)
				+ coalesce((SELECT sum(a.qty) FROM aftersale_line a JOIN aftersale_case c ON c.id = a.case_id WHERE a.line_id = l.id AND c.status IN ('reshipping', 'reshipped', 'closed')), 0)
				FROM order_line l WHERE l.id = $1`, b.lines[i])
			if n := s.onHand(sku); n != 100-out {
				t.Fatalf("SKU %d: %d on the shelf, want %d", sku, n, 100-out)
			}
		}
	})
}

// TestAnyDivisionOfALineAddsUp: however a line's pieces are divided into cases, their shares
// are what was paid for the line.
func TestAnyDivisionOfALineAddsUp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	rapid.Check(t, func(t *rapid.T) {
		qty := rapid.Int64Range(1, 9).Draw(t, "qty")
		b := s.buy(money.Fen(rapid.Int64Range(-50, 50).Draw(t, "adjust")), []money.Fen{101}, []int64{qty})
		var sum money.Fen
		var open []string
		for left := qty; left > 0; {
			n := rapid.Int64Range(1, left).Draw(t, "pieces")
			s.nextDay()
			no, err := s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: n})
			if err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "withdraw") {
				if _, err := s.cases.Withdraw(s.t.Context(), s.Tenant.ID, s.member, no); err != nil {
					t.Fatal(err)
				}
				if rapid.Bool().Draw(t, "give up") {
					continue
				}
				if no, err = s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: n}); err != nil {
					t.Fatal(err)
				}
			}
			open, left = append(open, no), left-n
		}
		for _, no := range slices.Backward(open) {
			sum += s.get(no).AmountFen
			s.must(no, s.approve(no))
			if err := s.arrived(s.get(no)); err != nil {
				t.Fatal(err)
			}
		}
		if sum != b.payable {
			t.Fatalf("the parts are %d of %d", sum, b.payable)
		}
		if got := s.status(b.no); got != order.Closed {
			t.Fatalf("the order is %s", got)
		}
	})
}
