package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/order"
)

// TestShippedOrderIsToldToWeChat ships a paid order in two parcels: WeChat is told of each,
// the buyer sees them, confirms receipt, and nothing is frozen any more.
func TestShippedOrderIsToldToWeChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("shipping", 10)
	b := w.login(s, "小明")
	placed := b.order(2)
	b.pay(placed.OrderNo)
	b.waitFor(placed.OrderNo, "paid", 10*time.Second)

	var shown struct {
		Lines []struct {
			LineID int64 `json:"line_id"`
		}
		Actions []string
	}
	b.must(http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo, nil, &shown)
	state := func() (state string) {
		w.scan(s, "SELECT coalesce((SELECT state FROM shipping_upload WHERE order_no = $1), '')", []any{placed.OrderNo}, &state)
		return state
	}
	for i, want := range []string{"partial", "uploaded"} {
		out, err := w.Orders.Ship(t.Context(), s.ID, order.ShipInput{
			OrderNo: placed.OrderNo, Courier: "sf", TrackingNo: "SF123456789012" + string(rune('0'+i)), Lines: map[int64]int64{shown.Lines[0].LineID: 1}, Actor: "staff:1",
		})
		if err != nil || out.Complete != (want == "uploaded") {
			t.Fatalf("parcel %d: %+v, %v", i, out, err)
		}
		eventually(t, 15*time.Second, "the upload to be "+want, func() bool { return state() == want })
	}
	var parcels struct {
		Items []struct {
			TrackingNo  string `json:"tracking_no"`
			CourierName string `json:"courier_name"`
		}
	}
	b.must(http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/parcels", nil, &parcels)
	if len(parcels.Items) != 2 || parcels.Items[0].CourierName != "顺丰速运" {
		t.Errorf("parcels %+v", parcels)
	}
	if _, orders, err := w.Delivery.Frozen(t.Context(), s.ID); err != nil || orders != 0 {
		t.Errorf("%d orders frozen, %v", orders, err)
	}
	b.must(http.StatusOK, http.MethodPost, "/orders/"+placed.OrderNo+"/receive", nil, nil)
	b.waitFor(placed.OrderNo, "completed", time.Second)
	b.must(http.StatusNoContent, http.MethodDelete, "/orders/"+placed.OrderNo, nil, nil)
}
