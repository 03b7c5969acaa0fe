package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/tenant/tenanttest"
)

// TestStaffHearOfScarceGoods: the sale after which few are left is told to the staff, those after
// it are not, and the last piece is.
func TestStaffHearOfScarceGoods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("scarce", 6)
	w.change(s, "UPDATE stock_level SET low_at = 3 WHERE sku_id = "+itoa(s.skus[0]))
	b := w.login(s, "buyer")
	told := func(pieces, want int) {
		t.Helper()
		b.order(int64(pieces))
		w.quiet(s, 30*time.Second)
		if n := w.count(s, "SELECT count(*) FROM staff_notice WHERE event = 'stock.scarce'"); n != want {
			t.Errorf("after %d pieces: told %d times, want %d", pieces, n, want)
		}
	}
	told(2, 0) // 4 left
	told(1, 1) // 3
	told(1, 1) // 2
	told(2, 2) // none

	d := w.signIn(s)
	status, page := d.ask(http.MethodGet, "/console/"+s.Handle+"/notices")
	for _, want := range []string{"库存不足", "仅剩 3 件可售", "仅剩 0 件可售", "/stock/" + itoa(s.skus[0])} {
		if status != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("the notices (%d) do not show %q", status, want)
		}
	}
}

// TestStaffHearOfACouponsEnd: when the last of a coupon is given, staff are told, once a day for the
// same end, and the notice leads to the coupon.
func TestStaffHearOfACouponsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("ending", 6)
	id, _ := w.giveOut(s, 100, 9)
	b := w.login(s, "buyer")
	take := func(total string, want int) {
		t.Helper()
		w.change(s, "UPDATE coupon SET total = "+total+" WHERE id = "+itoa(id))
		b.must(http.StatusCreated, http.MethodPost, "/coupons/"+itoa(id)+"/claim", nil, nil, header{"Idempotency-Key": tenanttest.RandomHex(8)})
		w.quiet(s, 30*time.Second)
		if n := w.count(s, "SELECT count(*) FROM staff_notice WHERE event = 'coupon.budget'"); n != want {
			t.Errorf("with %s in all: told %d times, want %d", total, n, want)
		}
	}
	take("2", 0)
	take("2", 1)
	take("3", 2)
	w.change(s, "UPDATE coupon SET issued = issued - 1")
	take("3", 2) // the same end again, today

	d := w.signIn(s)
	status, page := d.ask(http.MethodGet, "/console/"+s.Handle+"/notices")
	for _, want := range []string{"优惠券快用完或已停", "已全部发出，已自动停发", "/coupons/" + itoa(id)} {
		if status != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("the notices (%d) do not show %q", status, want)
		}
	}
}
