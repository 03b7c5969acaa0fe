package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/console/authz"
)

// TestShipFromTheConsole walks a parcel from the form to the order's page: a slip in the
// number keeps what was typed, a second parcel and a correction follow.
func TestShipFromTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Warehouse))
	shop := "/console/" + d.env.Tenant.Handle
	page := shop + "/orders/" + g.orderNos[5]
	b.wantStatus(page, http.StatusOK)
	b.see(page + "/ship")
	b.miss(page+"/address", "staff-note", page+"/receiver") // the warehouse ships and changes nothing else
	b.wantPost(page+"/receiver", url.Values{}, http.StatusForbidden)
	b.wantStatus(page+"/ship", http.StatusOK)
	b.wantPost(page+"/ship", url.Values{"courier": {"sf"}, "tracking_no": {"12"}, "qty_11": {"1"}}, http.StatusUnprocessableEntity)
	b.see("单号不符合该快递公司的规则", `value="12"`)
	b.wantPost(page+"/ship", url.Values{"courier": {"sf"}, "tracking_no": {"SF1234567890123"}, "qty_11": {"9"}}, http.StatusConflict)
	b.wantPost(page+"/ship", url.Values{"courier": {"sf"}, "tracking_no": {"SF1234567890123"}, "qty_11": {"1"}, "qty_12": {"0"}}, http.StatusSeeOther)
	b.wantStatus(page, http.StatusOK)
	b.see("SF1234567890123", "顺丰速运", page+"/ship")

	// The rest goes by the list; checking sends nothing, sending twice sends once.
	rows := "订单号,快递公司,快递单号\n" + g.orderNos[5] + ",中通,75412345678901\n" + g.orderNos[3] + ",sf,SF1234567890124\nNOSUCHORDER1,sf,SF1234567890124\n"
	b.wantStatus(shop+"/shipments", http.StatusOK)
	b.wantPost(shop+"/shipments", url.Values{"do": {"check"}, "rows": {rows}}, http.StatusOK)
	b.see("可用 1 / 共 3 行", "没有这个订单", "订单待付款，不能发货")
	for _, word := range []string{"已发货", "此前已发"} {
		b.wantPost(shop+"/shipments", url.Values{"do": {"ship"}, "rows": {rows}}, http.StatusOK)
		b.see(word)
	}
	b.wantStatus(page, http.StatusOK)
	b.see("75412345678901", "将自动确认收货")
	b.miss(page + "/ship\"")
	b.wantStatus(shop+"/picking", http.StatusOK)
	b.miss(g.orderNos[5])
}

// TestStaffChangesInTheConsole changes price, address and note, and closes an order.
func TestStaffChangesInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.owner)
	unpaid := "/console/" + d.env.Tenant.Handle + "/orders/" + g.orderNos[3]
	b.wantStatus(unpaid+"/price", http.StatusOK)
	b.wantPost(unpaid+"/price", url.Values{"payable": {"1.234"}, "freight": {"0"}}, http.StatusUnprocessableEntity)
	b.see("且至少 0.01 元")
	b.wantPost(unpaid+"/price", url.Values{"payable": {"150.00"}, "freight": {"8.00"}}, http.StatusSeeOther)
	b.wantStatus(unpaid, http.StatusOK)
	b.see("¥150.00", "商家改价")
	address := url.Values{"name": {"李四"}, "phone": {"电话"}, "province": {"上海市"}, "city": {"上海市"}, "detail": {"衡山路2号"}}
	b.wantPost(unpaid+"/address", address, http.StatusUnprocessableEntity)
	b.see("请填写正确的电话号码", "衡山路2号")
	address.Set("phone", "13900139000")
	b.wantPost(unpaid+"/address", address, http.StatusSeeOther)
	b.wantStatus(unpaid, http.StatusOK)
	b.wantPost(unpaid+"/note", url.Values{"note": {"老客户"}}, http.StatusSeeOther)
	b.wantStatus(unpaid, http.StatusOK)
	b.see("李***", "老客户", "修改收件信息")
	b.miss("李四", "13900139000", "衡山路2号")
	b.wantPost(unpaid+"/receiver", url.Values{}, http.StatusOK)
	b.see("李四", "13900139000", "衡山路2号", "已记入操作日志")
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/audit", http.StatusOK)
	b.see("查看了订单 " + g.orderNos[3] + " 的完整收件信息")
	for _, words := range []string{"李四", "13900139000", "9000"} { // found by whole texts, though they are sealed
		b.wantStatus("/console/"+d.env.Tenant.Handle+"/orders?q="+url.QueryEscape(words), http.StatusOK)
		b.see(g.orderNos[3])
	}
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/orders?q=139001", http.StatusOK)
	b.miss(g.orderNos[3])
	b.wantStatus(unpaid+"/cancel", http.StatusOK)
	b.wantPost(unpaid+"/cancel", url.Values{}, http.StatusSeeOther)
	paid := "/console/" + d.env.Tenant.Handle + "/orders/" + g.orderNos[5]
	b.wantStatus(paid, http.StatusOK)
	b.wantPost(paid+"/cancel", url.Values{}, http.StatusConflict)
	b.wantPost(paid+"/price", url.Values{"payable": {"1.00"}, "freight": {"0"}}, http.StatusConflict)
}

