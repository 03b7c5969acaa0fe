package sheet

import (
	"bytes"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Bounds of what is read.
const (
	MostColumns = 100
	maxCell     = 32767     // characters, as Excel has it
	maxSheet    = 32 << 20  // bytes of a sheet, unzipped
	maxShared   = 16 << 20  // bytes of the texts of a workbook, unzipped: they are kept in memory
	maxParts    = 2_000     // files of a workbook
	maxToken    = 256 << 10 // bytes of a workbook between two marks
)

// Lossy begins a number of which the spreadsheet keeps fewer digits than were typed.
const Lossy = "≈"

// Read gives the rows of a table to row, one by one, with the number of each as a spreadsheet
// shows it; rows in which nothing stands are left out, cells are trimmed. It ends with the first
// error of row. The slice is row's to keep. Faults: SHEET_….
func Read(file []byte, mostRows int, row func(line int, cells []string) error) error {
	give := func(line int, cells []string) error {
		for i, c := range cells {
			if cells[i] = strings.TrimSpace(c); utf8.RuneCountInString(c) > maxCell {
				return ErrCell
			}
		}
		for len(cells) > 0 && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		switch {
		case len(cells) == 0:
			return nil
		case len(cells) > MostColumns:
			return ErrColumns
		}
		if mostRows--; mostRows < 0 {
			return ErrRows
		}
		return row(line, cells)
	}
	switch {
	case bytes.HasPrefix(file, []byte("PK\x03\x04")):
		return readWorkbook(file, give)
	case bytes.HasPrefix(file, []byte("\xd0\xcf\x11\xe0")):
		return ErrOldExcel
	}
	return readCommas(file, give)
}

var numberForm = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?$`)

// plain writes a number as people do. A spreadsheet keeps 15 digits: beyond them a fraction is
// rounded, as it is where it is shown, and a whole number is marked, since its last digits are
// not what was typed.
func plain(number string) string {
	const kept, decimals, longest = 15, 10, 40
	if len(number) > longest || !numberForm.MatchString(number) {
		return number
	}
	exact, ok := new(big.Rat).SetString(number)
	if !ok {
		return number
	}
	text := exact.FloatString(decimals)
	text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	if digits := strings.TrimLeft(strings.TrimPrefix(text, "-"), "0."); exact.IsInt() && len(digits) > kept {
		return Lossy + text
	}
	if text == "-0" {
		return "0"
	}
	return text
}

// columnOf reads the letters of a cell's address ("AB12") as a column from 0 on; -1 for none.
func columnOf(address string) (int, error) {
	const letters, longest = 26, 3
	n, i := 0, 0
	for ; i < len(address) && address[i] >= 'A' && address[i] <= 'Z'; i++ {
		if i == longest {
			return 0, fmt.Errorf("cell %q: %w", address, ErrNoTable)
		}
		n = n*letters + int(address[i]-'A') + 1
	}
	if n > MostColumns {
		return 0, ErrColumns
	}
	return n - 1, nil
}
