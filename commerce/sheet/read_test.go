package sheet_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"galleria/commerce/money"
	"galleria/commerce/sheet"
)

func read(t *testing.T, raw []byte) [][]string {
	t.Helper()
	rows, err := readAll(raw, 100)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func readAll(raw []byte, most int) (rows [][]string, err error) {
	err = sheet.Read(raw, most, func(_ int, cells []string) error {
		rows = append(rows, slices.Clone(cells))
		return nil
	})
	return rows, err
}

// T104: what was written is read back, in both formats, but for blanks at the edges.
func TestT104WhatWasWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	for _, text := range hostile() {
		for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
			raw := write(t, f, []sheet.Cell{sheet.Text("begin"), sheet.Text(text), sheet.Yuan(money.Fen(5990)), sheet.Text("end")})
			want := strings.Map(func(r rune) rune {
				if r == 0 || r == 1 || r == 0xFFFE {
					return -1
				}
				return r
			}, text)
			want = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(want, "\r\n", "\n"), "\r", "\n"))
			got := read(t, raw)
			if len(got) != 1 || len(got[0]) != 4 || got[0][3] != "end" {
				t.Fatalf("%s %q: %q", f, text, got)
			}
			if back := strings.TrimSpace(strings.ReplaceAll(got[0][1], "\r", "\n")); back != want || strings.TrimSuffix(got[0][2], "0") != "59.9" {
				t.Errorf("%s: %q is read back as %q", f, text, got[0])
			}
		}
	}
}

// What spreadsheets of this country save is understood: GBK, UTF-8 with and without mark,
// UTF-16, commas, tabs and semicolons.
func TestEncodings(t *testing.T) {
	t.Parallel()
	const text = "商品编码,标题,售价\r\nMK,马克杯“大”,59\r\n"
	encoded := func(by interface{ Bytes([]byte) ([]byte, error) }, s string) []byte {
		raw, err := by.Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	tabs := strings.ReplaceAll(text, ",", "\t")
	for name, raw := range map[string][]byte{
		"utf-8": []byte(text), "utf-8 with mark": []byte("\ufeff" + text), "gbk": encoded(simplifiedchinese.GBK.NewEncoder(), text),
		"gb18030": encoded(simplifiedchinese.GB18030.NewEncoder(), text), "utf-16": encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder(), tabs),
		"tabs": []byte(tabs), "semicolons": []byte(strings.ReplaceAll(text, ",", ";")),
	} {
		got := read(t, raw)
		if len(got) != 2 || !slices.Equal(got[0], []string{"商品编码", "标题", "售价"}) || !slices.Equal(got[1], []string{"MK", "马克杯“大”", "59"}) {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, raw := range map[string]string{"broken": "a,\xff\xff\xff", "old excel": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "zeros": "a,b\x00c", "half a zip": "PK\x03\x04xxxx"} {
		if _, err := readAll([]byte(raw), 9); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

// A workbook of another program is read as it shows its cells: numbers without their noise, and
// one that has lost digits is marked.
func TestWorkbookOfAnotherProgram(t *testing.T) {
	t.Parallel()
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	for cell, value := range map[string]any{
		"A1": "名称", "B1": "价格", "D1": "空一列", "A3": "杯子", "B3": 59.9, "C3": 0.1 + 0.2, "D3": 7812345678901.0, "E3": 781234567890123456.0, "F3": true, "G3": -3,
	} {
		if err := book.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	var raw bytes.Buffer
	if err := book.Write(&raw); err != nil {
		t.Fatal(err)
	}
	got := read(t, raw.Bytes())
	if len(got) != 2 || !slices.Equal(got[0], []string{"名称", "价格", "", "空一列"}) {
		t.Fatalf("%q", got)
	}
	if row := got[1]; !slices.Equal(row[:4], []string{"杯子", "59.9", "0.3", "7812345678901"}) || !strings.HasPrefix(row[4], sheet.Lossy) || row[5] != "TRUE" || row[6] != "-3" {
		t.Errorf("%q", row)
	}
}

func archive(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	var raw bytes.Buffer
	w := zip.NewWriter(&raw)
	for name, content := range parts {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// T103: a small file that is huge inside is refused quickly.
func TestT103ZipBombs(t *testing.T) {
	t.Parallel()
	const head = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
	const name = "xl/worksheets/sheet1.xml"
	many := map[string]string{name: head + "</sheetData></worksheet>"}
	for i := range 2500 {
		many[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+2)] = "<x/>"
	}
	for what, parts := range map[string]map[string]string{
		"one long text":     {name: head + `<row><c t="inlineStr"><is><t>` + strings.Repeat("A", 4<<20)},
		"endless rows":      {name: head + strings.Repeat(`<row x="`+strings.Repeat("1", 1000)+`"></row>`, 40_000)},
		"long shared texts": {name: head, "xl/sharedStrings.xml": "<sst>" + strings.Repeat("<si><t>"+strings.Repeat("A", 1000)+"</t></si>", 30_000)},
		"10,000 columns":    {name: head + "<row>" + strings.Repeat("<c><v>1</v></c>", 10_000) + "</row>"},
		"a far column":      {name: head + `<row><c r="XFD1"><v>1</v></c></row>`},
		"many sheets":       many,
		"too many rows":     {name: head + strings.Repeat("<row><c><v>1</v></c></row>", 200)},
		"an entity":         {name: `<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData><row><c t="str"><v>&a;</v></c></row></sheetData></worksheet>`},
		"a far number":      {name: head + `<row><c t="s"><v>99999999</v></c></row>`},
	} {
		raw := archive(t, parts)
		clear(parts)
		began := time.Now()
		_, err := readAll(raw, 100)
		if err == nil {
			t.Errorf("%s (%d bytes) was read", what, len(raw))
		}
		t.Logf("%s: %d bytes refused in %v", what, len(raw), time.Since(began).Round(time.Millisecond))
	}
	if _, err := readAll(lying(t, name, head+strings.Repeat(`<row x="1"></row>`, 3_000_000)), 100); !errors.Is(err, sheet.ErrNoTable) {
		t.Errorf("an archive that understates its size: %v", err)
	}
	if _, err := readAll([]byte("a\n"+strings.Repeat("x", 40_000)), 9); !errors.Is(err, sheet.ErrCell) {
		t.Errorf("a long field: %v", err)
	}
}

// lying is an archive of one file that calls itself much smaller than it is.
func lying(t *testing.T, name, content string) []byte {
	t.Helper()
	var packed, raw bytes.Buffer
	by, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err == nil {
		_, err = by.Write([]byte(content))
	}
	if err = errors.Join(err, by.Close()); err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(&raw)
	f, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CompressedSize64: uint64(packed.Len()), UncompressedSize64: 1000})
	if err == nil {
		_, err = f.Write(packed.Bytes())
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a,b\n1,2"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = readAll(raw, 50) })
}
