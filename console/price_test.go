package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
)

var seenField = regexp.MustCompile(`name="id" value="([0-9]+:[0-9]+)"`)

// TestPricesInTheConsole changes the prices of ticked products after a look at them, once.
func TestPricesInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.owner)
	list := "/console/" + d.env.Tenant.Handle + "/products"
	b.wantStatus(list, http.StatusOK)
	b.see("改价", list+"/prices")
	wantTo(t, b.post(list+"/prices", url.Values{"id": {"1"}, "price_mode": {"set"}, "price_value": {"x"}}), list+"?done=price_none")
	b.wantStatus(list, http.StatusOK)
	wantTo(t, b.post(list+"/prices", url.Values{"price_mode": {"set"}, "price_value": {"1"}}), list+"?done=price_none")
	b.wantStatus(list, http.StatusOK)
	typed := url.Values{"id": {"1", "99"}, "price_mode": {"set"}, "price_value": {"66.60"}}
	b.wantPost(list+"/prices", typed, http.StatusOK)
	b.see("核对新价格", "¥66.60", "确认修改 1 个商品", "未处理")
	seen := seenField.FindStringSubmatch(b.page)
	if seen == nil {
		t.Fatal("the page does not say which version it has shown")
	}
	typed.Set("id", seen[1])
	typed.Set("confirm", "1")
	b.wantPost(list+"/prices", typed, http.StatusOK)
	b.see("成功 1 个，未处理 0 个")
	b.wantStatus(list, http.StatusOK)
	b.see("¥66.60")
	b.wantPost(list+"/prices", typed, http.StatusOK)
	b.see("商品刚刚被其他人修改过")
}
