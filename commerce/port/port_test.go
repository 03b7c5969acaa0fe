package port_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"galleria/commerce/listing"
	"galleria/commerce/port"
	"galleria/commerce/sheet"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// mugs is a file of two products, one with two variants.
func mugs() []string {
	return []string{
		"商品编码,商品标题,分类,品牌,标签,上下架,规格名,规格编码,规格值,售价,成本价,期初库存",
		"MK,马克杯,家居/杯具,青禾,新品/热卖,上架,颜色/尺寸,MK-01,白/大,59.90,20,10",
		"MK,,,,,,,MK-02,黑/小,49,,4",
		"PEN,=HYPERLINK(1),文具,,,,,PEN-1,,3,,",
	}
}

// TestImportOfProducts: nothing is written before somebody agrees, and then everything, once.
func TestImportOfProducts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.upload(t, port.Products, port.Options{}, mugs()...)
	r := k.look(t, id)
	if r.State != port.Ready || r.Counts[port.RowGood] != 3 {
		t.Fatal(words(r))
	}
	if n := k.number(t, "SELECT (SELECT count(*) FROM spu) + (SELECT count(*) FROM category) + (SELECT count(*) FROM brand) + (SELECT count(*) FROM stock_movement)"); n != 0 {
		t.Fatalf("the check wrote %d rows", n)
	}
	if r = k.run(t, id); r.State != port.Done || r.Counts[port.RowDone] != 3 {
		t.Fatal(words(r))
	}
	if r.ConfirmedBy != "staff:8" || r.Name != "表.csv" {
		t.Errorf("%+v", r.Job)
	}
	k.run(t, id) // agreed to twice
	if n := k.number(t, "SELECT sum(on_hand) FROM stock_level"); n != 14 || k.number(t, "SELECT count(*) FROM spu") != 2 || k.number(t, "SELECT count(*) FROM category") != 3 {
		t.Errorf("stock %d, products %d", n, k.number(t, "SELECT count(*) FROM spu"))
	}
	if n := k.number(t, "SELECT count(*) FROM spu WHERE status = 'on_shelf' AND code = 'MK'"); n != 1 {
		t.Errorf("%d on the shelf", n)
	}
	// The same file again is told, and finds the same products.
	again := k.upload(t, port.Products, port.Options{}, mugs()...)
	if r := k.look(t, again); r.Again != id || r.Counts[port.RowSame] != 3 {
		t.Errorf("again: %s, of %d", words(r), r.Again)
	}
	// A part of it: what is not named stays.
	id = k.upload(t, port.Products, port.Options{}, "规格编码,商品编码,规格值,售价,规格启用", "MK-02,MK,,45.5,否")
	if r := k.run(t, id); r.Counts[port.RowDone] != 1 {
		t.Fatal(words(r))
	}
	if n := k.number(t, "SELECT count(*) FROM sku WHERE code = 'MK-02' AND price_fen = 4550 AND NOT enabled AND cost_fen = 0 OR code = 'MK-01' AND price_fen = 5990 AND cost_fen = 2000 AND enabled"); n != 2 {
		t.Errorf("%d SKUs as they should be", n)
	}
}

