package sheet

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"galleria/commerce/money"
)

// Cell is one value of a row.
type Cell struct {
	text   string
	number bool // text is a decimal number of our own making
	money  bool
}

// Text is a cell that is read as it stands, whatever it begins with.
func Text(s string) Cell { return Cell{text: storable(s)} }

// Yuan is an amount as an exact decimal number in yuan.
func Yuan(f money.Fen) Cell { return Cell{text: f.Yuan(), number: true, money: true} }

// Count is a whole number.
func Count(n int64) Cell { return Cell{text: strconv.FormatInt(n, 10), number: true} }

// At is a moment in Asia/Shanghai to the second; nothing for none.
func At(t *time.Time) Cell {
	if t == nil || t.IsZero() {
		return Cell{}
	}
	return Cell{text: t.In(time.FixedZone("CST", 8*60*60)).Format(time.DateTime)}
}

// Day is a business day.
func Day(t time.Time) Cell { return Cell{text: t.Format(time.DateOnly)} }

// storable leaves out what neither format can hold.
func storable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return r
		case r < 0x20, r == 0xFFFE, r == 0xFFFF, r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
}

// harmless puts an apostrophe before a text that a spreadsheet may take for a formula, also
// behind blanks, quotes and in full width.
func harmless(s string) string {
	begins := strings.TrimLeftFunc(s, func(r rune) bool {
		return r != '\t' && r != '\r' && r != '\n' && (unicode.IsSpace(r) || r == '"' || r == '\'' || r == '\uFEFF' || r == '\u200B')
	})
	if first, _ := utf8.DecodeRuneInString(begins); begins != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}
