package console_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"galleria/console/authz"
	"galleria/tenant/tenantdb"
)

// send posts a form with files, as a browser without script does.
func (b *browser) send(path string, values map[string]string, files map[string][]byte) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	field := func(name, value string) {
		if err := w.WriteField(name, value); err != nil {
			b.t.Fatal(err)
		}
	}
	field("csrf", b.token())
	for name, value := range values {
		field(name, value)
	}
	for name, raw := range files {
		part, err := w.CreateFormFile("file", name)
		if err == nil {
			_, err = part.Write(raw)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, path, &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(req)
}

var fieldOf = regexp.MustCompile(`<(?:input|textarea|option)[^>]*>`)

// value is what a field of the last page holds.
func (b *browser) value(name string) string {
	for _, tag := range fieldOf.FindAllString(b.page, -1) {
		if strings.Contains(tag, ` name="`+name+`"`) {
			if m := regexp.MustCompile(` value="([^"]*)"`).FindStringSubmatch(tag); m != nil {
				return m[1]
			}
		}
	}
	return ""
}

func teapot() map[string]string {
	return map[string]string{
		"title": "紫砂壶", "new_category": "茶具", "do": "save", "shelf": "on", "key": "k1",
		"price_0_0_0": "129.9", "market_0_0_0": "", "stock_0_0_0": "3", "weight_0_0_0": "420", "code_0_0_0": "ZS-1", "on_0_0_0": "1",
	}
}

// A product is made without a line of script: what is wrong is told next to the field and
// what was typed stays, pictures and dimensions come by buttons of the same form.
func TestProductFormWithoutScript(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	products := "/console/" + d.env.Tenant.Handle + "/products"
	b.wantStatus(products+"/new", http.StatusOK)

	bad := teapot()
	bad["title"], bad["price_0_0_0"], bad["stock_0_0_0"], bad["new_category"] = "", "12.345", "-1", ""
	if res := b.send(products, bad, nil); res.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("a bad form: %d", res.StatusCode)
	}
	b.see("请填写商品名称", "最多两位小数", "请填写 0 到 9999999 的整数", "请选择一个分类", `aria-describedby="problem-price_0_0_0"`, `value="12.345"`, `value="ZS-1"`)

	var raw bytes.Buffer
	if err := jpeg.Encode(&raw, image.NewRGBA(image.Rect(0, 0, 200, 200)), nil); err != nil {
		t.Fatal(err)
	}
	upload := teapot()
	upload["do"] = "upload"
	b.send(products, upload, map[string][]byte{"壶.jpg": raw.Bytes(), "恶意.jpg": []byte("<script>")})
	b.see("恶意.jpg：只支持 JPG 或 PNG 图片", "紫砂壶", "/media/shop/", "封面")
	picture := b.value("picture")

	// Dimensions: the one SKU becomes the first value's.
	build := teapot()
	build["do"], build["picture"] = "rebuild", picture
	build["dim_0"], build["val_0_0"], build["val_0_1"], build["stock_all"] = "容量", "200ml", "350ml", "9"
	b.send(products, build, nil)
	if b.value("price_0_0_0") != "129.9" || b.value("stock_1_0_0") != "9" || b.value("picture") != picture {
		t.Errorf("after building the table: %q %q %q", b.value("price_0_0_0"), b.value("stock_1_0_0"), b.value("picture"))
	}
	build["do"], build["price_1_0_0"], build["on_1_0_0"], build["stock_1_0_0"] = "save", "￥199", "1", "9"
	// A picture of somebody else's is left out.
	res := b.send(products, build, nil)
	if res.StatusCode != http.StatusSeeOther || !strings.Contains(res.Header.Get("Location"), "done=product_created") {
		t.Fatalf("saving: %d %s %.300s", res.StatusCode, res.Header.Get("Location"), b.page)
	}
	page, _, _ := strings.Cut(res.Header.Get("Location"), "?")
	b.wantStatus(res.Header.Get("Location"), http.StatusOK)
	b.see("商品已保存", "¥129.90 – ¥199.00", "200ml", "350ml", "下架")

	// A number of the merchant's own is one product's.
	other := teapot()
	other["key"], other["spu_code"] = "another-form", " TEA-7 "
	if res := b.send(products, other, nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("a product with a code: %d %.300s", res.StatusCode, b.page)
	}
	build["key"], build["spu_code"] = "a-third-form", "TEA-7"
	b.wantStatus(products+"/new", http.StatusOK)
	if res := b.send(products, build, nil); res.StatusCode != http.StatusConflict {
		t.Errorf("a code twice: %d", res.StatusCode)
	}
	b.see("商品编码已被其他商品使用", `id="problem-spu_code"`, `value="TEA-7"`)
	delete(build, "spu_code")

	// A rename keeps the SKU; a second editor with the old page is told, and loses nothing.
	b.wantStatus(page+"/edit", http.StatusOK)
	sku, version := b.value("sku_0_0_0"), b.value("version")
	build["version"], build["sku_0_0_0"], build["sku_1_0_0"] = version, sku, b.value("sku_1_0_0")
	build["was_0_0_0"], build["was_1_0_0"], build["val_0_0"] = b.value("was_0_0_0"), b.value("was_1_0_0"), "220ml"
	if res := b.send(page, build, nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("editing: %d %.300s", res.StatusCode, b.page)
	}
	build["title"] = "第二个人的标题"
	b.wantStatus(page+"/edit", http.StatusOK)
	if res := b.send(page, build, nil); res.StatusCode != http.StatusConflict {
		t.Errorf("an old edit: %d", res.StatusCode)
	}
	b.see("已被其他人修改", "第二个人的标题")
	b.wantStatus(page+"/edit", http.StatusOK)
	if b.value("sku_0_0_0") != sku || b.value("val_0_0") != "220ml" {
		t.Errorf("after the rename: SKU %s, %q", b.value("sku_0_0_0"), b.value("val_0_0"))
	}

	b.wantStatus(page, http.StatusOK)
	if res := b.post(page+"/shelf", map[string][]string{"to": {"off"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("taking down: %d", res.StatusCode)
	}
	b.wantStatus(page, http.StatusOK)
	b.see("已下架")
	var entries int
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.audit_log WHERE tenant_id = $1 AND action LIKE 'product.%'", d.env.Tenant.ID.String()).Scan(&entries)
	})
	if entries != 4 {
		t.Errorf("%d entries in the audit log, want 4", entries)
	}
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/audit", http.StatusOK)
	b.see("新建了商品", "修改了商品", "下架了商品")
}

// Somebody else's picture, another shop's product and a form without its proof come to nothing.
func TestProductFormKeepsToItsShop(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	products := "/console/" + d.env.Tenant.Handle + "/products"
	b.wantStatus(products+"/new", http.StatusOK)
	foreign := teapot()
	foreign["do"], foreign["picture"] = "rebuild", "/media/shop/0123456789abcdef/0123456789abcdef0123456789abcdef.jpg"
	b.send(products, foreign, nil)
	b.miss("0123456789abcdef")
	if res := b.send(products+"/99", teapot(), nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown product: %d", res.StatusCode)
	}
	other := d.signedIn(t, d.hire(t, d.env.OpenShop(t), authz.Owner))
	other.get("/console")
	if res := other.send(products, teapot(), nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("another shop's owner: %d", res.StatusCode)
	}
	b.get(products + "/new")
	b.page = "" // no token
	if res := b.send(products, teapot(), nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("without the proof: %d", res.StatusCode)
	}
}
