package sheet_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"galleria/commerce/money"
	"galleria/commerce/sheet"
)

func write(t *testing.T, f sheet.Format, rows ...[]sheet.Cell) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := sheet.New(f, &out, "付款[2026]:*?/\\ 一个比三十一个字还要长得多得多得多的表名一二三四五")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// hostile are texts that people write into names, notes and numbers.
func hostile() []string {
	return []string{
		`=HYPERLINK("http://evil.example","x")`, "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", `"=1`, `'=1`, "＝1", "＋1", "－1", "＠1", "\u200b=1", "\ufeff=1", "\u00a0=1",
		"普通", "", "a,b\"c\nd", "  边缘  ", "<b>&amp;</b>", "_x0041_", "_x005F_", "0012345678901234567890", "1e5", "TRUE", "null\x00byte\x01\uFFFE", "😀",
	}
}

// T104: no cell is a formula, and what was written is read back.
func TestT104CSVHasNoFormula(t *testing.T) {
	t.Parallel()
	for _, text := range hostile() {
		raw := write(t, sheet.CSV, []sheet.Cell{sheet.Text(text), sheet.Text("end")})
		if !bytes.HasPrefix(raw, []byte("\ufeff")) {
			t.Fatalf("%q: no mark of UTF-8", text)
		}
		rows, err := csv.NewReader(bytes.NewReader(raw[3:])).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 2 {
			t.Fatalf("%q: %q %v", text, rows, err)
		}
		got := rows[0][0]
		if first := strings.TrimLeft(got, " \u00a0\u200b\ufeff\""); strings.ContainsAny(first[:min(1, len(first))], "=+-@\t\r\n") || strings.HasPrefix(first, "＝") {
			t.Errorf("%q is written as %q", text, got)
		}
		want := strings.Map(func(r rune) rune {
			if r == 0 || r == 1 || r == 0xFFFE {
				return -1
			}
			return r
		}, text)
		want = strings.ReplaceAll(want, "\r\n", "\n") // as encoding/csv reads
		if back := strings.TrimPrefix(got, "'"); back != want && got != want {
			t.Errorf("%q is read back as %q", text, got)
		}
	}
}

// An independent reader finds strings where strings were written, numbers where amounts were.
func TestT104WorkbookHasNoFormula(t *testing.T) {
	t.Parallel()
	rows := [][]sheet.Cell{{sheet.Text("名称"), sheet.Text("金额"), sheet.Text("时间")}}
	at := time.Date(2026, 11, 20, 16, 0, 1, 0, time.UTC)
	amounts := []money.Fen{0, 1, -1, 123456789, -500, 99999999999999, 1<<62 - 1}
	for i, text := range hostile() {
		rows = append(rows, []sheet.Cell{sheet.Text(text), sheet.Yuan(amounts[i%len(amounts)]), sheet.At(&at), sheet.Count(int64(i)), sheet.At(nil)})
	}
	book, err := excelize.OpenReader(bytes.NewReader(write(t, sheet.XLSX, rows...)), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	name := book.GetSheetList()[0]
	for i, text := range hostile() {
		row := strconv.Itoa(i + 2)
		kind, err := book.GetCellType(name, "A"+row)
		if text != "" && (err != nil || kind != excelize.CellTypeInlineString) {
			t.Errorf("%q has the type %d: %v", text, kind, err)
		}
		if formula, err := book.GetCellFormula(name, "A"+row); err != nil || formula != "" {
			t.Errorf("%q became the formula %q: %v", text, formula, err)
		}
		want := strings.NewReplacer("\x00", "", "\x01", "", "\uFFFE", "").Replace(text)
		if got, err := book.GetCellValue(name, "A"+row); err != nil || got != want {
			t.Errorf("%q is read back as %q: %v", text, got, err)
		}
		amount := amounts[i%len(amounts)]
		if got, err := book.GetCellValue(name, "B"+row); err != nil || got != amount.Yuan() {
			t.Errorf("%d fen are read back as %q: %v", amount, got, err)
		}
		if got, _ := book.GetCellValue(name, "C"+row); got != "2026-11-21 00:00:01" {
			t.Errorf("a time of Shanghai is %q", got)
		}
		if got, _ := book.GetCellValue(name, "D"+row); got != strconv.Itoa(i) {
			t.Errorf("%d is %q", i, got)
		}
	}
}

// counting forgets what it counts.
type counting struct{ n int64 }

func (c *counting) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

// A hundred thousand rows need no more memory than one.
func TestRowsAreNotKept(t *testing.T) {
	for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
		out := &counting{}
		w, err := sheet.New(f, out, "x")
		if err != nil {
			t.Fatal(err)
		}
		var before, now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		most := uint64(0)
		at := time.Now()
		for i := range 100_000 {
			if err := w.Row(sheet.Text("2026112106000"+strconv.Itoa(i)), sheet.Yuan(money.Fen(i)), sheet.At(&at), sheet.Text("=1+1 很长的备注 <&>")); err != nil {
				t.Fatal(err)
			}
			if i%20_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if most > before.HeapAlloc+4<<20 {
			t.Errorf("%s: %d kB more were in use", f, (most-before.HeapAlloc)>>10)
		}
		t.Logf("%s: %d bytes, %d kB in use at most", f, out.n, most>>10)
	}
}

func TestTooManyRows(t *testing.T) {
	t.Parallel()
	w, err := sheet.New(sheet.CSV, io.Discard, "x")
	if err != nil {
		t.Fatal(err)
	}
	for range sheet.MostRows {
		if err := w.Row(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Row(); err == nil {
		t.Error("a row more than a spreadsheet holds was taken")
	}
}
