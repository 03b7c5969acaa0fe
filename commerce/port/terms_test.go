package port_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"galleria/commerce/listing"
	"galleria/commerce/port"
	"galleria/commerce/sheet"
	"galleria/tenant/tenantdb"
)

// withFreight gives the shop two templates.
func (k *kit) withFreight(t *testing.T) {
	t.Helper()
	for i, name := range []string{"全国包邮", "=江浙沪/偏远"} {
		k.exec(t, "INSERT INTO freight_template (name, unit, rules, is_default, created_at, updated_at) VALUES ($1, 'piece', '{}', $2, now(), now())", name, i == 0)
	}
}

// terms is what a product is sold under, in one line.
func (k *kit) terms(t *testing.T, code string) (out string) {
	t.Helper()
	k.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT concat_ws(' ', p.kind, f.name, p.min_qty, p.max_per_order, p.max_lifetime, to_char(p.on_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI'),
			to_char(p.off_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI'), p.voucher_uses, p.voucher_days, to_char(p.voucher_until AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI'), p.voucher_refunds)
			FROM spu p LEFT JOIN freight_template f ON f.id = p.freight_id WHERE p.code = $1`, code).Scan(&out)
	})
	return out
}

// TestTermsAsFiles: kind, freight, limits, shelf times and a voucher's terms come in by a file; an
// older file, which does not know the columns, leaves them alone.
func TestTermsAsFiles(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.withFreight(t)
	r := k.run(t, k.upload(t, port.Products, port.Options{},
		"商品编码,商品标题,分类,规格编码,售价,商品类型,运费模板,起购数量,每单限购,每人累计限购,定时上架,定时下架,核销次数,有效天数,有效期至,过期自动退款",
		"TEA,茶,茶,T,10,,=江浙沪/偏远,2,5,20,2027/1/2 8:00,2027-02-03 09:30:00,,,,",
		"SPA,水疗,服务,S,99,到店核销,,,,,,,3,,2027-12-31,否",
		"DAY,门票,服务,D,50,voucher,,,,,,,,30,,",
		"EGG,鸡蛋,食品,E,9,仅限自提,,,,,46388.5,,,,,"))
	if r.Counts[port.RowDone] != 4 {
		t.Fatal(words(r))
	}
	want := map[string]string{
		"TEA": "physical =江浙沪/偏远 2 5 20 01-02 08:00 02-03 09:30 1 365 t",
		"SPA": "voucher 1 0 0 3 0 01-01 00:00 f",
		"DAY": "voucher 1 0 0 1 30 t",
		"EGG": "pickup 1 0 0 01-01 12:00 1 365 t",
	}
	same := func(after string) {
		t.Helper()
		for code, line := range want {
			if got := k.terms(t, code); got != line {
				t.Errorf("%s of %s: got %q, want %q", after, code, got, line)
			}
		}
	}
	same("the file")
	if n := k.number(t, "SELECT count(*) FROM platform.timer WHERE tenant_id = $1 AND topic = 'catalog.shelf'", k.Tenant.ID); n != 3 {
		t.Errorf("%d timers of the shelf, want 3", n)
	}
	// A file of before the columns changes what it names, and nothing else.
	if r := k.run(t, k.upload(t, port.Products, port.Options{}, "商品编码,规格编码,售价", "TEA,T,11", "SPA,S,98", "DAY,D,51", "EGG,E,8")); r.Counts[port.RowDone] != 4 {
		t.Fatal(words(r))
	}
	same("an old file")
	// What is there can be taken away.
	if r := k.run(t, k.upload(t, port.Products, port.Options{}, "商品编码,规格编码,运费模板,起购数量,每单限购,每人累计限购,定时上架,定时下架,有效期至,有效天数",
		"TEA,T,[清空],1,0,[clear],[清空],[clear],,", "SPA,S,,,,,,,[清空],", "DAY,D,,,,,,,2027-06-30,")); r.Counts[port.RowDone] != 3 {
		t.Fatal(words(r))
	}
	want["TEA"], want["SPA"], want["DAY"] = "physical 1 0 0 1 365 t", "voucher 1 0 0 3 365 f", "voucher 1 0 0 1 0 07-01 00:00 t"
	same("the cleared cells")
}

// TestWrongTerms: each mistake is told at its column before anything is written.
func TestWrongTerms(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.withFreight(t)
	k.run(t, k.upload(t, port.Products, port.Options{}, mugs()...))
	for _, tc := range []struct{ column, cell, want string }{
		{"商品类型", "礼品", "kind PORT_CHOICE"},
		{"商品类型", "虚拟卡券", " KIND_STOCKED"},
		{"运费模板", "没有的", "freight PORT_FREIGHT"},
		{"起购数量", "-1", "min_qty PORT_NUMBER"},
		{"起购数量", "1000", "min_qty PORT_NUMBER"},
		{"每单限购", "1.5", "max_per_order PORT_NUMBER"},
		{"起购数量,每单限购", "3,2", "max_per_order PORT_CELL"},
		{"起购数量,每人累计限购", "3,2", "max_lifetime PORT_CELL"},
		{"定时上架", "明天", "on_at PORT_TIME"},
		{"定时上架", "1999-01-01 00:00", "on_at PORT_TIME"},
		{"定时上架,定时下架", "2027-01-02 08:00,2027-01-02 08:00", "off_at PORT_CELL"},
		{"有效天数", "30", "voucher_days PORT_NOT_VOUCHER"},
	} {
		r := k.look(t, k.upload(t, port.Products, port.Options{}, "商品编码,规格编码,"+tc.column, "MK,MK-01,"+tc.cell))
		if len(r.Problems) != 1 || r.Problems[0].Problems[0].Column+" "+r.Problems[0].Problems[0].Code != tc.want || strings.Contains(r.Problems[0].Problems[0].Zh, "%s") {
			t.Errorf("%s %s: %s, want %s", tc.column, tc.cell, words(r), tc.want)
		}
	}
	for cells, want := range map[string]string{
		"0,,": "voucher_uses PORT_CELL", "101,,": "voucher_uses PORT_NUMBER", ",0,": "voucher_days PORT_CELL", ",30,2027-01-01": " PORT_TWO_ENDS", ",,x": "voucher_until PORT_TIME",
	} {
		r := k.look(t, k.upload(t, port.Products, port.Options{}, "商品编码,商品标题,分类,规格编码,售价,商品类型,核销次数,有效天数,有效期至", "V,券,券,V-1,1,到店核销,"+cells))
		if len(r.Problems) != 1 || r.Problems[0].Problems[0].Column+" "+r.Problems[0].Problems[0].Code != want {
			t.Errorf("%s: %s, want %s", cells, words(r), want)
		}
	}
	if n := k.number(t, "SELECT count(*) FROM spu WHERE code = 'V'"); n != 0 {
		t.Error("a refused voucher was made")
	}
}

// TestTermsExportedAndImportedChangeNothing: whatever a product is sold under, both ways, in both
// languages and formats.
func TestTermsExportedAndImportedChangeNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.withFreight(t)
	rows := []string{"商品编码,商品标题,分类,规格编码,售价,商品类型,运费模板,起购数量,每单限购,每人累计限购,定时上架,定时下架,核销次数,有效天数,有效期至,过期自动退款"}
	any := func(list ...string) string { return list[rand.IntN(len(list))] }
	for i := range 60 {
		kind := any("", "实物", "虚拟卡券", "到店核销", "voucher", "仅限自提")
		least := rand.IntN(4)
		voucher := ",,,"
		if kind == "到店核销" || kind == "voucher" {
			end := any(strconv.Itoa(1+rand.IntN(900))+",", ","+fmt.Sprintf("%d-%02d-%02d", 2027+rand.IntN(9), 1+rand.IntN(12), 1+rand.IntN(28)), ",")
			voucher = any("", "1", "7") + "," + end + "," + any("", "是", "否")
		}
		n := strconv.Itoa(i)
		rows = append(rows, strings.Join([]string{
			"P" + n, "商品" + n, "类", "S" + n, "1." + fmt.Sprintf("%02d", rand.IntN(100)), kind, any("", "全国包邮", "=江浙沪/偏远"), any("", strconv.Itoa(least)), any("", "0", strconv.Itoa(4+rand.IntN(90))),
			any("", strconv.Itoa(4+rand.IntN(9000))), any("", fmt.Sprintf("2027-%02d-%02d %02d:%02d", 1+rand.IntN(12), 1+rand.IntN(28), rand.IntN(24), rand.IntN(60))),
			any("", fmt.Sprintf("2029-%02d-%02d 00:%02d:%02d", 1+rand.IntN(12), 1+rand.IntN(28), rand.IntN(60), rand.IntN(60))), voucher,
		}, ","))
	}
	if r := k.run(t, k.upload(t, port.Products, port.Options{}, rows...)); r.Counts[port.RowDone] != r.Rows {
		t.Fatal(words(r))
	}
	state := func() (s string) {
		k.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT md5(string_agg(p::text || k::text, '' ORDER BY k.id)) FROM spu p JOIN sku k ON k.spu_id = p.id").Scan(&s)
		})
		return s
	}
	before := state()
	for _, lang := range []string{"zh-CN", "en"} {
		for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
			o := port.Options{Lang: lang}
			id := k.upload(t, port.Products, o, string(k.export(t, port.Products, f, o)))
			r := k.look(t, id)
			if r.Counts[port.RowSame] != r.Rows || r.Rows != 60 {
				for _, row := range r.Changes {
					t.Logf("row %d: %v of %q", row.Line, row.Changes, row.Cells)
				}
				t.Fatalf("%s in %s: %s", f, lang, words(r))
			}
			if k.run(t, id); state() != before {
				t.Fatalf("%s in %s changed something", f, lang)
			}
		}
	}
}

// TestTheTemplateIsAFile: what people download is understood as it is.
func TestTheTemplateIsAFile(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, lang := range []string{"zh-CN", "en"} {
		var file strings.Builder
		w, err := sheet.New(sheet.CSV, &file, "x")
		if err == nil {
			err = w.Row(port.TemplateHead(port.Products, lang)...)
		}
		if err == nil {
			err = w.Row(port.Sample(port.Products)...)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		if r := k.look(t, k.upload(t, port.Products, port.Options{}, file.String())); r.Counts[port.RowGood] != 1 {
			t.Errorf("%s: %s", lang, words(r))
		}
	}
}

// TestFilesWaitForApproval: a file of somebody who cannot approve changes nothing of what is on
// sale and puts nothing on sale; its rows say so.
func TestFilesWaitForApproval(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.run(t, k.upload(t, port.Products, port.Options{}, mugs()...))
	k.exec(t, "INSERT INTO shop (name, product_approval) VALUES ('山野', true) ON CONFLICT (only_row) DO UPDATE SET product_approval = true")
	r := k.run(t, k.upload(t, port.Products, port.Options{}, "商品编码,商品标题,分类,规格编码,售价,上下架", "MK,新马克杯,,MK-01,1,", "CUP,杯,杯,CUP-1,2,上架"))
	if r.Counts[port.RowDone] != 2 || len(r.Changes) != 2 {
		t.Fatal(words(r))
	}
	for _, row := range r.Changes {
		if last := row.Changes[len(row.Changes)-1]; last.What != port.ChangeAwaits {
			t.Errorf("row %d does not say that it waits: %v", row.Line, row.Changes)
		}
	}
	if n := k.number(t, "SELECT count(*) FROM spu p JOIN sku s ON s.spu_id = p.id WHERE p.title = '马克杯' AND s.code = 'MK-01' AND s.price_fen = 5990 OR p.code = 'CUP' AND p.status = 'draft'"); n != 2 {
		t.Errorf("%d of two products are as they should be", n)
	}
	if n := k.number(t, "SELECT count(*) FROM product_approval WHERE state = 'waiting' AND (change IS NOT NULL) <> put_up AND asked_by = 'staff:8'"); n != 2 {
		t.Errorf("%d wait", n)
	}
	// In the name of somebody who approves it is done.
	id := k.upload(t, port.Products, port.Options{Approves: true}, "商品编码,规格编码,售价,上下架", "CUP,CUP-1,3,上架")
	if err := k.s.Confirm(t.Context(), k.Tenant.ID, id, listing.Editor{Actor: "staff:1", Approves: true}); err != nil {
		t.Fatal(err)
	}
	k.step(t, id)
	if n := k.number(t, "SELECT count(*) FROM spu WHERE code = 'CUP' AND status = 'on_shelf' AND NOT EXISTS (SELECT FROM product_approval a WHERE a.spu_id = spu.id)"); n != 1 {
		t.Error(words(k.look(t, id)))
	}
}
