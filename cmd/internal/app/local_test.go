package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/delivery"
	"galleria/commerce/order"
	"galleria/tenant/tenanttest"
)

// TestEndToEndLocalDelivery orders for a slot through the API: quote, order, payment, a courier
// of the shop, WeChat's word of it, and receipt.
func TestEndToEndLocalDelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("local", 10)
	b := w.login(s, "小明")
	var local struct {
		Active bool
		Slots  []struct {
			SlotID int64 `json:"slot_id"`
			Day    string
			Left   int64
		}
	}
	b.must(http.StatusOK, http.MethodGet, "/local-delivery", nil, &local)
	if local.Active || len(local.Slots) > 0 {
		t.Errorf("a shop that never said it brings goods: %+v", local)
	}
	store, err := w.Delivery.SaveStore(t.Context(), s.ID, delivery.Store{Name: "文三店", Address: "文三路 2 号", Latitude: "30.276000", Longitude: "120.130000", Open: true}, "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Delivery.SetLocal(t.Context(), s.ID, delivery.Local{
		LocalTerms: delivery.LocalTerms{Active: true, StoreID: store, RadiusM: 3000, BaseFen: 600, BaseM: 3000, DaysAhead: 2, Weekdays: 127},
		Times:      []delivery.LocalTime{{From: 9 * 60, Until: 12 * 60, Capacity: 1}},
	}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	b.must(http.StatusOK, http.MethodGet, "/local-delivery", nil, &local)
	if !local.Active || len(local.Slots) < 2 || local.Slots[0].Left != 1 {
		t.Fatalf("slots %+v, want two days of them at least", local)
	}
	var address struct {
		ID       int64
		Latitude string
	}
	b.must(http.StatusCreated, http.MethodPost, "/addresses", map[string]any{
		"name": "小明", "phone": "13800000001", "province": "浙江省", "city": "杭州市", "district": "西湖区", "detail": "文三路 1 号",
		"latitude": "30.2770001234", "longitude": "120.13",
	}, &address)
	if address.Latitude != "30.277000" {
		t.Errorf("the address is kept at %q", address.Latitude)
	}
	slot := local.Slots[len(local.Slots)-1]
	body := map[string]any{
		"lines": []map[string]any{{"sku_id": s.skus[0], "qty": 1}}, "address_id": address.ID,
		"delivery": map[string]any{"kind": "local", "slot_id": slot.SlotID, "day": slot.Day},
	}
	var quote struct {
		PayableFen int64 `json:"payable_fen"`
		FreightFen int64 `json:"freight_fen"`
		Deliveries []string
		Local      struct {
			Deliverable bool
			Reason      string
			DistanceM   int64 `json:"distance_m"`
		}
	}
	b.must(http.StatusOK, http.MethodPost, "/checkout/quote", body, &quote)
	if !quote.Local.Deliverable || quote.Local.DistanceM != 111 || quote.FreightFen != 600 {
		t.Fatalf("quote %+v, want 600 of freight for 111 m", quote)
	}
	body["expected_payable_fen"] = quote.PayableFen
	var got placed
	b.must(http.StatusCreated, http.MethodPost, "/orders", body, &got, header{"Idempotency-Key": tenanttest.RandomHex(8)})
	var refused struct {
		Code string
		Data struct{ Reason string }
	}
	b.must(http.StatusConflict, http.MethodPost, "/orders", body, &refused, header{"Idempotency-Key": tenanttest.RandomHex(8)})
	if refused.Code != "LOCAL_DELIVERY" || refused.Data.Reason != "slot_full" {
		t.Errorf("a second order in a slot of one: %+v", refused)
	}
	b.pay(got.OrderNo)
	b.waitFor(got.OrderNo, "paid", 10*time.Second)
	if err := w.Orders.Bring(t.Context(), s.ID, order.BringInput{OrderNo: got.OrderNo, Rider: delivery.Rider{Name: "张师傅", Phone: "13900139000"}, Actor: "staff:1"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 15*time.Second, "WeChat to know", func() bool {
		var state string
		w.scan(s, "SELECT coalesce((SELECT state FROM shipping_upload WHERE order_no = $1), '')", []any{got.OrderNo}, &state)
		return state == "uploaded"
	})
	var parcels struct {
		Items []struct {
			Kind  string
			Rider struct{ Name, Phone string }
		}
	}
	b.must(http.StatusOK, http.MethodGet, "/orders/"+got.OrderNo+"/parcels", nil, &parcels)
	if len(parcels.Items) != 1 || parcels.Items[0].Kind != "local" || parcels.Items[0].Rider.Phone != "13900139000" {
		t.Errorf("parcels %+v", parcels)
	}
	b.must(http.StatusOK, http.MethodPost, "/orders/"+got.OrderNo+"/receive", nil, nil)
	b.waitFor(got.OrderNo, "completed", time.Second)
}