// TestExportedAndImportedChangesNothing: whatever products a shop has.
func TestExportedAndImportedChangesNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	texts := []string{"普通", "=1+1", "-2", "+3", "@x", "a,b\"c\"", "a/b", `a\b`, "a\nb", "'单", "＝全角", "_x0041_", "0012", "1e5", "[清空]x", "TRUE"}
	pick := func(i int) string { return texts[(i*7+3)%len(texts)] + strconv.Itoa(i) }
	rows := []string{"商品编码,商品标题,副标题,分类,品牌,标签,商品详情,上下架,规格名,规格编码,规格值,售价,划线价,成本价,条码,重量(克),期初库存"}
	quoted := func(cells ...string) string {
		for i, c := range cells {
			cells[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		return strings.Join(cells, ",")
	}
	escape := strings.NewReplacer(`\`, `\\`, "/", `\/`).Replace
	for i := range 30 {
		shelf := []string{"上架", "", "草稿"}[i%3]
		one := func(s string) string { return escape(strings.ReplaceAll(s, "\n", " ")) }
		for v := range 1 + i%3 {
			title, detail, spec := "", "", ""
			if v == 0 {
				title, detail, spec = strings.ReplaceAll(pick(i), "\n", " "), "<p>"+strconv.Itoa(i)+"</p>", one(pick(i+1))
			}
			rows = append(rows, quoted("P"+strconv.Itoa(i), title, "", one(pick(i%4))+"/"+one(pick(i%3)), "", one(pick(i+2)), detail, shelf, spec,
				"S"+strconv.Itoa(i)+"-"+strconv.Itoa(v), one(pick(v)), fmt.Sprintf("%d.%02d", rand.IntN(999), rand.IntN(100)), "", "", "00"+strconv.Itoa(i), strconv.Itoa(i), "5"))
		}
	}
	if r := k.run(t, k.upload(t, port.Products, port.Options{}, rows...)); r.Counts[port.RowDone] != r.Rows {
		t.Fatal(words(r))
	}
	state := func() string {
		var s string
		k.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT md5(string_agg(p::text || k::text || l::text, '' ORDER BY k.id)) FROM spu p JOIN sku k ON k.spu_id = p.id JOIN stock_level l ON l.sku_id = k.id").Scan(&s)
		})
		return s
	}
	before := state()
	for _, lang := range []string{"zh-CN", "en"} {
		for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
			for kind, o := range map[port.Kind]port.Options{port.Products: {Lang: lang}, port.Stock: {Lang: lang, Count: true}} {
				id := k.upload(t, kind, o, string(k.export(t, kind, f, o)))
				r := k.look(t, id)
				if r.State != port.Ready || r.Counts[port.RowSame] != r.Rows {
					for _, row := range r.Changes {
						t.Logf("row %d: %v of %q", row.Line, row.Changes, row.Cells)
					}
					t.Fatalf("%s in %s and %s: %s", kind, f, lang, words(r))
				}
				k.run(t, id)
				if after := state(); after != before {
					t.Fatalf("%s in %s changed something", kind, f)
				}
			}
		}
	}
}

// TestWrongFiles: a file that is none of this kind is refused whole, with what to do.
func TestWrongFiles(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for name, tc := range map[string]struct {
		kind port.Kind
		file string
		code string
	}{
		"no such columns":  {port.Stock, "甲,乙\n1,2", "PORT_HEAD"},
		"a column missing": {port.Tracking, "订单号,快递公司\nA,B", "PORT_HEAD"},
		"a column twice":   {port.Stock, "规格编码,数量,数量\nA,1,2", "PORT_HEAD_TWICE"},
		"only a head":      {port.Stock, "规格编码,数量\n", "PORT_EMPTY"},
		"nothing":          {port.Stock, "", "PORT_EMPTY"},
		"no table":         {port.Stock, "PK\x03\x04 nonsense", "SHEET_UNREADABLE"},
		"too many rows":    {port.Stock, "规格编码,数量\n" + strings.Repeat("A,1\n", port.MaxRows+1), "SHEET_ROWS"},
	} {
		r := k.look(t, k.upload(t, tc.kind, port.Options{}, tc.file))
		if r.State != port.Refused || r.Problem == nil || r.Problem.Code != tc.code || strings.Contains(r.Problem.Zh, "%s") {
			t.Errorf("%s: %s %+v", name, r.State, r.Problem)
		}
	}
	if _, err := k.s.Upload(t.Context(), k.Tenant.ID, port.Upload{Kind: port.Stock, Raw: make([]byte, port.MaxBytes+1)}); !errors.Is(err, port.ErrFileSize) {
		t.Errorf("a large file: %v", err)
	}
}

// TestEveryRowIsJudged: each mistake is told at its row and column, and stops no other row.
func TestEveryRowIsJudged(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.run(t, k.upload(t, port.Products, port.Options{}, mugs()...))
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(strings.Join([]string{
		"规格编码,仓库,数量",
		"MK-01,,+5", "NONE,,1", "MK-02,火星,1", "PEN-1,,x", "MK-02,,-5", "MK-01,,7", ",,3",
	}, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := k.look(t, k.upload(t, port.Stock, port.Options{}, gbk))
	codes := map[int64]string{}
	for _, row := range r.Problems {
		codes[row.Line] = row.Problems[0].Column + " " + row.Problems[0].Code
	}
	want := map[int64]string{3: "sku_code PORT_NO_SKU", 4: "place PORT_NO_PLACE", 5: "qty PORT_NUMBER", 6: "qty PORT_BELOW", 7: " PORT_TWICE", 8: "sku_code PORT_MISSING"}
	if fmt.Sprint(codes) != fmt.Sprint(want) || r.Counts[port.RowGood] != 1 {
		t.Errorf("got %v of %v, want %v", codes, r.Counts, want)
	}
	if r := k.run(t, r.ID); r.Counts[port.RowDone] != 1 || k.number(t, "SELECT on_hand FROM stock_level l JOIN sku s ON s.id = l.sku_id WHERE s.code = 'MK-01'") != 15 {
		t.Error(words(r))
	}
	r = k.look(t, k.upload(t, port.Products, port.Options{},
		"商品ID,商品编码,商品标题,分类,规格名,规格编码,规格值,售价,主图",
		",N1,新品,甲,颜色,A,红,1,没有.jpg", ",N2,,甲,,B,,2,", ",N3,三,甲/乙/丙/丁,,C,,3,", ",N4,四,甲,,D,,1.234,", "999,,五,,,,,,", ",N6,六,甲,颜色,E,红/大,1,",
		",N7,七,甲,颜色,F,红,1,", ",N7,另名,,,G,蓝,1,", ",N8,八,甲,颜色,H,红,1,", ",N8,,,,I,红,2,", ",,无编码,甲,,,,1,", ",N9,"+strings.Repeat("长", 61)+",甲,,J,,1,"))
	codes = map[int64]string{}
	for _, row := range r.Problems {
		codes[row.Line] = row.Problems[0].Column + " " + row.Problems[0].Code
	}
	want = map[int64]string{
		2: "cover PORT_PICTURE", 3: "title PORT_MISSING", 4: "category PORT_CELL", 5: "price PORT_MONEY", 6: "id PORT_NO_PRODUCT", 7: "spec_values PORT_SPECS",
		8: " PORT_TOGETHER", 9: "title PORT_DIFFERS", 10: " PORT_TOGETHER", 11: "spec_values PORT_DIFFERS", 12: " PORT_KEY", 13: "title PORT_CELL",
	}
	for line, code := range want {
		if got := codes[line]; got != code {
			t.Errorf("row %d: got %q, want %q", line, got, code)
		}
	}
	if r.Counts[port.RowGood] != 0 {
		t.Errorf("%v", r.Counts)
	}
}

// many makes a shop with so many SKUs, ten pieces of each.
func (k *kit) many(t *testing.T, n int) []string {
	t.Helper()
	k.exec(t, "INSERT INTO category (name) VALUES ('x')")
	k.exec(t, "INSERT INTO spu (category_id, title, status) SELECT (SELECT min(id) FROM category), 'p' || g, 'off_shelf' FROM generate_series(1, $1::int) g", n)
	k.exec(t, "INSERT INTO sku (spu_id, code, price_fen) SELECT id, 'K' || id, 100 FROM spu")
	k.exec(t, "INSERT INTO stock_level (sku_id, on_hand) SELECT id, 10 FROM sku")
	k.exec(t, "INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor) SELECT id, 'receive', 10, 0, 'first', 'system' FROM sku")
	rows := []string{"规格编码,数量"}
	for i := range n {
		rows = append(rows, "K"+strconv.Itoa(i+1)+",3")
	}
	return rows
}

// TestKilledWorkerRepeatsNothing: workers die and overlap at any moment; each row is done once.
func TestKilledWorkerRepeatsNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	const n = 600
	id := k.upload(t, port.Stock, port.Options{Reason: "purchase"}, k.many(t, n)...)
	if err := k.s.Confirm(t.Context(), k.Tenant.ID, id, listing.Editor{Actor: "staff:8"}); err != nil {
		t.Fatal(err)
	}
	for i := range 12 { // dies in the middle of a portion
		ctx, cancel := contextFor(t, time.Duration(i)*4*time.Millisecond)
		_, _ = k.s.Portion(ctx, k.Tenant.ID, id)
		cancel()
	}
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() { _ = k.s.Step(t.Context(), k.Tenant.ID, id) })
	}
	wait.Wait()
	k.step(t, id)
	if r := k.look(t, id); r.State != port.Done || r.Counts[port.RowDone] != n {
		t.Fatal(words(r))
	}
	if sum, moves := k.number(t, "SELECT sum(on_hand) FROM stock_level"), k.number(t, "SELECT count(*) FROM stock_movement WHERE document LIKE 'DR-%'"); sum != 13*n || moves != n {
		t.Errorf("%d pieces, %d movements", sum, moves)
	}
	if off := k.number(t, "SELECT count(*) FROM stock_level l WHERE on_hand <> (SELECT sum(on_hand_delta) FROM stock_movement m WHERE m.sku_id = l.sku_id)"); off != 0 {
		t.Errorf("%d levels differ from their movements", off)
	}
}

// TestTwoImportsOfTheSameSKUs: counts of two people do not undo each other; the second is told.
func TestTwoImportsOfTheSameSKUs(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.run(t, k.upload(t, port.Products, port.Options{}, mugs()...))
	count := port.Options{Count: true}
	one := k.upload(t, port.Stock, count, "规格编码,数量", "MK-01,50", "MK-02,7")
	two := k.upload(t, port.Stock, count, "规格编码,数量", "MK-02,9", "PEN-1,30")
	a, b := k.upload(t, port.Products, port.Options{}, "商品编码,规格编码,规格值,售价", "PEN,PEN-1,,8"), k.upload(t, port.Products, port.Options{}, "商品编码,规格编码,规格值,售价", "PEN,PEN-1,,9")
	// Sold after the check: stays sold.
	k.exec(t, "UPDATE stock_level SET on_hand = on_hand - 1 WHERE sku_id = (SELECT id FROM sku WHERE code = 'MK-01')")
	ids := []int64{one, two, a, b}
	reports := make([]port.Report, len(ids))
	for _, id := range ids {
		if err := k.s.Confirm(t.Context(), k.Tenant.ID, id, listing.Editor{Actor: "staff:8"}); err != nil {
			t.Fatal(err)
		}
	}
	var wait sync.WaitGroup
	for _, id := range ids {
		wait.Go(func() {
			for range 5 {
				if k.s.Step(t.Context(), k.Tenant.ID, id) == nil {
					return
				}
			}
		})
	}
	wait.Wait()
	for i, id := range ids {
		reports[i] = k.look(t, id)
	}
	done := func(i int) int64 { return reports[i].Counts[port.RowDone] }
	if done(0)+done(1) != 3 || done(2)+done(3) != 1 {
		t.Errorf("%s\n%s\n%s\n%s", words(reports[0]), words(reports[1]), words(reports[2]), words(reports[3]))
	}
	if n := k.number(t, "SELECT on_hand FROM stock_level l JOIN sku s ON s.id = l.sku_id WHERE s.code = 'MK-01'"); n != 49 {
		t.Errorf("%d of MK-01", n)
	}
}

// TestT120TenThousandRows: memory and statements do not grow with the file.
func TestT120TenThousandRows(t *testing.T) {
	k := newKit(t)
	const n = 10_000
	rows := k.many(t, n)
	before := runtime.MemStats{}
	runtime.GC()
	runtime.ReadMemStats(&before)
	began, sent := time.Now(), k.count.n.Load()
	id := k.upload(t, port.Stock, port.Options{}, rows...)
	r := k.run(t, id)
	const portions = 2 * n / 100
	if each := (k.count.n.Load() - sent) / portions; each > 40 {
		t.Errorf("%d statements for a portion of 100 rows", each)
	} else {
		t.Logf("%d statements for a portion of 100 rows", each)
	}
	after := runtime.MemStats{}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if r.State != port.Done || r.Counts[port.RowDone] != n || k.number(t, "SELECT sum(on_hand) FROM stock_level") != 13*n {
		t.Fatal(words(r))
	}
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("10,000 rows checked and done in %v; the heap grew by %d kB", time.Since(began).Round(time.Millisecond), grown>>10)
	if grown > 32<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}

// TestCancelledInTheMiddle: what is done stays done and is told apart from what is not.
func TestCancelledInTheMiddle(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.upload(t, port.Stock, port.Options{}, k.many(t, 250)...)
	if err := k.s.Confirm(t.Context(), k.Tenant.ID, id, listing.Editor{Actor: "staff:8"}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.s.Portion(t.Context(), k.Tenant.ID, id); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := k.s.Cancel(t.Context(), k.Tenant.ID, id, "staff:7"); err != nil {
			t.Fatal(err)
		}
	}
	k.step(t, id)
	if r := k.look(t, id); r.State != port.Cancelled || r.Counts[port.RowDone] != 100 || r.Counts[port.RowLeft] != 150 {
		t.Error(words(r))
	}
	if err := k.s.Confirm(t.Context(), k.Tenant.ID, id, listing.Editor{Actor: "staff:8"}); !errors.Is(err, port.ErrState) {
		t.Errorf("agreed to after the end: %v", err)
	}
	// Its time comes.
	k.Clock().Advance(port.ImportKept + time.Hour)
	for range 2 {
		if err := k.s.Forget(t.Context(), k.Tenant.ID, id); err != nil {
			t.Fatal(err)
		}
	}
	if n := k.number(t, "SELECT count(*) FROM port_row"); n != 0 || len(k.store.files) != 0 || k.look(t, id).State != port.Expired {
		t.Errorf("%d rows, %d files", n, len(k.store.files))
	}
}

// TestTracking: parcels are sent once; what is wrong is told.
func TestTracking(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.upload(t, port.Tracking, port.Options{}, "订单号,快递公司,快递单号", "ORDER1,中通快递,781234567890", "ORDER2,火箭,781234567890", "X9,中通,781234567891", "ORDER1,中通,781234567892", "ORDER3,,1")
	r := k.run(t, id)
	if r.Counts[port.RowDone] != 1 || r.Counts[port.RowBad] != 4 {
		t.Error(words(r))
	}
	if n := k.number(t, "SELECT count(*) FROM product_snapshot"); n != 1 {
		t.Errorf("%d parcels", n)
	}
}

// TestExportOfOrders: personal data is masked unless it was asked for; the file goes after a day.
func TestExportOfOrders(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	phone := regexp.MustCompile(`\b1[3-9][0-9]{9}\b`)
	masked := string(k.export(t, port.Orders, sheet.CSV, port.Options{}))
	if phone.MatchString(masked) || strings.Contains(masked, "王小明") || strings.Contains(masked, "人民路") || !strings.Contains(masked, "'=1+1") {
		t.Error(masked)
	}
	if whole := string(k.export(t, port.Orders, sheet.CSV, port.Options{Reveal: true})); !phone.MatchString(whole) {
		t.Error(whole)
	}
	page, err := k.s.List(t.Context(), k.Tenant.ID, port.Export, port.Kinds(port.Export), 0)
	if err != nil || len(page.Jobs) != 2 || page.Jobs[0].RowsDone != 1 {
		t.Fatalf("%+v %v", page, err)
	}
	k.Clock().Advance(port.ExportKept + time.Minute)
	if _, err := k.s.Taken(t.Context(), k.Tenant.ID, page.Jobs[0].ID, "staff:7", "csv"); !errors.Is(err, port.ErrGone) {
		t.Errorf("after a day: %v", err)
	}
	if _, err := k.s.Find(t.Context(), k.Tenant.ID, 4711); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
}

// TestFewJobsAtOnce: one shop has three under way at most.
func TestFewJobsAtOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for range port.MostOpen {
		if _, err := k.s.Export(t.Context(), k.Tenant.ID, port.Stock, port.Options{}, "staff:7"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.s.Export(t.Context(), k.Tenant.ID, port.Stock, port.Options{}, "staff:7"); !errors.Is(err, port.ErrBusy) {
		t.Error(err)
	}
}

// TestTheDatabaseKnowsTheSameStates compares the table in Go with the constraint.
func TestTheDatabaseKnowsTheSameStates(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var def string
	k.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'port_job_state' AND conrelid = 'port_job'::regclass").Scan(&def)
	})
	known := map[string]bool{}
	for _, tr := range port.Transitions() {
		known[string(tr.From)], known[string(tr.To)] = true, true
		if !strings.Contains(def, "'"+string(tr.From)+"'") || !strings.Contains(def, "'"+string(tr.To)+"'") {
			t.Errorf("%v is not in %s", tr, def)
		}
	}
	if n := strings.Count(def, "::text"); n-strings.Count(def, "::text[]") < len(known) {
		t.Errorf("%d states in Go, the database says %s", len(known), def)
	}
	if to, ok := port.Next(port.Done, port.EventConfirm); ok {
		t.Errorf("done leads to %s", to)
	}
	if !slices.Contains(port.Kinds(port.Export), port.Orders) {
		t.Error("orders cannot be exported")
	}
}

// TestSheetsAsFiles: a product's sheet comes in a cell, a line each, and goes out the same; a line
// without a name is a mistake of its row.
func TestSheetsAsFiles(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.run(t, k.upload(t, port.Products, port.Options{}, "商品编码,商品标题,分类,规格编码,售价,商品参数", "TEA,茶,茶,TEA-1,1,\"生产厂家：凤庆茶厂\n执行标准: GB/T 22111：2008\""))
	if n := k.number(t, `SELECT count(*) FROM spu WHERE params = '[{"name": "生产厂家", "value": "凤庆茶厂"}, {"name": "执行标准", "value": "GB/T 22111：2008"}]'`); n != 1 {
		t.Errorf("%d products have the sheet", n)
	}
	out := string(k.export(t, port.Products, sheet.CSV, port.Options{}))
	if !strings.Contains(out, "生产厂家：凤庆茶厂\n执行标准：GB/T 22111：2008") {
		t.Errorf("the file says %s", out)
	}
	if r := k.look(t, k.upload(t, port.Products, port.Options{}, "商品编码,商品参数", "TEA,没有内容")); r.Counts[port.RowBad] != 1 {
		t.Error(words(r))
	}
}
