package console_test

import (
	"net/http"
	"net/url"
	"testing"
)

// Staff make a freight template, give it prices, rules and regions, try it, and remove it.
func TestFreightTemplates(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	base := "/console/" + d.env.Tenant.Handle + "/delivery/freight"
	b.wantStatus(base, http.StatusOK)
	b.see("还没有运费模板")
	b.wantStatus(base+"/new", http.StatusOK)
	typed := url.Values{"name": {"标准"}, "unit": {"weight"}, "default": {"1"}, "everywhere": {"1"}, "first": {"1"}, "first_fen": {"8"}, "next": {"x"}, "next_fen": {"2.5"}}
	if res := b.post(base+"/new", typed); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a step that is no number: status %d", res.StatusCode)
	}
	b.see("请填写大于 0 的数字", `value="标准"`, `value="x"`)
	typed.Set("next", "0.5")
	wantTo(t, b.post(base+"/new", typed), base+"/1?done=freight_saved")

	one := base + "/1"
	b.wantStatus(one+"/zone/new", http.StatusOK)
	zone := url.Values{"version": {"1"}, "first": {"1"}, "first_fen": {"30"}, "next": {"1"}, "next_fen": {"20"}, "region": {"650000", "650100"}}
	wantTo(t, b.post(one+"/zone/new", zone), one+"?done=freight_saved")
	b.wantStatus(one+"/zone/0", http.StatusOK)
	zone.Set("region", "540000")
	if res := b.post(one+"/zone/new", zone); res.StatusCode == http.StatusSeeOther {
		t.Error("a form of an old version was saved")
	}
	b.see("模板刚刚被别人修改")
	wantTo(t, b.post(one+"/free/new", url.Values{"version": {"2"}, "from_fen": {"99"}}), one+"?done=freight_saved")
	b.wantStatus(one+"/refused/all", http.StatusOK)
	wantTo(t, b.post(one+"/refused/all", url.Values{"version": {"3"}, "region": {"710000"}, "districts": {"530102"}}), one+"?done=freight_saved")
	b.wantStatus(one, http.StatusOK)
	b.see("新疆维吾尔自治区", "首 1 千克 ¥30.00，每增加 1 千克 ¥20.00", "满 ¥99.00 包邮", "五华区、台湾省")
	b.miss("乌鲁木齐市</strong>") // all of the province is one choice
	for query, want := range map[string]string{
		"region=330100&pieces=2&measure=1.6&amount=50": "运费 ¥13.00", "region=650100&pieces=1&measure=1&amount=50": "运费 ¥30.00",
		"region=330100&pieces=1&measure=1&amount=99": "包邮", "region=710000&pieces=1&measure=1&amount=1": "不配送到该地区",
		"region=330100&pieces=0&measure=1&amount=1": "请填写正确的件数",
	} {
		b.wantStatus(one+"?"+query, http.StatusOK)
		b.see(want)
	}
	for _, gone := range []string{base + "/9", one + "/zone/7", one + "/nothing/new", one + "/refused/new"} {
		b.wantStatus(gone, http.StatusNotFound)
	}
	b.wantStatus(one, http.StatusOK)
	wantTo(t, b.post(one+"/copy", nil), base+"/2?done=freight_copied")
	b.wantStatus(one, http.StatusOK)
	if res := b.post(one+"/delete", nil); res.StatusCode == http.StatusSeeOther {
		t.Error("the default template was deleted")
	}
	b.see("默认模板不能删除")
	wantTo(t, b.post(base+"/2/delete", nil), base+"?done=freight_deleted")
}
