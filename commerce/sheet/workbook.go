package sheet

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"strings"
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// parts are the files of a workbook with one sheet, the sheet aside. ECMA-376 part 1, 18.
func parts(title string) [][2]string {
	const rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	return [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + rel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + rel + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + rel + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + main + `" xmlns:r="` + rel + `"><sheets><sheet name="` + escaped(sheetName(title)) + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		// Style 1 is an amount (built-in format 4, #,##0.00), style 2 the head row.
		{"xl/styles.xml", `<styleSheet xmlns="` + main + `"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs></styleSheet>`},
	}
}

const sheetHead = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15" baseColWidth="16"/><sheetData>`

// workbook is the xlsx writer.
type workbook struct {
	zip  *zip.Writer
	out  *bufio.Writer // the sheet, which is the archive's last file
	rows int
}

func newWorkbook(w io.Writer, title string) (*workbook, error) {
	b := &workbook{zip: zip.NewWriter(w)}
	for _, part := range parts(title) {
		file, err := b.zip.Create(part[0])
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(file, xmlHead+part[1]); err != nil {
			return nil, err
		}
	}
	sheet, err := b.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, err
	}
	b.out = bufio.NewWriter(sheet)
	_, err = b.out.WriteString(xmlHead + sheetHead)
	return b, err
}

func (b *workbook) Row(cells ...Cell) error {
	if b.rows++; b.rows > MostRows {
		return ErrTooLong
	}
	_, _ = b.out.WriteString(`<row r="` + strconv.Itoa(b.rows) + `">`)
	for _, c := range cells {
		b.cell(c)
	}
	_, err := b.out.WriteString("</row>") // a bufio.Writer keeps its first error
	return err
}

func (b *workbook) cell(c Cell) {
	switch {
	case c.number && exact(c.text):
		style := "0"
		if c.money {
			style = "1"
		}
		_, _ = b.out.WriteString(`<c s="` + style + `"><v>` + c.text + `</v></c>`)
	case c.text == "":
		_, _ = b.out.WriteString(`<c/>`)
	default:
		style := "0"
		if b.rows == 1 {
			style = "2"
		}
		_, _ = b.out.WriteString(`<c s="` + style + `" t="inlineStr"><is><t xml:space="preserve">`)
		_ = xml.EscapeText(b.out, []byte(verbatim(c.text)))
		_, _ = b.out.WriteString(`</t></is></c>`)
	}
}

func (b *workbook) Close() error {
	if _, err := b.out.WriteString("</sheetData></worksheet>"); err != nil {
		return err
	}
	if err := b.out.Flush(); err != nil {
		return err
	}
	return b.zip.Close()
}

// exact reports a number that a spreadsheet's doubles hold to the last digit; a longer one
// is written as text.
func exact(number string) bool {
	return len(strings.Trim(strings.ReplaceAll(number, ".", ""), "-")) <= 15
}

// escapes looks like an escape of ECMA-376 22.9.2.19 and would be read as a character.
var escapes = regexp.MustCompile(`_(x[0-9A-Fa-f]{4}_)`)

// hexes are such escapes, as they are read.
var hexes = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// verbatim has a text read back as it is. Excel keeps 32767 characters in a cell.
func verbatim(s string) string {
	const most = 32767
	if len(s) > most {
		if r := []rune(s); len(r) > most {
			s = string(r[:most])
		}
	}
	return escapes.ReplaceAllString(s, "_x005F_$1")
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// sheetName is what a sheet may be called.
func sheetName(title string) string {
	name := []rune(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) {
			return ' '
		}
		return r
	}, storable(title)))
	if len(name) > 31 {
		name = name[:31]
	}
	if len(name) == 0 {
		return "1"
	}
	return string(name)
}
