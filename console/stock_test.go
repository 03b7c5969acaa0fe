package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"galleria/console/authz"
	"galleria/tenant/tenantdb"
)

var versionField = regexp.MustCompile(`name="version" value="([0-9]+)"`)

// TestStockInTheConsole corrects stock, counts it, is told of somebody who was faster, moves
// pieces to a second place and pastes a list.
func TestStockInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Warehouse))
	shop := "/console/" + d.env.Tenant.Handle
	list, one := shop+"/stock", shop+"/stock/1"
	b.wantStatus(list, http.StatusOK)
	b.see("YN-250", "120", "批量修改库存")
	b.miss("OLD", "全部仓库")
	b.wantStatus(list+"?show=low", http.StatusOK)
	b.see("YN-500", "GIFT")
	b.miss("YN-250<")
	b.wantStatus(list+"?show=out", http.StatusOK)
	b.see("CUP")
	b.miss("YN-500")
	b.wantStatus(list+"?q=LZ", http.StatusOK)
	b.see("手冲滤纸")
	b.miss("YN-250")

	b.wantStatus(one, http.StatusOK)
	b.see("O-1", "IN-1", "下单占用")
	b.miss("调拨数量")
	correct := func(key, mode, pieces string, status int) {
		t.Helper()
		b.wantPost(one, url.Values{
			"key": {key}, "version": {"1"}, "seen_0": {"120"}, "place": {"0"}, "mode": {mode}, "pieces": {pieces}, "reason": {"damage"}, "note": {"受潮"},
		}, status)
	}
	correct("AAAAAAAAAAAA", "add", "很多", http.StatusUnprocessableEntity)
	b.see("请填写整数", `value="很多"`, `value="受潮"`)
	for range 2 { // sent twice, booked once
		correct("AAAAAAAAAAAA", "add", "－3", http.StatusSeeOther)
		b.wantStatus(one, http.StatusOK)
		b.see("117", "受潮", "损坏")
	}
	correct("BBBBBBBBBBBB", "count", "110", http.StatusConflict)
	b.see("库存刚被他人修改", "调整 -3", `value="110"`)
	if m := versionField.FindStringSubmatch(b.page); m == nil || m[1] != "2" {
		t.Errorf("the form is of version %v, want 2", m)
	}
	b.wantPost(one, url.Values{"key": {"BBBBBBBBBBBB"}, "version": {"2"}, "seen_0": {"117"}, "place": {"0"}, "mode": {"count"}, "pieces": {"110"}, "reason": {"count"}}, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.wantPost(one, url.Values{"key": {"CCCCCCCCCCCC"}, "version": {"3"}, "seen_0": {"110"}, "place": {"0"}, "mode": {"count"}, "pieces": {"19"}, "reason": {"count"}}, http.StatusConflict)
	b.see("库存不能少于订单已占用的数量")

	places := list + "/locations"
	b.wantStatus(places, http.StatusOK)
	b.wantPost(places, url.Values{"do": {"add"}, "name": {"西湖店"}}, http.StatusSeeOther)
	b.wantStatus(places, http.StatusOK)
	b.wantPost(places, url.Values{"do": {"add"}, "name": {"西湖店"}}, http.StatusConflict)
	b.see("已有同名的仓库")
	b.wantStatus(one, http.StatusOK)
	b.see("调拨数量", "主仓")
	b.wantPost(one+"/move", url.Values{"key": {"DDDDDDDDDDDD"}, "from": {"0"}, "to": {"0"}, "qty": {"5"}}, http.StatusUnprocessableEntity)
	b.see("请选择另一个仓库")
	b.wantPost(one+"/move", url.Values{"key": {"DDDDDDDDDDDD"}, "from": {"0"}, "to": {"1"}, "qty": {"91"}}, http.StatusConflict)
	b.wantPost(one+"/move", url.Values{"key": {"DDDDDDDDDDDD"}, "from": {"0"}, "to": {"1"}, "qty": {"5"}}, http.StatusSeeOther)
	b.wantStatus(places, http.StatusOK)
	b.wantPost(places, url.Values{"do": {"close"}, "id": {"1"}}, http.StatusConflict)
	b.see("请先调拨或清空")
	b.wantStatus(one, http.StatusOK)
	b.wantPost(one+"/alarm", url.Values{"low_at": {"200"}}, http.StatusSeeOther)
	b.wantStatus(list+"?show=alarm", http.StatusOK)
	b.see("YN-250", "本页已知晓")
	b.wantPost(list+"/seen", url.Values{"sku": {"1"}}, http.StatusSeeOther)
	b.wantStatus(list+"?show=alarm", http.StatusOK)
	b.miss("YN-250<")
	b.wantStatus(list+"/bulk", http.StatusOK)

	rows := "编码,数量\nYN-250,10\nNOPE,1\nLZ,多\nGIFT 0\nGIFT\t-51\nCUP,1\nYN-250,2\n"
	form := url.Values{"key": {"EEEEEEEEEEEE"}, "mode": {"add"}, "place": {"0"}, "reason": {"purchase"}, "rows": {rows}}
	b.wantPost(list+"/bulk", form, http.StatusOK)
	b.see("可用 2 / 共 7 行", "没有这个编码或条码", "数量无法识别", "不能减到 0 以下", "同一规格出现多次")
	form.Set("do", "book")
	for range 2 {
		b.wantStatus(list+"/bulk", http.StatusOK)
		b.wantPost(list+"/bulk", form, http.StatusOK)
		b.see("已保存")
		b.wantStatus(one, http.StatusOK)
		b.see(">120<")
	}
	b.wantStatus(list+"/bulk", http.StatusOK)
	b.wantPost(list+"/bulk", url.Values{"key": {"FFFFFFFFFFFF"}, "rows": {" \n"}}, http.StatusUnprocessableEntity)

	// A list moves goods between two places; sent twice, it moves them once.
	moves := url.Values{"key": {"GGGGGGGGGGGG"}, "mode": {"move"}, "place": {"0"}, "to": {"0"}, "rows": {"YN-250,15\nNOPE,1\nGIFT,-1\nCUP,9999\n"}}
	b.wantPost(list+"/bulk", moves, http.StatusUnprocessableEntity)
	b.see("请选择另一个仓库")
	moves.Set("to", "1")
	b.wantPost(list+"/bulk", moves, http.StatusOK)
	b.see("可用 1 / 共 4 行", "没有这个编码或条码", "数量无法识别", "不能减到 0 以下", `name="to" value="1"`)
	moves.Set("do", "book")
	for range 2 {
		b.wantStatus(list+"/bulk", http.StatusOK)
		b.wantPost(list+"/bulk", moves, http.StatusOK)
		b.see("已保存")
	}
	var there int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT on_hand FROM stock_away WHERE location_id = 1 AND sku_id = (SELECT id FROM sku WHERE code = 'YN-250')").Scan(&there)
	})
	if there != 5+15 {
		t.Errorf("%d pieces in the second place, want 20", there)
	}
}
