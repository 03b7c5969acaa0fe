package console

import (
	"strconv"
	"strings"
	"unicode"
)

// maxSearch bounds what is searched for, in characters.
const maxSearch = 60

// searchWords makes what somebody typed into a search field fit to be searched for.
func searchWords(q string) string {
	q = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, strings.ToValidUTF8(q, "")))
	if r := []rune(q); len(r) > maxSearch {
		q = string(r[:maxSearch])
	}
	return q
}

// cursor reads where a list goes on; 0, its beginning, for anything else.
func cursor(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
