package order_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/commerce/order"
)

// model is what a test knows of one order without asking the database.
type model struct {
	no      string
	payable money.Fen
	lines   []order.LineInput
	status  order.Status
	paidBy  string
	due     bool
}

// TestAnyHistoryKeepsTheBooks: whatever sequence of placing, paying, cancelling, expiring
// and closing happens, statuses are those of the table, stock is conserved, lines add up,
// and nothing is both paid and closed.
func TestAnyHistoryKeepsTheBooks(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	prices := []money.Fen{100, 250, 999}
	rapid.Check(t, func(t *rapid.T) {
		skus := s.product(20, prices...)
		available := map[int64]int64{skus[0]: 20, skus[1]: 20, skus[2]: 20}
		var orders []*model
		pick := func(t *rapid.T) *model {
			if len(orders) == 0 {
				t.Skip("no order yet")
			}
			return orders[rapid.IntRange(0, len(orders)-1).Draw(t, "order")]
		}
		t.Repeat(map[string]func(*rapid.T){
			"place": func(t *rapid.T) {
				m := &model{status: order.PendingPayment, due: rapid.Bool().Draw(t, "due")}
				fits := true
				for i, sku := range skus {
					if qty := rapid.Int64Range(0, 9).Draw(t, "qty"); qty > 0 {
						m.lines = append(m.lines, order.LineInput{SKUID: sku, Qty: qty})
						m.payable += prices[i] * money.Fen(qty)
						fits = fits && qty <= available[sku]
					}
				}
				if len(m.lines) == 0 {
					t.Skip("empty")
				}
				at := time.Now() // due is decided by the database's clock
				if m.due {
					at = at.Add(-time.Hour)
				}
				s.Clock().Set(at)
				placed, _, err := s.orders.Place(s.t.Context(), s.Tenant.ID, s.input(b, m.payable, m.lines...))
				if !fits {
					if !errors.Is(err, inventory.ErrShort) {
						t.Fatalf("more than there is: %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range m.lines {
					available[l.SKUID] -= l.Qty
				}
				m.no = placed.OrderNo
				orders = append(orders, m)
			},
			"pay": func(t *rapid.T) {
				m := pick(t)
				by := m.no[12:] + rapid.SampledFrom([]string{"A", "B"}).Draw(t, "attempt")
				want := order.OutcomeLate
				switch {
				case m.paidBy == by:
					want = order.OutcomeAlreadyPaid
				case m.status == order.PendingPayment || m.status == order.Closing:
					want, m.status, m.paidBy = order.OutcomePaid, order.Paid, by
				}
				if got, err := s.pay(m.no, by, m.payable); err != nil || got != want {
					t.Fatalf("pay %s: %s, %v; want %s", m.no, got, err, want)
				}
			},
			"cancel": func(t *rapid.T) {
				m := pick(t)
				got, err := s.orders.Cancel(s.t.Context(), s.Tenant.ID, b.id, m.no)
				if m.status == order.Paid {
					if !errors.Is(err, order.ErrState) {
						t.Fatalf("cancel a paid order: %v", err)
					}
					return
				}
				if m.status == order.PendingPayment {
					m.status = order.Closing
				}
				if err != nil || got.Status != m.status {
					t.Fatalf("cancel: %s, %v; want %s", got.Status, err, m.status)
				}
			},
			"expire": func(t *rapid.T) {
				m := pick(t)
				if err := s.expire(m.no); err != nil {
					t.Fatal(err)
				}
				if m.status == order.PendingPayment && m.due {
					m.status = order.Closing
				}
			},
			"finish": func(t *rapid.T) {
				m := pick(t)
				closed, err := s.finish(m.no)
				if err != nil || closed != (m.status == order.Closing) {
					t.Fatalf("finish: %v, %v at %s", closed, err, m.status)
				}
				if closed {
					m.status = order.Closed
					for _, l := range m.lines {
						available[l.SKUID] += l.Qty
					}
				}
			},
		})
		for _, m := range orders {
			if got := s.status(b, m.no); got != m.status {
				t.Fatalf("%s is %s, want %s", m.no, got, m.status)
			}
		}
		for sku, want := range available {
			if onHand, reserved := s.level(sku); onHand-reserved != want {
				t.Fatalf("SKU %d: %d of %d available, want %d", sku, onHand-reserved, onHand, want)
			}
		}
		s.healthy(t)
	})
}
