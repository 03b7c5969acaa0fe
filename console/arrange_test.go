package console_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/console/authz"
	"galleria/tenant/tenantdb"
)

// aPhoto is a picture that may be uploaded.
func aPhoto(t *testing.T, side int) []byte {
	t.Helper()
	var raw bytes.Buffer
	if err := jpeg.Encode(&raw, image.NewRGBA(image.Rect(0, 0, side, side)), nil); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// TestPicturesOfCategoriesAndBrands: a category's picture and a brand's logo are uploaded with
// their forms, stay when only the name changes, and go when that is asked for.
func TestPicturesOfCategoriesAndBrands(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, tc := range []struct{ page, column, table string }{{"/categories", "picture", "category"}, {"/brands", "logo", "brand"}} {
		t.Run(tc.table, func(t *testing.T) {
			t.Parallel()
			b := d.signedIn(t, d.owner)
			shown := func() (address string) {
				d.env.InTenant(t, func(tx tenantdb.Tx) error {
					return tx.QueryRow(t.Context(), "SELECT "+tc.column+" FROM "+tc.table+" ORDER BY id DESC LIMIT 1").Scan(&address)
				})
				return address
			}
			sent := func(path string, want int, values map[string]string, files map[string][]byte) {
				t.Helper()
				b.wantStatus(d.shop(tc.page), http.StatusOK)
				if res := b.send(d.shop(path), values, files); res.StatusCode != want {
					t.Fatalf("%v: %d, want %d: %.200s", values, res.StatusCode, want, b.page)
				}
			}
			sent(tc.page, http.StatusUnprocessableEntity, map[string]string{"name": "茶", "do": "save"}, map[string][]byte{"x.jpg": []byte("<svg onload=alert(1)>")})
			b.see("只支持 JPG 或 PNG 图片")
			sent(tc.page, http.StatusSeeOther, map[string]string{"name": "茶", "do": "save"}, map[string][]byte{"茶.jpg": aPhoto(t, 120)})
			first := shown()
			if !strings.HasPrefix(first, "/media/shop/") {
				t.Fatalf("uploaded, and shows %q", first)
			}
			var id string
			d.env.InTenant(t, func(tx tenantdb.Tx) error {
				return tx.QueryRow(t.Context(), "SELECT max(id)::text FROM "+tc.table).Scan(&id)
			})
			b.wantStatus(d.shop(tc.page), http.StatusOK)
			b.see("console-arrange-shown", "去掉现在的图片")
			sent(tc.page+"/"+id, http.StatusSeeOther, map[string]string{"name": "好茶", "do": "save"}, nil)
			if now := shown(); now != first {
				t.Errorf("a new name made the picture %q", now)
			}
			sent(tc.page+"/"+id, http.StatusSeeOther, map[string]string{"name": "好茶", "do": "save"}, map[string][]byte{"又.jpg": aPhoto(t, 140)})
			if now := shown(); now == first || now == "" {
				t.Errorf("another picture was sent, and it shows %q", now)
			}
			sent(tc.page+"/"+id, http.StatusSeeOther, map[string]string{"name": "好茶", "do": "save", "drop": "1"}, nil)
			if now := shown(); now != "" {
				t.Errorf("taken away, and it shows %q", now)
			}
		})
	}
}

// TestPicturesOfVariants: each variant shows a picture of the product's; one that is not the
// shop's is none.
func TestPicturesOfVariants(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	products := d.shop("/products")
	b.wantStatus(products+"/new", http.StatusOK)
	form := teapot()
	form["do"] = "upload"
	b.send(products, form, map[string][]byte{"壶.jpg": aPhoto(t, 150)})
	picture := b.value("picture")
	form["do"], form["picture"] = "rebuild", picture
	form["dim_0"], form["val_0_0"], form["val_0_1"], form["val_0_2"] = "容量", "200ml", "350ml", "500ml"
	b.send(products, form, nil)
	b.see(`name="pic_1_0_0"`, "第 1 张图片", "用封面")
	for _, slot := range []string{"0_0_0", "1_0_0", "2_0_0"} {
		form["price_"+slot], form["on_"+slot] = "9.9", "1"
	}
	form["do"], form["pic_0_0_0"], form["pic_1_0_0"] = "save", "/media/shop/0123456789abcdef/abcdefghijklmnopqrstuvwxyz.jpg", picture
	res := b.send(products, form, nil)
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("saving: %d %.300s", res.StatusCode, b.page)
	}
	var shown []string
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT array_agg(picture ORDER BY id) FROM sku").Scan(&shown)
	})
	if len(shown) != 3 || shown[0] != "" || shown[1] != picture || shown[2] != "" {
		t.Errorf("the variants show %q, want only %q at the second", shown, picture)
	}
	page, _, _ := strings.Cut(res.Header.Get("Location"), "?")
	b.wantStatus(page+"/edit", http.StatusOK)
	b.see(`<option value="` + picture + `" selected>`)
}

