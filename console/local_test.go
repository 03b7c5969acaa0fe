package console_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"testing"

	"galleria/console/authz"
)

// TestLocalDeliveryInTheConsole sets local delivery up, brings an order and hands it over.
func TestLocalDeliveryInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲")
	packer := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Warehouse))
	b := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	page := shop + "/delivery/local"
	b.wantStatus(page, http.StatusOK)
	b.see("先添加一个门店")
	store := url.Values{"name": {"西湖店"}, "address": {"龙井路1号"}, "latitude": {"30.250000"}, "longitude": {"120.130000"}}
	b.wantPost(shop+"/delivery/stores/new", store, http.StatusSeeOther)
	b.wantStatus(page, http.StatusOK)
	b.see("09:00-12:00 20")
	typed := url.Values{
		"active": {"1"}, "store_id": {"1"}, "radius_m": {"4.5"}, "region": {"330100"}, "districts": {"330106，110101"}, "min_fen": {"20.00"}, "base_fen": {"5"}, "base_m": {"3"},
		"per_km_fen": {"1.50"}, "free_fen": {"99"}, "lead_minutes": {"30"}, "days_ahead": {"2"}, "weekday": {"0", "6"}, "times": {"9点"},
	}
	b.wantPost(page, typed, http.StatusUnprocessableEntity)
	b.see("1 到 24 个不重复的时段", "9点", `value="4.5"`)
	for field, bad := range map[string]string{"radius_m": "x", "min_fen": "1.234", "districts": "999999", "days_ahead": "-1", "store_id": "77"} {
		wrong := maps.Clone(typed)
		wrong.Set("times", "09:00-12:00 20")
		wrong.Set(field, bad)
		b.wantPost(page, wrong, http.StatusUnprocessableEntity)
	}
	typed.Set("version", b.value("version"))
	typed.Set("times", "09：00—12：00，20\r\n\r\n 14:00-24:00 8 \n")
	b.wantPost(page, typed, http.StatusSeeOther)
	b.wantStatus(page, http.StatusOK)
	b.see("09:00-12:00 20\n14:00-24:00 8", `value="4.5"`, `value="110101"`)

	no := g.orderNos[5]
	d.env.Owner(t, fmt.Sprintf("UPDATE %s.orders SET delivery = 'local', store_id = 1, slot_from = '2026-11-24 09:00+08', slot_until = '2026-11-24 12:00+08' WHERE order_no = '%s'", d.env.Tenant.ID, no))
	b.wantStatus(shop+"/orders", http.StatusOK)
	b.see("同城配送", "2026-11-24 09:00–12:00")
	b.wantStatus(shop+"/picking", http.StatusOK)
	b.see(no, "同城配送")
	one := shop + "/orders/" + no
	packer.wantStatus(one, http.StatusOK)
	packer.see("从 西湖店 配送", one+"/bring")
	packer.miss(one + "/ship\"")
	packer.wantStatus(one+"/bring", http.StatusOK)
	packer.wantPost(one+"/bring", url.Values{"rider_name": {"张师傅"}, "rider_phone": {"电话"}}, http.StatusUnprocessableEntity)
	packer.see("请填写正确的电话号码", `value="张师傅"`)
	packer.wantPost(one+"/arrive", url.Values{}, http.StatusConflict)
	packer.wantPost(one+"/bring", url.Values{"rider_name": {"张师傅"}, "rider_phone": {"13900139000"}}, http.StatusSeeOther)
	packer.wantStatus(one, http.StatusOK)
	packer.see("13900139000", "更换配送员", "将自动确认收货")
	packer.wantPost(one+"/arrive", url.Values{}, http.StatusSeeOther)
	packer.wantStatus(one, http.StatusOK)
	packer.see("商家确认送达")
	packer.miss(one + "/arrive\"")
	packer.wantPost(page, typed, http.StatusForbidden)
}
