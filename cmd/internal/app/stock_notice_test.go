package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
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
