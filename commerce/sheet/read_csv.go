package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// readCommas reads a CSV file, parted by commas, tabs or semicolons.
func readCommas(file []byte, row func(line int, cells []string) error) error {
	text, first, err := decoded(file)
	if err != nil {
		return err
	}
	in := csv.NewReader(text)
	in.Comma, in.FieldsPerRecord, in.LazyQuotes = partedBy(first), -1, true
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return ErrNoTable.Because(err)
		}
		line, _ := in.FieldPos(0)
		for i, c := range cells {
			if strings.Contains(c, "\x00") {
				return ErrNoTable
			}
			if strings.ContainsRune(c, utf8.RuneError) {
				return ErrEncoding
			}
			cells[i] = spoken(c)
		}
		if err := row(line, cells); err != nil {
			return err
		}
	}
}

// decoded reads a text in the encoding that it is in, and its first line.
func decoded(file []byte) (r io.Reader, first string, err error) {
	var by transform.Transformer
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xfe")), bytes.HasPrefix(file, []byte("\xfe\xff")):
		by = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
	case bytes.HasPrefix(file, []byte("\xef\xbb\xbf")):
		file = file[3:]
		if !utf8.Valid(file) {
			return nil, "", ErrEncoding
		}
	case !utf8.Valid(file):
		by = simplifiedchinese.GB18030.NewDecoder()
	}
	const enough = 4 << 10
	head := file[:min(len(file), enough)]
	if by != nil {
		if head, err = io.ReadAll(io.LimitReader(transform.NewReader(bytes.NewReader(file), by), enough)); err != nil {
			return nil, "", ErrEncoding.Because(err)
		}
		by.Reset()
		r = transform.NewReader(bytes.NewReader(file), by)
	} else {
		r = bytes.NewReader(file)
	}
	first, _, _ = strings.Cut(string(head), "\n")
	return r, first, nil
}

// partedBy is the mark that a first line is parted by.
func partedBy(line string) rune {
	best, most := ',', 0
	for _, mark := range ",\t;" {
		if n := strings.Count(line, string(mark)); n > most {
			best, most = mark, n
		}
	}
	return best
}

// spoken takes away the apostrophe that harmless puts before a text.
func spoken(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && harmless(rest) == s {
		return rest
	}
	return s
}
