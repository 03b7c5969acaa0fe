package console_test

import (
	"maps"
	"net/http"
	"net/url"
	"testing"

	"galleria/console/authz"
)

// Of two tabs that save the same settings of delivery one after the other, the second is told,
// keeps what was typed and overwrites nothing: the shop's times, a store, and local delivery, which
// nobody had set before.
func TestDeliverySettingsOfTwoTabs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	second := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Manager))
	first := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	first.wantStatus(shop+"/delivery", http.StatusOK)
	first.wantPost(shop+"/delivery/stores/new", url.Values{"name": {"西湖店"}, "address": {"龙井路1号"}, "latitude": {"30.25"}, "longitude": {"120.13"}}, http.StatusSeeOther)
	for _, tc := range []struct {
		page, field string
		form        url.Values
		values      [3]string
	}{
		{shop + "/delivery", "unpaid", url.Values{"unpaid": {"30"}, "receive": {"10"}, "signed": {"7"}, "finish": {"7"}, "open_orders": {"20"}, "open_pieces": {"0"}}, [3]string{"45", "61", "75"}},
		{shop + "/delivery/stores/1", "address", url.Values{"name": {"西湖店"}, "latitude": {"30.25"}, "longitude": {"120.13"}, "open": {"1"}}, [3]string{"北山街8号", "南山路9号", "灵隐路1号"}},
		{shop + "/delivery/local", "base_fen", url.Values{
			"store_id": {"1"}, "radius_m": {"4.5"}, "min_fen": {"20"}, "base_m": {"3"}, "per_km_fen": {"1"}, "free_fen": {"99"}, "lead_minutes": {"30"}, "days_ahead": {"2"}, "weekday": {"0"}, "times": {"09:00-12:00 20"},
		}, [3]string{"5.10", "6.20", "7.30"}},
	} {
		post := func(b *browser, version, value string, want int) {
			t.Helper()
			form := maps.Clone(tc.form)
			form.Set("version", version)
			form.Set(tc.field, value)
			b.wantPost(tc.page, form, want)
		}
		first.wantStatus(tc.page, http.StatusOK)
		second.wantStatus(tc.page, http.StatusOK)
		seen, also := first.value("version"), second.value("version")
		post(first, seen, tc.values[0], http.StatusSeeOther)
		post(second, also, tc.values[1], http.StatusConflict)
		second.see("设置刚刚被其他人修改", "在新标签页打开本页核对", `value="`+tc.values[1]+`"`)
		post(second, "", tc.values[1], http.StatusConflict) // made by hand
		first.wantStatus(tc.page, http.StatusOK)
		first.see(`value="` + tc.values[0] + `"`)
		second.wantStatus(tc.page, http.StatusOK)
		post(second, second.value("version"), tc.values[2], http.StatusSeeOther)
		first.wantStatus(tc.page, http.StatusOK)
		first.see(`value="` + tc.values[2] + `"`)
	}
}
