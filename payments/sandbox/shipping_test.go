package sandbox_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"galleria/payments/sandbox"
)

func (e *env) shipping(outTradeNo string, changes map[string]any) map[string]any {
	m := map[string]any{
		"order_key":      map[string]any{"order_number_type": 1, "mchid": mchid, "out_trade_no": outTradeNo},
		"logistics_type": 1, "delivery_mode": 1, "upload_time": "2026-11-11T18:00:00.000+08:00",
		"shipping_list": []any{parcel("SF1234567890")}, "payer": map[string]any{"openid": e.openid},
	}
	maps.Copy(m, changes)
	return m
}

func parcel(tracking string) map[string]any {
	return map[string]any{"tracking_no": tracking, "express_company": "SF", "item_desc": "龙井茶 250g x 1"}
}

func TestUploadShipping(t *testing.T) {
	t.Parallel()
	e := setup(t)
	r := e.paid("SHIP0001")
	upload := func(changes map[string]any) answer {
		return e.mini(http.MethodPost, "/wxa/sec/order/upload_shipping_info?access_token="+e.token(), e.shipping("SHIP0001", changes))
	}
	wantCode(t, upload(nil), 0)
	wantCode(t, upload(nil), 10060023)
	wantCode(t, upload(map[string]any{"shipping_list": []any{parcel("SF2")}}), 10060014) // upload_time is not later
	again := map[string]any{"shipping_list": []any{parcel("SF2")}, "upload_time": "2026-11-11T19:00:00.000+08:00"}
	wantCode(t, upload(again), 0)
	third := map[string]any{"shipping_list": []any{parcel("SF3")}, "upload_time": "2026-11-11T20:00:00.000+08:00"}
	wantCode(t, upload(third), 10060003)
	ships := e.server.Books().Shipments
	if len(ships) != 1 || ships[0].TransactionID != r.TransactionID || ships[0].TrackingNo[0] != "SF2" {
		t.Errorf("shipments: %+v", ships)
	}
}

// TestShippingHeld asks what is held of a payment: before and after the upload, once it was received,
// after it was forgotten, and when the money went back.
func TestShippingHeld(t *testing.T) {
	t.Parallel()
	e := setup(t)
	r := e.paid("SHIP0009")
	held := func() (code, state int, finished bool, numbers string) {
		t.Helper()
		a := e.mini(http.MethodPost, "/wxa/sec/order/get_order?access_token="+e.token(), map[string]any{"transaction_id": r.TransactionID})
		var out struct {
			ErrCode int `json:"errcode"`
			Order   struct {
				State    int `json:"order_state"`
				Shipping struct {
					Finished bool `json:"finish_shipping"`
					List     []struct {
						TrackingNo string `json:"tracking_no"`
					} `json:"shipping_list"`
				} `json:"shipping"`
			} `json:"order"`
		}
		if err := json.Unmarshal(a.body, &out); err != nil {
			t.Fatal(err)
		}
		for _, p := range out.Order.Shipping.List {
			numbers += p.TrackingNo
		}
		return out.ErrCode, out.Order.State, out.Order.Shipping.Finished, numbers
	}
	want := func(when string, state int, finished bool, numbers string) {
		t.Helper()
		if c, s, f, n := held(); c != 0 || s != state || f != finished || n != numbers {
			t.Errorf("%s: code %d, state %d, %v, %q", when, c, s, f, n)
		}
	}
	want("paid", 1, false, "")
	wantCode(t, e.mini(http.MethodPost, "/wxa/sec/order/upload_shipping_info?access_token="+e.token(), e.shipping("SHIP0009", nil)), 0)
	want("sent", 2, true, "SF1234567890")
	if err := e.server.ChangeShipping(sandbox.ShippingChange{TransactionID: r.TransactionID, Received: 3}); err != nil {
		t.Fatal(err)
	}
	want("received", 3, true, "SF1234567890")
	if err := e.server.ChangeShipping(sandbox.ShippingChange{TransactionID: r.TransactionID, Lost: true}); err != nil {
		t.Fatal(err)
	}
	want("forgotten", 1, false, "")
	for _, bad := range []sandbox.ShippingChange{{TransactionID: "4200NOBODY"}, {TransactionID: r.TransactionID, Received: 5}} {
		if err := e.server.ChangeShipping(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	wantCode(t, e.mini(http.MethodPost, "/wxa/sec/order/get_order?access_token="+e.token(), map[string]any{"transaction_id": "4200NOBODY"}), 10060001)
}

func TestUploadShippingRefusals(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.paid("SHIP0002")
	e.prepay("SHIP0003", nil)
	token := e.token()
	key := func(v map[string]any) map[string]any { return map[string]any{"order_key": v} }
	one := func(name string, v any) map[string]any {
		p := parcel("SF1")
		p[name] = v
		return map[string]any{"shipping_list": []any{p}}
	}
	many := make([]any, 16)
	for i := range many {
		many[i] = parcel("SF1")
	}
	cases := map[string]struct {
		changes map[string]any
		want    int
	}{
		"unknown order":          {key(map[string]any{"order_number_type": 1, "mchid": mchid, "out_trade_no": "NOBODY01"}), 10060001},
		"unknown transaction":    {key(map[string]any{"order_number_type": 2, "transaction_id": "42"}), 10060001},
		"not paid":               {key(map[string]any{"order_number_type": 1, "mchid": mchid, "out_trade_no": "SHIP0003"}), 10060004},
		"number type":            {key(map[string]any{"order_number_type": 3}), 268485194},
		"number type as text":    {key(map[string]any{"order_number_type": "1"}), 47001},
		"no transaction_id":      {key(map[string]any{"order_number_type": 2}), 268485195},
		"no mchid":               {key(map[string]any{"order_number_type": 1, "out_trade_no": "SHIP0002"}), 268485196},
		"no out_trade_no":        {key(map[string]any{"order_number_type": 1, "mchid": mchid}), 268485197},
		"another payer":          {map[string]any{"payer": map[string]any{"openid": "oNobody"}}, 10060031},
		"logistics type":         {map[string]any{"logistics_type": 5}, 10060005},
		"delivery mode":          {map[string]any{"delivery_mode": 3}, 268485224},
		"split without express":  {map[string]any{"delivery_mode": 2, "logistics_type": 4, "is_all_delivered": true}, 10060006},
		"split without the flag": {map[string]any{"delivery_mode": 2}, 10060007},
		"unified with two":       {map[string]any{"shipping_list": many[:2]}, 268485228},
		"sixteen parcels":        {map[string]any{"delivery_mode": 2, "is_all_delivered": true, "shipping_list": many}, 10060024},
		"list is an object":      {map[string]any{"shipping_list": parcel("SF1")}, 47001},
		"no item_desc":           {one("item_desc", ""), 10060008},
		"item_desc too long":     {one("item_desc", strings.Repeat("茶", 121)), 10060009},
		"no tracking_no":         {one("tracking_no", ""), 268485226},
		"no express_company":     {one("express_company", ""), 268485227},
		"upload_time without ms": {map[string]any{"upload_time": "2026-11-11T18:00:00+08:00"}, 268485216},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCode(t, e.mini(http.MethodPost, "/wxa/sec/order/upload_shipping_info?access_token="+token, e.shipping("SHIP0002", c.changes)), c.want)
		})
	}
}