// TestPickupGuessesAreStopped lets a member of staff guess codes: not for long.
func TestPickupGuessesAreStopped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.clerk)
	page := "/console/" + d.env.Tenant.Handle + "/pickup"
	b.wantStatus(page, http.StatusOK)
	stopped := false
	for range 30 {
		if res := b.post(page, url.Values{"csrf": {b.token()}, "code": {"123456789012"}}); res.StatusCode == http.StatusTooManyRequests {
			stopped = true
			break
		}
	}
	if !stopped {
		t.Error("thirty guesses were answered")
	}
}

// TestGoodsThatLieElsewhere: whoever packs is told which pieces lie in another place, and by
// which code they are found.
func TestGoodsThatLieElsewhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲")
	no := g.orderNos[5]
	d.env.Owner(t, fmt.Sprintf("INSERT INTO %s.stock_location (name) VALUES ('西湖店')", d.env.Tenant.ID))
	d.env.Owner(t, fmt.Sprintf("INSERT INTO %s.reservation_away (order_no, sku_id, location_id, qty) VALUES ($1, 2, 1, 1)", d.env.Tenant.ID), no)
	b := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Warehouse))
	for _, path := range []string{"/picking", "/orders/" + no + "/ship"} {
		b.wantStatus(d.shop(path), http.StatusOK)
		b.see("其中：西湖店 × 1")
		if n := strings.Count(b.page, "其中："); n != 1 {
			t.Errorf("%s names a place at %d lines, want 1", path, n)
		}
	}
	b.wantStatus(d.shop("/picking"), http.StatusOK)
	b.see("YN-250", "YN-500")
}

// TestAWaitingGroupIsNotSent: while the group is not complete no page offers to send, and a pasted
// list says why it would not.
func TestAWaitingGroupIsNotSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲")
	page := d.shop("/orders/" + g.orderNos[5])
	b := d.signedIn(t, d.owner)
	rows := g.orderNos[5] + ",中通,75412345678901"
	for state, offered := range map[string]bool{"waits": false, "complete": true} {
		d.env.Owner(t, fmt.Sprintf("UPDATE %s.orders SET group_state = $2 WHERE order_no = $1", d.env.Tenant.ID), g.orderNos[5], state)
		b.wantStatus(page, http.StatusOK)
		if got := strings.Contains(b.page, page+"/ship\""); got != offered {
			t.Errorf("%s: sending is offered: %t, want %t", state, got, offered)
		}
		b.wantPost(d.shop("/shipments"), url.Values{"do": {"check"}, "rows": {rows}}, http.StatusOK)
		if got := strings.Contains(b.page, "还未成团"); got == offered {
			t.Errorf("%s: the list refuses: %t", state, got)
		}
	}
}
