package order_test

import (
	"testing"
	"time"

	"galleria/commerce/order"
	"galleria/tenant/tenantdb"
)

// word is what the courier says of a parcel.
func (s *shop) word(t *testing.T, parcelNo, number string, to order.ParcelStatus, ago time.Duration) {
	t.Helper()
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return s.orders.MoveParcelTx(t.Context(), tx, order.MoveInput{ParcelNo: parcelNo, Courier: "sf", TrackingNo: number, To: to, At: tx.Now().Add(-ago)})
	})
}

// receiveIn is how many hours are left until the order counts as received, and whether its
// timer says the same.
func (s *shop) receiveIn(t *testing.T, orderNo string) int64 {
	t.Helper()
	if n := s.count("SELECT count(*) FROM orders o JOIN platform.timer t ON t.topic = 'order.receive' AND t.key = o.order_no AND t.due_at = o.receive_by WHERE o.order_no = $1", orderNo); n != 1 {
		t.Errorf("the timer of %s is not the order's", orderNo)
	}
	return s.count("SELECT round(extract(epoch FROM receive_by - now()) / 3600)::bigint FROM orders WHERE order_no = $1", orderNo)
}

// TestSignedParcelsHastenReceipt: the last parcel that is signed for lets the order count as
// received earlier, never later, and never within a day of our hearing of it.
func TestSignedParcelsHastenReceipt(t *testing.T) {
	t.Parallel()
	const first, second = "SF1234567890123", "SF1234567890124"
	s := newShop(t)
	for _, c := range []struct {
		name   string
		signed time.Duration // ago
		hours  int64
	}{
		{"just now", 0, 7 * 24},
		{"three days ago", 72 * time.Hour, 4 * 24},
		{"told too late", 30 * 24 * time.Hour, 24},
		{"in the future", -90 * 24 * time.Hour, 10 * 24},
	} {
		no, lines := s.paidOrder(t, s.buyer())
		one, err := ship(s, no, first, map[int64]int64{lines[0]: 1})
		if err != nil {
			t.Fatal(err)
		}
		s.word(t, one.ParcelNo, first, order.ParcelDelivered, c.signed)
		two, err := ship(s, no, second, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.receiveIn(t, no); got != 10*24 {
			t.Errorf("%s: half of it signed for: %d hours", c.name, got)
		}
		for range 2 { // a repeat changes nothing
			s.word(t, two.ParcelNo, second, order.ParcelDelivered, c.signed)
		}
		if got := s.receiveIn(t, no); got != c.hours {
			t.Errorf("%s: all of it signed for: %d hours, want %d", c.name, got, c.hours)
		}
		if _, err := s.orders.Retrack(t.Context(), s.Tenant.ID, order.RetrackInput{ParcelNo: two.ParcelNo, Courier: "sf", TrackingNo: "SF1234567890125", Actor: "staff:1"}); err != nil {
			t.Fatal(err)
		}
		if got := s.receiveIn(t, no); got != 10*24 {
			t.Errorf("%s: it was another parcel that was signed for: %d hours", c.name, got)
		}
	}
	s.healthy(t)
}

// TestReturnedParcelIsNotReceived: while a parcel comes back the order does not count as
// received by itself; its buyer may still say so.
func TestReturnedParcelIsNotReceived(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	no, _ := s.paidOrder(t, b)
	out, err := ship(s, no, "SF1234567890123", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.word(t, out.ParcelNo, "SF1234567890123", order.ParcelReturned, 0)
	s.due(no)
	due := func() {
		s.InTenant(t, func(tx tenantdb.Tx) error { return s.orders.ReceiveDueTx(t.Context(), tx, no) })
	}
	due()
	if status, _ := s.standing(no); status != "fulfilling" {
		t.Errorf("a parcel that comes back was received: %s", status)
	}
	if n := s.count("SELECT count(*) FROM platform.timer WHERE topic = 'order.receive' AND key = $1 AND due_at > now() + interval '23 hours'", no); n != 1 {
		t.Error("the clock does not look again")
	}
	s.word(t, out.ParcelNo, "SF1234567890123", order.ParcelDelivered, 0) // the courier tried again
	due()
	if status, _ := s.standing(no); status != "completed" {
		t.Errorf("signed for at last: %s", status)
	}
	s.healthy(t)
}
