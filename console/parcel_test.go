package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"galleria/commerce/order"
	"galleria/console/authz"
)

// parcelNo is the number of the order's newest parcel in a status.
func (d *desk) parcelNo(t *testing.T, orderNo, status string) string {
	t.Helper()
	list, err := ordersOf(d.env).Parcels(t.Context(), d.env.Tenant.ID, 0, orderNo)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range slices.Backward(list) {
		if string(p.Status) == status {
			return p.ParcelNo
		}
	}
	t.Fatalf("order %s has no %s parcel", orderNo, status)
	return ""
}

// TestPackFromTheConsole packs a piece, takes it out, packs it anew and sends it by the pasted list;
// while it is packed the order is found by its flag and on the dashboard.
func TestPackFromTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Warehouse))
	no := g.orderNos[5]
	page := d.shop("/orders/" + no)
	b.wantStatus(page, http.StatusOK)
	b.see(page + "/pack")
	b.wantStatus(page+"/pack", http.StatusOK)
	b.wantPost(page+"/pack", url.Values{"qty_11": {"0"}, "qty_12": {""}}, http.StatusUnprocessableEntity)
	b.see("请填写这个包裹里的商品数量")
	b.wantPost(page+"/pack", url.Values{"qty_11": {"9"}}, http.StatusConflict)
	b.wantPost(page+"/pack", url.Values{"qty_11": {"1"}}, http.StatusSeeOther)
	parcel := page + "/parcels/" + d.parcelNo(t, no, "packed")
	b.wantStatus(page, http.StatusOK)
	b.see("已打包，待发货", parcel+"/ship", parcel+"/unpack")
	b.miss(parcel + "/lose")
	b.wantStatus(d.shop("/orders?flag=packed"), http.StatusOK)
	b.see(no)
	b.wantStatus(d.shop("/orders?flag=lost"), http.StatusOK)
	b.miss(no)
	b.wantStatus(d.shop(""), http.StatusOK)
	b.see("flag=packed")
	b.wantPost(parcel+"/unpack", url.Values{}, http.StatusSeeOther)
	b.wantStatus(page, http.StatusOK)
	b.miss(parcel)
	b.wantPost(page+"/pack", url.Values{"qty_11": {"1"}}, http.StatusSeeOther)
	b.wantStatus(page, http.StatusOK)
	packed := d.parcelNo(t, no, "packed")
	b.wantPost(page+"/parcels/"+packed+"/ship", url.Values{"courier": {"sf"}, "tracking_no": {"12"}}, http.StatusUnprocessableEntity)
	b.see("单号不符合该快递公司的规则", `value="12"`)
	b.wantPost(d.shop("/shipments"), url.Values{"do": {"ship"}, "rows": {no + ",sf,SF1234567890123"}}, http.StatusOK)
	b.see("已发货")
	if sent := d.parcelNo(t, no, "shipped"); sent != packed {
		t.Errorf("the number went to %s, not to the packed parcel %s", sent, packed)
	}
	b.wantStatus(page, http.StatusOK)
	b.see("SF1234567890123", page+"/ship")
}

// TestLostFromTheConsole reports a parcel as lost, with a reason; the order is found by its flag,
// and its goods are sent again, or paid back by a case that is filled in.
func TestLostFromTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.owner)
	no := g.orderNos[5]
	page := d.shop("/orders/" + no)
	if _, err := ordersOf(d.env).Ship(t.Context(), d.env.Tenant.ID, order.ShipInput{OrderNo: no, Courier: "sf", TrackingNo: "SF1234567890123", Actor: "staff:1"}); err != nil {
		t.Fatal(err)
	}
	parcelNo := d.parcelNo(t, no, "shipped")
	parcel := page + "/parcels/" + parcelNo
	b.wantStatus(page, http.StatusOK)
	b.see(parcel + "/lose")
	b.wantStatus(parcel+"/lose", http.StatusOK)
	b.wantPost(parcel+"/lose", url.Values{"reason": {" "}}, http.StatusUnprocessableEntity)
	b.see("请填写 1 到 200 字的说明")
	b.wantPost(parcel+"/resend", url.Values{"courier": {"sf"}, "tracking_no": {"SF1234567890124"}}, http.StatusConflict)
	b.wantPost(parcel+"/lose", url.Values{"reason": {"快递确认 <丢件>"}}, http.StatusSeeOther)
	b.wantStatus(page, http.StatusOK)
	b.see("已丢失", "快递确认 &lt;丢件&gt;", parcel+"/resend", parcel+"/found", "lost="+parcelNo)
	if n := strings.Count(b.page, "快递确认 &lt;丢件&gt;"); n != 2 {
		t.Errorf("parcel and timeline tell the reason %d times, want 2", n)
	}
	for _, path := range []string{"/orders?flag=lost", ""} {
		b.wantStatus(d.shop(path), http.StatusOK)
		b.see("flag=lost")
	}
	b.wantStatus(page+"/aftersale?lost="+parcelNo, http.StatusOK)
	b.see(`name="lost" value="`+parcelNo+`"`, "只退款，不需要买家退货")
	b.wantStatus(page+"/aftersale?lost=P261122K7Q2M9XTABCD", http.StatusNotFound)
	b.wantPost(parcel+"/resend", url.Values{"courier": {"sf"}, "tracking_no": {"SF1234567890123"}}, http.StatusConflict)
	b.wantPost(parcel+"/resend", url.Values{"courier": {"sf"}, "tracking_no": {"SF1234567890124"}}, http.StatusSeeOther)
	b.wantStatus(page, http.StatusOK)
	b.see("已补发", "补发自单号", "SF1234567890124")
	b.miss(parcel + "/resend")
	b.wantStatus(d.shop("/orders?flag=lost"), http.StatusOK)
	b.miss(no)
	b.wantStatus(page, http.StatusOK)
	again := page + "/parcels/" + d.parcelNo(t, no, "shipped")
	b.wantPost(again+"/lose", url.Values{"reason": {"又丢了"}}, http.StatusSeeOther)
	b.wantStatus(again+"/found", http.StatusOK)
	b.wantPost(again+"/found", url.Values{}, http.StatusSeeOther)
	b.wantStatus(page, http.StatusOK)
	b.wantPost(again+"/found", url.Values{}, http.StatusConflict)
	b.wantStatus(d.shop("/audit"), http.StatusOK)
	b.see(fmt.Sprintf("补发了订单 %s 丢失的包裹", no))
}
