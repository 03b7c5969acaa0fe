package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
)

// readWorkbook reads the first sheet of an xlsx file. ECMA-376 part 1, 18.3.
func readWorkbook(file []byte, row func(line int, cells []string) error) error {
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return ErrNoTable.Because(err)
	}
	if len(archive.File) > maxParts {
		return ErrTooMuch
	}
	parts := make(map[string]*zip.File, len(archive.File))
	for _, part := range archive.File {
		parts[strings.TrimPrefix(part.Name, "/")] = part
	}
	sheet := parts[firstSheet(parts)]
	if sheet == nil {
		return ErrNoTable
	}
	shared, err := sharedTexts(parts["xl/sharedStrings.xml"])
	if err != nil {
		return err
	}
	return within(sheet, maxSheet, func(in *xml.Decoder) error { return readRows(in, shared, row) })
}

// within parses a file of the archive, no more of it than most bytes.
func within(part *zip.File, most int64, parse func(in *xml.Decoder) error) error {
	// The archive says how large its parts are; one that lies is no archive.
	// A hundredth is where Apache POI, too, begins to suspect what compresses so well.
	const small, ratio = 4 << 20, 100
	size := part.UncompressedSize64
	if size > uint64(most) || (size > small && size/ratio > part.CompressedSize64) {
		return ErrTooMuch
	}
	r, err := part.Open()
	if err != nil {
		return ErrNoTable.Because(err)
	}
	bounded := &bounded{in: r, left: most}
	err = parse(xml.NewDecoder(bounded))
	_ = r.Close()
	if bounded.refused {
		return ErrTooMuch
	}
	if _, broken := errors.AsType[*xml.SyntaxError](err); broken || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrNoTable.Because(err)
	}
	return err
}

// bounded stops a stream that is too long, or in which no mark comes for too long: a parser
// keeps what stands between two of them.
type bounded struct {
	in      io.Reader
	left    int64
	since   int
	refused bool
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p[:min(len(p), 32<<10)])
	b.left -= int64(n)
	if at := bytes.LastIndexByte(p[:n], '<'); at >= 0 {
		b.since = n - at
	} else {
		b.since += n
	}
	if b.left < 0 || b.since > maxToken {
		b.refused = true
		return 0, ErrTooMuch
	}
	return n, err
}

// firstSheet is the name of the first sheet's file.
func firstSheet(parts map[string]*zip.File) string {
	const usual, most = "xl/worksheets/sheet1.xml", 1 << 20
	var book struct {
		Sheets []struct {
			ID string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var links struct {
		Links []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	into := func(name string, v any) bool {
		part := parts[name]
		return part != nil && within(part, most, func(in *xml.Decoder) error { return in.Decode(v) }) == nil
	}
	if !into("xl/workbook.xml", &book) || !into("xl/_rels/workbook.xml.rels", &links) || len(book.Sheets) == 0 {
		return usual
	}
	for _, link := range links.Links {
		if link.ID != book.Sheets[0].ID {
			continue
		}
		if rest, ok := strings.CutPrefix(link.Target, "/"); ok {
			return rest
		}
		return path.Join("xl", link.Target)
	}
	return usual
}

// sharedTexts are the texts that cells name by their number.
func sharedTexts(part *zip.File) (texts []string, err error) {
	if part == nil {
		return nil, nil
	}
	err = within(part, maxShared, func(in *xml.Decoder) error {
		for {
			token, err := in.Token()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if start, ok := token.(xml.StartElement); ok && start.Name.Local == "si" {
				text, err := textIn(in)
				if err != nil {
					return err
				}
				texts = append(texts, text)
			}
		}
	})
	return texts, err
}

// textIn is the text of an element that has begun, up to its end; how it is to be pronounced is
// left out.
func textIn(in *xml.Decoder) (string, error) {
	var out strings.Builder
	taken := false
	for depth := 1; depth > 0; {
		token, err := in.Token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "rPh" {
				if err := in.Skip(); err != nil {
					return "", err
				}
				continue
			}
			depth++
			taken = t.Name.Local == "t"
		case xml.EndElement:
			depth--
			taken = false
		case xml.CharData:
			if taken {
				out.Write(t)
			}
			if out.Len() > maxCell*4 {
				return "", ErrCell
			}
		}
	}
	return meant(out.String()), nil
}

// meant reads the characters that XML cannot hold (ECMA-376 22.9.2.19).
func meant(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return hexes.ReplaceAllStringFunc(s, func(escape string) string {
		code, err := strconv.ParseUint(escape[2:6], 16, 16)
		if err != nil || code == 0 {
			return ""
		}
		return string(rune(code))
	})
}

// readRows gives the rows of a sheet.
func readRows(in *xml.Decoder, shared []string, row func(line int, cells []string) error) error {
	line := 0
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "row" {
			continue
		}
		line++
		if n, err := strconv.Atoi(attr(start, "r")); err == nil && n > 0 {
			line = n
		}
		cells, err := readRow(in, shared)
		if err != nil {
			return err
		}
		if err := row(line, cells); err != nil {
			return err
		}
	}
}

// readRow reads the cells of a row that has begun, up to its end.
func readRow(in *xml.Decoder, shared []string) (cells []string, err error) {
	for {
		token, err := in.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return cells, nil
		case xml.StartElement:
			if t.Name.Local != "c" {
				if err := in.Skip(); err != nil {
					return nil, err
				}
				continue
			}
			at := len(cells)
			if address := attr(t, "r"); address != "" {
				if at, err = columnOf(address); err != nil {
					return nil, err
				}
			}
			if at < len(cells) || at >= MostColumns {
				return nil, ErrColumns
			}
			text, err := readCell(in, attr(t, "t"), shared)
			if err != nil {
				return nil, err
			}
			cells = append(append(cells, make([]string, at-len(cells))...), text)
		}
	}
}

// readCell reads a cell that has begun. Of a formula its last result counts.
func readCell(in *xml.Decoder, kind string, shared []string) (text string, err error) {
	value := ""
	for {
		token, err := in.Token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return cellText(kind, value, text, shared)
		case xml.StartElement:
			switch t.Name.Local {
			case "v":
				value, err = valueIn(in)
			case "is":
				text, err = textIn(in)
			default:
				err = in.Skip()
			}
			if err != nil {
				return "", err
			}
		}
	}
}

// valueIn is the text right in an element that has begun.
func valueIn(in *xml.Decoder) (string, error) {
	var out strings.Builder
	for {
		token, err := in.Token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.CharData:
			out.Write(t)
		case xml.EndElement:
			return out.String(), nil
		case xml.StartElement:
			return "", ErrNoTable
		}
	}
}

// cellText is what a cell of a kind (18.18.11) says.
func cellText(kind, value, text string, shared []string) (string, error) {
	switch kind {
	case "s":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n >= len(shared) {
			return "", ErrNoTable
		}
		return shared[n], nil
	case "inlineStr":
		return text, nil
	case "str", "e", "d":
		return meant(value), nil
	case "b":
		return map[string]string{"1": "TRUE", "0": "FALSE"}[value], nil
	}
	return plain(value), nil
}

func attr(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