// TestProfileOfAShop: what the shop says of itself is set in the console, bad numbers are told next
// to the field and write nothing, and whoever may only read sees no form.
func TestProfileOfAShop(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env.Owner(t, fmt.Sprintf("INSERT INTO %s.shop (name) VALUES ('青禾') ON CONFLICT (only_row) DO UPDATE SET name = '青禾'", d.env.Tenant.ID))
	reader := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Support))
	b := d.signedIn(t, d.owner)
	page := d.shop("/profile")
	b.wantStatus(d.shop("/apps"), http.StatusOK)
	b.see(page)
	profile := func() (out [3]string) {
		d.env.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT intro, logo, service_phone FROM shop").Scan(&out[0], &out[1], &out[2])
		})
		return out
	}
	b.wantStatus(page, http.StatusOK)
	if res := b.send(page, map[string]string{"intro": strings.Repeat("长", 201), "service_phone": "call me"}, nil); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a bad profile: %d", res.StatusCode)
	}
	b.see("请填写能拨通的电话", "简介太长", `value="call me"`)
	if now := profile(); now != [3]string{} {
		t.Errorf("a refused form wrote %q", now)
	}
	b.wantStatus(page, http.StatusOK)
	if res := b.send(page, map[string]string{"intro": "手作器物 <b>", "service_phone": "400-800-1234"}, map[string][]byte{"logo.jpg": aPhoto(t, 130)}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("saving: %d %.300s", res.StatusCode, b.page)
	}
	first := profile()
	if first[0] != "手作器物 <b>" || !strings.HasPrefix(first[1], "/media/shop/") || first[2] != "400-800-1234" {
		t.Errorf("saved %q", first)
	}
	b.wantStatus(page, http.StatusOK)
	b.send(page, map[string]string{"intro": "手作器物", "service_phone": ""}, nil)
	if now := profile(); now != [3]string{"手作器物", first[1], ""} {
		t.Errorf("saved again: %q", now)
	}
	var entries int
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.audit_log WHERE tenant_id = $1 AND action = 'shop.profile_updated'", d.env.Tenant.ID.String()).Scan(&entries)
	})
	if entries != 2 {
		t.Errorf("%d entries in the audit log, want 2", entries)
	}
	reader.wantStatus(page, http.StatusOK)
	reader.miss(`name="service_phone"`)
	reader.wantPost(page, url.Values{"intro": {"x"}}, http.StatusForbidden)
}

// TestSheetsByCategory: a category asks for lines of a sheet, its products and those of the categories
// below it are offered them, and only what was answered is kept and shown.
func TestSheetsByCategory(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	b.wantStatus(d.shop("/categories"), http.StatusOK)
	b.send(d.shop("/categories"), map[string]string{"name": "食品", "params": "生产厂家，生产许可证编号, 生产厂家", "do": "save"}, nil)
	b.wantStatus(d.shop("/categories"), http.StatusOK)
	b.see(`value="生产厂家，生产许可证编号"`)
	var top string
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT id::text FROM category WHERE name = '食品'").Scan(&top)
	})
	b.send(d.shop("/categories"), map[string]string{"name": "茶叶", "parent": top, "params": "执行标准", "do": "save"}, nil)
	b.wantStatus(d.shop("/categories"), http.StatusOK)
	if res := b.send(d.shop("/categories"), map[string]string{"name": "长", "params": strings.Repeat("长", 21), "do": "save"}, nil); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a long name of a line: %d", res.StatusCode)
	}
	b.see("最多 30 个参数")
	b.wantStatus(d.shop("/products/new"), http.StatusOK)
	b.see(`data-params="生产厂家|生产许可证编号|执行标准"`)
	var below string
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT id::text FROM category WHERE name = '茶叶'").Scan(&below)
	})
	form := teapot()
	delete(form, "new_category")
	form["category"], form["param_name_0"], form["param_value_0"], form["param_name_1"], form["param_value_2"] = below, "生产厂家", "凤庆茶厂", "执行标准", "没有名称"
	if res := b.send(d.shop("/products"), form, nil); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a line without a name: %d", res.StatusCode)
	}
	b.see("请填写参数名称", `value="凤庆茶厂"`, `value="生产许可证编号"`)
	delete(form, "param_value_2")
	res := b.send(d.shop("/products"), form, nil)
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("saving: %d %.300s", res.StatusCode, b.page)
	}
	var kept string
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT params::text FROM spu ORDER BY id DESC LIMIT 1").Scan(&kept)
	})
	if kept != `[{"name": "生产厂家", "value": "凤庆茶厂"}]` {
		t.Errorf("kept %s", kept)
	}
	page, _, _ := strings.Cut(res.Header.Get("Location"), "?")
	b.wantStatus(page, http.StatusOK)
	b.see("生产厂家", "凤庆茶厂")
	b.miss("执行标准")
}
