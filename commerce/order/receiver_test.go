package order_test

import (
	"strings"
	"testing"

	"galleria/commerce/order"
	"galleria/tenant/tenantdb"
)

// row is what lies in an order's row, as text.
func (s *shop) row(orderNo string) (text string) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(s.t.Context(), "SELECT o::text FROM orders o WHERE order_no = $1", orderNo).Scan(&text)
	})
	return text
}

// TestReceiversAreSealed looks for a buyer in the row of his order, before and after the shop
// corrects where it goes.
func TestReceiversAreSealed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	no := s.place(b, 1000, order.LineInput{SKUID: s.product(9, 1000)[0], Qty: 1}).OrderNo
	check := func(when, name, phone, detail string) {
		t.Helper()
		row := s.row(no)
		for _, text := range []string{name, phone, detail} {
			if strings.Contains(row, text) {
				t.Errorf("%s: %s lies open in %s", when, text, row)
			}
		}
		if !strings.Contains(row, "西湖区") || !strings.Contains(row, phone[len(phone)-4:]) {
			t.Errorf("%s: the district, or the end of the phone, is missing in %s", when, row)
		}
		got, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, no)
		if err != nil {
			t.Fatal(err)
		}
		page, err := s.orders.List(t.Context(), s.Tenant.ID, b.id, order.ListInput{})
		if err != nil || len(page.Orders) != 1 {
			t.Fatalf("%d orders, %v", len(page.Orders), err)
		}
		want := order.Address{Name: name, Phone: phone, Province: "浙江省", City: "杭州市", District: "西湖区", DivisionCode: "330106", Detail: detail}
		for _, a := range []order.Address{got.Address, page.Orders[0].Address} {
			if a != want {
				t.Errorf("%s: got %+v, want %+v", when, a, want)
			}
		}
	}
	check("placed", "王小明", "13800138000", "龙井路1号")
	if err := s.orders.Readdress(t.Context(), s.Tenant.ID, no, order.Address{
		Name: "李雷", Phone: "13900139001", Province: "浙江省", City: "杭州市", District: "西湖区", DivisionCode: "330106", Detail: "文三路2号",
	}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	check("corrected", "李雷", "13900139001", "文三路2号")
}

// TestOldReceiversAreSealed seals orders from before receivers were, in portions and once.
func TestOldReceiversAreSealed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	sku := s.product(9, 1000)[0]
	var numbers []string
	for range 3 {
		no := s.place(b, 1000, order.LineInput{SKUID: sku, Qty: 1}).OrderNo
		numbers = append(numbers, no)
		s.Owner(t, "UPDATE "+s.Tenant.ID.String()+`.orders SET receiver = NULL, receiver_index = NULL,
			address = address - 'phone_tail' || '{"name":"王小明","phone":"13800138000","detail":"龙井路1号"}' WHERE order_no = '`+no+"'")
	}
	want, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, numbers[0])
	if err != nil || want.Address.Name != "王小明" {
		t.Fatalf("an open one: %+v, %v", want.Address, err)
	}
	for i, n := range []int{2, 1, 0} {
		got, err := s.orders.SealReceivers(t.Context(), s.Tenant.ID, 2)
		if err != nil || got != n {
			t.Errorf("run %d: sealed %d, %v; want %d", i, got, err, n)
		}
	}
	for _, no := range numbers {
		if row := s.row(no); strings.Contains(row, "王小明") || strings.Contains(row, "13800138000") || strings.Contains(row, "龙井路") {
			t.Errorf("lies open: %s", row)
		}
		got, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, no)
		if err != nil || got.Address != want.Address {
			t.Errorf("got %+v, %v; want %+v", got.Address, err, want.Address)
		}
	}
}
