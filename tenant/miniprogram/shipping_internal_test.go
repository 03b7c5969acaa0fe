package miniprogram

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// Of more parcels than WeChat takes the first are named, always the same ones, and the last
// of them says how many more there are.
func TestMoreParcelsThanWeChatTakes(t *testing.T) {
	t.Parallel()
	parcels := func(n int, desc string) (out []Parcel) {
		for i := range n {
			out = append(out, Parcel{TrackingNo: "SF" + strconv.Itoa(i), Company: "SF", ItemDesc: desc})
		}
		return out
	}
	for _, n := range []int{0, 1, 15} {
		if got := named(parcels(n, "茶*1")); len(got) != n || (n > 0 && got[n-1].ItemDesc != "茶*1") {
			t.Errorf("%d parcels: %+v", n, got)
		}
	}
	for name, desc := range map[string]string{"short": "茶*1", "as long as may be": strings.Repeat("茶", maxItemDesc)} {
		given := parcels(40, desc)
		got := named(given)
		last := got[MaxShippingParcels-1]
		if len(got) != MaxShippingParcels || last.TrackingNo != "SF14" || !strings.HasSuffix(last.ItemDesc, "；另有25个包裹") || utf8.RuneCountInString(last.ItemDesc) > maxItemDesc {
			t.Errorf("%s: %d parcels, the last %+v", name, len(got), last)
		}
		if given[MaxShippingParcels-1].ItemDesc != desc {
			t.Errorf("%s: the caller's parcels were changed", name)
		}
	}
}
