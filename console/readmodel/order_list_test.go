package readmodel_test

import (
	"fmt"
	"testing"

	"galleria/console/readmodel"
	"galleria/tenant/tenanttest"
)

// TestVouchersAreNotToBeSent: an order of vouchers is paid and waits for its buyer, for years it
// may be; it is not among those that wait for the shop.
func TestVouchersAreNotToBeSent(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	for _, sql := range []string{
		`INSERT INTO %[1]s.member (created_at) VALUES (now())`,
		`INSERT INTO %[1]s.orders (order_no, member_id, app_id, status, delivery, goods_fen, payable_fen, address, receiver, expires_at, placed_at, paid_at)
		 SELECT 'X' || lpad(n::text, 12, '0'), 1, 'wx', 'paid', CASE WHEN n > 5 THEN 'voucher' ELSE 'express' END, 100, 100, '{}', NULL, now(), now(), now() FROM generate_series(1, 8) n`,
	} {
		env.Owner(t, fmt.Sprintf(sql, env.Tenant.ID))
	}
	store := readmodel.New(readmodel.Deps{DB: env.DB})
	if n, err := store.ToShip(t.Context(), env.Tenant.ID); n != 5 || err != nil {
		t.Errorf("%d orders are to be sent, %v; want 5", n, err)
	}
	for status, want := range map[string]int{"paid": 5, readmodel.ToUse: 3, "": 8} {
		page, err := store.Orders(t.Context(), env.Tenant.ID, readmodel.OrderFilter{Status: status})
		if len(page.Rows) != want || page.Counts[status] != int64(want) || err != nil {
			t.Errorf("%q has %d rows, its tab says %d, %v; want %d", status, len(page.Rows), page.Counts[status], err, want)
		}
	}
}
