package card

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxLines is how many cards one form takes.
	MaxLines = 2000
	maxField = 200 // characters of a number, or of a secret
)

// Card is a number and its secret; cards of one code have no secret.
type Card struct{ Number, Secret string }

// Parsed is a list of cards as people paste it.
type Parsed struct {
	Cards []Card
	Lines []int // of each card, from 1
	Bad   []int // lines that are none
	Twice []int // lines that repeat an earlier one
}

// Parse reads one card a line: its number and, after a tab, a comma, a semicolon, a bar or
// blanks, its secret. Empty lines are left out.
func Parse(text string) Parsed {
	var p Parsed
	seen := map[Card]bool{}
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		fields := strings.FieldsFunc(line, func(r rune) bool {
			return unicode.IsSpace(r) || strings.ContainsRune(",，;；|\"", r)
		})
		if len(fields) == 0 {
			continue
		}
		c := Card{Number: fields[0]}
		if len(fields) > 1 {
			c.Secret = fields[1]
		}
		switch {
		case len(fields) > 2 || !plain(c.Number) || !plain(c.Secret):
			p.Bad = append(p.Bad, i+1)
		case seen[c]:
			p.Twice = append(p.Twice, i+1)
		default:
			seen[c] = true
			p.Cards, p.Lines = append(p.Cards, c), append(p.Lines, i+1)
		}
	}
	return p
}

func plain(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxField &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// hint is what people recognise a card by: its last four characters, if that leaves most of it
// unsaid.
func (c Card) hint() string {
	const shown, least = 4, 8
	r := []rune(c.Number)
	if len(r) < least {
		return "…"
	}
	return "…" + string(r[len(r)-shown:])
}
