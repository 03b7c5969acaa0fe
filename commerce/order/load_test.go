package order_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"galleria/commerce/inventory"
	"galleria/commerce/order"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
)

// together runs n calls at the same moment and returns their errors.
func together(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// TestT030NoOversell: 200 buyers, 50 pieces, each buyer wants one of them and one of
// something there is plenty of; at the same time orders that can only be refused whole.
func TestT030NoOversell(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	hot, plenty, few := s.product(50, 100)[0], s.product(1000, 10)[0], s.product(3, 1)[0]
	buyers := make([]buyer, 20)
	for i := range buyers {
		buyers[i] = s.buyer()
	}
	var mu sync.Mutex
	sold, refused, whole := 0, 0, 0
	errs := together(240, func(i int) error {
		in := s.input(buyers[i%len(buyers)], 110, order.LineInput{SKUID: plenty, Qty: 1}, order.LineInput{SKUID: hot, Qty: 1})
		if i >= 200 { // three lines, one of them short
			in.Lines, in.ExpectedPayableFen = append(in.Lines, order.LineInput{SKUID: few, Qty: 4}), 114
		}
		for {
			_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
			if errors.Is(err, fault.ErrBusy) {
				continue // a small pool and 240 callers: told to come again
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				sold++
			case errors.Is(err, inventory.ErrShort) && i >= 200:
				whole++
			case errors.Is(err, inventory.ErrShort):
				refused++
			default:
				return err
			}
			return nil
		}
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if sold != 50 || refused != 150 || whole != 40 {
		t.Errorf("%d sold, %d refused, %d refused whole; want 50, 150, 40", sold, refused, whole)
	}
	for sku, want := range map[int64]int64{hot: 50, plenty: 50, few: 0} {
		if _, reserved := s.level(sku); reserved != want {
			t.Errorf("SKU %d: %d reserved, want %d", sku, reserved, want)
		}
	}
	s.healthy(t)
}

// TestT031NoDeadlock: carts with the same SKUs in any order never wait in a circle, also
// while others are paid and closed.
func TestT031NoDeadlock(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	skus := s.product(100_000, 1, 1, 1, 1, 1, 1, 1, 1)
	b := s.buyer()
	var mu sync.Mutex
	var took []time.Duration
	errs := together(20, func(i int) error {
		for n := range 40 {
			picked := rand.Perm(len(skus))[:6]
			var lines []order.LineInput
			for _, p := range picked {
				lines = append(lines, order.LineInput{SKUID: skus[p], Qty: 1})
			}
			begin := time.Now()
			placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(b, 6, lines...))
			if err != nil {
				return err
			}
			mu.Lock()
			took = append(took, time.Since(begin))
			mu.Unlock()
			switch n % 4 {
			case 0:
				_, err = s.pay(placed.OrderNo, fmt.Sprintf("T%d-%d", i, n), 6)
			case 1:
				if _, err = s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, placed.OrderNo); err == nil {
					_, err = s.finish(placed.OrderNo)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	slices.Sort(took)
	if len(took) != 800 || took[791] > 2*time.Second {
		t.Fatalf("%d orders, want 800; p99 is %v, want at most 2 s", len(took), took[len(took)*99/100])
	}
	if n := s.count("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"); n != 0 {
		t.Errorf("%d deadlocks", n)
	}
	s.healthy(t)
}

// TestT033OneKeyAtOnce: one key, 20 times at the same moment, is one order.
func TestT033OneKeyAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 100)
	in := s.input(b, 100, order.LineInput{SKUID: skus[0], Qty: 1})
	numbers := make([]string, 20)
	fresh := make([]bool, 20)
	errs := together(20, func(i int) error {
		placed, replayed, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
		if errors.Is(err, idempotency.ErrInProgress) {
			placed, replayed, err = s.orders.Place(t.Context(), s.Tenant.ID, in)
		}
		numbers[i], fresh[i] = placed.OrderNo, err == nil && !replayed
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(numbers))); len(distinct) != 1 {
		t.Errorf("one key gave the orders %v", distinct)
	}
	if n := len(slices.DeleteFunc(fresh, func(f bool) bool { return !f })); n != 1 {
		t.Errorf("%d answers say that they are the first", n)
	}
	if _, reserved := s.level(skus[0]); reserved != 1 || s.count("SELECT count(*) FROM orders") != 1 {
		t.Errorf("%d reserved, want 1", reserved)
	}
	s.healthy(t)
}

// TestT077PaidOrClosed: money and closing at the same moment: each order ends paid, or
// closed with its money to be given back, and the stock agrees.
func TestT077PaidOrClosed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(1000, 100)
	const orders = 100
	numbers := make([]string, orders)
	for i := range numbers {
		numbers[i] = s.place(b, 100, order.LineInput{SKUID: skus[0], Qty: 1}).OrderNo
	}
	late := make([]bool, orders)
	errs := together(orders*3, func(i int) error {
		no := numbers[i%orders]
		for {
			var err error
			switch i / orders {
			case 0:
				var outcome order.PaidOutcome
				outcome, err = s.pay(no, "T"+no, 100)
				late[i] = outcome == order.OutcomeLate
			case 1:
				if _, err = s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, no); errors.Is(err, order.ErrState) {
					return nil
				}
			default:
				_, err = s.finish(no)
			}
			if !errors.Is(err, fault.ErrBusy) {
				return err
			}
		}
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for i, no := range numbers {
		if got := s.status(b, no); (got == order.Paid) == late[i] {
			t.Errorf("%s is %s, its money late: %v", no, got, late[i])
		}
	}
	s.healthy(t)
}
