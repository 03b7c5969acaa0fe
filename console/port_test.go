package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/picture"
	"galleria/commerce/port"
	"galleria/console/readmodel"
	"galleria/tenant/tenanttest"
)

// portOf takes files in and out of the test's database.
func portOf(t *testing.T, env *tenanttest.Env) *port.Service {
	t.Helper()
	return port.New(port.Deps{
		DB: env.DB, Catalog: catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers}),
		Inventory: inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel}), Listings: listingOf(env), Parcels: ordersOf(env),
		Orders: readmodel.New(readmodel.Deps{DB: env.DB}), Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit,
		Store: picture.Files{Store: picture.NewFolder(t.TempDir())}, Now: env.Clock().Now,
	})
}

// TestImportFromTheConsole walks the pages: no file, a wrong one, a right one, its check, the
// agreement and the result. Somebody without the right finds nothing.
func TestImportFromTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ports, _ := d.console.Ports.(*port.Service)
	base := "/console/" + d.env.Tenant.Handle
	b := d.signedIn(t, d.owner)
	b.wantStatus(base+"/imports", http.StatusOK)
	b.see("还没有导入过", "/imports/new/products")
	b.wantStatus(base+"/imports/new/stock", http.StatusOK)
	b.see("规格编码")
	b.wantStatus(base+"/imports/new/orders", http.StatusNotFound)
	b.wantStatus(base+"/imports/4711", http.StatusNotFound)
	b.wantStatus(base+"/imports/new/products/template?format=csv", http.StatusOK)
	b.see("商品编码", "马克杯")
	b.wantStatus(base+"/exports", http.StatusOK)
	b.see("还没有导出过")
	b.wantStatus(base+"/imports/new/products", http.StatusOK)
	if got := b.send(base+"/imports/new/products", nil, nil); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no file: %d", got.StatusCode)
	}
	b.see("请选择一个文件")
	got := b.send(base+"/imports/new/products", nil, map[string][]byte{"file": []byte("商品编码,商品标题,分类,规格编码,售价\nA,<script>alert(1)</script>,甲,A1,1\nB,乙,甲,B1,x")})
	at := strings.LastIndex(got.Header.Get("Location"), "/")
	id, err := strconv.ParseInt(got.Header.Get("Location")[at+1:], 10, 64)
	if got.StatusCode != http.StatusSeeOther || err != nil {
		t.Fatalf("upload: %d %v", got.StatusCode, err)
	}
	page := base + "/imports/" + strconv.FormatInt(id, 10)
	b.wantStatus(page, http.StatusOK)
	b.see("hx-trigger", `http-equiv="refresh"`)
	step := func() {
		t.Helper()
		if err := ports.Step(t.Context(), d.env.Tenant.ID, id); err != nil {
			t.Fatal(err)
		}
	}
	step()
	b.wantStatus(page, http.StatusOK)
	b.see("待确认", "确认导入 1 行", "应为金额", "&lt;script&gt;")
	if strings.Contains(b.page, "<script>alert") {
		t.Error("the file's text is part of the page")
	}
	b.post(page+"/confirm", url.Values{})
	step()
	b.wantStatus(page, http.StatusOK)
	b.see("已完成", "已导入")
	b.post(page+"/confirm", url.Values{})
	b.wantStatus(page, http.StatusOK)
	b.post(page+"/result", url.Values{"format": {"csv"}})
	b.see("应为金额", "已导入")
	clerk := d.signedIn(t, d.clerk)
	clerk.wantStatus(base+"/imports", http.StatusForbidden)
	clerk.wantStatus(page, http.StatusForbidden)
}
