package console_test

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"galleria/console/authz"
	"galleria/tenant"
	"galleria/tenant/tenanttest"
)

// The list of shops is found by handle, name, AppID and merchant number, narrowed by state
// and plan, and read page by page without losing or repeating a shop.
func TestPlatformFindsShops(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	// Rows of the directory without schemas: the list reads nothing else.
	const shops = 65
	word := tenanttest.RandomHex(4)
	handle := func(i int) string { return fmt.Sprintf("find-%s-%02d", word, i) }
	for i := range shops {
		id, status := tenant.NewID(), "closed"
		if i < 3 {
			status = "suspended"
		}
		d.env.Owner(t, "INSERT INTO platform.tenant (id, lane, handle, name, status, request_key) VALUES ($1, $2, $3, $4, $5, $3)", id.String(), id.Lane(), handle(i), "寻物店"+word, status)
		if i < 2 {
			d.env.Owner(t, "INSERT INTO platform.tenant_plan (tenant_id, plan_code, actor) VALUES ($1, 'pro', 'test')", id.String())
		}
		if i == 7 {
			d.env.Owner(t, "INSERT INTO platform.app (app_id, provider, tenant_id, name) VALUES ($1, 'wechat', $2, '找')", "wxfind"+word+"00", id.String())
			d.env.Owner(t, "INSERT INTO platform.account_route (account_key, channel, merchant_no, tenant_id) VALUES ($1, 'wechat', $2, $3)", strings.Repeat("f", 18)+word, "77"+digits(word), id.String())
		}
	}
	b := d.signedIn(t, d.appoint(t, authz.PlatformAuditor))
	list := func(query string) map[string]int {
		t.Helper()
		found := map[string]int{}
		for path, pages := "/console/platform?"+query, 0; path != ""; pages++ {
			if pages > shops {
				t.Fatal("the pages have no end")
			}
			b.wantStatus(path, http.StatusOK)
			for i := range shops {
				if strings.Contains(b.page, handle(i)+"<") {
					found[handle(i)]++
				}
			}
			path = ""
			if next := regexp.MustCompile(`<a[^>]*rel="next"[^>]*href="([^"]+)"|<a[^>]*href="([^"]+)"[^>]*rel="next"`).FindStringSubmatch(b.page); next != nil {
				path = html.UnescapeString(next[1] + next[2])
			}
		}
		return found
	}
	all := list("q=find-" + word)
	if len(all) != shops {
		t.Errorf("%d shops on all pages, want %d", len(all), shops)
	}
	for h, n := range all {
		if n != 1 {
			t.Errorf("%s stands on %d pages", h, n)
		}
	}
	for query, want := range map[string]int{
		"q=" + "寻物店" + word:                          shops,
		"q=find-" + word + "&status=suspended":       3,
		"q=find-" + word + "&plan=pro":               2,
		"q=find-" + word + "&plan=pro&status=active": 0,
		"q=wxfind" + word + "00":                     1,
		"q=77" + digits(word):                        1,
		"q=find-" + word + "'--":                     0,
		"q=nothing-like-it-" + word:                  0,
	} {
		if got := list(query); len(got) != want {
			t.Errorf("%s: %d shops, want %d", query, len(got), want)
		}
	}
}

// digits turns hexadecimal digits into decimal ones.
func digits(hex string) string {
	return strings.NewReplacer("a", "0", "b", "1", "c", "2", "d", "3", "e", "4", "f", "5").Replace(hex)
}
